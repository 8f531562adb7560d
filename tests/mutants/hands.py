"""How a defect is planted: a name put in another's place, a part taken out of a statement.

Each checks that what it changes is there: a defect that is not planted any more, because the code
has moved on, must not pass for one that was caught.
"""

from typing import Any

from coordination.statements import Statement


def put(owner: Any, name: str, value: object) -> None:  # noqa: ANN401  # any module or class
    """Put a value in the place of one that is there."""
    assert hasattr(owner, name), f"{owner} has no {name}"
    setattr(owner, name, value)


def rewrite(owner: Any, name: str, *pairs: tuple[str, str]) -> None:  # noqa: ANN401  # any module
    """Replace parts of an SQL text, or of a statement made of one."""
    before = getattr(owner, name)
    text = rewritten(before.text if isinstance(before, Statement) else before, *pairs)
    put(owner, name, Statement(text) if isinstance(before, Statement) else text)


def rewritten(text: str, *pairs: tuple[str, str]) -> str:
    """Replace parts of a text, each of which must be there."""
    for part, other in pairs:
        assert part in text, f"no {part!r} in {text!r}"
        text = text.replace(part, other)
    return text

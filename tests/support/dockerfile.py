"""deploy/Dockerfile as a build would read it: its stages, and what each of them copies."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCKERFILE: Final = ROOT / "deploy" / "Dockerfile"


@dataclass
class Stage:
    """One stage: its instructions, a line each, and the stage it stands on."""

    below: "Stage | None"
    lines: list[str] = field(default_factory=list)

    def whole(self) -> list[str]:
        """Give the instructions of everything it stands on, then its own."""
        return [*(self.below.whole() if self.below else []), *self.lines]

    def copied(self, stages: "dict[str, Stage]") -> set[str]:
        """Name what was copied from the repository, be it by way of another stage."""
        copied: set[str] = set()
        for line in self.whole():
            words = line.split()
            if words[0] != "COPY":
                continue
            if words[1].startswith("--from="):
                copied |= stages[words[1].removeprefix("--from=")].copied(stages)
            else:
                copied |= {source.rstrip("/") for source in words[1:-1]}
        return copied


def stages() -> dict[str, Stage]:
    """Read the stages by name, in their order."""
    found: dict[str, Stage] = {}
    for line in _instructions():
        if began := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            found[began[2]] = Stage(found.get(began[1]))
        elif found:
            found[next(reversed(found))].lines.append(line)
    return found


def _instructions() -> list[str]:
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    joined = re.sub(r"\s*\\\n\s*", " ", text)
    return [line for line in joined.splitlines() if line.strip()]

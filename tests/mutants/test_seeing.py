"""What counts as seen: what the test says of that defect, and nothing that breaks by itself."""

import re
from pathlib import Path

import pytest

from tests.mutants.mutant import Mutant
from tests.mutants.seeing import NEVER_CAME, Failure, failure_in, has_seen
from tests.mutants.table import MUTANTS

ROOT = Path(__file__).parents[2]
BY_NAME = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
TEST = "tests/roofs/test_slope.py::test_a_roof_is_steep"
PRINTED = f"""
    def test_a_roof_is_steep() -> None:
        roof = Roof()
>       assert roof.slope() == 45

E       assert 12 == 45
E        +  where 12 = slope()

tests/roofs/test_slope.py:4: AssertionError
=========================== short test summary info ============================
FAILED {TEST} - assert 12 == 45
1 failed in 0.10s
"""
BY_A_WORD = f"""
>       assert roof.kind() == "steep"
E       AssertionError: assert 'flat' == 'steep'
FAILED {TEST} - AssertionError: assert 'flat' == 'steep'
"""
IN_VAIN = f"""
    def test_a_roof_is_steep() -> None:
>       until(lambda: roof.is_done())
tests/roofs/test_slope.py:4:
    def until(condition) -> None:
>           raise AssertionError(f"not so within {{seconds}} s")
E           AssertionError: not so within 15.0 s
FAILED {TEST} - AssertionError: not so within 15.0 s
"""


def failure(reason: str, statement: str = "assert roof.slope() == 45") -> Failure:
    """Give one of an invented test."""
    return Failure(TEST, reason, statement)


def test_reason_and_statement_are_read_from_what_pytest_prints() -> None:
    """The reason alone may be `assert False`; the test's own statement says of what."""
    seen = failure_in(PRINTED)

    assert seen == failure("assert 12 == 45")
    assert str(seen) == "assert 12 == 45 in: assert roof.slope() == 45"
    assert failure_in(BY_A_WORD) == failure(
        "assert 'flat' == 'steep'", 'assert roof.kind() == "steep"'
    )
    assert failure_in(IN_VAIN) == failure(
        "AssertionError: not so within 15.0 s", "until(lambda: roof.is_done())"
    )
    assert failure_in("3 passed in 0.10s") is None


@pytest.mark.parametrize(
    ("reason", "seen_as", "seen"),
    [
        ("assert 12 == 45", r"assert \d+ == 45", True),
        ("assert 12 == 45", r"assert \d+ == 46", False),
        ("assert 12 == 45", r"12", False),
        ("assert None == 45", r"assert \d+ == 45", False),
        ("Failed: DID NOT RAISE <class 'RoofError'>", r"Failed: DID NOT RAISE", True),
        ("TypeError: slope() takes 1 positional argument", r".*", False),
        ("AssertionError: not so within 15.0 s", r".*", False),
        ("AssertionError: not so within 15.0 s", r"AssertionError: not so within ", True),
        ("AssertionError: the relay was still busy after 200 ticks", r"AssertionError: ", False),
    ],
)
def test_only_what_the_test_must_say_is_seen(reason: str, seen_as: str, *, seen: bool) -> None:
    """Nor is it enough that something never came, unless it is said that this is the defect."""
    assert has_seen(failure(reason), seen_as) == seen


def test_what_is_waited_for_in_an_assertion_must_be_named() -> None:
    """`assert False` says nothing: any wait of the test would do."""
    in_vain = failure("assert False", "assert comes_true(lambda: roof.is_done())")

    assert not has_seen(in_vain, r"assert False")
    assert has_seen(in_vain, r"assert False in: assert comes_true\(lambda: roof\.is_done")
    assert not has_seen(in_vain, r"assert False in: assert comes_true\(lambda: roof\.began")


def test_what_is_said_of_waiting_in_vain_stands_in_the_tests() -> None:
    """What was worded anew would not be known any more."""
    paths = [each for each in ROOT.glob("tests/**/*.py") if each.parent.name != "mutants"]
    tests = "".join(each.read_text() for each in paths)

    assert [each for each in NEVER_CAME if each not in tests] == []


@BY_NAME
def test_its_tests_are_there(mutant: Mutant) -> None:
    """One that was renamed would be missed only when somebody asks for all."""
    for each in mutant.caught_by:
        path, _, name = each.partition("::")
        defined = rf"^def {re.escape(name.partition('[')[0])}\("
        assert re.search(defined, (ROOT / path).read_text(), re.MULTILINE), each


@BY_NAME
def test_it_says_what_must_be_seen(mutant: Mutant) -> None:
    """By more than that something was asserted."""
    for each in filter(None, (mutant.seen_as, mutant.in_the_model)):
        assert not has_seen(failure("assert 12 == 45"), each)
        assert not has_seen(failure("AssertionError: worded anew"), each)

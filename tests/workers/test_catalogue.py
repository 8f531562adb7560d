"""The fault catalogue: complete, in one voice, and at one with the client."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_client import (
    AccessRefused,
    Applied,
    BusinessFault,
    Fault,
    OutcomeUnknown,
    QuickBooksError,
    ReconnectRequired,
)
from qbo_client.errors import About
from qbo_client.verdict import error_from_fault, error_from_token_fault
from workers.actions import ANSWERS, DOES, Action, Who
from workers.catalogue import CATALOGUE, UNKNOWN, Row, row_of

# https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes
VENDORS = (  # noqa: SIM905  # rows of codes can be compared by eye
    "100 110 120 130 140 150 3200 3100 3001 500 600 610 620 630 700 900 1040 2010 2020 2030 2040 "
    "2050 2060 2070 2080 2090 2100 2110 2170 2130 2210 2290 2500 4000 4001 4002 5010 5020 5030 "
    "6000 6070 6080 6090 6100 6130 6140 6150 6160 6170 6180 6190 6200 6210 6230 6240 6250 6430 "
    "6440 6450 6530 6540 10000 10200"
).split()
OURS = (  # noqa: SIM905  # the same
    "http_401 http_403 http_404 http_408 http_429 http_500 http_502 http_503 http_504 http_5xx "
    "invalid_grant no_answer not_sent oauth_refused unavailable unreadable_answer"
).split()
WRITE = About("create", "invoice", "123", writes=True)
KINDS = [QuickBooksError, *QuickBooksError.__subclasses__(), *BusinessFault.__subclasses__()]
JARGON = re.compile(
    r"\b(?:api|json|http|code|sync ?token|realm|request|oauth|endpoint|null|parameter|fault|error"
    r"|id|entity|payload|sparse|query)s?\b",
    re.IGNORECASE,
)


def test_every_code_of_the_vendors_has_a_row_and_there_is_no_other() -> None:
    """A code left out would be ours to look at each time; one invented would never come."""
    assert {code for code in CATALOGUE if code.isdigit()} == set(VENDORS)
    assert {code for code in CATALOGUE if not code.isdigit()} == set(OURS)


@pytest.mark.parametrize("code", VENDORS)
def test_the_client_and_the_catalogue_agree_on_a_code(code: str) -> None:
    """The client types the error, and the limiter judges by it what leaves a write open."""
    row = CATALOGUE[code]

    for status in (200, 400, 500 if code == "10000" else 422):
        error = error_from_fault(Fault(status, code=code), WRITE)

        assert isinstance(error, row.kind)
        assert error.applied is row.applied
        assert row_of(error) == (code, row)


@pytest.mark.parametrize(
    ("status", "key"),
    [
        (401, "http_401"),
        (403, "http_403"),
        (404, "http_404"),
        (408, "http_408"),
        (429, "http_429"),
        (500, "http_500"),
        (502, "http_502"),
        (503, "http_503"),
        (504, "http_504"),
        (507, "http_5xx"),
        (999, "http_5xx"),
        (302, "unreadable_answer"),
        (200, "unreadable_answer"),
        (100, "unreadable_answer"),
    ],
)
def test_a_bare_status_has_a_row(status: int, key: str) -> None:
    """A gateway says nothing but a number."""
    error = error_from_fault(Fault(status), WRITE)

    assert row_of(error) == (key, CATALOGUE[key])
    assert error.applied is CATALOGUE[key].applied


def test_a_code_does_not_speak_for_a_status_that_leaves_all_open() -> None:
    """6240 inside a 500 is no business answer."""
    error = error_from_fault(Fault(500, code="6240"), WRITE)

    assert row_of(error) == ("http_500", CATALOGUE["http_500"])


def test_the_token_endpoints_words_have_rows() -> None:
    """invalid_grant ends a connection; a wrong key of ours ends none."""
    dead = error_from_token_fault(Fault(400, code="invalid_grant", type="OAUTH"), WRITE)
    ours = error_from_token_fault(Fault(401, code="invalid_client", type="OAUTH"), WRITE)

    assert isinstance(dead, ReconnectRequired)
    assert row_of(dead) == ("invalid_grant", CATALOGUE["invalid_grant"])
    assert isinstance(ours, AccessRefused)
    assert row_of(ours) == ("oauth_refused", CATALOGUE["oauth_refused"])
    assert CATALOGUE["oauth_refused"].action is Action.RETRY


def test_no_answer_at_all_has_a_row() -> None:
    """A timeout or a reset."""
    assert row_of(OutcomeUnknown()) == ("no_answer", CATALOGUE["no_answer"])


@settings(deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    status=st.none() | st.integers(0, 999),
    code=st.none() | st.sampled_from([*VENDORS, *OURS, ""]) | st.text(max_size=8),
    type_=st.sampled_from([None, "OAUTH", "SERVICE"]),
)
def test_every_error_has_a_row_of_its_own_kind(
    kind: type[QuickBooksError], status: int | None, code: str | None, type_: str | None
) -> None:
    """Only a refusal may be unknown; whatever else a code says, it does not change the kind."""
    error = kind(status=status, code=code, type=type_)

    found = row_of(error)

    if found is None:
        assert kind is QuickBooksError or issubclass(kind, BusinessFault)
    else:
        assert isinstance(error, found[1].kind)


ROWS = [*CATALOGUE.values(), UNKNOWN]


@pytest.mark.parametrize("row", ROWS, ids=[*CATALOGUE, "unknown"])
def test_a_row_is_of_one_piece(row: Row) -> None:
    """What may have been applied is resolved; what needs a person says so; anchors are slugs."""
    assert (row.applied is Applied.UNKNOWN) == (row.action is Action.RESOLVE)
    assert re.fullmatch(r"[a-z]+(?:-[a-z]+)*", row.anchor)
    if row.who is Who.US:
        assert "ask support" in row.sentence
    if row.who is Who.NOBODY:
        assert row.action in ANSWERS - {Action.REFUSE} | {
            Action.RETRY,
            Action.RESOLVE,
            Action.PAUSE,
        }


@pytest.mark.parametrize("row", ROWS, ids=[*CATALOGUE, "unknown"])
def test_a_sentence_is_one_a_bookkeeper_understands(row: Row) -> None:
    """One sentence, short, without numbers and without the words of the trade."""
    sentence = row.sentence

    assert re.fullmatch(r"[A-Z][^.!?]+\.", sentence)
    assert len(sentence) <= 200
    assert not re.search(r"\d", sentence)
    assert not JARGON.search(sentence)
    assert ":" in sentence or ";" in sentence, "it says what happened, and what to do"


def test_the_look_for_jargon_finds_some() -> None:
    """A pattern that matches nothing would let everything pass."""
    assert JARGON.search("The request had a bad SyncToken.")
    assert not JARGON.search("The invoice is paid.")


def test_every_action_is_said_in_words_and_used() -> None:
    """The page says what the machine does; an action no row names would be dead."""
    assert set(DOES) == set(Action)
    assert {row.action for row in ROWS} == set(Action)

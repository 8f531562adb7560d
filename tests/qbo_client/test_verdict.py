"""The table of what a fault means: which error, and whether it may have been applied."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_client import (
    AccessRefused,
    Applied,
    AuthorizationExpired,
    BusinessFault,
    DuplicateDocNumber,
    DuplicateName,
    Fault,
    ObjectNotFound,
    OutcomeUnknown,
    QuickBooksError,
    ReconnectRequired,
    StaleObject,
    Throttled,
    Unavailable,
)
from qbo_client.errors import About
from qbo_client.verdict import error_from_fault, error_from_token_fault

WRITE = About("create", "invoice", "123", writes=True)
READ = About("read", "invoice", "123", writes=False)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "5010", StaleObject),
        (200, "5010", StaleObject),
        (400, "6240", DuplicateName),
        (400, "6140", DuplicateDocNumber),
        (400, "610", ObjectNotFound),
        (400, "2500", ObjectNotFound),
        (400, "6250", ObjectNotFound),
        (400, "6000", BusinessFault),
        (400, "6190", BusinessFault),
        (400, "6200", BusinessFault),
        (400, "2010", BusinessFault),
        (400, "4000", BusinessFault),
        (400, "500", BusinessFault),
        (400, None, BusinessFault),
        (403, "5020", BusinessFault),
        (404, None, BusinessFault),
        (413, None, BusinessFault),
        (429, None, Throttled),
        (429, "3001", Throttled),
        (403, "3001", Throttled),
        (200, "3001", Throttled),
        (503, "3001", Throttled),
        (401, None, AuthorizationExpired),
        (401, "3200", AuthorizationExpired),
        (401, "100", AuthorizationExpired),
        (401, "110", AuthorizationExpired),
        (400, "100", AuthorizationExpired),
        (401, "120", AccessRefused),
        (403, "3100", AccessRefused),
        (403, None, AccessRefused),
        (400, "130", Unavailable),
        (503, "140", Unavailable),
        (400, "150", Unavailable),
        (500, "10000", OutcomeUnknown),
        (200, "10000", OutcomeUnknown),
        (500, "6240", OutcomeUnknown),
        (500, None, OutcomeUnknown),
        (502, None, OutcomeUnknown),
        (503, None, OutcomeUnknown),
        (504, None, OutcomeUnknown),
        (302, None, OutcomeUnknown),
        (408, None, OutcomeUnknown),
    ],
)
def test_a_fault_is_judged_by_code_and_status(
    status: int, code: str | None, kind: type[QuickBooksError]
) -> None:
    """The code decides, then the status; the type is exactly the one of the table."""
    error = error_from_fault(Fault(status, code=code), WRITE)

    assert type(error) is kind
    expected = Applied.UNKNOWN if kind is OutcomeUnknown else Applied.NO
    assert error.applied is expected


@settings(deadline=None)
@given(st.text())
def test_the_vendors_words_decide_nothing(detail: str) -> None:
    """Texts are localised."""
    error = error_from_fault(Fault(400, code="6240", detail=detail), WRITE)

    assert type(error) is DuplicateName


@pytest.mark.parametrize(
    ("status", "code", "type_", "kind"),
    [
        (400, "invalid_grant", "OAUTH", ReconnectRequired),
        (401, "invalid_grant", "OAUTH", ReconnectRequired),
        (401, "invalid_client", "OAUTH", AccessRefused),
        (400, "invalid_request", "OAUTH", AccessRefused),
        (400, None, None, Unavailable),
        (403, None, None, Unavailable),
        (404, None, None, Unavailable),
        (429, None, None, Throttled),
        (429, "invalid_grant", "OAUTH", Throttled),
        (500, None, None, OutcomeUnknown),
        (503, "invalid_grant", "OAUTH", OutcomeUnknown),
        (302, None, None, OutcomeUnknown),
    ],
)
def test_only_invalid_grant_ends_a_connection(
    status: int, code: str | None, type_: str | None, kind: type[QuickBooksError]
) -> None:
    """A throttle, an outage or our own wrong secret leaves every connection alive."""
    error = error_from_token_fault(Fault(status, code=code, type=type_), WRITE)

    assert type(error) is kind


def test_a_read_has_no_outcome_that_could_be_unknown() -> None:
    """Nothing can have been applied by a read."""
    assert error_from_fault(Fault(500), READ).applied is Applied.NO


def test_a_duplicate_request_id_leaves_the_outcome_open() -> None:
    """Code 600 says an earlier request had this id: look before doing anything else."""
    assert error_from_fault(Fault(400, code="600"), WRITE).applied is Applied.UNKNOWN


@pytest.mark.parametrize(
    ("detail", "holder_id"),
    [
        ("The name supplied already exists. : Id=1067", "1067"),
        ("Le nom fourni existe déjà. : Id=42", "42"),
        ("The name supplied already exists. : null", None),
        ("Another customer is already using this name", None),
        ("GrId=5", None),
        ("Id=" + "9" * 50, None),
    ],
)
def test_a_taken_name_tells_its_holder(detail: str, holder_id: str | None) -> None:
    """Newer texts carry the Id, so that the object can be adopted."""
    error = DuplicateName(code="6240", detail=detail)

    assert error.holder_id == holder_id


def test_a_taken_number_tells_its_holder() -> None:
    """The transaction may be of any kind."""
    told = DuplicateDocNumber(detail="DocNumber=18 is assigned to TxnType=Invoice with TxnId=657")
    silent = DuplicateDocNumber(detail="Duplicate Document Number Error")

    assert (told.holder_type, told.holder_id) == ("Invoice", "657")
    assert (silent.holder_type, silent.holder_id) == (None, None)


def test_an_error_tells_what_support_asks_for_and_no_customer() -> None:
    """Operation, company, status, code and intuit_tid are in the sentence; the detail is not."""
    fault = Fault(400, code="5010", detail="You and Ann Smith", element="Id", intuit_tid="1-x")

    error = error_from_fault(fault, WRITE)

    assert str(error) == (
        "StaleObject: create invoice in realm 123, HTTP 400, code 5010, intuit_tid 1-x"
    )
    assert (error.detail, error.element, error.operation) == ("You and Ann Smith", "Id", "create")
    assert (error.entity, error.realm_id, error.type) == ("invoice", "123", None)

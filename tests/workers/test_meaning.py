"""Every error has one meaning: what the machine does, who must act, whether it is settled."""

import inspect

import pytest
from prometheus_client import REGISTRY

import qbo_client
from qbo_client import (
    AccessRefused,
    AuthorizationExpired,
    BusinessFault,
    DuplicateDocNumber,
    DuplicateName,
    NotSent,
    ObjectNotFound,
    OutcomeUnknown,
    QuickBooksError,
    ReconnectRequired,
    StaleObject,
    Throttled,
    Unavailable,
)
from workers.catalogue import CATALOGUE, UNKNOWN
from workers.meaning import Action, Who, meaning_of
from workers.unknown_faults import Labels

TABLE = [
    (NotSent(), Action.RETRY, Who.NOBODY, False),
    (OutcomeUnknown(status=503), Action.RESOLVE, Who.NOBODY, False),
    (OutcomeUnknown(), Action.RESOLVE, Who.NOBODY, False),
    (Throttled(status=429, code="3001"), Action.PAUSE, Who.NOBODY, False),
    (Unavailable(code="130"), Action.RETRY, Who.NOBODY, False),
    (AuthorizationExpired(status=401, code="3200"), Action.RECONNECT, Who.OFFICE, False),
    (AccessRefused(status=403, code="3100"), Action.RECONNECT, Who.OFFICE, False),
    (ReconnectRequired(), Action.RECONNECT, Who.OFFICE, False),
    (StaleObject(code="5010"), Action.REREAD, Who.NOBODY, True),
    (DuplicateName(code="6240"), Action.ADOPT_NAME, Who.NOBODY, True),
    (DuplicateDocNumber(code="6140"), Action.ADOPT_NUMBER, Who.NOBODY, True),
    (ObjectNotFound(code="610"), Action.LOOK_AT_REFERENCE, Who.OFFICE, True),
    (BusinessFault(code="620"), Action.LOOK_AT_REFERENCE, Who.OFFICE, True),
    (BusinessFault(code="600"), Action.RESOLVE, Who.NOBODY, False),
    (BusinessFault(code="630"), Action.RESOLVE, Who.NOBODY, False),
    (BusinessFault(code="6190"), Action.SUSPEND, Who.OFFICE, False),
    (BusinessFault(code="6200"), Action.CLOSED_BOOKS, Who.OFFICE, True),
    (BusinessFault(code="6210"), Action.CLOSED_BOOKS, Who.OFFICE, True),
    (BusinessFault(code="6000"), Action.REFUSE, Who.OFFICE, True),
    (BusinessFault(code="10200"), Action.REFUSE, Who.US, True),
    (BusinessFault(status=404), Action.REFUSE, Who.US, True),
    (AccessRefused(status=401, code="invalid_client", type="OAUTH"), Action.RETRY, Who.US, False),
    (BusinessFault(code="98765"), Action.REFUSE, Who.US, True),
    (BusinessFault(), Action.REFUSE, Who.US, True),
    (QuickBooksError(), Action.REFUSE, Who.US, True),
]


@pytest.mark.parametrize(("error", "action", "who", "answered"), TABLE, ids=repr)
def test_an_error_means(
    error: QuickBooksError, action: Action, who: Who, *, answered: bool
) -> None:
    """The table: action, who must act, and whether QuickBooks has decided on the write."""
    meaning = meaning_of(error)

    assert (meaning.action, meaning.who, meaning.answered) == (action, who, answered)


def test_the_table_names_every_error_there_is() -> None:
    """A new class of error needs a line here, and so a thought."""
    known = {
        each
        for _, each in inspect.getmembers(qbo_client, inspect.isclass)
        if issubclass(each, QuickBooksError)
    }

    assert known == {type(error) for error, *_ in TABLE}


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_a_meaning_is_its_row(code: str) -> None:
    """Nothing is decided or worded beside the catalogue."""
    row = CATALOGUE[code]

    meaning = meaning_of(error_of(code))

    assert meaning.code == code
    assert (meaning.action, meaning.who, meaning.applied) == (row.action, row.who, row.applied)
    assert (meaning.sentence, meaning.anchor) == (row.sentence, row.anchor)


def error_of(code: str) -> QuickBooksError:
    """Make an error that a row speaks of."""
    kind = CATALOGUE[code].kind
    if code.isdigit() or code == "invalid_grant":
        return kind(code=code, status=400)
    status = code.removeprefix("http_").replace("5xx", "599").replace("unreadable_answer", "200")
    return kind(
        status=int(status) if status.isdigit() else None,
        type="OAUTH" if code == "oauth_refused" else None,
    )


@pytest.mark.parametrize("code", ["98765", None, "", "x" * 100])
def test_a_refusal_without_a_row_is_counted_and_ours(code: str | None) -> None:
    """What we do not know we do not retry, and we hear of it."""
    label = {"98765": "98765", None: "http_400", "": "http_400"}.get(code, "other")
    before = counted(label)

    meaning = meaning_of(BusinessFault(code=code, status=400))

    assert (meaning.action, meaning.who) == (Action.REFUSE, Who.US)
    assert meaning.sentence == UNKNOWN.sentence
    assert counted(label) - before == 1


def test_a_refusal_that_has_a_row_is_not_counted() -> None:
    """The counter is an alert's."""
    before = counted("6000")

    meaning_of(BusinessFault(code="6000"))

    assert counted("6000") == before == 0


def counted(label: str) -> float:
    """Read the counter of unknown refusals."""
    name = "proline_qbo_unknown_faults_total"
    return REGISTRY.get_sample_value(name, {"code": label}) or 0.0


def test_labels_stay_few_whatever_codes_come() -> None:
    """A label for every code that comes would fill the memory of whoever counts."""
    labels = Labels(3)

    given = [labels.label_of(code) for code in ("1", "2", "1", "x", "1234567", "٣", "3", "4", "2")]

    assert given == ["1", "2", "1", "other", "other", "other", "3", "other", "2"]


def test_an_absent_object_without_a_code_of_ours_is_not_a_crash() -> None:
    """The match is total: also over an error whose code the table does not hold."""
    assert meaning_of(ObjectNotFound(status=404)).action is Action.REFUSE


def test_the_vendors_text_decides_nothing() -> None:
    """Messages are localised: the same code in another language means the same."""
    french = BusinessFault(code="6200", detail="La période est fermée.")

    assert meaning_of(french) == meaning_of(BusinessFault(code="6200", detail="Closed."))

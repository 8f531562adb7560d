"""Every error has one meaning: what the machine does, who must act, whether it is settled."""

import inspect

import pytest

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
from workers.meaning import OFFICE_SENTENCES, Action, Who, meaning_of

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
    (ObjectNotFound(code="610"), Action.REFUSE, Who.OFFICE, True),
    (BusinessFault(code="600"), Action.RESOLVE, Who.NOBODY, False),
    (BusinessFault(code="6190"), Action.SUSPEND, Who.OFFICE, False),
    (BusinessFault(code="6200"), Action.REFUSE, Who.OFFICE, True),
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


@pytest.mark.parametrize("code", sorted(OFFICE_SENTENCES))
def test_a_refusal_the_office_can_mend_says_how_things_are(code: str) -> None:
    """A bookkeeper reads a sentence, not a code."""
    meaning = meaning_of(BusinessFault(code=code))

    assert meaning.who is Who.OFFICE
    assert meaning.code == code
    assert meaning.sentence == OFFICE_SENTENCES[code]
    assert code not in meaning.sentence


@pytest.mark.parametrize("code", ["610", "2500", "6250"])
def test_an_absent_object_is_the_offices_by_any_of_its_codes(code: str) -> None:
    """Deleted, inactive or merged: the office says what takes its place."""
    assert meaning_of(ObjectNotFound(code=code)).who is Who.OFFICE


def test_an_absent_object_without_a_code_of_ours_is_not_a_crash() -> None:
    """The match is total: also over an error whose code the table does not hold."""
    assert meaning_of(ObjectNotFound(status=404)).action is Action.REFUSE


def test_the_vendors_text_decides_nothing() -> None:
    """Messages are localised: the same code in another language means the same."""
    french = BusinessFault(code="6200", detail="La période est fermée.")

    assert meaning_of(french) == meaning_of(BusinessFault(code="6200", detail="Closed."))

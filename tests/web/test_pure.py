"""The page's pure parts: one state for every company, forms read within limits, words for all."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from app.web import addresses
from app.web.checklist import checklist
from app.web.deciding import question, readable, typed_id
from app.web.pages import money
from app.web.rates import whose
from app.web.reading import QUERY_BYTES_MOST, Fields, Unreadable, read_query
from app.web.reasons import ASKED, NOBODY, OURS, REFUSED, SUPPORT, YOU, reason_of
from app.web.settings_form import Offered, Read, read_settings_form
from app.web.state_line import Button, Facts, State, state_line
from connections.books import Books
from connections.companies import UNTIL_RESUMED, Company
from connections.settings import CompanySettings
from records.attention import GroupKey
from records.deciding import Open
from records.questions import CHOICES, Question, Takes
from tests.support.a_company import NOW, ON
from workers.catalogue import CATALOGUE
from workers.mapping.errors import SENTENCES

FACTS = Facts(attention=0, held=0, settings_chosen=True, quickbooks_name="Example Books")
LATER = NOW + timedelta(minutes=1)


def fields(*pairs: tuple[str, str], **values: str) -> Fields:
    """Give a form."""
    return Fields((*pairs, *values.items()))


# --- state_line --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("company", "facts", "state", "button"),
    [
        ({"connection": "none"}, {"settings_chosen": False}, State.NOT_SET_UP, Button.SET_UP),
        ({"connection": "none"}, {}, State.READY_TO_CONNECT, Button.CONNECT),
        ({"connection": "lost"}, {}, State.RECONNECT, Button.RECONNECT),
        ({"connection": "lost", "enabled": False}, {}, State.RECONNECT, Button.RECONNECT),
        ({"enabled": False}, {}, State.OFF, Button.ENABLE),
        ({"enabled": False}, {"attention": 3}, State.OFF, Button.ENABLE),
        ({"paused_until": LATER, "pause_reason": "limit"}, {}, State.LIMIT, Button.REFRESH),
        (
            {"paused_until": LATER, "pause_reason": "subscription"},
            {"attention": 1},
            State.SUBSCRIPTION,
            Button.REFRESH,
        ),
        (
            {"paused_until": LATER, "pause_reason": "unavailable"},
            {},
            State.UNAVAILABLE,
            Button.REFRESH,
        ),
        (
            {"paused_until": UNTIL_RESUMED, "pause_reason": "person"},
            {},
            State.PAUSED,
            Button.REFRESH,
        ),
        ({"paused_until": NOW, "pause_reason": "limit"}, {}, State.ON, Button.TURN_OFF),
        ({}, {"attention": 2}, State.ATTENTION, Button.REVIEW),
        ({}, {}, State.ON, Button.TURN_OFF),
    ],
)
def test_each_state_has_its_button(
    company: dict[str, Any], facts: dict[str, Any], state: State, button: Button
) -> None:
    """What keeps everything from going on stands before what concerns some records."""
    line = state_line(replace(ON, **company), replace(FACTS, **facts), NOW)

    assert (line.state, line.button) == (state, button)


@given(
    st.sampled_from(["none", "connected", "lost"]),
    st.booleans(),
    st.sampled_from([None, NOW]),
    st.sampled_from([None, NOW - timedelta(days=1), NOW, LATER, UNTIL_RESUMED]),
    st.sampled_from([None, "limit", "subscription", "unavailable", "person"]),
    st.builds(
        Facts,
        attention=st.integers(0, 2_000),
        held=st.integers(0, 2_000),
        settings_chosen=st.booleans(),
        quickbooks_name=st.sampled_from([None, "Example Books"]),
    ),
)
def test_every_company_is_in_one_state_that_says_what_is_so(
    connection: Any,  # noqa: ANN401  # one of the column's words
    enabled: bool,  # noqa: FBT001  # given by name
    first_enabled_at: datetime | None,
    paused_until: datetime | None,
    pause_reason: Any,  # noqa: ANN401  # one of the column's words
    facts: Facts,
) -> None:
    """No combination is without a sentence, and none says "on" of a company that sends nothing."""
    company = replace(
        ON,
        connection=connection,
        enabled=enabled,
        first_enabled_at=first_enabled_at,
        paused_until=paused_until,
        pause_reason=pause_reason,
    )

    line = state_line(company, facts, NOW)

    paused = paused_until is not None and paused_until > NOW
    sends = connection == "connected" and enabled and not paused
    assert ("currently on" in line.headline) == sends
    assert (line.state in {State.ON, State.ATTENTION}) == sends
    assert (line.state is State.ATTENTION) == (sends and facts.attention > 0)
    assert line.headline
    assert line.detail
    assert line.until is None or (line.until == paused_until and line.until != UNTIL_RESUMED)
    if line.state in {State.RECONNECT, State.SUBSCRIPTION, State.UNAVAILABLE, State.PAUSED}:
        assert "othing is lost" in line.detail


@pytest.mark.parametrize(
    ("held", "said"), [(0, "No record waits"), (1, "1 record waits"), (1_234, "1,234 records wait")]
)
def test_reconnecting_says_how_many_wait(held: int, said: str) -> None:
    """And that nothing is lost."""
    line = state_line(replace(ON, connection="lost"), replace(FACTS, held=held), NOW)

    assert said in line.detail
    assert "Nothing is lost" in line.detail


@pytest.mark.parametrize("attention", [0, 2])
@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"oldest_unsent": NOW - timedelta(minutes=4, seconds=59)}, None),
        (
            {"oldest_unsent": NOW - timedelta(minutes=5)},
            "on its way for 5 minutes: QuickBooks or",
        ),
        (
            {"oldest_unsent": NOW - timedelta(hours=2)},
            "on its way for 2 hours: QuickBooks or our",
        ),
        ({"runs": False}, "Nothing is being sent just now: our service is not running."),
        (
            {"runs": False, "oldest_unsent": NOW - timedelta(hours=2)},
            "Nothing is being sent just now: our service is not running.",
        ),
    ],
)
def test_what_is_late_while_it_is_on_is_said(
    facts: dict[str, Any], said: str | None, attention: int
) -> None:
    """On is no word for what does not go on; nothing is lost all the same."""
    line = state_line(ON, replace(FACTS, attention=attention, **facts), NOW)

    assert line.headline.startswith("Integration is currently on.")
    assert ("Nothing is lost" in line.detail) == (said is not None)
    assert said is None or said in line.detail


@pytest.mark.parametrize(
    "company",
    [{"connection": "lost"}, {"enabled": False}, {"paused_until": LATER, "pause_reason": "limit"}],
)
def test_what_the_company_itself_holds_is_not_late(company: dict[str, Any]) -> None:
    """The state says already why nothing goes on."""
    held = replace(ON, **company)
    late = replace(FACTS, oldest_unsent=NOW - timedelta(hours=2), runs=False)

    assert state_line(held, late, NOW) == state_line(held, FACTS, NOW)


# --- settings_form -----------------------------------------------------------------------------

OFFERED = Offered(
    stages=("Closed - Won", "Inspection"),
    connected=True,
    items={"3": "Roof"},
    deposit_accounts={"35": "Checking"},
    tax_codes={"TAX": "Tax"},
    services=("Tear-off",),
)
BEFORE = CompanySettings()


def read(*pairs: tuple[str, str], **values: str) -> Read:
    """Read a form whose stage is chosen."""
    return read_settings_form(fields(("stage", "Closed - Won"), *pairs, **values), BEFORE, OFFERED)


def test_everything_that_is_offered_can_be_chosen() -> None:
    """Each field of the form has its setting."""
    got = read(
        ("stage", "Inspection"),
        ("status", "Won"),
        ("service", "Tear-off"),
        ("service_item", "3"),
        customer_mode="sub",
        trigger="statuses",
        existing_customers="ask",
        running_balance="each",
        tax_mode="amount",
        tax_code="TAX",
        deposit_account="35",
        income_item="3",
        ceiling="500",
    )

    assert got.problems == ()
    assert got.settings == CompanySettings(
        customer_mode="sub",
        trigger="statuses",
        stages=("Closed - Won", "Inspection"),
        statuses=("Won",),
        existing_customers="ask",
        running_balance="each",
        tax_mode="amount",
        tax_code_id="TAX",
        deposit_account_id="35",
        income_item_id="3",
        items_by_service={"Tear-off": "3"},
        ceiling=500,
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"stage": "Nowhere"}, "ProLine has no stage Nowhere"),
        ({"income_item": "9"}, "does not offer this item"),
        ({"deposit_account": "9"}, "does not offer this deposit account"),
        ({"tax_code": "9"}, "does not offer this tax code"),
        ({"tax_mode": "amount"}, "Choose the tax code"),
        ({"ceiling": "0"}, "from 1 to 500"),
        ({"ceiling": "501"}, "from 1 to 500"),
        ({"ceiling": "-1"}, "from 1 to 500"),
        ({"ceiling": "1.5"}, "from 1 to 500"),
        ({"ceiling": "٣"}, "from 1 to 500"),
        ({"ceiling": "000001" + "9" * 5_000}, "from 1 to 500"),
        ({"trigger": "statuses"}, "at least one status"),
        ({"customer_mode": "all"}, "customer mode"),
        ({"trigger": "never"}, "trigger"),
        ({"tax_mode": "x"}, "tax mode"),
        ({"existing_customers": "x"}, "existing customers"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(values: dict[str, str], said: str) -> None:
    """And is not among the settings."""
    got = read(**values)

    assert len(got.problems) >= 1
    assert said in " ".join(got.problems)


def test_what_has_gone_is_kept_until_another_is_chosen() -> None:
    """An account that QuickBooks has no more is still what the office chose."""
    before = CompanySettings(income_item_id="gone", stages=("Old stage",))

    got = read_settings_form(fields(("stage", "Old stage"), income_item="gone"), before, OFFERED)

    assert got.problems == ()
    assert got.settings.income_item_id == "gone"
    assert got.settings.stages == ("Old stage",)


def test_before_connecting_only_what_is_proline_is_read() -> None:
    """What depends on QuickBooks' lists stays as it is."""
    form = fields(("stage", "Closed - Won"), ceiling="7", income_item="3")

    got = read_settings_form(form, BEFORE, Offered(stages=("Closed - Won",)))

    assert got.settings == BEFORE


def test_stages_are_typed_where_proline_shows_none() -> None:
    """One a line; blanks and repetitions do not count."""
    got = read_settings_form(fields(stage=" Won \r\n\r\nDone\nWon"), BEFORE, Offered())

    assert got.settings.stages == ("Won", "Done")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [*CompanySettings.model_fields, "stage", "status", "service", "service_item",
                 "tax_code", "income_item", "deposit_account"]
            ),
            st.one_of(st.text(max_size=300), st.sampled_from(["3", "TAX", "35", "Tear-off", "1"])),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_any_form_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    """And what is read can be stored and read again."""
    got = read_settings_form(Fields(tuple(pairs)), BEFORE, OFFERED)

    stored = got.settings.model_dump(mode="json")
    assert CompanySettings.model_validate(stored) == got.settings
    assert set(got.settings.items_by_service.values()) <= {"3"}


# --- reading -----------------------------------------------------------------------------------


def asked_with(query: bytes) -> Request:
    """Give a request with that query."""
    return Request({"type": "http", "query_string": query, "headers": []})


def test_a_name_said_twice_is_its_last() -> None:
    """And all of it, where several are meant."""
    got = read_query(asked_with(b"a=1&b=2&a=3&c="))

    assert (got.get("a"), got.get("b"), got.get("c"), got.get("d", "x")) == ("3", "2", "", "x")
    assert got.every("a") == ("1", "3")
    assert dict(got.pairs) == {"a": "3", "b": "2", "c": ""}


@pytest.mark.parametrize(
    "query",
    [
        b"a=%00",
        b"%00=a",
        b"a=%ff",
        b"a=%ed%a0%80",
        b"\xff",
        b"a=" + b"x" * QUERY_BYTES_MOST,
        b"&".join([b"a=1"] * 501),
    ],
)
def test_what_is_no_text_is_refused(query: bytes) -> None:
    """NUL, no UTF-8, surrogates, too long, too many."""
    with pytest.raises(Unreadable):
        read_query(asked_with(query))


@given(st.binary(max_size=200))
def test_any_query_is_read_or_refused(query: bytes) -> None:
    """What is read can be stored as text."""
    try:
        got = read_query(asked_with(query))
    except Unreadable:
        return
    assert all("\0" not in part for pair in got.pairs for part in pair)
    assert all(part.encode().decode() == part for pair in got.pairs for part in pair)


def test_a_form_is_not_shown_where_it_is_printed() -> None:
    """Logs and tracebacks name the fields' type alone."""
    assert "secret" not in repr(fields(csrf="secret"))


# --- addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize("done", ["", "<b>", "saved ", "SAVED", "__class__"])
def test_an_address_makes_the_page_say_nothing_of_its_own(done: str) -> None:
    """Only words of the list have a sentence."""
    assert addresses.told(fields(done=done)) is None


@pytest.mark.parametrize("number", ["", "x", "-1", "1.5", "٣", "{x}", "²"])
def test_what_is_no_number_is_not_said(number: str) -> None:
    """Nor is anything else."""
    assert addresses.told(fields(done="skipped", n=number)) is None


def test_numbers_are_written_for_people() -> None:
    """With their commas, and cut where nobody could mean them."""
    assert (
        addresses.told(fields(done="skipped", n="1234")) == "Records left out of QuickBooks: 1,234."
    )
    assert addresses.told(fields(done="saved")) == "The settings are saved."
    assert (addresses.told(fields(done="retried", n="1", more="1200")) or "").endswith(
        "1. 1,200 more have come meanwhile."
    )
    assert addresses.told(fields(done="retried", n="1", more="x")) is None
    assert len(addresses.told(fields(done="retried", n="9" * 5_000)) or "") < 60


@given(st.dictionaries(st.from_regex(r"[a-z]+", fullmatch=True), st.text()))
def test_an_address_is_one_line_and_stays_ours(given_: dict[str, str]) -> None:
    """Whatever a record is called."""
    parameters: dict[str, Any] = {k: v for k, v in given_.items() if k != "path"}
    encodable = {k: v for k, v in parameters.items() if v.encode(errors="ignore").decode() == v}

    address = addresses.with_query(addresses.RECORD, **encodable)

    assert address.startswith(addresses.RECORD)
    assert address.isascii()
    assert not set(address) & set("\r\n\t <>\"'")


# --- reasons -----------------------------------------------------------------------------------


def test_every_question_has_a_title() -> None:
    """And the office decides."""
    assert set(ASKED) == set(Question)
    assert len({reason_of(GroupKey("decision", each)).title for each in Question}) == len(Question)


def test_every_refusal_of_ours_has_a_title_and_someone_who_acts() -> None:
    """Each code the mapping refuses with."""
    assert set(SENTENCES) - set(OURS) == set()
    assert all(each.title and each.who_acts for each in OURS.values())


def test_every_refusal_of_quickbooks_has_a_title() -> None:
    """Out of the catalogue; a code nobody knows is shown as it is."""
    for code in CATALOGUE:
        reason = reason_of(GroupKey("failed", code))
        assert reason.who_acts in {YOU, SUPPORT, NOBODY} or code in OURS
        assert reason.title.startswith(REFUSED[CATALOGUE[code].anchor]) or code in OURS
    assert reason_of(GroupKey("failed", "<b>")).title == "QuickBooks refused it (code <b>)"
    assert reason_of(GroupKey("decision", "new_one")).title == "A question"
    assert reason_of(GroupKey("answered")).who_acts == NOBODY


# --- deciding ----------------------------------------------------------------------------------


def asked(name: Question, shown: dict[str, Any] | None = None, basis: str = "i1,i2") -> Open:
    """Give an open question."""
    return Open(1, 1, "acme", "payment", "y1", "waiting", None, name, basis, shown or {}, NOW)


@pytest.mark.parametrize("name", Question)
def test_every_question_is_shown_with_each_of_its_answers(name: Question) -> None:
    """Each has a form; what it takes can be chosen or typed."""
    got = question(asked(name))

    assert tuple(each.choice for each in got.answers) == CHOICES[name]
    for each in got.answers:
        takes = each.choice.takes
        chooses = takes is Takes.INVOICE
        assert bool(each.options) == chooses
        assert each.free == (takes is not Takes.NOTHING and not chooses)
        assert bool(each.label) == (takes is not Takes.NOTHING)
        assert bool(each.found_at) == each.free


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" 58 ", "58"),
        ("https://app.qbo.intuit.com/app/customerdetail?nameId=58", "58"),
        ("https://qbo.example/app/invoice?x=1&txnId=145&y=2", "145"),
        ("Jane Example", "Jane Example"),
        ("http: nameId=58", "http: nameId=58"),
        ("", ""),
    ],
)
def test_an_id_of_quickbooks_is_read_as_people_find_it(typed: str, read: str) -> None:
    """By itself, or in the address of its page: QuickBooks' screens show no ids."""
    assert typed_id(typed) == read


def test_both_sides_stand_side_by_side_and_bookkeeping_does_not() -> None:
    """What differs by field; who is there by id; nothing of the machine's own."""
    shown = {
        "DisplayName": {"proline": "Ada", "quickbooks": None},
        "9": "Ada (old)",
        "left_in": {"x": 1},
    }

    got = question(asked(Question.NAME_TAKEN, shown))

    assert [(each.proline, each.quickbooks) for each in got.sides] == [("Ada", "nothing")]
    assert got.there == {"9": "Ada (old)"}
    assert dict(got.answers[0].options) == {"9": "Ada (old)"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_value_of_quickbooks_is_readable(value: Any) -> None:  # noqa: ANN401  # JSON
    """Whatever JSON it is."""
    assert isinstance(readable(value), str)


# --- checklist ---------------------------------------------------------------------------------

BOOKS = Books(
    realm_id="1",
    company_name="Example Books",
    country="US",
    home_currency="USD",
    using_sales_tax=False,
    custom_txn_numbers=True,
    book_close_date=None,
    income_item_id="3",
    payment_method_id="4",
    deposit_account_id=None,
)


def looked_at(company: Company = ON, books: Books = BOOKS, ready: int = 0) -> dict[str, bool]:
    """Give each line of the checklist with whether it is in order."""
    lines = checklist(company, books, ready_projects=ready, item_name=None)
    return {each.title: each.good for each in lines}


def test_a_company_in_order_has_nothing_to_look_at() -> None:
    """Five lines, all good."""
    assert list(looked_at().values()) == [True] * 5


@pytest.mark.parametrize(
    ("books", "chosen", "ready", "title"),
    [
        ({"custom_txn_numbers": False}, {}, 0, "Invoice numbers"),
        ({"using_sales_tax": True}, {}, 0, "Sales tax"),
        ({}, {"tax_mode": "amount", "tax_code_id": "T"}, 0, "Sales tax"),
        ({"home_currency": "CAD"}, {}, 0, "Currency"),
        ({"income_item_id": None}, {}, 0, "Item on invoice lines"),
        ({}, {}, 2, "Projects already there"),
    ],
)
def test_each_thing_that_is_not_in_order_is_told(
    books: dict[str, Any], chosen: dict[str, Any], ready: int, title: str
) -> None:
    """That line and no other."""
    company = replace(ON, settings=CompanySettings(**chosen))

    found = looked_at(company, replace(BOOKS, **books), ready)

    assert [each for each, good in found.items() if not good] == [title]


@pytest.mark.parametrize("books", [{"custom_txn_numbers": False}, {"income_item_id": None}])
def test_what_connecting_again_mends_leads_there(books: dict[str, Any]) -> None:
    """A company that is connected has no other button for it."""
    lines = checklist(ON, replace(BOOKS, **books), ready_projects=0, item_name=None)

    assert [each.address for each in lines if not each.good] == [addresses.RECONNECT]


def test_a_network_of_version_6_is_one_address() -> None:
    """Whoever has one has 2^64 addresses, and would never be counted twice."""
    assert whose("2001:db8:1:2::1") == whose("2001:db8:1:2:ffff::9") != whose("2001:db8:1:3::1")
    assert whose("192.0.2.1") != whose("192.0.2.2")
    assert whose("") == whose("no address") == "unknown"


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("8400", "USD", "$8,400.00"),
        ("-5", "USD", "-$5.00"),
        ("1250.5", "CAD", "1,250.50 CAD"),
        ("0", None, "0.00"),
    ],
)
def test_money_is_written_as_an_office_reads_it(
    amount: str, currency: str | None, written: str
) -> None:
    """With its cents; in dollars by their sign, in another currency by its name."""
    assert money(Decimal(amount), currency) == written

"""The stand as figures: what stands where, of which few labels, and what each waits for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.observing.figures import CODES_MOST, COMPANIES_MOST, figures
from app.observing.stand import Stand
from connections.lifetimes import Lifetimes
from coordination.leadership import Leading
from coordination.usage import Usage
from outbox.backlog import Backlog
from records.census import Counted
from tests.support.a_company import ON

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUIET = Stand(
    now=NOON,
    companies={},
    counted=[],
    known=0,
    orphaned_since=None,
    unread=[],
    usage={},
    processes=[],
    leading=Leading(held=True, term=3, beat_at=NOON - timedelta(seconds=1)),
    nudged_at=None,
    lifetimes=Lifetimes(None, None, None),
)


def pending(company_id: str = "acme", minutes: int = 7, records: int = 5) -> Counted:
    """Give invoices that could be sent."""
    since = NOON - timedelta(minutes=minutes)
    return Counted(company_id, "invoice", "pending", "", records, since, since)


def failures(code: str, company_id: str = "acme") -> Counted:
    """Give one invoice that failed."""
    return Counted(company_id, "invoice", "failed", code, 1, NOON, NOON)


def values(stand: Stand, name: str, *asked_for: str) -> dict[tuple[str, ...], float]:
    """Give a family's values by the values of its labels, in the order of its labels."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in figures(stand, asked_for)
        for sample in family.samples
        if sample.name == f"proline_qbo_{name}"
    }


def every_label(stand: Stand) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give every series."""
    for family in figures(stand):
        for sample in family.samples:
            yield sample.name, tuple(sample.labels.values())


def test_what_could_be_sent_is_counted_with_its_age() -> None:
    """Nothing stands in its way: that is what wakes somebody."""
    stand = replace(QUIET, companies={"acme": ON}, counted=[pending()], known=12)

    assert values(stand, "records")["pending", "", "invoice"] == 5
    assert values(stand, "records_oldest_seconds")["pending", ""] == 420
    assert values(stand, "records_done")[()] == 7


def test_a_companys_own_wait_is_the_reason_of_its_records() -> None:
    """One that is off, or has lost its connection, wakes nobody for records that could be sent."""
    companies = {
        "acme": replace(ON, enabled=False),
        "best": replace(ON, id="best", connection="lost"),
        "calm": replace(
            ON, id="calm", paused_until=NOON + timedelta(minutes=1), pause_reason="person"
        ),
    }
    counted = [pending("acme", 30), pending("best", 20), pending("calm", 10)]
    stand = replace(QUIET, companies=companies, counted=counted, known=15)

    oldest = values(stand, "records_oldest_seconds")

    assert oldest["pending", ""] == 0
    assert oldest["pending", "off"] == 1_800
    assert oldest["pending", "connection"] == 1_200
    assert oldest["pending", "paused"] == 600


def test_a_company_that_uses_its_ceiling_waits_for_the_limit() -> None:
    """Also in the moments in which a place is free: no worker more would help it."""
    usage = {"1": Usage("1", open_calls=2, used=440, allowed=450, lowered=False)}
    stand = replace(QUIET, companies={"acme": ON}, counted=[pending()], known=5, usage=usage)

    oldest = values(stand, "records_oldest_seconds")

    assert (oldest["pending", ""], oldest["pending", "limit"]) == (0, 420)
    assert values(stand, "companies")[("limit",)] == 1


def test_a_company_with_a_thread_at_each_place_waits_for_quickbooks() -> None:
    """Slow calls keep a company below its ceiling: it is its own ten places that are taken."""
    claims = Counted("acme", "invoice", "dispatched", "", 10, NOON, NOON, claimed=10)
    unclaimed = replace(claims, claimed=0)
    stand = replace(QUIET, companies={"acme": ON}, counted=[pending(), claims], known=15)

    oldest = values(stand, "records_oldest_seconds")
    without = values(replace(stand, counted=[pending(), unclaimed]), "records_oldest_seconds")

    assert (oldest["pending", ""], oldest["pending", "limit"]) == (0, 420)
    assert (without["pending", ""], without["pending", "limit"]) == (420, 0)


def test_a_claim_that_hangs_is_seen_whatever_its_company_waits_for() -> None:
    """A busy company is at its limit all day; its thread hangs all the same."""
    hangs = NOON - timedelta(minutes=14)
    claim = Counted("acme", "invoice", "dispatched", "", 1, hangs, hangs, claimed=1)
    usage = {"1": Usage("1", open_calls=2, used=440, allowed=450, lowered=False)}
    stand = replace(QUIET, companies={"acme": ON}, counted=[claim], known=1, usage=usage)

    assert values(stand, "records_oldest_seconds")["dispatched", ""] == 840


def test_a_wait_that_begins_again_with_each_turn_has_the_age_of_the_whole() -> None:
    """A place was taken and given back a second ago; the record has been under way for hours."""
    now, began = NOON - timedelta(seconds=1), NOON - timedelta(hours=3)
    turned = Counted("acme", "invoice", "pending", "", 1, now, began)
    tried = Counted("acme", "payment", "retrying", "", 1, now, began)
    usage = {"1": Usage("1", open_calls=2, used=440, allowed=450, lowered=False)}
    limited = replace(QUIET, companies={"acme": ON}, counted=[turned], known=2, usage=usage)
    free = replace(QUIET, companies={"acme": ON}, counted=[turned, tried], known=2)

    assert values(limited, "records_oldest_seconds")["pending", "limit"] == 10_800
    assert values(free, "records_oldest_seconds")["pending", ""] == 1
    assert values(free, "records_oldest_seconds")["retrying", ""] == 10_800


def test_a_lapsed_subscription_is_no_pause_of_a_person() -> None:
    """Nobody pauses for months unseen; a subscription lapses so."""
    until = NOON + timedelta(minutes=30)
    lapsed = replace(ON, paused_until=until, pause_reason="subscription")
    stand = replace(QUIET, companies={"acme": lapsed}, counted=[pending()], known=5)

    assert values(stand, "records_oldest_seconds")["pending", "subscription"] == 420


def test_what_is_0_is_there_too() -> None:
    """An alert on a series that is not there never ends, and never begins."""
    names = {name for name, _ in every_label(QUIET)}

    assert values(QUIET, "records")["waiting", "decision", "payment"] == 0
    assert values(QUIET, "records_oldest_seconds")["dispatched", ""] == 0
    assert values(QUIET, "threads")[("qbo.payments",)] == 0
    assert {"proline_qbo_outbox_oldest_seconds", "proline_qbo_broker_answers"} <= names


def test_a_broker_that_does_not_answer_leaves_no_depths() -> None:
    """A depth of 0 would say that all is well."""
    away = values(QUIET, "queue_messages")
    there = replace(QUIET, queues={"qbo.contacts": 3, "qbo.contacts.XQ": 0, "qbo.projects": None})

    assert away == {}
    assert values(QUIET, "broker_answers")[()] == 0
    assert values(there, "queue_messages") == {("qbo.contacts",): 3, ("qbo.contacts.XQ",): 0}
    assert values(there, "queues_missing")[()] == 6


def test_labels_stay_few_whatever_is_in_the_tables() -> None:
    """A thousand companies that fail for a thousand reasons are no thousand series."""
    names = [f"company-{number:04}" for number in range(1_000)]
    companies = {name: replace(ON, id=name, realm_id=name) for name in names}
    counted = [failures(f"code-{number}", name) for number, name in enumerate(names)]
    counted += [pending(name, number) for number, name in enumerate(names)]
    stand = replace(
        QUIET,
        companies=companies,
        counted=counted,
        known=10_000,
        unread=[Backlog(name, 1, NOON) for name in names],
        usage={name: Usage(name, 1, 1, 450, lowered=False) for name in names},
    )

    codes = {reason for state, reason, _ in values(stand, "records") if state == "failed"}
    shown = {company for company, _ in values(stand, "company_records")}

    assert len(codes - {"", "other"}) == CODES_MOST
    assert values(stand, "records")["failed", "other", "invoice"] == 1_000 - CODES_MOST
    assert shown == set(names[-COMPANIES_MOST:])
    assert len(list(every_label(stand))) < 800


def test_a_company_that_is_asked_for_is_shown_however_well_it_stands() -> None:
    """Support looks at one company; one that nobody knows has no series."""
    stand = replace(QUIET, companies={"acme": ON, "best": replace(ON, id="best")})

    assert values(stand, "company_records") == {}
    assert values(stand, "company_records", "best", "nobody")["best", "failed"] == 0
    assert values(stand, "company_waits", "best")["best", ""] == 1
    assert {name for name, _ in values(stand, "company_records", "best", "nobody")} == {"best"}


def test_a_companys_oldest_is_of_what_is_under_way() -> None:
    """What failed waits for a person and may be as old as it likes."""
    old = replace(failures("6000"), oldest=NOON - timedelta(days=9))
    stand = replace(QUIET, companies={"acme": ON}, counted=[pending(), old], known=6)

    assert values(stand, "company_oldest_seconds") == {("acme",): 420}
    assert values(stand, "company_records")["acme", "failed"] == 1


def test_no_age_is_negative() -> None:
    """A clock that went back makes nothing younger than new."""
    ahead = replace(QUIET, nudged_at=NOON + timedelta(hours=1))

    assert values(ahead, "nudges_oldest_seconds")[()] == 0

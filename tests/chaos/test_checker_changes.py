"""The checker sees a change that is missing, is nobody's, or arrives twice."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from chaos.checker import Kind
from tests.chaos.calls import COMPANY, OTHER, Written, kinds, running, sound, voided_in_proline


def test_a_sound_run_is_clean() -> None:
    """A contact, its invoice and a payment, each written once and in order, break nothing."""
    verdict = sound().judged()

    assert verdict.breaches == ()
    assert verdict.writes == 3
    assert verdict.is_clean


def test_a_run_without_a_write_proves_nothing() -> None:
    """Whoever writes nothing breaks no promise, and keeps none."""
    assert not Written().judged().is_clean


def test_a_revision_that_was_never_committed_is_seen() -> None:
    """What was rolled back in ProLine must not be in QuickBooks."""
    written = sound()
    written.customer(7, 99, "update")

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


def test_a_create_without_a_revision_is_seen() -> None:
    """Every record carries one: what comes without is not of ProLine."""
    written = sound()
    written.call(7, "Customer", "create", "2", {"DisplayName": "Nobody"})

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


def test_another_records_object_is_seen() -> None:
    """What was made for one record is never written for another, even if that is put right."""
    written = sound()
    written.revision(4, record_id="c2")
    written.revision(5)
    written.customer(7, 4, "update")
    written.customer(8, 5, "update")

    found = kinds(written.judged())

    assert found == {Kind.STRAYS: 1}


def test_a_change_of_another_kind_is_seen() -> None:
    """An invoice shows no contact's revision."""
    written = sound()
    written.revision(4, record_id="c2")
    written.invoice(8, 4, object_id="6")

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


@pytest.mark.parametrize("entity", ["contact", "project"])
def test_a_change_that_never_arrives_is_seen(entity: str) -> None:
    """By the log alone: the object shows an older revision than its record's newest."""
    written = sound()
    written.revision(4, entity, "x1")
    written.revision(5, entity, "x1")
    place = {"PrimaryPhone": {"FreeFormNumber": "(555) 010-4"}}
    if entity == "project":
        place = {"ShipAddr": {"Line2": "Unit 4"}}
    written.call(7, "Customer", "create", "2", place)

    assert kinds(written.judged()) == {Kind.LOST: 1}


@pytest.mark.parametrize(
    ("entity", "record_id", "total"), [("invoice", "i1", "100.00"), ("payment", "y1", "40.00")]
)
def test_a_documents_change_that_never_arrives_is_seen(
    entity: str, record_id: str, total: str
) -> None:
    """Its sum is as before, so the comparer may see nothing of it."""
    written = sound()
    written.revision(4, entity, record_id, total=total)

    assert kinds(written.judged()) == {Kind.LOST: 1}


def test_another_companys_record_of_the_same_id_is_another() -> None:
    """Its change arrives in its own books."""
    written = sound()
    written.revision(4, company_id=OTHER)

    assert written.judged().is_clean


def test_what_is_void_need_not_arrive() -> None:
    """A void document's words are nobody's any more: the comparer judges that it is void."""
    written = voided_in_proline()
    written.call(9, "Payment", "void", "9", {"Id": "9", "SyncToken": "0"})
    written.call(10, "Invoice", "void", "5", {"Id": "5", "SyncToken": "0"})
    written.revision(11, "invoice", "i1", total="100.00", gone=True)

    assert written.judged().is_clean


def test_one_version_written_twice_is_seen() -> None:
    """The same words of the same revision change nothing."""
    written = sound()
    written.revision(4)
    written.customer(7, 4, "update")
    written.customer(8, 4, "update")

    assert kinds(written.judged()) == {Kind.DUPLICATES: 1}


def test_the_token_of_a_version_is_none_of_its_words() -> None:
    """Each write raises it."""
    written = sound()
    written.revision(4)
    for token in ("0", "1"):
        body = {"PrimaryPhone": {"FreeFormNumber": "(555) 010-4"}, "SyncToken": token}
        written.call(7 + int(token), "Customer", "update", "1", body)

    assert kinds(written.judged()) == {Kind.DUPLICATES: 1}


def test_another_companys_change_is_seen() -> None:
    """A company's books hold nothing of another's."""
    written = sound()
    written.revision(4, record_id="c9", company_id=OTHER)
    written.customer(7, 4, object_id="2")

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


SITES: Mapping[str, tuple[str, str, str]] = {
    "a project of another company": (OTHER, "project", "p1"),
    "a contact": (COMPANY, "contact", "p1"),
    "another project": (COMPANY, "project", "p2"),
}


@pytest.mark.parametrize(("company_id", "entity", "record_id"), SITES.values(), ids=SITES)
def test_an_invoice_with_another_job_site_is_seen(
    company_id: str, entity: str, record_id: str
) -> None:
    """It says where the job of its own project is, and with it a revision of that."""
    written = with_site()
    written.revision(6, entity, record_id, company_id=company_id)
    written.invoice(8, 5, "update", site=6)

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


def test_a_job_site_that_was_never_committed_is_seen() -> None:
    """What was rolled back in ProLine must not be in QuickBooks, wherever it would stand."""
    written = with_site()
    written.invoice(8, 5, "update", site=99)

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


def test_an_older_job_site_stays_until_the_invoice_is_written() -> None:
    """A project that is changed has no invoice written anew."""
    written = with_site()
    written.revision(6, "project", "p1")

    assert written.judged().is_clean


def test_a_job_site_before_its_commit_is_seen() -> None:
    """What is not committed yet may never be."""
    written = with_site()
    written.revision(6, "project", "p1", committed=8.5)
    written.invoice(8, 5, "update", site=6)

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def test_an_older_job_site_after_a_newer_is_seen() -> None:
    """An invoice goes forwards in what it says of its project too."""
    written = with_site()
    written.revision(6, "project", "p1")
    written.invoice(8, 5, "update", site=6)
    written.revision(7, "invoice", "i1", total="100.00")
    written.invoice(9, 7, "update", site=4)

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def with_site() -> Written:
    """Give a sound run whose invoice shows where the job of its project is."""
    written = sound()
    written.invoices.append(replace(running("i1", "1"), kind="standalone"))
    written.revision(4, "project", "p1")
    written.revision(5, "invoice", "i1", total="100.00")
    written.invoice(7, 5, "update", site=4)
    return written

"""Sentences that name records by id, as their office reads them."""

import pytest

from coordination.database import Pool
from records.naming import Names, names_in
from tests.support.put_records import know, put

ACME, OTHER = "acme", "other"

NAMES = Names({("contact", "c.1"): "customer 1001 (Jane Example)", ("invoice", "i1"): "invoice 7"})


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        (
            "Waits until contact c.1 is in QuickBooks.",
            "Waits until customer 1001 (Jane Example) is in QuickBooks.",
        ),
        ("It hangs on contact c.1.", "It hangs on customer 1001 (Jane Example)."),
        ("Invoice i1, of before, is void.", "Invoice 7, of before, is void."),
        ("Waits until invoice i2 is in QuickBooks.", "Waits until invoice i2 is in QuickBooks."),
        ("No contact at all.", "No contact at all."),
    ],
)
def test_what_is_known_is_called_by_its_name(sentence: str, said: str) -> None:
    """The rest of a sentence, its full stop too, stays as it is."""
    assert NAMES.put_into(sentence) == said


def test_names_are_the_companys_own(pool: Pool) -> None:
    """Another company may use the same id; a record without number and name keeps its id."""
    with pool.connection() as connection:
        know(connection, ACME, OTHER)
        theirs = {"number": "9", "display_name": "Kim Elsewhere"}
        put(connection, "contact", "c1", company_id=OTHER, snapshot=theirs)
        put(connection, "contact", "c2", snapshot={"number": "7", "display_name": "Jane Example"})
        put(connection, "invoice", "i1", snapshot={"id": "i1"})
        sentence = "Waits until contact c1, contact c2 and invoice i1 are in QuickBooks."

        names = names_in(connection, ACME, [sentence])

    assert names.put_into(sentence) == (
        "Waits until contact c1, customer 7 (Jane Example) and invoice i1 are in QuickBooks."
    )


def test_a_sentence_without_a_record_asks_nothing(pool: Pool) -> None:
    """And whatever a sentence holds is only looked up, never run."""
    with pool.connection() as connection:
        assert names_in(connection, ACME, ["All is well.", ""]) == Names()
        assert names_in(connection, ACME, ["contact ');DROP TABLE x;-- \\ invoice %s"]) == Names()

"""Names and numbers that are taken, and customers that are there already: adopted or told apart."""

from collections.abc import Callable

from connections.settings import CompanySettings
from tests.support.roofer import Roofer

NewRoofer = Callable[..., Roofer]
OURS = "Ada Example - C#1001"
CREATE = CompanySettings(existing_customers="create")
FORGETFUL = {"requestid": "ignored"}
"""Books that do not know a repeated request again: the worst that a sandbox may yet show."""


def test_a_name_that_a_vendor_has_gets_a_suffix_once(roofer: Roofer) -> None:
    """Names are unique over customers, vendors and employees: ours gets " (Customer)"."""
    roofer.by_hand("vendor", DisplayName=OURS)

    roofer.contact().project().settle()

    assert roofer.the("Customer")["DisplayName"] == "Ada Example - C#1001 (Customer)"
    assert roofer.reads() == ["existing_customer", "name_taken"]
    assert len(roofer.writes("customer")) == 2


def test_the_suffix_stays_when_the_contact_is_changed_later(roofer: Roofer) -> None:
    """The name that was kept is not taken back by the next update."""
    roofer.by_hand("vendor", DisplayName=OURS)
    roofer.contact().project().settle()

    roofer.contact(phone="555-0100").settle()

    assert roofer.the("Customer")["DisplayName"] == "Ada Example - C#1001 (Customer)"
    assert set(roofer.bodies("customer")[-1]) == {"Id", "SyncToken", "sparse", "PrimaryPhone"}


def test_a_name_taken_twice_needs_a_person(roofer: Roofer) -> None:
    """The suffix is added once: a second refusal is not answered by a third name."""
    roofer.by_hand("vendor", DisplayName=OURS)
    roofer.by_hand("vendor", DisplayName="Ada Example - C#1001 (Customer)")

    roofer.contact().project().settle()

    record = roofer.record("contact", "c1")
    assert (record.state, record.code) == ("failed", "6240")
    assert len(roofer.writes("customer")) == 2


def test_our_own_customer_of_a_lost_answer_is_found_when_its_name_is_taken(
    new_roofer: NewRoofer,
) -> None:
    """The create was done and its answer lost: the repeat is refused by name, and it is ours."""
    roofer = new_roofer(settings=CREATE, books=FORGETFUL)
    roofer.fault({"entity": "customer", "operation": "create"}, answer="lost")

    roofer.contact().project().settle()

    assert roofer.the("Customer")["DisplayName"] == OURS
    assert roofer.record("contact", "c1").state == "done"
    assert roofer.reads() == ["look_up"]


def test_a_name_that_somebody_elses_customer_has_is_not_adopted(new_roofer: NewRoofer) -> None:
    """The same name with another e-mail address is another customer: ours takes the suffix."""
    roofer = new_roofer(settings=CREATE)
    theirs = roofer.by_hand(
        "customer", DisplayName=OURS, PrimaryEmailAddr={"Address": "other@example.com"}
    )

    roofer.contact().project().settle()

    (link,) = roofer.rows("SELECT * FROM proline_qbo.links")
    assert link.qbo_id != theirs["Id"]
    assert [each["DisplayName"] for each in roofer.held("Customer")] == [
        OURS,
        "Ada Example - C#1001 (Customer)",
    ]


def test_a_customer_that_is_another_contacts_is_not_adopted_by_its_name(
    new_roofer: NewRoofer,
) -> None:
    """Two contacts of one name and number: the second takes the suffix, the first keeps its own."""
    roofer = new_roofer(settings=CREATE)
    roofer.contact("c1").project("p1").settle()

    roofer.contact("c2").project("p2", number="2002", contact_id="c2").settle()

    assert roofer.record("contact", "c2").state == "done"
    assert [each["DisplayName"] for each in roofer.held("Customer")] == [
        OURS,
        "Ada Example - C#1001 (Customer)",
    ]


def test_a_customer_that_is_another_contacts_is_not_linked(roofer: Roofer) -> None:
    """The name and e-mail agree, but it belongs to a contact already: this one gets its own."""
    email = {"Address": "ada@example.com"}
    roofer.by_hand("customer", DisplayName="Ada Example", PrimaryEmailAddr=email)
    roofer.contact("c1").project("p1").settle()

    roofer.contact("c2", number="1002")
    roofer.project("p2", number="2002", contact_id="c2").settle()

    assert roofer.record("contact", "c2").state == "done"
    names = [each["DisplayName"] for each in roofer.held("Customer")]
    assert names == ["Ada Example", "Ada Example - C#1002"]


def test_a_number_that_another_invoice_has_gets_a_suffix(roofer: Roofer) -> None:
    """The number is the office's: ours gets -P, and the number kept is stored."""
    other = roofer.by_hand("customer", DisplayName="Bo Other")
    line = {
        "Amount": 5,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
    }
    roofer.by_hand("invoice", CustomerRef={"value": other["Id"]}, Line=[line], DocNumber="501")

    roofer.contact().project().invoice("i1").settle()

    assert [each["DocNumber"] for each in roofer.held("Invoice")] == ["501", "501-P"]
    assert roofer.reads() == ["existing_customer", "number_taken"]
    (link,) = roofer.rows("SELECT owned FROM proline_qbo.links WHERE kind = 'Invoice'")
    assert link.owned["DocNumber"] == "501-P"


def test_our_own_invoice_of_a_lost_answer_is_found_when_its_number_is_taken(
    new_roofer: NewRoofer,
) -> None:
    """Same customer, note and total: the number is taken by the invoice we made."""
    roofer = new_roofer(books=FORGETFUL)
    roofer.fault({"entity": "invoice", "operation": "create"}, answer="lost")

    roofer.contact().project().invoice("i1").settle()

    assert roofer.the("Invoice")["DocNumber"] == "501"
    assert roofer.record("invoice", "i1").state == "done"
    assert roofer.reads() == ["existing_customer", "look_up"]


def test_an_existing_customer_is_linked_and_only_its_blanks_filled(roofer: Roofer) -> None:
    """The same e-mail and name, exactly one: linked with one read, and nothing overwritten."""
    roofer.by_hand(
        "customer",
        DisplayName="Ada Example",
        GivenName="Adelaide",
        PrimaryEmailAddr={"Address": "ADA@example.com"},
    )

    roofer.contact(given_name="Ada", phone="555-0100").project().invoice().settle()

    customer = roofer.the("Customer")
    assert customer["DisplayName"] == "Ada Example"
    assert customer["GivenName"] == "Adelaide"
    assert customer["PrimaryPhone"] == {"FreeFormNumber": "555-0100"}
    assert customer["PrimaryEmailAddr"] == {"Address": "ADA@example.com"}
    assert roofer.the("Invoice")["CustomerRef"]["value"] == customer["Id"]
    assert roofer.reads() == ["existing_customer"]


def test_always_create_reads_nothing_and_links_nobody(new_roofer: NewRoofer) -> None:
    """Under "always create" the look-up is not paid for."""
    roofer = new_roofer(settings=CREATE)
    roofer.by_hand(
        "customer", DisplayName="Ada Example", PrimaryEmailAddr={"Address": "ada@example.com"}
    )

    roofer.contact().project().settle()

    assert [each["DisplayName"] for each in roofer.held("Customer")] == ["Ada Example", OURS]
    assert roofer.reads() == []


def test_always_ask_stops_at_a_customer_that_may_be_the_contact(new_roofer: NewRoofer) -> None:
    """Under "always ask" a match is a person's to decide: nothing is written."""
    roofer = new_roofer(settings=CompanySettings(existing_customers="ask"))
    roofer.by_hand(
        "customer", DisplayName="Ada Example", PrimaryEmailAddr={"Address": "ada@example.com"}
    )

    roofer.contact().project().settle()

    record = roofer.record("contact", "c1")
    assert (record.state, record.reason) == ("waiting", "decision")
    assert roofer.writes() == []


def test_two_customers_that_may_be_the_contact_are_left_alone(roofer: Roofer) -> None:
    """A match is one and only one; between two nobody guesses, and a customer of ours is made."""
    email = {"Address": "ada@example.com"}
    roofer.by_hand("customer", DisplayName="Ada Example", PrimaryEmailAddr=email)
    roofer.by_hand("customer", DisplayName=f"{OURS} (deleted)", PrimaryEmailAddr=email)

    roofer.contact().project().settle()

    assert [each["DisplayName"] for each in roofer.held("Customer")][-1] == OURS


def test_a_name_the_query_language_stumbles_over_is_looked_up_by_its_plain_beginning(
    roofer: Roofer,
) -> None:
    """4000: QuickBooks cannot parse the name, so it is asked by its ASCII beginning instead."""
    roofer.fault({"operation": "query"}, status=400, fault="4000")

    roofer.contact().project().settle()

    assert roofer.reads() == ["existing_customer", "existing_customer"]
    assert roofer.the("Customer")["DisplayName"] == OURS

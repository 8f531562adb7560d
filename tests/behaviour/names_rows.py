"""The rows of the table "Names and customers"."""

from dataclasses import replace

from connections.settings import CompanySettings
from schemas import Contact
from tests.behaviour.row import NewRoofer, Row, replaced
from workers.mapping import BookContext, Mapped, customer_fields, text

SECTION = "Names and customers"
OURS = "Ada Example - C#1001"
ASK = CompanySettings(existing_customers="ask")
EMAIL = {"Address": "ada@example.com"}


def customer_that_exists_is_linked(new_roofer: NewRoofer) -> None:
    """One query by name, e-mail compared here: that one is linked, and none is made."""
    roofer = new_roofer()
    theirs = roofer.by_hand("customer", DisplayName="Ada Example", PrimaryEmailAddr=EMAIL)

    roofer.contact(phone="555-0100").project().invoice().settle()

    assert [each["Id"] for each in roofer.held("Customer")] == [theirs["Id"]]
    assert roofer.the("Customer")["DisplayName"] == "Ada Example"
    assert roofer.reads() == ["existing_customer"]


def always_ask_links_what_the_office_names(new_roofer: NewRoofer) -> None:
    """Under "always ask" a name that may be the contact's is a decision."""
    roofer = new_roofer(settings=ASK)
    theirs = roofer.by_hand("customer", DisplayName="Ada Example")
    roofer.contact().project().settle()
    assert roofer.writes("customer") == []

    roofer.decide("contact", "c1", "link", theirs["Id"])

    assert roofer.the("Customer")["Id"] == theirs["Id"]
    assert roofer.record("contact", "c1").state == "done"


def contact_renamed_keeps_its_number(new_roofer: NewRoofer) -> None:
    """A sparse update of the name; the number behind it never changes."""
    roofer = new_roofer()
    roofer.contact().project().settle()

    roofer.contact(display_name="Ada Newname", number="7777").settle()

    assert roofer.the("Customer")["DisplayName"] == "Ada Newname - C#1001"
    assert set(roofer.bodies("customer")[-1]) == {"Id", "SyncToken", "sparse", "DisplayName"}


def linked_customer_is_not_overwritten(new_roofer: NewRoofer) -> None:
    """A customer that was there: blanks are filled, nothing is overwritten."""
    roofer = new_roofer()
    roofer.by_hand(
        "customer",
        DisplayName="Ada Example",
        PrimaryEmailAddr=EMAIL,
        CompanyName="Theirs Inc",
    )
    roofer.contact(company_name="Ours Inc").project().settle()

    roofer.contact(phone="555-0100").settle()

    customer = roofer.the("Customer")
    assert customer["CompanyName"] == "Theirs Inc"
    assert customer["PrimaryPhone"]["FreeFormNumber"] == "555-0100"


def name_of_a_vendor_takes_a_suffix(new_roofer: NewRoofer) -> None:
    """Who has it is read: a vendor keeps it, ours gets " (Customer)", once."""
    roofer = new_roofer()
    roofer.by_hand("vendor", DisplayName=OURS)

    roofer.contact().project().settle()

    assert roofer.the("Customer")["DisplayName"] == f"{OURS} (Customer)"


def name_that_is_ours_is_adopted(new_roofer: NewRoofer) -> None:
    """A restored backup knows nothing of it: the create is refused by name, and it is ours."""
    roofer = new_roofer(settings=CompanySettings(existing_customers="create"))
    roofer.contact().project().settle()
    roofer.rows("DELETE FROM proline_qbo.links WHERE kind = 'Customer' RETURNING record_pk")

    roofer.contact(phone="555-0100").settle()

    customer = roofer.the("Customer")
    assert customer["DisplayName"] == OURS
    assert customer["PrimaryPhone"] == {"FreeFormNumber": "555-0100"}
    assert roofer.record("contact", "c1").state == "done"


def name_of_another_customer_goes_by_the_rule(new_roofer: NewRoofer) -> None:
    """Under "always ask" another customer with our name is a decision: here, create."""
    roofer = new_roofer(settings=ASK)
    roofer.by_hand("customer", DisplayName=OURS, PrimaryEmailAddr={"Address": "bo@example.com"})
    roofer.contact().project().settle()

    roofer.decide("contact", "c1", "create")
    roofer.decide("contact", "c1", "create")

    names = [each["DisplayName"] for each in roofer.held("Customer")]
    assert names == [OURS, f"{OURS} (Customer)"]


def archived_stays(new_roofer: NewRoofer) -> None:
    """Books are never thinned out."""
    roofer = new_roofer()
    roofer.contact().project().settle()

    roofer.contact(archived=True).project(archived=True).settle()

    assert roofer.the("Customer")["Active"] is True
    assert len(roofer.writes("customer")) == 1


def project_moved_to_another_contact_stays(new_roofer: NewRoofer) -> None:
    """What is booked, and what comes later, stays on the customer it has; a finding says so."""
    roofer = new_roofer()
    roofer.contact().project().invoice().settle()

    roofer.contact("c2", number="1002", display_name="Bo Example")
    roofer.project(contact_id="c2").invoice("i2", "40.00").settle()

    first, second = roofer.held("Invoice")
    assert first["CustomerRef"]["value"] == second["CustomerRef"]["value"]
    assert [each.key for each in roofer.findings("moved")] == ["c2"]


def invoice_moved_to_another_project_stays(new_roofer: NewRoofer) -> None:
    """The invoice stays on its customer; a finding says so."""
    roofer = new_roofer()
    roofer.contact().project().invoice().settle()
    roofer.contact("c2", number="1002", display_name="Bo Example")
    roofer.project("p2", number="2002", contact_id="c2").settle()

    roofer.invoice(project_id="p2", contact_id="c2").settle()

    owner = roofer.the("Invoice")["CustomerRef"]["value"]
    assert owner == roofer.held("Customer")[0]["Id"]
    assert [each.key for each in roofer.findings("moved")] == ["contact:c2"]


def customer_merged_is_one_decision(new_roofer: NewRoofer) -> None:
    """All its records wait for one decision: link the one that is left."""
    roofer = new_roofer()
    roofer.contact().project().invoice("i1", "60.00").settle()
    gone = roofer.the("Customer")["Id"]
    left = roofer.hand("create", "Customer", DisplayName="Ada the Other")["Id"]
    roofer.operator("merge", **{"from": gone, "into": left})

    roofer.invoice("i2", "40.00").invoice("i3", "30.00").settle()
    questions = roofer.rows("SELECT question FROM proline_qbo.decisions WHERE answer IS NULL")
    assert [each.question for each in questions] == ["customer_gone"]
    roofer.decide("contact", "c1", "link", left)

    assert {each["CustomerRef"]["value"] for each in roofer.held("Invoice")} == {left}
    assert len(roofer.held("Invoice")) == 3


def customer_made_inactive_is_reactivated(new_roofer: NewRoofer) -> None:
    """A person made it inactive there; another says here that it shall be active again."""
    roofer = new_roofer()
    roofer.contact().project().settle()
    roofer.hand("update", "Customer", Active=False)
    roofer.invoice().settle()
    assert roofer.held("Invoice") == []

    roofer.decide("contact", "c1", "reactivate")

    assert roofer.the("Customer")["Active"] is True
    assert roofer.the("Invoice")["TotalAmt"] == 100


def customer_gone_is_sent_as_new(new_roofer: NewRoofer) -> None:
    """Send as new: another customer is made, under the suffix if the name is still taken."""
    roofer = new_roofer(settings=CompanySettings(existing_customers="create"))
    roofer.contact().project().settle()
    roofer.hand("update", "Customer", Active=False)
    roofer.invoice().settle()

    roofer.decide("contact", "c1", "new")

    old, new = roofer.held("Customer")
    assert (old["Active"], new["Active"]) == (False, True)
    assert roofer.the("Invoice")["CustomerRef"]["value"] == new["Id"]


def illegal_characters_are_cleaned(new_roofer: NewRoofer) -> None:
    """A colon, a tab, a name too long: cleaned by rule; the suffix is never cut."""
    roofer = new_roofer()
    roofer.contact(display_name="Ada:\tExample" + "x" * 600, email="not an address").project()
    roofer.settle()

    name = roofer.the("Customer")["DisplayName"]
    assert name.startswith("Ada Example")
    assert name.endswith(" - C#1001")
    assert len(name) == text.DISPLAY_NAME_LENGTH_MAX
    assert "PrimaryEmailAddr" not in roofer.the("Customer")
    assert len(roofer.findings("left_out")) == 1


def _made_inactive_when_archived(
    contact: Contact, context: BookContext, *, distinguished: bool, booked_as: str | None
) -> Mapped:
    mapped = customer_fields(contact, context, distinguished=distinguished, booked_as=booked_as)
    return replace(mapped, fields=mapped.fields | {"Active": not contact.archived})


ROWS = (
    Row(
        SECTION,
        "customer exists in QuickBooks already",
        "One query by name when first transferred, e-mail compared here: exactly one is linked.",
        customer_that_exists_is_linked,
        replaced("workers.learning.customer_to_link", lambda *_: None),
        "workers.lookups.customer_to_link",
    ),
    Row(
        SECTION,
        "customer exists: always ask",
        "Whoever may be it is a decision: link, or create.",
        always_ask_links_what_the_office_names,
        replaced("workers.learning.may_be", lambda *_: False),
        "workers.lookups.may_be",
    ),
    Row(
        SECTION,
        "contact renamed",
        "Sparse update; the number behind the name never changes.",
        contact_renamed_keeps_its_number,
        replaced("workers.mapping.customer._booked_number", lambda *_: None),
        "workers.mapping.customer",
    ),
    Row(
        SECTION,
        "contact renamed: linked, not made",
        "Blanks are filled, nothing is overwritten.",
        linked_customer_is_not_overwritten,
        replaced("workers.drafting._blanks_only", lambda changed, _: changed),
        "workers.drafting",
    ),
    Row(
        SECTION,
        "name taken (6240) by a vendor or employee",
        'Ours takes " (Customer)", once.',
        name_of_a_vendor_takes_a_suffix,
        replaced("workers.learning.teaches", lambda *_: False),
        "workers.learning.teaches",
    ),
    Row(
        SECTION,
        "name taken (6240) by ours",
        "Who has it is read: adopted.",
        name_that_is_ours_is_adopted,
        replaced("workers.learning.is_ours", lambda *_: False),
        "workers.lookups.is_ours",
    ),
    Row(
        SECTION,
        "name taken (6240) by another customer",
        "By the existing-customer rule: link, ask, or create.",
        name_of_another_customer_goes_by_the_rule,
        replaced("workers.learning._ask_who", lambda *_: False),
        "workers.learning",
        goes_round=True,
    ),
    Row(
        SECTION,
        "contact or project archived",
        "Stays as it is.",
        archived_stays,
        replaced("workers.wanted.customer_fields", _made_inactive_when_archived),
        "workers.mapping.customer_fields",
    ),
    Row(
        SECTION,
        "primary contact changed after the transfer",
        "Stays where it is in QuickBooks; a finding.",
        project_moved_to_another_contact_stays,
        replaced("records.eligibility._told_of_move", lambda _: ()),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "invoice moved after it was sent",
        "Stays where it is in QuickBooks; a finding.",
        invoice_moved_to_another_project_stays,
        replaced("records.eligibility._told_of_moved_invoice", lambda _: ()),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "customer merged in QuickBooks",
        "Its records are one decision: link another.",
        customer_merged_is_one_decision,
        replaced("workers.references.note_gone", lambda *_: None),
        "workers.references.look_at_reference",
        goes_round=True,
    ),
    Row(
        SECTION,
        "customer made inactive in QuickBooks",
        "One decision: reactivate it.",
        customer_made_inactive_is_reactivated,
        replaced("workers.references.note_gone", lambda *_: None),
        "workers.references.look_at_reference",
        goes_round=True,
    ),
    Row(
        SECTION,
        "customer gone: send as new",
        "Another is made, and its generation rises.",
        customer_gone_is_sent_as_new,
        replaced("records.evaluation.give_up_links", lambda *_: None),
        "records.anew.give_up_links",
        goes_round=True,
    ),
    Row(
        SECTION,
        "illegal characters and lengths",
        "Cleaned by rule; a malformed e-mail is left out and said so.",
        illegal_characters_are_cleaned,
        replaced("workers.mapping.customer.clean_name", lambda given: given or ""),
        "workers.mapping.text.clean_name",
    ),
)

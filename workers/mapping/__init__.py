"""From ProLine's snapshots to QuickBooks' fields and back: pure functions, no input, no output.

The workers call it between claim and call: a snapshot and the books it goes to become the fields
QuickBooks shall hold, those and the link's become the content of an update, and what QuickBooks
answers becomes what the link keeps. What cannot be booked to the cent is refused with a sentence.
"""

from workers.mapping.changes import (
    OTHER_LINES,
    Comparison,
    Conflict,
    changed_fields,
    compare_with_theirs,
    owned_fields,
    seen_of_create,
    seen_of_update,
)
from workers.mapping.context import BookContext, Fields, Mapped, TaxMode
from workers.mapping.customer import (
    contact_display_name,
    customer_fields,
    job_fields,
    project_display_name,
)
from workers.mapping.errors import SENTENCES, MappingRefused
from workers.mapping.invoice import amount_due_fields, invoice_fields, invoice_note
from workers.mapping.matching import (
    UNEDITED,
    existing_customer_match,
    has_name_of,
    is_our_customer,
    is_our_invoice,
    is_our_payment,
    is_ours_edited,
    is_voided,
    lookup_names,
    same_name,
)
from workers.mapping.money import check_customer_currency
from workers.mapping.payment import AppliedLine, payment_fields, payment_note
from workers.mapping.request_id import request_id

__all__ = [
    "OTHER_LINES",
    "SENTENCES",
    "UNEDITED",
    "AppliedLine",
    "BookContext",
    "Comparison",
    "Conflict",
    "Fields",
    "Mapped",
    "MappingRefused",
    "TaxMode",
    "amount_due_fields",
    "changed_fields",
    "check_customer_currency",
    "compare_with_theirs",
    "contact_display_name",
    "customer_fields",
    "existing_customer_match",
    "has_name_of",
    "invoice_fields",
    "invoice_note",
    "is_our_customer",
    "is_our_invoice",
    "is_our_payment",
    "is_ours_edited",
    "is_voided",
    "job_fields",
    "lookup_names",
    "owned_fields",
    "payment_fields",
    "payment_note",
    "project_display_name",
    "request_id",
    "same_name",
    "seen_of_create",
    "seen_of_update",
]

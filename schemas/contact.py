"""The contact snapshot: the homeowner or business a contractor works for."""

from schemas.address import Address
from schemas.snapshot_model import SnapshotModel
from schemas.values import Flag, Id, Text, UtcTime


class Contact(SnapshotModel):
    """A ProLine contact; it becomes a QuickBooks customer with its first transferred project."""

    id: Id
    """ProLine's opaque id."""
    number: Text = None
    """The number people see, C#1001 without its prefix; it makes the customer's name unique."""
    display_name: Text = None
    """The full name as ProLine shows it; safer than its parts."""
    given_name: Text = None
    family_name: Text = None
    company_name: Text = None
    customer_type: Text = None
    """Homeowner, business and so on: free text."""
    email: Text = None
    """As typed; it may be malformed."""
    phone: Text = None
    address: Address | None = None
    archived: Flag = False
    updated_at: UtcTime
    """When ProLine last changed the contact."""

"""The project snapshot: one job for one contact, moving through a pipeline's stages."""

from schemas.address import Address
from schemas.snapshot_model import SnapshotModel
from schemas.values import Flag, Id, Text, UtcTime


class Project(SnapshotModel):
    """A ProLine project; entering a chosen stage or status transfers it to QuickBooks."""

    id: Id
    """ProLine's opaque id."""
    number: Text = None
    """The number people see, P#1001 without its prefix."""
    name: Text = None
    """Defaults to the address, is edited and is not unique."""
    contact_id: Id
    """The primary contact."""
    pipeline: Text = None
    stage: Text = None
    """The column the project stands in; stages are renamed freely."""
    status: Text = None
    """ProLine's own list: Lead, Inspection, Open, Disqualified, Lost, Won, Complete, Closed."""
    location: Text = None
    """The company's branch that does the work."""
    address: Address | None = None
    """The job site."""
    archived: Flag = False
    updated_at: UtcTime
    """When ProLine last changed the project."""

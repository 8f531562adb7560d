"""The postal address that contacts and projects carry."""

from schemas.snapshot_model import SnapshotModel
from schemas.values import Text


class Address(SnapshotModel):
    """A postal address as ProLine keeps it; every part may be missing."""

    line1: Text = None
    line2: Text = None
    city: Text = None
    state: Text = None
    postal_code: Text = None
    country: Text = None

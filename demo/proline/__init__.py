"""A small ProLine: its tables, its `proline_export` views, and the capture of its changes.

Only what the integration meets is here. The tables are mapped with SQLAlchemy 2, as ProLine's
are; the views' SQL is the one place where a snapshot is composed, and both the outbox and a read
by id use it.
"""

from demo.proline.billing import (
    Invoice,
    InvoiceLine,
    Payment,
    PaymentAllocation,
    PaymentReturn,
)
from demo.proline.captured import capture_changes
from demo.proline.engines import open_engine
from demo.proline.rows import SCHEMA, Row
from demo.proline.sales import (
    Company,
    Contact,
    Organization,
    Pipeline,
    Project,
    ProjectStageMove,
    Quote,
    QuoteLine,
    Stage,
)
from demo.proline.snapshots import (
    contact_snapshots,
    invoice_snapshots,
    payment_snapshots,
    project_snapshots,
)
from demo.proline.views import create_tables

__all__ = [
    "SCHEMA",
    "Company",
    "Contact",
    "Invoice",
    "InvoiceLine",
    "Organization",
    "Payment",
    "PaymentAllocation",
    "PaymentReturn",
    "Pipeline",
    "Project",
    "ProjectStageMove",
    "Quote",
    "QuoteLine",
    "Row",
    "Stage",
    "capture_changes",
    "contact_snapshots",
    "create_tables",
    "invoice_snapshots",
    "open_engine",
    "payment_snapshots",
    "project_snapshots",
]

"""Which queue and which actor take a record of each entity: said once, for relay and workers."""

QUEUES = {
    "contact": "qbo.contacts",
    "project": "qbo.projects",
    "invoice": "qbo.invoices",
    "payment": "qbo.payments",
}
ACTORS = {entity: f"{entity}.sync" for entity in QUEUES}

"""How a record is addressed: by company, entity and ProLine's id."""

from dataclasses import dataclass

RUNNING_PREFIX = "running:"
"""Before a project's id: the id of the record that stands for its running-balance invoices."""


@dataclass(frozen=True, order=True)
class RecordKey:
    """ProLine's own address of a record: unique, and known before the record itself is."""

    company_id: str
    entity: str
    record_id: str


def running_id(project_id: str) -> str:
    """Name the record that stands for all running-balance invoices of a project."""
    return RUNNING_PREFIX + project_id

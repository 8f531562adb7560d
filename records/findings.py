"""Findings: what a person should know although nothing failed; once per event, until resolved."""

from coordination.database import Connection

_FIND = """
INSERT INTO proline_qbo.findings (company_id, record_pk, kind, key, sentence)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT ON CONSTRAINT once_per_event DO UPDATE SET sentence = excluded.sentence
"""


def find(  # a finding has so many facts
    connection: Connection,
    company_id: str,
    record_pk: int | None,
    kind: str,
    key: str,
    sentence: str,
) -> None:
    """Write a finding down; the same event found again changes only its sentence."""
    connection.execute(_FIND, [company_id, record_pk, kind, key, sentence])

"""How many: what a company's page and `company show` tell beside its settings."""

from coordination.database import Connection
from records.states import RULE

_QUESTIONS = """
SELECT d.question, count(*)
FROM proline_qbo.decisions d WHERE d.answer IS NULL AND d.company_id = %s
GROUP BY d.question ORDER BY d.question
"""
_FINDINGS = """
SELECT kind, count(*) FROM proline_qbo.findings
WHERE company_id = %s AND resolved_at IS NULL GROUP BY kind ORDER BY kind
"""
_SKIPPED_BY_RULE = """
SELECT count(*) FROM proline_qbo.records
WHERE company_id = %s AND standing = 'skipped' AND skipped_by = %s
"""


def count_questions(connection: Connection, company_id: str) -> dict[str, int]:
    """Count a company's open questions, by question; a wait's offer is one too."""
    return dict(connection.execute(_QUESTIONS, [company_id]).fetchall())


def count_findings(connection: Connection, company_id: str) -> dict[str, int]:
    """Count what a person should know and has not resolved, by kind."""
    return dict(connection.execute(_FINDINGS, [company_id]).fetchall())


def count_skipped_by_rule(connection: Connection, company_id: str) -> int:
    """Count the records that ProLine's guide leaves out; a person may undo each."""
    row = connection.execute(_SKIPPED_BY_RULE, [company_id, RULE]).fetchone()
    return int(row[0]) if row else 0

"""The `proline_export` views, and the creation of ProLine's tables with them.

Each view is the one place where its snapshot is composed: the outbox captures what the view says,
and the integration reads the same view for records older than the outbox. Money and quantities
are decimal text; cost and margin are not mentioned, so they cannot leave.
"""

from typing import Final

from sqlalchemy import Engine, text

from demo.proline.rows import SCHEMA, Row

_ADDRESS = """jsonb_build_object(
    'line1', {row}.line1, 'line2', {row}.line2, 'city', {row}.city,
    'state', {row}.state, 'postal_code', {row}.postal_code, 'country', {row}.country)"""

PROJECT_STAGES: Final = """
CREATE OR REPLACE VIEW proline_export.project_stages AS
SELECT s.company_id, s.name AS stage, s.position
FROM proline.stages s
"""

CONTACTS: Final = f"""
CREATE OR REPLACE VIEW proline_export.contacts AS
SELECT c.company_id, c.id AS record_id, jsonb_build_object(
    'id', c.id, 'number', c.number, 'display_name', c.display_name,
    'given_name', c.given_name, 'family_name', c.family_name, 'company_name', c.company_name,
    'customer_type', c.customer_type, 'email', c.email, 'phone', c.phone,
    'address', {_ADDRESS.format(row="c")},
    'archived', c.archived, 'updated_at', c.updated_at) AS snapshot, c.updated_at
FROM proline.contacts c
"""

PROJECTS: Final = f"""
CREATE OR REPLACE VIEW proline_export.projects AS
SELECT p.company_id, p.id AS record_id, jsonb_build_object(
    'id', p.id, 'number', p.number, 'name', p.name, 'contact_id', p.contact_id,
    'pipeline', b.name, 'stage', s.name, 'status', s.status, 'location', p.location,
    'address', {_ADDRESS.format(row="p")},
    'archived', p.archived, 'updated_at', p.updated_at) AS snapshot, p.updated_at
FROM proline.projects p
JOIN proline.stages s ON s.id = p.stage_id
JOIN proline.pipelines b ON b.id = s.pipeline_id
"""

INVOICES: Final = """
CREATE OR REPLACE VIEW proline_export.invoices AS
SELECT i.company_id, i.id AS record_id, jsonb_build_object(
    'id', i.id, 'number', i.number, 'name', i.name, 'kind', i.kind,
    'project_id', i.project_id, 'contact_id', i.contact_id,
    'sent_at', i.sent_at, 'issued_on', i.issued_on, 'due_on', i.due_on, 'currency', 'USD',
    'lines', line.list, 'discount', i.discount::text,
    'tax', CASE WHEN i.tax_amount IS NOT NULL THEN jsonb_build_object(
        'name', i.tax_name, 'rate', i.tax_rate::text, 'amount', i.tax_amount::text) END,
    'total', bill.total::text,
    'amount_due', coalesce(i.asked, bill.total - paid.sum)::text,
    'balance', (bill.total - paid.sum)::text,
    'memo', i.memo, 'voided_at', i.voided_at, 'deleted_at', i.deleted_at,
    'updated_at', i.updated_at) AS snapshot, i.updated_at
FROM proline.invoices i
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.amount), 0.00) AS sum,
        coalesce(jsonb_agg(jsonb_build_object(
            'id', l.id, 'group', l.group_name, 'kind', l.kind, 'name', l.name,
            'description', l.description, 'service', l.service, 'quantity', l.quantity::text,
            'unit', l.unit, 'unit_price', l.unit_price::text, 'amount', l.amount::text)
            ORDER BY l.position, l.id), '[]') AS list
    FROM proline.invoice_lines l WHERE l.invoice_id = i.id) line
CROSS JOIN LATERAL (
    SELECT line.sum - coalesce(i.discount, 0.00) + coalesce(i.tax_amount, 0.00) AS total) bill
CROSS JOIN LATERAL (
    -- A standalone invoice counts the money that names it, a running balance all of the project's.
    SELECT coalesce(sum(CASE i.kind WHEN 'standalone' THEN a.amount ELSE p.amount END), 0.00) AS sum
    FROM proline.payments p
    LEFT JOIN proline.payment_allocations a ON a.payment_id = p.id AND a.invoice_id = i.id
    WHERE p.project_id = i.project_id AND p.status = 'complete'
      AND p.voided_at IS NULL AND p.deleted_at IS NULL) paid
"""

PAYMENTS: Final = """
CREATE OR REPLACE VIEW proline_export.payments AS
SELECT p.company_id, p.id AS record_id, jsonb_build_object(
    'id', p.id, 'number', p.number, 'project_id', p.project_id, 'contact_id', p.contact_id,
    'status', p.status, 'received_on', p.received_on, 'amount', p.amount::text, 'currency', 'USD',
    'method', p.method, 'reference', p.reference,
    'allocations', coalesce((
        SELECT jsonb_agg(jsonb_build_object('invoice_id', a.invoice_id, 'amount', a.amount::text)
            ORDER BY a.invoice_id)
        FROM proline.payment_allocations a WHERE a.payment_id = p.id), '[]'),
    'returns', coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', r.id, 'kind', r.kind, 'amount', r.amount::text,
            'on', r.returned_on) ORDER BY r.id)
        FROM proline.payment_returns r WHERE r.payment_id = p.id), '[]'),
    'voided_at', p.voided_at, 'deleted_at', p.deleted_at,
    'updated_at', p.updated_at) AS snapshot, p.updated_at
FROM proline.payments p
"""


def create_tables(engine: Engine) -> None:
    """Create ProLine's schema, its tables and the views it shows to the integration."""
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS proline_export"))
        Row.metadata.create_all(connection)
        for view in (PROJECT_STAGES, CONTACTS, PROJECTS, INVOICES, PAYMENTS):
            connection.exec_driver_sql(view)

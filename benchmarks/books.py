"""Three hundred thousand records in a private PostgreSQL, a hundred thousand of one company.

They are written as rows, not played: what is measured is reading them. Their states, names and
numbers are shared out as in a contractor's company of some years; every name is invented, and one
word of it is every contact's, so that the commonest word there can be is searched for too. Its
books are read, with as many of a kind as are listed, and each of its services has an item. Behind
it a tenth of the company's records change once more, as between two runs of the vacuum.
"""

from connections import books, companies, lists
from connections.books import Books
from connections.lists import LISTED_MOST, Choice, Lists
from connections.settings import CompanySettings
from coordination.database import Connection

COMPANY = "company-1"
RECORDS = 100_000
OTHER_COMPANIES = 20
RECORDS_OF_EACH_OTHER = 10_000
SERVICES = 40
ACCOUNTS = 100

# Of each hundred: 20 contacts, 25 projects, 30 invoices, 25 payments; four invoices a project.
_RECORDS = """
INSERT INTO proline_qbo.records (company_id, entity, record_id, version, judged_version, state,
    reason, code, sentence, since, taken_in_at, retry_at, dispatch_token, dispatched_at, skipped_by,
    settled_version, settled_basis)
SELECT %(company)s, entity, left(entity, 1) || n, 1, 1, state,
       CASE WHEN state <> 'waiting' THEN NULL
            WHEN entity IN ('contact', 'project') THEN 'stage'
            WHEN luck < 0.95 THEN 'decision' ELSE 'parent' END,
       CASE WHEN state = 'failed' THEN (ARRAY['6240','6140','6000','2010','parent_unknown',
                                              'snapshot_invalid'])[1 + mod(n, 6)] END,
       CASE WHEN state IN ('waiting', 'failed', 'skipped')
            THEN 'A sentence that says to an office what is so, and what it can do about it.' END,
       at, at, CASE WHEN state = 'retrying' THEN at END,
       CASE WHEN state = 'dispatched' THEN gen_random_uuid() END,
       CASE WHEN state = 'dispatched' THEN at END,
       CASE WHEN state = 'skipped' THEN 'rule' END,
       CASE WHEN state = 'done' THEN 1 END, CASE WHEN state = 'done' THEN '' END
FROM (
    SELECT n, entity, luck, proline_qbo.clock() - random() * interval '700 days' AS at,
           CASE WHEN entity IN ('contact', 'project') AND luck < 0.4 THEN 'waiting'
                WHEN luck < 0.9 THEN 'done' WHEN luck < 0.91 THEN 'pending'
                WHEN luck < 0.9105 AND entity <> 'contact' THEN 'dispatched'
                WHEN luck < 0.915 THEN 'retrying' WHEN luck < 0.93 THEN 'skipped'
                WHEN luck < 0.96 THEN 'waiting' ELSE 'failed' END AS state
    FROM (SELECT n, random() AS luck,
                 CASE WHEN mod(n, 100) < 20 THEN 'contact' WHEN mod(n, 100) < 45 THEN 'project'
                      WHEN mod(n, 100) < 75 THEN 'invoice' ELSE 'payment' END AS entity
          FROM generate_series(1, %(records)s::int) AS n) AS drawn
) AS made
"""
_SNAPSHOTS = """
INSERT INTO proline_qbo.snapshots (record_pk, company_id, version, snapshot)
SELECT pk, company_id, 1, jsonb_build_object('id', record_id, 'number', (1000 + n)::text)
    || CASE entity
       WHEN 'contact' THEN jsonb_build_object('display_name',
           (ARRAY['Jane','Ada','Otto','Mary','Ruth','Hugo','Noah','Lena'])[1 + mod(n, 8)] || ' '
           || chr(65 + mod(n, 26)) || substr(md5(n::text), 1, 5) || ' Example')
       WHEN 'project' THEN jsonb_build_object('name', 'New roof ' || substr(md5(n::text), 1, 6),
           'contact_id', 'c' || n - mod(n, 100) + mod(n, 20),
           'stage', (ARRAY['Lead','Inspection','Proposal','Closed - Won','Complete'])
                    [1 + mod(n, 5)],
           'status', (ARRAY['Lead','Open','Won','Lost'])[1 + mod(n, 4)])
       WHEN 'invoice' THEN jsonb_build_object('kind', 'standalone',
           'project_id', 'p' || n - mod(n, 100) + 20 + mod(n, 25),
           'total', (n / 7.0)::numeric(12, 2)::text, 'currency', 'USD',
           'lines', (SELECT jsonb_agg(jsonb_build_object('id', i::text, 'kind', 'item',
                        'name', 'Tear-off ' || md5((n * i)::text), 'amount', '10.00',
                        'description', repeat('A line tells what was done on the roof. ', 3),
                        'service', 'Service ' || 1 + mod(n + i, %(services)s::int)))
                     FROM generate_series(1, 8) AS i))
       ELSE jsonb_build_object('project_id', 'p' || n - mod(n, 100) + 20 + mod(n, 25),
           'status', 'complete', 'amount', (n / 11.0)::numeric(12, 2)::text, 'currency', 'USD')
       END
FROM (SELECT pk, company_id, entity, record_id, substr(record_id, 2)::int AS n
      FROM proline_qbo.records WHERE company_id = %(company)s) AS r
"""
_DEPENDENCIES = """
INSERT INTO proline_qbo.dependencies (record_pk, company_id, on_entity, on_record_id)
SELECT r.pk, r.company_id, CASE WHEN r.entity = 'project' THEN 'contact' ELSE 'project' END,
       coalesce(s.snapshot ->> 'project_id', s.snapshot ->> 'contact_id')
FROM proline_qbo.records r JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
WHERE r.company_id = %(company)s AND r.entity <> 'contact'
"""
_TRANSFERS = """
INSERT INTO proline_qbo.transfers (record_pk, company_id, contact_id, customer_mode,
                                   transferred_by)
SELECT r.pk, r.company_id, s.snapshot ->> 'contact_id', 'sub', 'stage'
FROM proline_qbo.records r JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
WHERE r.company_id = %(company)s AND r.entity = 'project'
  AND (r.state <> 'waiting' OR s.snapshot ->> 'stage' = 'Closed - Won' AND mod(r.pk, 50) > 0)
"""
_LINKS = """
INSERT INTO proline_qbo.links (realm_id, record_pk, kind, qbo_id, sync_token, doc_number)
SELECT %(realm)s, pk, CASE entity WHEN 'invoice' THEN 'Invoice' WHEN 'payment' THEN 'Payment'
                      ELSE 'Customer' END,
       pk::text, '0', CASE WHEN entity = 'invoice' THEN 'N-' || pk END
FROM proline_qbo.records WHERE company_id = %(company)s AND state = 'done'
"""
_ATTEMPTS = """
INSERT INTO proline_qbo.attempts (record_pk, realm_id, generation, version, basis, operation, kind,
    path, params, body, request_id, sends, answer, answered_at, status, intuit_tid)
SELECT record_pk, realm_id, 0, 1, '', 'create', kind, '/', '[]', decode(repeat('00', 400), 'hex'),
       md5(record_pk::text), 1, 'applied', proline_qbo.clock(), 200, md5(record_pk::text)
FROM proline_qbo.links WHERE realm_id = %(realm)s
"""
_QUESTIONS = """
INSERT INTO proline_qbo.decisions (record_pk, company_id, question, basis, asked_at)
SELECT pk, company_id, CASE WHEN state = 'skipped' THEN 'sent_before_enable' ELSE
           (ARRAY['existing_customer','send_as_new','changed_in_quickbooks'])[1 + mod(pk, 3)] END,
       record_id, since
FROM proline_qbo.records
WHERE company_id = %(company)s AND (reason = 'decision' OR state = 'skipped')
"""
_FINDINGS = """
INSERT INTO proline_qbo.findings (company_id, record_pk, kind, key, sentence)
SELECT company_id, pk, 'moved', pk::text, 'ProLine moved it; in QuickBooks it stays where it is.'
FROM proline_qbo.records WHERE company_id = %(company)s AND mod(pk, 100) = 0
"""
_OF_COMPANY = (
    _RECORDS,
    _SNAPSHOTS,
    _DEPENDENCIES,
    _TRANSFERS,
    _LINKS,
    _ATTEMPTS,
    _QUESTIONS,
    _FINDINGS,
)
_CHANGE_AGAIN = """
UPDATE proline_qbo.records SET since = since + interval '1 microsecond'
WHERE company_id = %s AND random() < 0.1
"""


def fill(connection: Connection) -> None:
    """Write all records, and leave the tables as a vacuum and some more work leave them.

    Args:
        connection: a session without a statement timeout, in autocommit.
    """
    with connection.transaction():
        _fill(connection, COMPANY, RECORDS)
        for number in range(OTHER_COMPANIES):
            _fill(connection, f"other-{number}", RECORDS_OF_EACH_OTHER)
    connection.execute("VACUUM (ANALYZE)")
    connection.execute(_CHANGE_AGAIN, [COMPANY])


def _fill(connection: Connection, company_id: str, records: int) -> None:
    companies.open_company(connection, company_id, company_id.title())
    realm_id = f"realm-{company_id}"
    companies.connect(connection, company_id, realm_id)
    books.store(connection, _books(realm_id))
    lists.store_lists(connection, realm_id, _lists())
    chosen = {f"Service {n}": f"item-{n}" for n in range(1, SERVICES + 1)}
    settings = CompanySettings(customer_mode="sub", items_by_service=chosen)
    companies.change_settings(connection, company_id, settings)
    companies.enable(connection, company_id)
    arguments = {
        "company": company_id,
        "records": records,
        "realm": realm_id,
        "services": SERVICES,
    }
    for statement in _OF_COMPANY:
        connection.execute(statement, arguments)


def _books(realm_id: str) -> Books:
    return Books(
        realm_id=realm_id,
        company_name="Example Books",
        country="US",
        home_currency="USD",
        custom_txn_numbers=False,
        using_sales_tax=True,
        book_close_date=None,
        income_item_id="item-1",
        payment_method_id="1",
        deposit_account_id=None,
        income_account_id="income-1",
    )


def _lists() -> Lists:
    return Lists(
        income_accounts=_choices("income", "Income account", ACCOUNTS),
        deposit_accounts=_choices("deposit", "Bank account", ACCOUNTS),
        items=_choices("item", "Roof:Tear-off of a layer, number", LISTED_MOST),
        tax_codes=_choices("tax", "Tax code", ACCOUNTS),
    )


def _choices(kind: str, name: str, number: int) -> tuple[Choice, ...]:
    return tuple(Choice(f"{kind}-{n}", f"{name} {n}") for n in range(1, number + 1))

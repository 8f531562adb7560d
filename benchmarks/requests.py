"""How many calls one change costs, as the simulator counts them over HTTP.

A change is a version of a record that was settled with a write. New records, and edits of what
nobody in QuickBooks has touched since our last write, need one write and nothing else. Beside them,
for information: a paid invoice has been touched, by its payment, and the rule that looks for a
customer before one is created reads.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import psycopg

from benchmarks.distant import Distant, connect_companies, start_distant
from benchmarks.figures import Figure, at_most
from benchmarks.fleet import UNPACED, Fleet, RelayChoice, WorkerChoice, running_fleet
from benchmarks.options import Options, progress
from benchmarks.stage import EASY, ENTITIES, say_chains, servers, session

CHAINS: Final = 25
LONG_CHAINS: Final = 250
GIVEN_UP_AFTER_SECONDS: Final = 100.0
LOOK_SECONDS: Final = 0.05
ONE_WRITE: Final = at_most(1.0)
NO_READ: Final = at_most(0.0)

_EDIT = """
INSERT INTO proline_outbox.outbox_events (company_id, entity, record_id, event_type, snapshot)
SELECT r.company_id, r.entity, r.record_id, 'benchmark',
       s.snapshot || CASE r.entity
           WHEN 'contact' THEN '{"email": "jane.example@example.com"}'
           WHEN 'project' THEN jsonb_build_object('address',
               s.snapshot -> 'address' || '{"line1": "1 New Street"}')
           WHEN 'invoice' THEN '{"memo": "Thank you."}'
           ELSE '{"reference": "1001"}' END::jsonb
       || jsonb_build_object('updated_at', clock_timestamp())
FROM proline_qbo.records r JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
WHERE r.company_id = %s AND r.entity = ANY(%s)
ORDER BY r.pk
"""
_UNSETTLED = """
SELECT NOT EXISTS (SELECT FROM proline_outbox.outbox_events)
       AND NOT EXISTS (SELECT FROM proline_qbo.nudges),
       (SELECT min(concat_ws(' ', r.entity, r.state, r.reason, r.code, r.sentence))
        FROM proline_qbo.records r WHERE r.company_id = %s AND r.state <> 'done')
"""
_CHANGES = """
SELECT count(DISTINCT (a.record_pk, a.version))
FROM proline_qbo.attempts a JOIN proline_qbo.records r ON r.pk = a.record_pk
WHERE r.company_id = %s AND a.answer = 'applied' AND r.state = 'done'
"""


@dataclass(frozen=True)
class Stage:
    """Everything the benchmark stands on; no company's calls are limited."""

    connection: psycopg.Connection
    fleet: Fleet
    distant: Distant
    realms: dict[str, str]
    chains: int

    def say(self, company_id: str, *entities: str) -> None:
        """Write new records."""
        say_chains(self.connection, [company_id], chains=self.chains, entities=entities)

    def edit(self, company_id: str, *entities: str) -> None:
        """Write a new version of every record of these kinds."""
        self.connection.execute(_EDIT, [company_id, list(entities)])

    def cost(self, company_id: str, change: Callable[[], None]) -> tuple[float, float]:
        """Make changes, wait until they are settled, and tell the writes and reads of each."""
        before = self._counts(company_id)
        change()
        deadline = time.monotonic() + GIVEN_UP_AFTER_SECONDS
        while (left := self._unsettled(company_id)) != (True, None):
            self.fleet.assert_running()
            if time.monotonic() > deadline:
                raise TimeoutError(f"the changes were not settled: {left}")
            time.sleep(LOOK_SECONDS)  # what others settle tells nobody here: it is asked
        after = self._counts(company_id)
        writes, reads, changes = (now - then for now, then in zip(after, before, strict=True))
        if not changes or changes % self.chains:
            raise ValueError(f"{changes} changes of {company_id} were settled with a write")
        return writes / changes, reads / changes

    def _unsettled(self, company_id: str) -> object:
        return self.connection.execute(_UNSETTLED, [company_id]).fetchone()

    def _counts(self, company_id: str) -> tuple[int, int, int]:
        report = self.distant.report(self.realms[company_id])
        row = self.connection.execute(_CHANGES, [company_id]).fetchone()
        return report["writes"], report["reads"], int(row[0]) if row else 0


def run(options: Options) -> list[Figure]:
    """Make 25 changes of each sort, or 250."""
    with servers() as where, session(where.database_url) as connection, running_fleet() as fleet:
        distant = start_distant(fleet)
        names = ("unpaid", "paid", "link")
        realms = {each: distant.make_books(each, limits=None) for each in names}
        link = EASY.model_copy(update={"existing_customers": "link"})
        for company_id, realm_id in realms.items():
            settings = link if company_id == "link" else EASY
            connect_companies(connection, distant, {company_id: realm_id}, settings)
        fleet.start("relay", RelayChoice(where, dict(UNPACED)))
        choice = WorkerChoice(where, limits=dict(UNPACED), quickbooks_url=distant.url)
        fleet.start("worker", choice)
        fleet.await_beats(connection, relay=1, worker=1)
        chains = LONG_CHAINS if options.long else CHAINS
        return _measured(Stage(connection, fleet, distant, realms, chains))


def _measured(stage: Stage) -> list[Figure]:
    progress(f"{stage.chains} of each")
    new = stage.cost("paid", lambda: stage.say("paid", *ENTITIES))
    edited_payment = stage.cost("paid", lambda: stage.edit("paid", "payment"))
    paid_invoice = stage.cost("paid", lambda: stage.edit("paid", "invoice"))
    stage.cost("unpaid", lambda: stage.say("unpaid", *ENTITIES[:3]))
    edited = {
        entity: stage.cost("unpaid", lambda entity=entity: stage.edit("unpaid", entity))  # type: ignore[misc]
        for entity in ENTITIES[:3]
    }
    edited["payment"] = edited_payment
    linked = stage.cost("link", lambda: stage.say("link", *ENTITIES[:2]))
    judged = {"new records": new} | {f"edited {each}s": cost for each, cost in edited.items()}
    told = {
        "edited invoices that are paid": paid_invoice,
        "contacts looked for first, and jobs": linked,
    }
    return [
        *(figure for name, cost in judged.items() for figure in _figures(name, cost, judged=True)),
        *(figure for name, cost in told.items() for figure in _figures(name, cost, judged=False)),
    ]


def _figures(name: str, cost: tuple[float, float], *, judged: bool) -> list[Figure]:
    writes, reads = cost
    return [
        Figure(f"requests: writes a change, {name}", writes, "", bar=ONE_WRITE if judged else None),
        Figure(f"requests: reads a change, {name}", reads, "", bar=NO_READ if judged else None),
    ]

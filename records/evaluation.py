"""Moving records to where their facts say they belong: the only way from a wait into `pending`.

Runs in the relay's transaction alone, so two evaluations never cross. It never moves a record that
is dispatched; the conditional UPDATE says so once more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from coordination.database import Connection
from records.anew import give_up_links
from records.eligibility import RETRY_AFTER_FAILURE, judge
from records.facts import Facts
from records.findings import find
from records.loading import BATCH_MOST, NOTHING_KNOWN, Known, load_facts
from records.orders import carry_out_orders, send_needed
from records.running_balance import derive_for
from records.states import State
from records.storing import store
from records.verdicts import Verdict


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation did: the companies that have eligible work, and the records that moved."""

    companies_with_work: frozenset[str] = frozenset()
    moved: int = 0


def evaluate(
    connection: Connection, pks: Sequence[int], known: Mapping[int, Known] = NOTHING_KNOWN
) -> Evaluated:
    """Judge these records on what is committed now and move those that belong elsewhere.

    Args:
        connection: the relay's open transaction.
        pks: any number; they are taken in batches of `records.loading.BATCH_MOST`.
        known: snapshots that this transaction has stored, by pk.
    """
    companies: set[str] = set()
    moved = 0
    groups = _by_entity(connection, pks)
    if any(group.ordered for group in groups):
        derived = derive_for(connection, carry_out_orders(connection, sorted(set(pks))))
        pks = [*pks, *(each.pk for each in store(connection, derived))]
        groups = _by_entity(connection, pks)
    if not groups:
        return Evaluated()
    for batch in _batches(groups):
        judged = _judge_batch(connection, batch, known, groups[0].now)
        needed = send_needed(connection, {v.needs for _, v in judged if v.needs is not None})
        in_flight = [(f, v) for f, v in judged if f.state is State.DISPATCHED]
        at_rest = [(f, v) for f, v in judged if f.state is not State.DISPATCHED]
        companies |= {f.company_id for f, verdict in at_rest if verdict.state is State.PENDING}
        _still_eligible(connection, in_flight)
        give_up_links(connection, [f.pk for f, verdict in at_rest if verdict.anew])
        moved += _apply(connection, at_rest)
        _ask(connection, at_rest)
        _tell(connection, judged)
        if needed:
            more = evaluate(connection, needed)
            companies |= more.companies_with_work
            moved += more.moved
    return Evaluated(frozenset(companies), moved)


# Nearly never has anybody ordered anything, and the index of open orders is nearly empty.
_BY_ENTITY = """
SELECT proline_qbo.clock(), array_agg(r.pk ORDER BY r.pk),
       bool_or(coalesce((SELECT true FROM proline_qbo.orders o
                         WHERE o.record_pk = r.pk AND o.carried_out_at IS NULL LIMIT 1), false))
FROM proline_qbo.records r WHERE r.pk = ANY(%b::bigint[])
GROUP BY r.entity ORDER BY array_position('{contact,project,invoice,payment}', r.entity)
"""


@dataclass(frozen=True)
class _Group:
    """Records of one entity, whether an order for any of them is open, and when that was read."""

    now: datetime
    pks: list[int]
    ordered: bool


def _by_entity(connection: Connection, pks: Sequence[int]) -> list[_Group]:
    """Parents first: a payment must see what its invoice has just been told."""
    if not pks:
        return []
    return [_Group(*row) for row in connection.execute(_BY_ENTITY, [sorted(set(pks))]).fetchall()]


def _batches(groups: Sequence[_Group]) -> list[list[int]]:
    return [
        group.pks[start : start + BATCH_MOST]
        for group in groups
        for start in range(0, len(group.pks), BATCH_MOST)
    ]


def _judge_batch(
    connection: Connection, pks: Sequence[int], known: Mapping[int, Known], now: datetime
) -> list[tuple[Facts, Verdict]]:
    facts = load_facts(connection, pks, known)
    judged = ((each, judge(each, now)) for each in facts)
    return [(each, verdict) for each, verdict in judged if verdict is not None]


_STILL_ELIGIBLE = """
UPDATE proline_qbo.records SET judged_version = version
WHERE pk = ANY(%s) AND state = 'dispatched' AND judged_version IS DISTINCT FROM version
"""


def _still_eligible(connection: Connection, in_flight: Sequence[tuple[Facts, Verdict]]) -> None:
    """Let the claim of a dispatched record take its newer version, if that is eligible too.

    If it is not, the claim is refused and the record comes back to be judged at rest.
    """
    pks = [facts.pk for facts, verdict in in_flight if verdict.state is State.PENDING]
    if pks:
        connection.execute(_STILL_ELIGIBLE, [pks])


# Agreement without a write (nothing is needed there) is noted as settled; a record that is pending
# keeps what it last agreed on. `since` moves only with the state or its reason.
_APPLY = """
UPDATE proline_qbo.records r
SET state = v.state, reason = v.reason, code = v.code, sentence = v.sentence,
    skipped_by = v.skipped_by, judged_version = r.version,
    skipped_version = CASE WHEN v.state = 'skipped' THEN r.version ELSE r.skipped_version END,
    skipped_in_bulk = v.state = 'skipped' AND r.skipped_in_bulk,
    retry_at = CASE WHEN v.state = 'retrying' THEN r.since + %(retry_after)s END,
    settled_version = CASE WHEN v.state = 'done' THEN r.version ELSE r.settled_version END,
    settled_basis = CASE WHEN v.state = 'done' THEN v.basis ELSE r.settled_basis END,
    since = CASE WHEN (r.state, r.reason) IS DISTINCT FROM (v.state, v.reason)
                 THEN proline_qbo.clock() ELSE r.since END
FROM unnest(%(pks)b::bigint[], %(states)b::text[], %(reasons)b::text[], %(codes)b::text[],
            %(sentences)b::text[], %(skippers)b::text[], %(bases)b::text[])
     AS v (pk, state, reason, code, sentence, skipped_by, basis)
WHERE r.pk = v.pk AND r.state <> 'dispatched'
  AND ((r.state, r.reason, r.code, r.sentence, r.skipped_by)
       IS DISTINCT FROM (v.state, v.reason, v.code, v.sentence, v.skipped_by)
       OR (v.state = 'done' AND r.settled_basis IS DISTINCT FROM v.basis)
       OR r.judged_version IS DISTINCT FROM r.version)
"""


def _apply(connection: Connection, judged: Sequence[tuple[Facts, Verdict]]) -> int:
    # Their rows are locked: what says the same already need not be asked again.
    moving = [(facts, verdict) for facts, verdict in judged if not _stands_so(facts, verdict)]
    if not moving:
        return 0
    verdicts = [verdict for _, verdict in moving]
    return connection.execute(
        _APPLY,
        {
            "retry_after": RETRY_AFTER_FAILURE,
            "pks": [facts.pk for facts, _ in moving],
            "states": [verdict.state.value for verdict in verdicts],
            "reasons": [verdict.reason and verdict.reason.value for verdict in verdicts],
            "codes": [verdict.code for verdict in verdicts],
            "sentences": [verdict.sentence for verdict in verdicts],
            "skippers": [verdict.skipped_by for verdict in verdicts],
            "bases": [verdict.basis for verdict in verdicts],
        },
    ).rowcount


def _stands_so(facts: Facts, verdict: Verdict) -> bool:
    return (
        facts.state is verdict.state
        and facts.judged_version == facts.version
        and (facts.reason, facts.code, facts.sentence, facts.skipped_by)
        == (verdict.reason, verdict.code, verdict.sentence, verdict.skipped_by)
        and (verdict.state is not State.DONE or facts.settled_basis == verdict.basis)
    )


# A question that no longer arises goes; one whose basis changed is asked anew with fresh values.
_CLOSE_QUESTIONS = """
DELETE FROM proline_qbo.decisions d
USING unnest(%s::bigint[], %s::text[], %s::text[]) AS v (pk, question, basis)
WHERE d.record_pk = v.pk AND d.answer IS NULL
  AND (d.question, d.basis) IS DISTINCT FROM (v.question, v.basis)
"""
_OPEN_QUESTIONS = """
INSERT INTO proline_qbo.decisions (record_pk, company_id, question, basis)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
ON CONFLICT (record_pk) WHERE answer IS NULL DO NOTHING
"""


def _ask(connection: Connection, judged: Sequence[tuple[Facts, Verdict]]) -> None:
    were_asked = [(f, v) for f, v in judged if f.asked is not None]
    if were_asked:
        connection.execute(
            _CLOSE_QUESTIONS,
            [
                [facts.pk for facts, _ in were_asked],
                [verdict.question for _, verdict in were_asked],
                [verdict.about for _, verdict in were_asked],
            ],
        )
    asked = [(facts, verdict) for facts, verdict in judged if verdict.question]
    if asked:
        connection.execute(
            _OPEN_QUESTIONS,
            [
                [facts.pk for facts, _ in asked],
                [facts.company_id for facts, _ in asked],
                [verdict.question for _, verdict in asked],
                [verdict.about for _, verdict in asked],
            ],
        )


def _tell(connection: Connection, judged: Sequence[tuple[Facts, Verdict]]) -> None:
    for facts, verdict in judged:
        for told in verdict.told:
            find(connection, facts.company_id, facts.pk, told.kind, told.key, told.sentence)

"""Whether a contractor's books are right, and were made in the right way.

Most is the comparer's own judgement. It knows a payment as one object, so two things are brought
into its form on both sides: what one payment has on several customers is one payment, and customers
that a payment has ever been over count as one, for on which of them a rest is credit rests on what
came first. That each part is on the customer of what it pays is held by QuickBooks itself (620).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from demo.comparer import Books, Invoice, Payment, books_from, compare, duplicates, expected_books
from demo.comparer.scope import Scope
from tests.behaviour.contractor import Contractor
from tests.behaviour.ledger_of import NAME, ledger_of, office_of
from workers.mapping import request_id

REFUSED_FOR_FORM: Final = frozenset(
    {"2010", "2020", "2030", "2040", "2050", "2090", "4000", "4001"}
    | {"6070", "6080", "6090", "6100", "6150", "6180"}
    | {str(code) for code in range(2060, 2171)}
)
LESSONS: Final = frozenset(
    {"5010", "6140", "6240", "610", "620", "2500", "6000", "6200", "6210", "6250"}
)
"""What QuickBooks may refuse: each tells what to look at."""
ANSWERED: Final = frozenset({"applied", "refused"})
"""Answers that concern the books: the id of the next write is another one."""
ATTEMPTS_MOST: Final = 40
AT_REST: Final = frozenset({"done", "skipped", "waiting"})


def judge(contractor: Contractor) -> None:
    """Hold all that must be so at the end of a sequence.

    Raises:
        AssertionError: something is not; the text says what.
    """
    actual = actual_books(contractor)
    found = differences(contractor, actual)
    assert not found, found
    check_customers(contractor, actual)
    check_money(contractor)
    check_objects(contractor)
    check_records(contractor)
    check_attempts(contractor)


def actual_books(contractor: Contractor) -> Books:
    """Read what QuickBooks holds."""
    realm = contractor.roofer.realm
    with realm.lock:
        return books_from(
            NAME,
            customers=_held(realm.objects["Customer"]),
            invoices=_held(realm.objects["Invoice"]),
            payments=_held(realm.objects["Payment"]),
            methods=_held(realm.objects["PaymentMethod"]),
        )


def _held(objects: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return list(objects.values())


def differences(contractor: Contractor, actual: Books) -> list[str]:
    """List in what QuickBooks is not what ProLine says, by the comparer's reading."""
    office, ledger = office_of(contractor), ledger_of(contractor, actual)
    same = _customers_alike(contractor)
    expected = _in_form(expected_books(office, ledger), same)
    there = _in_form(_without_relics(contractor, actual, expected), same)
    found = [
        f"{each.what}: {each.field}: expected {each.expected}, is {each.actual}"
        for each in compare(expected, there)
    ]
    copies = duplicates(there)
    return [*found, *([f"{copies} duplicates"] if copies else [])]


def _without_relics(contractor: Contractor, actual: Books, expected: Books) -> Books:
    """Leave out what may be there or not, and says nothing of anybody's money.

    A contact to whom a project was given that stays where it is; a running-balance invoice that is
    void under the number that was the project's first until a person sent an older one; and a void
    payment that is to be sent as new, and waits.
    """
    unused = {
        f"C#{contractor.latest('contact', each)['number']}"
        for each in contractor.moved_to - set(contractor.stays_with.values())
    }
    members = {
        f"invoice {said['number']}"
        for record_id, said in contractor.all("invoice")
        if contractor.kind_of(record_id) == "running_balance"
    }
    former = members - {each.key for each in expected.invoices}
    paid = {each.key for each in expected.payments}
    return replace(
        actual,
        customers=tuple(each for each in actual.customers if each.key not in unused),
        invoices=tuple(
            each for each in actual.invoices if not (each.voided and each.key in former)
        ),
        payments=tuple(each for each in actual.payments if not each.voided or each.key in paid),
    )


def check_customers(contractor: Contractor, actual: Books) -> None:
    """Hold that each invoice is on its own customer, and a payment's parts where its lines are."""
    expected = expected_books(office_of(contractor), ledger_of(contractor, actual))
    wanted = {each.key: each.customer for each in expected.invoices}
    for invoice in _without_relics(contractor, actual, expected).invoices:
        assert invoice.customer == wanted[invoice.key], invoice
    of_invoice = {each.key: each.customer for each in actual.invoices}
    for payment in actual.payments:
        assert {of_invoice[key] for key in payment.applied} <= {payment.customer}, payment


def check_money(contractor: Contractor) -> None:
    """Hold that no cent is lost: what came is applied or credit, and no invoice is overpaid."""
    realm = contractor.roofer.realm
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for payment in realm.objects["Payment"].values():
        applied = sum((line["Amount"] for line in payment["Line"]), Decimal(0))
        assert payment["TotalAmt"] == applied + payment["UnappliedAmt"], payment
        assert payment["UnappliedAmt"] >= 0, payment
        for line in payment["Line"]:
            paid[line["LinkedTxn"][0]["TxnId"]] += line["Amount"]
    for invoice in realm.objects["Invoice"].values():
        assert invoice["Balance"] == invoice["TotalAmt"] - paid[invoice["Id"]], invoice
        assert invoice["Balance"] >= 0, invoice
    live = sum((each["TotalAmt"] for each in realm.objects["Payment"].values()), Decimal(0))
    booked = {row.record_id for row in _booked_payments(contractor)}
    came = [Decimal(contractor.latest("payment", each)["amount"]) for each in booked]
    assert live == sum(came, Decimal(0)), f"{live} of {came} is there"


def _booked_payments(contractor: Contractor) -> list[Any]:
    return contractor.roofer.rows(
        "SELECT DISTINCT r.record_id FROM proline_qbo.links l JOIN proline_qbo.records r"
        " ON r.pk = l.record_pk WHERE r.company_id = %s AND l.kind = 'Payment' AND NOT l.voided",
        contractor.roofer.company_id,
    )


def check_objects(contractor: Contractor) -> None:
    """Hold that each record and part is there once, and a project's revenue is booked once."""
    realm = contractor.roofer.realm
    live: Counter[tuple[str, str, str]] = Counter()
    for kind in ("Invoice", "Payment"):
        for each in realm.objects[kind].values():
            note = each.get("PrivateNote") or ""
            if not note.startswith("Voided"):
                live[kind, note, each["CustomerRef"]["value"]] += 1
    twice = [each for each, times in live.items() if times > 1]
    assert not twice, f"there twice: {twice}"
    notes = [note for kind, note, _ in live if kind == "Invoice"]
    for project_id in contractor.modes:
        members = {
            f"ProLine invoice {said['number']}"
            for record_id, said in contractor.all("invoice")
            if said["project_id"] == project_id
            and contractor.kind_of(record_id) == "running_balance"
        }
        assert len(members.intersection(notes)) <= 1, f"{project_id} is booked twice"


def check_records(contractor: Contractor) -> None:
    """Hold that every record rests, with a sentence where it waits; here nothing is refused."""
    for row in contractor.roofer.rows(
        "SELECT entity, record_id, state, reason, code, sentence FROM proline_qbo.records"
        " WHERE company_id = %s",
        contractor.roofer.company_id,
    ):
        assert row.state in AT_REST, row
        assert row.state == "done" or row.sentence, row


_ATTEMPTS = """
SELECT a.*, r.company_id, r.entity, r.record_id FROM proline_qbo.attempts a
JOIN proline_qbo.records r ON r.pk = a.record_pk WHERE r.company_id = %s ORDER BY a.id
"""


def check_attempts(contractor: Contractor) -> None:
    """Hold that writes were well-formed, none looped, and their ids obey principle 6."""
    attempts = contractor.roofer.rows(_ATTEMPTS, contractor.roofer.company_id)
    codes = {each.fault_code for each in attempts if each.answer == "refused"}
    assert not codes & REFUSED_FOR_FORM, f"refused for form: {codes}"
    assert codes <= LESSONS, f"refused: {codes}"
    for times in Counter(each.record_pk for each in attempts).values():
        assert times <= ATTEMPTS_MOST, "a record is written again and again"
    answers: Counter[tuple[int, str]] = Counter()
    for each in attempts:
        assert each.request_id == _identity(each, answers[each.record_pk, each.part])
        assert each.answer is not None, f"nobody knows what became of {each}"
        answers[each.record_pk, each.part] += each.answer in ANSWERED
    _check_arrived(contractor, attempts)


def _identity(attempt: Any, answers: int) -> str:  # noqa: ANN401  # a row, by name
    return request_id(
        attempt.realm_id,
        attempt.company_id,
        attempt.entity,
        attempt.record_id,
        attempt.part,
        attempt.operation,
        attempt.generation,
        answers,
        bytes(attempt.body),
    )


def _check_arrived(contractor: Contractor, attempts: Sequence[Any]) -> None:
    answered = Counter(each.request_id for each in attempts if each.answer in ANSWERED)
    assert all(times == 1 for times in answered.values()), "two writes share a request id"
    stored = {each.request_id: bytes(each.body) for each in attempts}
    path = f"/v3/company/{contractor.roofer.realm.settings.realm_id}/"
    for request in contractor.roofer.writes():
        if request.path.startswith(path):
            assert stored[request.parameters["requestid"]] == request.body


def _customers_alike(contractor: Contractor) -> dict[str, str]:
    """Let customers that one payment has been over stand for each other."""
    scope = Scope.of(office_of(contractor), *_enabled_ledger(contractor))
    same: dict[str, str] = {}
    for projects in contractor.paid_over.values():
        transferred = sorted(projects & contractor.modes.keys())
        names = {same.get(name, name) for name in map(scope.billed, transferred)}
        together = {each for each, first in same.items() if first in names} | names
        same |= dict.fromkeys(together, min(names, default=""))
    return same


def _enabled_ledger(contractor: Contractor) -> tuple[Any, Any]:
    office = office_of(contractor)
    return office.enabled_at, ledger_of(contractor, Books(NAME))


def _in_form(books: Books, same: dict[str, str]) -> Books:
    return replace(
        books,
        invoices=tuple(
            replace(each, customer=same.get(each.customer, each.customer))
            for each in _without_replaced(books.invoices)
        ),
        payments=tuple(
            _together(
                [replace(each, customer=same.get(each.customer, each.customer)) for each in parts]
            )
            for parts in _parts(books.payments)
        ),
    )


def _without_replaced(invoices: Iterable[Invoice]) -> list[Invoice]:
    """Leave out what was void and has been sent as new, or was voided twice."""
    kept: dict[str, list[Invoice]] = defaultdict(list)
    for each in sorted(invoices, key=lambda each: each.voided):
        if not each.voided or not kept[each.key]:
            kept[each.key].append(each)
    return [each for copies in kept.values() for each in copies]


def _parts(payments: Iterable[Payment]) -> list[list[Payment]]:
    parts: dict[str, list[Payment]] = defaultdict(list)
    for each in sorted(payments, key=lambda each: each.voided):
        if not each.voided or not parts[each.key]:
            parts[each.key].append(each)
    return list(parts.values())


def _together(parts: Sequence[Payment]) -> Payment:
    """Put the parts of one payment together, where they are on customers that count as one."""
    first = parts[0]
    if len({each.customer for each in parts}) > 1:
        return replace(first, customer=" and ".join(sorted({each.customer for each in parts})))
    applied: dict[str, Decimal] = defaultdict(Decimal)
    for each in parts:
        for key, amount in each.applied.items():
            applied[key] += amount
    return replace(
        first,
        applied=dict(applied),
        amount=sum((each.amount for each in parts), Decimal(0)),
        unapplied=sum((each.unapplied for each in parts), Decimal(0)),
    )

"""One company's books: its objects, the indexes that keep its rules, and what it counts.

Owns the state and its consistency, not the rules of any entity. Objects are never changed in
place: a write puts a new document in the old one's stead, so the difference of the two keeps every
index and every customer's balance right. Callers hold `lock`.
"""

import random
import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qbo_simulator.calls import CallLog
from qbo_simulator.clock import Clock, stamp
from qbo_simulator.properties import reference
from qbo_simulator.requestid import AnswerStore
from qbo_simulator.settings import RealmSettings
from qbo_simulator.throttle import Throttle
from qbo_simulator.wire import Json

NAME_KINDS = ("Customer", "Vendor", "Employee")
TRANSACTION_KINDS = ("Invoice", "Payment")
"""Transactions of a customer, which make its balance."""
NUMBERED_KINDS = (*TRANSACTION_KINDS, "Deposit")
MOST_REMOVED = 100_000
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Removed:
    """An object that has left the books, by deletion or by being merged into another."""

    kind: str
    object_id: str
    at: datetime


class Realm:
    """The state of one QuickBooks company."""

    def __init__(self, settings: RealmSettings, clock: Clock) -> None:
        """Begin with empty books."""
        self.settings = settings
        self.clock = clock
        self.lock = threading.RLock()
        self.objects: dict[str, dict[str, Json]] = defaultdict(dict)
        self.names: dict[str, tuple[str, str]] = {}
        self.numbers: dict[str, dict[str, None]] = defaultdict(dict)
        self.children: dict[str, dict[str, None]] = defaultdict(dict)
        self.applied: dict[str, dict[str, Decimal]] = defaultdict(dict)
        self.balances: dict[str, Decimal] = defaultdict(Decimal)
        self.deposited: dict[str, str] = {}
        self.settled: set[str] = set()
        self.unseen: set[tuple[str, str]] = set()
        self.removed: deque[Removed] = deque(maxlen=MOST_REMOVED)
        self.made_at = clock.now()
        self.preference_changes = 0
        self.last_number = 1000
        self.answers = AnswerStore()
        self.throttle = Throttle()
        self.throttle_lock = threading.Lock()
        self.log = CallLog(settings.log_limit)
        self.random = random.Random(settings.seed)  # noqa: S311  # latency, nothing secret
        self.reads = self.writes = self.replays = self.refused = self.refreshes = 0
        self._last_ids: dict[str, int] = defaultdict(int)

    def find(self, kind: str, object_id: str | None) -> Json | None:
        """The stored document, or None, also for one that a running batch may not see yet."""
        if not object_id or (kind, object_id) in self.unseen:
            return None
        return self.objects[kind].get(object_id)

    def add(self, kind: str, fields: Json, object_id: str | None = None) -> Json:
        """Store a new object under the next id of its sequence."""
        now = stamp(self.clock.now())
        document = {
            **fields,
            "domain": "QBO",
            "sparse": False,
            "Id": object_id or self._next_id(kind),
            "SyncToken": "0",
            "MetaData": {"CreateTime": now, "LastUpdatedTime": now},
        }
        self._count_past(kind, document["Id"])
        self.put(kind, document)
        return document

    def change(self, kind: str, document: Json) -> Json:
        """Store an object's next version: the token rises by one."""
        changed = {
            **document,
            "SyncToken": str(int(document["SyncToken"]) + 1),
            "MetaData": {
                **document["MetaData"],
                "LastUpdatedTime": stamp(self.clock.now()),
            },
        }
        self.put(kind, changed)
        return changed

    def put(self, kind: str, document: Json) -> None:
        """Store a document in place of the one with its id, and follow it in every index."""
        self._forget(kind, self.objects[kind].get(document["Id"]))
        self.objects[kind][document["Id"]] = document
        self._follow(kind, document)

    def remove(self, kind: str, object_id: str) -> None:
        """Take an object out of the books; its going is kept for change data capture."""
        gone = self.objects[kind].pop(object_id, None)
        self._forget(kind, gone)
        if gone is not None:
            self.removed.append(Removed(kind, object_id, self.clock.now()))

    def taken_by(self, display_name: str) -> str | None:
        """The id of the customer, vendor or employee that has a name, whatever its case."""
        holder = self.names.get(fold(display_name))
        return holder[1] if holder else None

    def next_address_id(self) -> str:
        """The next id of the company's addresses."""
        self._last_ids["address"] += 1
        return str(self._last_ids["address"])

    def _next_id(self, kind: str) -> str:
        return str(self._last_ids[_sequence(kind)] + 1)

    def _count_past(self, kind: str, object_id: str) -> None:
        if not object_id.isdigit():  # the line codes TAX and NON are tax codes with words for ids
            return
        sequence = _sequence(kind)
        self._last_ids[sequence] = max(self._last_ids[sequence], int(object_id))

    def _forget(self, kind: str, document: Json | None) -> None:
        if document is None:
            return
        if kind in NAME_KINDS:
            self.names.pop(fold(document["DisplayName"]), None)
            self.children[reference(document, "ParentRef") or ""].pop(document["Id"], None)
        if kind in TRANSACTION_KINDS:
            self.balances[document["CustomerRef"]["value"]] -= _owed(kind, document)
        if kind == "Invoice":
            self.numbers[document.get("DocNumber") or ""].pop(document["Id"], None)
        for invoice_id in applications(kind, document):
            self.applied[invoice_id].pop(document["Id"], None)
        for payment_id in payments_in(kind, document):
            self.deposited.pop(payment_id, None)

    def _follow(self, kind: str, document: Json) -> None:
        if kind in NAME_KINDS:
            self.names[fold(document["DisplayName"])] = (kind, document["Id"])
            self.children[reference(document, "ParentRef") or ""][document["Id"]] = None
        if kind in TRANSACTION_KINDS:
            self.balances[document["CustomerRef"]["value"]] += _owed(kind, document)
        if kind == "Invoice":
            self.numbers[document.get("DocNumber") or ""][document["Id"]] = None
        for invoice_id, amount in applications(kind, document).items():
            self.applied[invoice_id][document["Id"]] = amount
        for payment_id in payments_in(kind, document):
            self.deposited[payment_id] = document["Id"]


def fold(display_name: str) -> str:
    """Bring a name to the form in which names are compared."""
    return " ".join(display_name.split()).casefold()


def applications(kind: str, document: Json) -> dict[str, Decimal]:
    """What a payment applies to each invoice; nothing for any other kind."""
    applied: dict[str, Decimal] = defaultdict(Decimal)
    if kind == "Payment":
        for line in document["Line"]:
            for linked in line["LinkedTxn"]:
                applied[linked["TxnId"]] += line["Amount"]
    return dict(applied)


def payments_in(kind: str, document: Json) -> list[str]:
    """The payments that lie in a deposit; none for any other kind."""
    if kind != "Deposit":
        return []
    links = (linked for line in document["Line"] for linked in line.get("LinkedTxn", ()))
    return [linked["TxnId"] for linked in links if linked["TxnType"] == "Payment"]


def _owed(kind: str, document: Json) -> Decimal:
    owed: Decimal = document["Balance"] if kind == "Invoice" else -document["UnappliedAmt"]
    return owed


def _sequence(kind: str) -> str:
    """Names share one sequence of ids, transactions another, as recorded replies show."""
    if kind in NAME_KINDS:
        return "name"
    return "transaction" if kind in NUMBERED_KINDS else kind

"""What the buttons do in QuickBooks: the stand-in with its people, its outages and its refusals."""

import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from demo.looking.failures import NotNow
from qbo_simulator.by_hand import do_by_hand
from qbo_simulator.control import PREFIX
from qbo_simulator.faults import answer_fault, business
from qbo_simulator.realm import Realm
from qbo_simulator.simulator import Simulator
from qbo_simulator.wire import HTML_TYPE, Connection, Json, Request, Response

BOOKS: Final = ("Example Books LLC", "Other Example Books")
OUTAGE_SECONDS: Final = 60.0
SHOWN_MOST: Final = 8
DOWN: Final = b"<html><body><h1>Service Unavailable</h1></body></html>"
BY_HAND: Final = " (VIP)"
NEW_INVOICE: Final = re.compile(r"/v3/company/[^/]+/invoice")
REFUSED: Final = "refused on request of the demonstration"


@dataclass(frozen=True, slots=True)
class Shown:
    """An invoice as QuickBooks has it."""

    number: str
    customer: str
    total: Decimal
    balance: Decimal


class LittleQuickBooks(Simulator):
    """A stand-in with two companies, which can be down for a minute."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Open the companies; `monotonic` is the process's own clock, seconds."""
        super().__init__()
        self._monotonic = monotonic
        self._down_until = float("-inf")
        self._refused: set[str] = set()
        self._refusing = threading.Lock()
        for name in BOOKS:
            self.add_realm({"company_name": name, "custom_txn_numbers": True})

    def handle(self, request: Request, connection: Connection | None = None) -> Response:
        """Answer as ever, or not at all while it is down."""
        if self._monotonic() < self._down_until and not request.path.startswith(PREFIX):
            return Response(503, DOWN, HTML_TYPE)
        if self._is_refused(request):
            return answer_fault(business(REFUSED), self.clock.now())
        return super().handle(request, connection)

    def _is_refused(self, request: Request) -> bool:
        """Take a new invoice that shall be refused off the list: sent again, it is taken."""
        if not self._refused or not NEW_INVOICE.fullmatch(request.path):
            return False
        number = _number_of_new(request)
        with self._refusing:
            refused = number in self._refused
            self._refused -= {number}
        return refused

    def go_down(self) -> str:
        """Answer everything with 503 for a minute."""
        self._down_until = self._monotonic() + OUTAGE_SECONDS
        return (
            "QuickBooks answers nothing for a minute: what changes meanwhile waits on the page,"
            " and arrives once by itself soon after."
        )

    def change_customer(self, realm_id: str) -> str:
        """Change the newest customer's name, as a person would in QuickBooks.

        Raises:
            NotNow: the company has no customer yet.
        """
        realm = self._realm(realm_id)
        with realm.lock:
            customers = _newest(realm, "Customer")
            main = next((each for each in customers if "ParentRef" not in each), None)
            if main is None:
                raise NotNow("QuickBooks has no customer yet: win a project first.")
            before = str(main["DisplayName"])
            after = before.removesuffix(BY_HAND) if before.endswith(BY_HAND) else before + BY_HAND
            fields = {"Id": main["Id"], "DisplayName": after}
            do_by_hand(realm, {"operation": "update", "entity": "Customer", "fields": fields})
        return (
            f"Somebody renamed “{before}” to “{after}” in QuickBooks. Now rename the customer in"
            " ProLine too, and the page asks which of the two counts."
        )

    def refuse_invoice(self, number: str) -> None:
        """Refuse the invoice of that number once, by a rule of QuickBooks' own."""
        with self._refusing:
            self._refused.add(number)

    def disconnect(self, realm_id: str) -> str:
        """Take ProLine off the list of connected apps."""
        realm = self._realm(realm_id)
        self.office.disconnect(realm)
        return (
            f"Somebody removed ProLine from the apps of {realm.settings.company_name}: with the"
            " next change the page asks to connect again, and nothing is lost."
        )

    def invoices(self, realm_id: str) -> Sequence[Shown]:
        """Show the newest invoices of a company."""
        realm = self._realm(realm_id)
        with realm.lock:
            return [_shown(realm, each) for each in _newest(realm, "Invoice")[:SHOWN_MOST]]

    def name_of(self, realm_id: str) -> str:
        """Give the name of a company."""
        return self._realm(realm_id).settings.company_name

    def _realm(self, realm_id: str) -> Realm:
        realm = self.realms.find(realm_id)
        if realm is None:
            raise NotNow(f"QuickBooks has no company {realm_id}.")
        return realm


def _number_of_new(request: Request) -> str:
    """Read the number of an invoice that is to be made; of anything else, none."""
    try:
        said = json.loads(request.body)
    except ValueError:
        return ""
    return str(said.get("DocNumber", "")) if isinstance(said, dict) and "Id" not in said else ""


def _newest(realm: Realm, kind: str) -> list[Json]:
    return sorted(realm.objects[kind].values(), key=lambda each: int(each["Id"]), reverse=True)


def _shown(realm: Realm, invoice: Json) -> Shown:
    customer = realm.find("Customer", invoice["CustomerRef"]["value"]) or {}
    return Shown(
        number=str(invoice.get("DocNumber", "")),
        customer=str(customer.get("DisplayName", "")),
        total=Decimal(invoice["TotalAmt"]),
        balance=Decimal(invoice["Balance"]),
    )

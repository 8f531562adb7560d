"""What the buttons do in QuickBooks: the stand-in with its people, its outages and its refusals."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from demo.looking.failures import NotNow
from qbo_simulator.by_hand import do_by_hand
from qbo_simulator.control import PREFIX
from qbo_simulator.realm import Realm
from qbo_simulator.simulator import Simulator
from qbo_simulator.wire import HTML_TYPE, Connection, Json, Request, Response

BOOKS: Final = ("Example Books LLC", "Other Example Books")
OUTAGE_SECONDS: Final = 60.0
SHOWN_MOST: Final = 8
DOWN: Final = b"<html><body><h1>Service Unavailable</h1></body></html>"
BY_HAND: Final = " (VIP)"


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
        for name in BOOKS:
            self.add_realm({"company_name": name, "custom_txn_numbers": True})

    def handle(self, request: Request, connection: Connection | None = None) -> Response:
        """Answer as ever, or not at all while it is down."""
        if self._monotonic() < self._down_until and not request.path.startswith(PREFIX):
            return Response(503, DOWN, HTML_TYPE)
        return super().handle(request, connection)

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

    def refuse_next_invoice(self, realm_id: str) -> None:
        """Refuse the next new invoice by a rule of QuickBooks' own; sent again, it is taken."""
        self.faults.clear()
        match = {"realm": realm_id, "entity": "invoice", "operation": "create", "times": 1}
        detail = "Business Validation Error: refused on request of the demonstration"
        self.faults.add(
            {"match": match, "then": {"status": 400, "fault": "6000", "detail": detail}}
        )

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

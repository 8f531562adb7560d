"""The buttons of the little ProLine, and the line each has said."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Final

from connections import companies
from coordination.database import Pool
from demo.looking.failures import NotNow
from demo.looking.launches import COMPANY
from demo.looking.proline import LittleProline
from demo.looking.quickbooks import LittleQuickBooks, Shown

REMEMBERED_MOST: Final = 30


@dataclass(frozen=True, slots=True)
class Said:
    """What a press of a button came to."""

    at: datetime
    sentence: str
    done: bool


@dataclass(frozen=True, slots=True)
class Button:
    """One thing a looker can make happen; `act` says in one line what happened."""

    word: str
    label: str
    act: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the connected QuickBooks company has."""

    company_name: str
    invoices: Sequence[Shown]


@dataclass
class Desk:
    """Presses the buttons, one at a time, for whoever looks."""

    pool: Pool
    proline: LittleProline
    quickbooks: LittleQuickBooks
    said: deque[Said] = field(default_factory=lambda: deque(maxlen=REMEMBERED_MOST))
    _lock: Lock = field(default_factory=Lock)

    def in_proline(self) -> Sequence[Button]:
        """What happens in ProLine, by its own transactions."""
        return (
            Button("win", "Win a project and send its invoice", self.proline.win_project),
            Button("pay", "Receive a payment", self.proline.receive_payment),
            Button("rename", "Rename the customer", self.proline.rename_customer),
            Button("refused", "Send an invoice that QuickBooks refuses", self._send_refused),
        )

    def in_quickbooks(self) -> Sequence[Button]:
        """What happens in QuickBooks, by somebody else's hand."""
        return (
            Button("change", "Somebody changes the customer in QuickBooks", self._change),
            Button("down", "QuickBooks is down for a minute", self.quickbooks.go_down),
            Button("disconnect", "Disconnect ProLine in QuickBooks", self._disconnect),
        )

    def press(self, word: str) -> bool:
        """Press a button and remember what it said; False: there is none of that word."""
        buttons = {each.word: each for each in (*self.in_proline(), *self.in_quickbooks())}
        if word not in buttons:
            return False
        with self._lock:
            try:
                sentence, done = buttons[word].act(), True
            except NotNow as refused:
                sentence, done = str(refused), False
            self.said.appendleft(Said(datetime.now(UTC), sentence, done))
        return True

    def holdings(self) -> Holdings | None:
        """Show what QuickBooks has; None: no company is connected."""
        realm_id = self._realm_id()
        if realm_id is None:
            return None
        books = self.quickbooks
        return Holdings(books.name_of(realm_id), books.invoices(realm_id))

    def _send_refused(self) -> str:
        with self.pool.connection() as connection:
            company = companies.get(connection, COMPANY.id)
        if company is None or company.realm_id is None or not company.enabled:
            raise NotNow("The integration is not on: set it up by the menu ☰ first.")
        number = self.proline.send_invoice(self.quickbooks.refuse_invoice)
        return (
            f"Invoice {number} was sent, and QuickBooks refuses it by a rule of its own: on the"
            " page it needs attention, and sent again it is taken."
        )

    def _change(self) -> str:
        return self.quickbooks.change_customer(self._connected())

    def _disconnect(self) -> str:
        return self.quickbooks.disconnect(self._connected())

    def _connected(self) -> str:
        realm_id = self._realm_id()
        if realm_id is None:
            raise NotNow("QuickBooks is not connected: set it up by the menu ☰ first.")
        return realm_id

    def _realm_id(self) -> str | None:
        with self.pool.connection() as connection:
            company = companies.get(connection, COMPANY.id)
        return company.realm_id if company else None

"""The two sides of a payment: its lines, and the balance of the invoices they name.

The payment's lines are the truth; an invoice's Balance and LinkedTxn follow from them. Each change
of either raises that object's SyncToken, as a payment applied to an invoice does in QuickBooks.
"""

from decimal import Decimal

from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json

ZERO = Decimal(0)


def settle_invoice(realm: Realm, invoice_id: str) -> None:
    """Bring an invoice's Balance and LinkedTxn to what is applied to it."""
    invoice = realm.find("Invoice", invoice_id)
    if invoice is None:
        return
    applied = realm.applied.get(invoice_id, {})
    settled = {
        "Balance": invoice["TotalAmt"] - sum(applied.values(), ZERO),
        "LinkedTxn": [{"TxnId": payment, "TxnType": "Payment"} for payment in applied],
    }
    if any(invoice[name] != value for name, value in settled.items()):
        realm.change("Invoice", {**invoice, **settled})


def free_payments(realm: Realm, invoice_id: str, most: Decimal) -> None:
    """Take the newest payments' money off an invoice until no more than `most` is applied to it."""
    applied = dict(realm.applied.get(invoice_id, {}))
    excess = sum(applied.values(), ZERO) - most
    for payment_id in reversed(applied):
        if excess <= 0:
            return
        freed = min(excess, applied[payment_id])
        _free(realm, payment_id, invoice_id, freed)
        excess -= freed


def _free(realm: Realm, payment_id: str, invoice_id: str, amount: Decimal) -> None:
    payment = realm.objects["Payment"][payment_id]
    lines: list[Json] = []
    rest = amount
    for line in payment["Line"]:
        taken = min(rest, line["Amount"]) if _names(line, invoice_id) else ZERO
        rest -= taken
        if line["Amount"] > taken:
            lines.append({**line, "Amount": line["Amount"] - taken})
    freed = {"Line": lines, "UnappliedAmt": payment["UnappliedAmt"] + amount}
    realm.change("Payment", {**payment, **freed})


def _names(line: Json, invoice_id: str) -> bool:
    return any(linked["TxnId"] == invoice_id for linked in line["LinkedTxn"])

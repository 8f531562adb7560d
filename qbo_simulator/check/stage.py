"""A fresh simulated company for one exchange, with the books that its request takes for granted.

Whatever a request or reply refers to by id is put in under that id, with the name the recording
gives it: customers, items, accounts, methods, terms, and the invoices that a payment pays.
"""

import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from qbo_simulator.check.fields import writable
from qbo_simulator.clock import Clock
from qbo_simulator.entities import ENTITIES
from qbo_simulator.money import CURRENCIES
from qbo_simulator.realm import TRANSACTION_KINDS, Realm, fold
from qbo_simulator.simulator import Simulator
from qbo_simulator.wire import Json, Request, Response, parse_json, to_json

KINDS_OF_REFERENCES = {
    "CustomerRef": "Customer",
    "ItemRef": "Item",
    "PaymentMethodRef": "PaymentMethod",
    "SalesTermRef": "Term",
    "TermRef": "Term",
    "TxnTaxCodeRef": "TaxCode",
    "TaxCodeRef": "TaxCode",
    "IncomeAccountRef": "Account",
    "ExpenseAccountRef": "Account",
    "AssetAccountRef": "Account",
    "DiscountAccountRef": "Account",
    "DepositToAccountRef": "Account",
    "AccountRef": "Account",
    "ARAccountRef": "Account",
}
ACCOUNT_TYPES = {
    "ExpenseAccountRef": "Cost of Goods Sold",
    "AssetAccountRef": "Other Current Asset",
    "DepositToAccountRef": "Bank",
    "ARAccountRef": "Accounts Receivable",
}
COUNTRIES = {"CAD": "CA", "GBP": "GB", "AUD": "AU", "EUR": "FR", "MXN": "MX"}
NAME_LIMIT = 24
ONE = Decimal(1)
AUTHORIZED = "authorization"


class Stage:
    """One simulated company and a way to call it."""

    def __init__(self, body: object, shown: object, status: int | None) -> None:
        """Make a company like the one recorded, from the request's body and the reply."""
        self.simulator = Simulator(clock=Clock(datetime.now(UTC)))
        settings = _settings(body, shown)
        if status is not None and status >= 400 and settings["country"] == "US":  # noqa: PLR2004  # HTTP's range of refusals
            settings["custom_txn_numbers"] = True
        self.realm_id = self.simulator.add_realm(settings)
        self.token = self._connect()
        self.problems: list[str] = []

    @property
    def realm(self) -> Realm:
        """The company's books."""
        found = self.simulator.realms.find(self.realm_id)
        if found is None:
            raise LookupError(self.realm_id)
        return found

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        token: str | None = None,
        accept: str = "application/json",
        content_type: str = "application/json",
    ) -> Response:
        """Call the company's API; `path` is what follows the company's id, with its query."""
        headers = {
            AUTHORIZED: f"Bearer {token or self.token}",
            "accept": accept,
            "content-type": content_type,
        }
        target = f"/v3/company/{self.realm_id}{path}"
        return self.simulator.handle(Request(method, target, headers, body))

    def control(self, path: str, body: Json) -> None:
        """Use the control interface."""
        answered = self.simulator.handle(Request("POST", f"/_simulator/{path}", {}, to_json(body)))
        if answered.status >= 400:  # noqa: PLR2004  # HTTP's range of refusals
            raise ValueError(answered.body.decode())

    def authorization_code(self) -> str:
        """A code as consent gives it."""
        path = f"/_simulator/realms/{self.realm_id}/code"
        return str(self.simulator.handle(Request("POST", path)).json()["code"])

    def _connect(self) -> str:
        body = f"grant_type=authorization_code&code={self.authorization_code()}&client_id=check"
        request = Request("POST", "/oauth2/v1/tokens/bearer", {}, body.encode())
        return str(self.simulator.handle(request).json()["access_token"])

    def prepare(self, *documents: object) -> None:
        """Put in what these documents refer to."""
        for owner, name, value in _references(documents):
            kind = KINDS_OF_REFERENCES[name]
            self._refer(kind, str(value["value"]), str(value.get("name") or ""), name, owner)
        for owner, line in _links(documents):
            self._link(owner, line)

    def put(self, kind: str, shown: Mapping[str, Any], token: str | None = None) -> None:
        """Put in an object as a reply shows it, under its id; what cannot be is a problem."""
        self.prepare_parents(shown)
        self.prepare(shown)
        object_id = str(shown.get("Id", ""))
        if not object_id or self.realm.find(kind, object_id) is not None:
            return
        fields = parse_json(to_json(writable(ENTITIES[kind.lower()], shown)))
        problem = self._make(kind, object_id, fields)
        if problem is None:
            self._follow(kind, object_id, shown)
        found = self.realm.find(kind, object_id)
        if found is not None:
            wanted = token if token is not None else str(shown.get("SyncToken", "0"))
            self.realm.put(kind, {**found, "SyncToken": wanted})
        if problem is not None:
            self.problems.append(f"{kind} {object_id} cannot be put in: {problem}")

    def _follow(self, kind: str, object_id: str, shown: Mapping[str, Any]) -> None:
        """Do what has happened to an object since: payments, a deposit, an e-mail."""
        links = [each for each in shown.get("LinkedTxn") or () if isinstance(each, dict)]
        named = {str(each.get("TxnType")): str(each.get("TxnId")) for each in links}
        if kind == "Invoice" and named.get("Payment", "").isdigit():
            self._pay(object_id, named["Payment"], shown)
        if kind == "Payment" and named.get("Deposit", "").isdigit():
            line = {"LinkedTxn": [{"TxnId": object_id, "TxnType": "Payment"}]}
            fields: Json = {"DepositToAccountRef": {"value": "35"}, "Line": [line]}
            self._make("Deposit", named["Deposit"], fields)
        if kind == "Invoice" and "DeliveryInfo" in shown:
            self.call("POST", f"/invoice/{object_id}/send")

    def _pay(self, invoice_id: str, payment_id: str, shown: Mapping[str, Any]) -> None:
        total = self.realm.objects["Invoice"][invoice_id]["TotalAmt"]
        amount = max(min(total - Decimal(str(shown.get("Balance", 0))), total), min(total, ONE))
        line = {
            "Amount": amount,
            "LinkedTxn": [{"TxnId": invoice_id, "TxnType": "Invoice"}],
        }
        payment = {"CustomerRef": shown.get("CustomerRef"), "TotalAmt": amount, "Line": [line]}
        self._make("Payment", payment_id, payment)

    def free_name(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Rename the row of a new company that has the name of one that shall be made."""
        name = str(fields.get("Name") or "").strip()
        for each in list(self.realm.objects[kind].values()):
            if name and fold(str(each.get("Name", ""))) == fold(name):
                self.realm.put(kind, {**each, "Name": f"{name} {secrets.token_hex(3)}"})

    def prepare_parents(self, shown: Mapping[str, Any]) -> None:
        """Put in the customer above a job, by the name that the job's full name gives it."""
        parent = shown.get("ParentRef")
        if not (isinstance(parent, dict) and "Job" in shown):
            return
        name = str(shown.get("FullyQualifiedName", "")).rpartition(":")[0].rpartition(":")[2]
        self._refer("Customer", str(parent.get("value")), name, "ParentRef", {})

    def _refer(
        self, kind: str, object_id: str, name: str, reference: str, owner: Mapping[str, Any]
    ) -> None:
        if not object_id.isdigit() or self.realm.find(kind, object_id) is not None:
            return
        fields = _fields_of(kind, name or f"{kind} {object_id}", reference)
        if kind == "Customer":
            addresses = {n: owner[n] for n in ("BillAddr", "ShipAddr") if owner.get(n)}
            fields |= addresses | {n: owner[n] for n in ("CurrencyRef",) if owner.get(n)}
        if self._make(kind, object_id, fields) is not None:
            fields = _fields_of(kind, f"{name[:NAME_LIMIT]} {secrets.token_hex(3)}", reference)
            self._make(kind, object_id, fields)

    def _make(self, kind: str, object_id: str, fields: Json) -> str | None:
        """Store an object of these fields under an id; gives the refusal, or None."""
        entity = ENTITIES[kind.lower()]
        if entity.complete is None:
            like = next(iter(self.realm.objects[kind].values()))
            self.realm.add(kind, {**like, **fields}, object_id)
            return None
        self.free_name(kind, fields)
        made = self.call("POST", f"/{entity.name.lower()}", to_json(fields))
        if made.status != 200:  # noqa: PLR2004  # done
            return made.body.decode()
        stored = self.realm.objects[entity.name][made.json()[entity.name]["Id"]]
        if stored["Id"] != object_id:
            self.realm.remove(entity.name, stored["Id"])
            self.realm.removed.clear()
            moved = self.realm.add(entity.name, stored, object_id)
            entity.after(self.realm, stored, moved)
        return None

    def _link(self, owner: Mapping[str, Any], line: Mapping[str, Any]) -> None:
        """Put in what a line links: an invoice with enough open on it, or a payment to deposit."""
        linked, customer = line["LinkedTxn"][0], owner.get("CustomerRef") or {"value": "1"}
        kind, object_id = str(linked.get("TxnType")), str(linked.get("TxnId"))
        if kind not in TRANSACTION_KINDS or not object_id.isdigit():
            return
        if self.realm.find(kind, object_id) is not None:
            return
        self._refer("Customer", str(customer.get("value")), "", "CustomerRef", {})
        lines = [each for each in owner["Line"] if isinstance(each, dict)]
        amount = Decimal(str(line.get("Amount", 1)))
        if kind == "Invoice":
            amount = sum((Decimal(str(each.get("Amount", 0))) for each in lines), Decimal())
        item = {
            "Amount": max(amount, Decimal(1)),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
        }
        more: Json = {"Line": [item]} if kind == "Invoice" else {"TotalAmt": amount}
        self._make(kind, object_id, {"CustomerRef": {"value": customer.get("value")}, **more})


def _fields_of(kind: str, name: str, reference: str) -> Json:
    match kind:
        case "Customer" | "Vendor" | "Employee":
            return {"DisplayName": name.replace(":", " ")}
        case "Item":
            return {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": "45"}}
        case "Account":
            account = ACCOUNT_TYPES.get(reference, "Income")
            return {"Name": name.replace(":", " "), "AccountType": account}
        case "Term":
            return {"Name": name[:NAME_LIMIT], "DueDays": 30}
        case _:
            return {"Name": name[:NAME_LIMIT]}


def _settings(body: object, shown: object) -> Json:
    """The settings of a company like the one recorded."""
    found = {name: value for each in (shown, body) for name, value in _scalars(each)}
    currency = next((code for code in _currencies(shown) if code in CURRENCIES), "USD")
    sent_number = any(name == "DocNumber" and value for name, value in _scalars(body))
    settings: Json = {
        "limits": None,
        "currency": currency,
        "country": COUNTRIES.get(currency, "US"),
        "custom_txn_numbers": found.get("CustomTxnNumbers", sent_number) is True,
        "multi_currency": "ExchangeRate" in found or found.get("MultiCurrencyEnabled") is True,
        "partner_tax_enabled": found.get("PartnerTaxEnabled") is True,
        "using_sales_tax": found.get("UsingSalesTax") is not False and not _is_untaxed(shown),
    }
    if isinstance(found.get("BookCloseDate"), str):
        settings["book_close_date"] = found["BookCloseDate"]
    if isinstance(found.get("CompanyName"), str) and "FiscalYearStartMonth" in found:
        settings["company_name"] = found["CompanyName"]
    return settings


def _is_untaxed(shown: object) -> bool:
    """Whether there is an invoice without TxnTaxDetail, which a company without sales tax shows."""
    return any(
        {"Line", "DueDate", "Balance"} <= set(each) and "TxnTaxDetail" not in each
        for each in _objects(shown)
    )


def _scalars(document: object) -> Iterator[tuple[str, object]]:
    for each in _objects(document):
        yield from ((n, v) for n, v in each.items() if not isinstance(v, dict | list))


def _currencies(document: object) -> Iterator[str]:
    for each in _objects(document):
        for name in ("CurrencyRef", "HomeCurrency"):
            if isinstance(each.get(name), dict):
                yield str(each[name].get("value"))


def _objects(document: object) -> Iterator[dict[str, Any]]:
    """Every object in a document, itself first."""
    if isinstance(document, dict):
        yield document
        for value in document.values():
            yield from _objects(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from _objects(value)


def _references(
    documents: object,
) -> Iterator[tuple[Mapping[str, Any], str, Mapping[str, Any]]]:
    for each in _objects(documents):
        for name in KINDS_OF_REFERENCES:
            value = each.get(name)
            if isinstance(value, dict) and value.get("value"):
                yield each, name, value


def _links(documents: object) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The lines that link a transaction, with what they are lines of."""
    for each in _objects(documents):
        lines = each.get("Line")
        for line in lines if isinstance(lines, list) else ():
            links = line.get("LinkedTxn") if isinstance(line, dict) else None
            if isinstance(links, list) and links and isinstance(links[0], dict):
                yield each, line

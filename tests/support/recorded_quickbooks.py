"""A QuickBooks inside the process that takes its time and keeps a record of every write.

It answers creates and sparse updates and refuses nothing but an old SyncToken: what QuickBooks
itself would refuse is the simulator's matter. Snapshots carry `<record> e<number>` in one field.
"""

import random
import re
import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from qbo_client import ApiRequest, Response, decode_body
from tests.support.recording import Call, Recording

KINDS = {"customer": "Customer", "invoice": "Invoice", "payment": "Payment"}
LONGEST_SECONDS = 0.02
_TAG = re.compile(r"^(?P<record>\S+) e(?P<edit>\d+)$")


class RecordedQuickBooks:
    """`workers.calling.Exchange` over dictionaries."""

    def __init__(self, recording: Recording, chance: random.Random) -> None:
        """Begin with empty books."""
        self.recording = recording
        self.stale: list[str] = []
        self._chance = chance
        self._lock = threading.Lock()
        self._objects: dict[str, dict[str, Any]] = {}
        self._record_of: dict[str, str] = {}

    def exchange(
        self,
        realm_id: str,  # noqa: ARG002  # ids of all realms are drawn from one row
        request: ApiRequest,
        *,
        access_token: str,  # noqa: ARG002  # part of the protocol
        before_send: Callable[[], None] | None = None,
    ) -> Response:
        """Take a write, after a while."""
        if before_send is not None:
            before_send()
        body = decode_body(request.body or b"") or {}
        object_id = str(body["Id"]) if "Id" in body else self._next_id()
        record, edit = self._read_tag(object_id, body)
        made = None if "Id" in body else object_id
        with self.recording.call(Call(record, edit, _parents(body), made)):
            threading.Event().wait(self._chance.random() * LONGEST_SECONDS)
            found = self._write(record, object_id, body)
        return Response(200, {KINDS[request.entity]: found}, None, b"")

    def _next_id(self) -> str:
        with self._lock:
            object_id = str(len(self._record_of) + 1)
            self._record_of[object_id] = ""
            return object_id

    def _read_tag(self, object_id: str, body: Mapping[str, Any]) -> tuple[str, int | None]:
        found = _TAG.match(_tagged_field(body))
        with self._lock:
            if found:
                self._record_of[object_id] = found["record"]
            return self._record_of[object_id], int(found["edit"]) if found else None

    def _write(self, record: str, object_id: str, body: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            before = self._objects.get(object_id, {"SyncToken": "-1"})
            if body.get("SyncToken", "-1") != before["SyncToken"]:
                self.stale.append(record)
            token = str(int(before["SyncToken"]) + 1)
            found = before | body | {"Id": object_id, "SyncToken": token}
            if "DocNumber" in found:
                lines = (line.get("Amount", Decimal(0)) for line in found["Line"])
                found["TotalAmt"] = sum(lines, Decimal(0))
            self._objects[object_id] = found
            return dict(found)


def _tagged_field(body: Mapping[str, Any]) -> str:
    """The field of each kind that its own snapshot alone decides."""
    if "CustomerMemo" in body:
        return str(body["CustomerMemo"]["value"])
    if "PaymentRefNum" in body:
        return str(body["PaymentRefNum"])
    return str((body.get("BillAddr") or body.get("ShipAddr") or {}).get("Line1", ""))


def _parents(body: Mapping[str, Any]) -> tuple[str, ...]:
    customers = [body[name]["value"] for name in ("ParentRef", "CustomerRef") if name in body]
    linked = [each["TxnId"] for line in body.get("Line", ()) for each in line.get("LinkedTxn", ())]
    return tuple(map(str, customers + linked))

"""The client for one environment of QuickBooks Online: every call takes its slot first.

`QuickBooksClient.send` is the whole way of a call: token, slot, exchange, and once more after a
401. `BareClient.exchange` is one call without them, for a host that takes the slot in a transaction
of its own. Nothing else is ever repeated here; the caller decides. Neither tokens nor bodies are
logged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qbo_client.bodies import JsonObject, decode_body
from qbo_client.errors import About, AuthorizationExpired, OutcomeUnknown, QuickBooksError
from qbo_client.exchange import DEADLINE_SECONDS, Reply, exchange
from qbo_client.faults import intuit_tid, parse_fault
from qbo_client.verdict import error_from_fault, facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from qbo_client.protocols import SlotGate, TokenSource
    from qbo_client.requests import ApiRequest


@dataclass(frozen=True)
class Response:
    """A success: `body` is the JSON object with fractions as Decimal, `raw` its bytes.

    The body holds what the path asked for (`Invoice`, `QueryResponse`, …); a written object has
    an Id. Unknown properties may stand beside it and are to be ignored.
    """

    status: int
    body: JsonObject = field(repr=False)
    intuit_tid: str | None
    raw: bytes = field(repr=False)


class BareClient:
    """Makes single calls for a host that holds the slots itself; threads may share it."""

    def __init__(
        self, http: httpx.Client, base_url: str, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        """Put together what a call needs.

        Args:
            http: from `open_http`; see `exchange` for what another one lacks.
            base_url: one of `environments`, or a simulator's.
            deadline_seconds: for one call in all.
        """
        self._http = http
        self._base_url = base_url
        self._deadline_seconds = deadline_seconds

    def exchange(
        self,
        realm_id: str,
        request: ApiRequest,
        *,
        access_token: str,
        before_send: Callable[[], None] | None = None,
    ) -> Response:
        """Make one call, with neither slot nor repeat: the caller holds the slot.

        Args:
            realm_id: the company.
            request: sent as it is.
            access_token: of that company.
            before_send: asked just before bytes leave; see `SlotTicket.before_send`.

        Raises:
            QuickBooksError: as the tree in `errors` says.
        """
        about = About(request.operation, request.entity, realm_id, request.writes)
        reply = exchange(
            self._http,
            self._wire_request(realm_id, request, access_token),
            about,
            deadline_seconds=self._deadline_seconds,
            before_send=before_send,
        )
        return _response(reply, request, about)

    def _wire_request(self, realm_id: str, request: ApiRequest, token: str) -> httpx.Request:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Authorization": f"Bearer {token}",
        }
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        url = request.url(self._base_url, realm_id)
        return self._http.build_request(request.method, url, headers=headers, content=request.body)


class QuickBooksClient:
    """Sends requests to the companies of one environment; threads may share it."""

    def __init__(
        self,
        http: httpx.Client,
        base_url: str,
        tokens: TokenSource,
        slots: SlotGate,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        """Put together what a call needs.

        Args:
            http: from `open_http`; see `exchange` for what another one lacks.
            base_url: one of `environments`, or a simulator's.
            tokens: gives access tokens.
            slots: gives the slot every call of `send` takes.
            deadline_seconds: for one call in all; a repeat after a 401 has its own.
        """
        self._calls = BareClient(http, base_url, deadline_seconds)
        self._tokens = tokens
        self._slots = slots

    def send(self, realm_id: str, request: ApiRequest) -> Response:
        """Make one call in a slot, and after a 401 once more with a fresh token and a new slot.

        Raises:
            QuickBooksError: as the tree in `errors` says.
        """
        token = self._tokens.access_token(realm_id)
        try:
            return self._in_slot(realm_id, request, token)
        except AuthorizationExpired:
            fresh = self._tokens.refused(realm_id, token)
        return self._in_slot(realm_id, request, fresh)

    def _in_slot(self, realm_id: str, request: ApiRequest, token: str) -> Response:
        with self._slots.slot(realm_id, request) as ticket:
            try:
                response = self._calls.exchange(
                    realm_id, request, access_token=token, before_send=ticket.before_send
                )
            except QuickBooksError as error:
                if error.status is not None:
                    ticket.answered(error.status, error.intuit_tid)
                raise
            ticket.answered(response.status, response.intuit_tid)
            return response


def _response(reply: Reply, request: ApiRequest, about: About) -> Response:
    fault = parse_fault(reply.status, reply.headers, reply.body)
    if fault is not None:
        raise error_from_fault(fault, about)
    body = decode_body(reply.body)
    tid = intuit_tid(reply.headers)
    if body is None or not _answers(body, request):
        detail = "The reply does not hold what was asked for."
        facts = facts_of(about, status=reply.status, intuit_tid=tid, detail=detail)
        raise OutcomeUnknown(**facts)
    return Response(reply.status, body, tid, reply.body)


def _answers(body: JsonObject, request: ApiRequest) -> bool:
    wanted = "queryresponse" if request.entity == "query" else request.entity
    held = next((value for key, value in body.items() if key.lower() == wanted), None)
    if not isinstance(held, dict):
        return False
    # Without the Id of what was written it could not be found again.
    return not request.writes or (isinstance(held.get("Id"), str) and held["Id"] != "")

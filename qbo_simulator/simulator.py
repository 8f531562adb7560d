"""The whole simulator as one function: a request in, an answer out.

Stands where api.intuit.com and the token server stand. Thread-safe: each realm has its lock for
the books and a short one for counting. A call is in flight from the moment it is handed in until
its answer is handed back or its client has gone.
"""

import secrets
import time
from datetime import datetime

from qbo_simulator import api
from qbo_simulator.calls import Call, LoggedCall
from qbo_simulator.clock import Clock
from qbo_simulator.consent import answer_consent, discovery, show_consent
from qbo_simulator.control import PREFIX, Control
from qbo_simulator.faults import FaultError, answer_fault
from qbo_simulator.grants import Client
from qbo_simulator.injected import Effect, FaultPlan
from qbo_simulator.oauth import TokenOffice
from qbo_simulator.reading import READING, read_call, statement_of
from qbo_simulator.realm import Realm
from qbo_simulator.realms import Realms
from qbo_simulator.requestid import Answer
from qbo_simulator.wire import HTML_TYPE, Connection, Json, Request, Response
from qbo_simulator.xml_format import as_json_request, as_xml_response, wants_xml

TOKEN_PATH = "/oauth2/v1/tokens/bearer"  # noqa: S105  # a path, no secret
REVOKE_PATH = "/v2/oauth2/tokens/revoke"
CONSENT_PATH = "/connect/oauth2"
DISCOVERY_PATHS = frozenset(
    {"/.well-known/openid_configuration", "/.well-known/openid_sandbox_configuration"}
)
NO_EFFECT = Effect()
HUNG_UP = Response(status=0, hang_up=True)
NOT_FOUND = Response(404, b"<html><body><h1>404 Not Found</h1></body></html>", HTML_TYPE)


class PatientConnection:
    """The connection of a caller without a socket: it never goes away."""

    def wait_closed(self, timeout_seconds: float) -> bool:
        """Wait the whole time."""
        if timeout_seconds > 0:
            time.sleep(timeout_seconds)  # there is no socket that could say anything
        return False


class Simulator:
    """A stand-in for QuickBooks Online and Intuit's token server."""

    def __init__(self, *, clock: Clock | None = None, client: Client | None = None) -> None:
        """Start without companies; any client is let in unless one is given."""
        self.clock = clock or Clock()
        self.realms = Realms(self.clock)
        self.faults = FaultPlan()
        self.office = TokenOffice(self.clock, client)
        self._control = Control(self.realms, self.office, self.faults, self.clock)

    def add_realm(self, settings: Json | None = None) -> str:
        """Make a company as `POST /_simulator/realms` does; gives its realm id."""
        return self.realms.make(settings or {}).settings.realm_id

    def handle(self, request: Request, connection: Connection | None = None) -> Response:
        """Answer one request. `connection` lets delays end when the client has gone."""
        if request.path.startswith(PREFIX):
            return self._control.answer(request)
        way = connection or PatientConnection()
        asked = as_json_request(request)
        call = read_call(asked)
        answered = self._serve_other(asked, way) if call is None else None
        response = answered or self._serve_api(asked, call or Call("", ""), way)
        if call is not None and wants_xml(request):
            response = as_xml_response(response)
        return _with_tid(response)

    def _serve_other(self, request: Request, way: Connection) -> Response:
        call, realm = self._read_other(request)
        effect = self.faults.strike(call) or NO_EFFECT
        response = HUNG_UP
        if effect.lets_call_happen:
            response = self._answer_other(request, realm)
        way.wait_closed(effect.delay_ms / 1000)
        return self._final(effect, response)

    def _read_other(self, request: Request) -> tuple[Call, Realm | None]:
        """Read a call outside the API; of a token request also its grant type and its realm."""
        if request.path == TOKEN_PATH:
            realm = self.office.realm_of_request(request)
            realm_id = realm.settings.realm_id if realm else None
            kind = request.form().get("grant_type")
            return Call(request.method, request.path, realm_id, "token", kind), realm
        realm = self.realms.find(request.form().get("realm_id"))
        return Call(request.method, request.path), realm

    def _answer_other(self, request: Request, realm: Realm | None) -> Response:
        match request.method, request.path:
            case "POST", path if path == TOKEN_PATH:
                return self.office.answer_token(request)
            case "POST", path if path == REVOKE_PATH:
                return self.office.answer_revoke(request)
            case "GET", path if path == CONSENT_PATH:
                return show_consent(request, self.realms.all())
            case "POST", path if path == CONSENT_PATH:
                return answer_consent(request, self.office, realm)
            case "GET", path if path in DISCOVERY_PATHS:
                return discovery(request)
            case _:
                return NOT_FOUND

    def _serve_api(self, request: Request, call: Call, way: Connection) -> Response:
        realm = self.realms.find(call.realm)
        if realm is None:
            return self._refuse(self._check_token(request, None) or _wrong_realm())
        body = query = None
        if realm.settings.log_bodies:
            body = request.body.decode(errors="replace")
            query = statement_of(request) if call.operation == "query" else None
        with realm.throttle_lock:
            logged = realm.log.begin(call, self.clock.now(), body, query)
            fits = realm.throttle.arrive(
                realm.settings.limits,
                self.clock.ticks_seconds(),
                batch=call.operation == "batch",
            )
        response = HUNG_UP
        try:
            response = (
                self._throttled(logged) if not fits else self._struck(realm, request, logged, way)
            )
        finally:
            self._end(realm, logged, response)
        return response

    def _struck(
        self, realm: Realm, request: Request, logged: LoggedCall, way: Connection
    ) -> Response:
        """Carry a call through the fault that strikes it, if any, and its delays."""
        effect = self.faults.strike(logged.call) or NO_EFFECT
        half = _latency_seconds(realm) / 2
        gone = self._wait_before(realm, logged, way, half + effect.before_ms / 1000)
        response = HUNG_UP
        if effect.lets_call_happen:
            response = self._authorised(realm, request, logged)
        gone = gone or way.wait_closed(half + effect.delay_ms / 1000)
        final = self._final(effect, response)
        if effect.replaces_answer and not final.hang_up:
            logged.fault_code = effect.fault
        return HUNG_UP if gone else final

    def _wait_before(
        self, realm: Realm, logged: LoggedCall, way: Connection, seconds: float
    ) -> bool:
        """Let all of a time pass before anything is done; say whether the client has gone.

        From then on its call is no more in flight, and may be carried out all the same.
        """
        until = time.monotonic() + seconds
        if not way.wait_closed(seconds):
            return False
        self._end(realm, logged, HUNG_UP)
        time.sleep(max(0.0, until - time.monotonic()))  # nobody is there who could end it
        return True

    def _final(self, effect: Effect, response: Response) -> Response:
        if effect.answer != "given":
            return HUNG_UP
        return effect.response(self.clock.now()) if effect.replaces_answer else response

    def _authorised(self, realm: Realm, request: Request, logged: LoggedCall) -> Response:
        fault = self._check_token(request, realm)
        if fault is not None:
            logged.fault_code = fault.code
            return self._refuse(fault)
        with realm.lock:
            answer, replay = api.carry_out(realm, logged.call, request)
            _count(realm, logged, answer, self.clock.now(), replay=replay)
        return answer.response

    def _check_token(self, request: Request, realm: Realm | None) -> FaultError | None:
        kind, _, bearer = request.headers.get("authorization", "").partition(" ")
        granted = self.office.realm_of(bearer.strip()) if kind.lower() == "bearer" else None
        if granted is None:
            return FaultError("3200", "Token expired or invalid", status=401)
        return None if realm is None or granted is realm else _wrong_realm()

    def _throttled(self, logged: LoggedCall) -> Response:
        logged.fault_code = "3001"
        detail = "The request limit was reached.  Try again later"
        return self._refuse(FaultError("3001", detail, status=429))

    def _refuse(self, fault: FaultError) -> Response:
        return answer_fault(fault, self.clock.now())

    def _end(self, realm: Realm, logged: LoggedCall, response: Response) -> None:
        with realm.throttle_lock:
            if logged.closed_at is not None:  # its client had gone before
                return
            realm.throttle.leave()
            _write_end(logged, response, self.clock.now())


def _write_end(logged: LoggedCall, response: Response, now: datetime) -> None:
    if response.hang_up:
        logged.closed_at = now
    else:
        logged.answered_at = now
        logged.status = response.status


def _count(
    realm: Realm, logged: LoggedCall, answer: Answer, now: datetime, *, replay: bool
) -> None:
    """Count a call that was carried out; the realm's lock is held."""
    logged.replay, logged.fault_code = replay, answer.fault_code
    logged.object_id = answer.object_id
    reads = logged.call.operation in READING
    if not replay and not reads and answer.fault_code is None:
        logged.applied_at = now
    realm.reads += reads
    realm.writes += not reads
    realm.replays += replay
    realm.refused += answer.fault_code is not None and not replay


def _latency_seconds(realm: Realm) -> float:
    if realm.settings.latency_ms is None:
        return 0.0
    least, most = realm.settings.latency_ms
    with realm.throttle_lock:
        return realm.random.uniform(least, most) / 1000


def _wrong_realm() -> FaultError:
    return FaultError("3100", "The application is not authorized for this company", status=403)


def _with_tid(response: Response) -> Response:
    if response.hang_up:
        return response
    tid = f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}"
    headers = (("intuit_tid", tid), ("Intuit-Tid", tid), *response.headers)
    return Response(response.status, response.body, response.content_type, headers)

"""The control interface, `/_simulator/`: companies, codes, faults on demand, acts by hand, reports.

It is for demos and tests: no authentication, which is why the server listens on the loopback
unless told.
"""

import re
from typing import TYPE_CHECKING

from qbo_simulator.by_hand import do_by_hand, merge_customers, settle_payment
from qbo_simulator.clock import Clock
from qbo_simulator.injected import FaultPlan
from qbo_simulator.oauth import TokenOffice
from qbo_simulator.realm import Realm
from qbo_simulator.realms import Realms
from qbo_simulator.report import report_realm
from qbo_simulator.settings import settings_json
from qbo_simulator.wire import Json, Request, Response, json_response, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "/_simulator/"
MOST_LOGGED = 200_000
ADVANCE_LIMIT_SECONDS = 10 * 365 * 86_400
REALM_PATH = re.compile(r"realms/(?P<realm>\d+)/(?P<action>\w+)")


class Control:
    """Answers the control interface over the parts of one simulator."""

    def __init__(
        self, realms: Realms, office: TokenOffice, faults: FaultPlan, clock: Clock
    ) -> None:
        """Act on these parts."""
        self._realms, self._office, self._faults, self._clock = realms, office, faults, clock

    def answer(self, request: Request) -> Response:
        """Answer one request; a malformed one with 400 and a sentence, an unknown path with 404."""
        rest = request.path.removeprefix(PREFIX).rstrip("/")
        try:
            found = self._answer_realm(request, rest) or self._answer_whole(request, rest)
        except (ValueError, KeyError, TypeError) as error:
            return json_response({"error": str(error)}, status=400)
        return found or json_response({"error": f"No {request.method} {request.path}."}, status=404)

    def _answer_whole(self, request: Request, rest: str) -> Response | None:
        routes: dict[tuple[str, str], Callable[[Request], object]] = {
            ("POST", "realms"): self._make_realm,
            ("GET", "realms"): self._list_realms,
            ("POST", "faults"): lambda request: self._faults.add(_body(request)),
            ("GET", "faults"): lambda _: {"faults": self._faults.rules()},
            ("DELETE", "faults"): lambda _: self._clear_faults(),
            ("GET", "report"): self._report,
            ("POST", "clock"): self._advance,
            ("POST", "advance"): self._advance,
            ("GET", "clock"): lambda _: {"now": self._clock.now().isoformat()},
        }
        route = routes.get((request.method, rest))
        return json_response(route(request)) if route else None

    def _answer_realm(self, request: Request, rest: str) -> Response | None:
        found = REALM_PATH.fullmatch(rest)
        if found is None:
            return None
        realm = self._realms.find(found["realm"])
        if realm is None:
            return json_response({"error": f"No realm {found['realm']}."}, status=404)
        routes: dict[tuple[str, str], Callable[[Realm, Request], Json]] = {
            ("POST", "code"): lambda realm, _: {"code": self._office.issue_code(realm)},
            ("GET", "log"): _log,
            ("POST", "expire"): lambda realm, _: self._expire(realm),
            ("POST", "disconnect"): lambda realm, _: self._disconnect(realm),
            ("GET", "settings"): lambda realm, _: settings_json(realm.settings),
            ("POST", "by_hand"): _by_hand(do_by_hand),
            ("POST", "merge"): _by_hand(merge_customers),
            ("POST", "settle"): _by_hand(settle_payment),
        }
        route = routes.get((request.method, found["action"]))
        return json_response(route(realm, request)) if route else None

    def _make_realm(self, request: Request) -> Json:
        return {"realm_id": self._realms.make(_body(request)).settings.realm_id}

    def _list_realms(self, request: Request) -> Json:
        del request
        return {
            "realms": [
                {"realm_id": each.settings.realm_id, "company_name": each.settings.company_name}
                for each in self._realms.all()
            ]
        }

    def _clear_faults(self) -> Json:
        self._faults.clear()
        return {"faults": []}

    def _report(self, request: Request) -> Json:
        del request
        reports = {each.settings.realm_id: report_realm(each) for each in self._realms.all()}
        return {"realms": reports}

    def _advance(self, request: Request) -> Json:
        seconds = float(_body(request)["advance_seconds"])
        if not 0 <= seconds <= ADVANCE_LIMIT_SECONDS:
            raise ValueError("advance_seconds is neither negative nor over ten years.")
        self._clock.advance(seconds)
        return {"now": self._clock.now().isoformat()}

    def _expire(self, realm: Realm) -> Json:
        self._office.expire_access_tokens(realm)
        return {"expired": True}

    def _disconnect(self, realm: Realm) -> Json:
        self._office.disconnect(realm)
        return {"disconnected": True}


def _by_hand(act: "Callable[[Realm, Json], Json]") -> "Callable[[Realm, Request], Json]":
    """An act on the books, done under the realm's lock."""

    def answer(realm: Realm, request: Request) -> Json:
        with realm.lock:
            return act(realm, _body(request))

    return answer


def _log(realm: Realm, request: Request) -> Json:
    asked = request.parameters
    limit = min(int(asked.get("limit", MOST_LOGGED)), MOST_LOGGED)
    with realm.throttle_lock:
        return {"calls": realm.log.since(int(asked.get("since", 0)), limit)}


def _body(request: Request) -> Json:
    return parse_json(request.body) if request.body else {}

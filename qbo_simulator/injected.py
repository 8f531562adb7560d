"""Faults on demand: which call they strike, and what happens to it.

A rule matches on method, realm, entity, operation and path (a shell pattern); it strikes from the
`nth` matching call on, `times` times (once unless told, null for ever). What happens is a status
with a fault, an HTML page, an empty body, XML, a delay, an answer lost after the call was done, or
the call dropped before.
"""

import threading
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from qbo_simulator.calls import Call
from qbo_simulator.faults import FaultError, answer_fault, business_fault, xml_fault
from qbo_simulator.wire import HTML_TYPE, JSON_TYPE, Json, Response

if TYPE_CHECKING:
    from collections.abc import Callable

MATCHED_BY = frozenset({"method", "realm", "entity", "operation", "path", "nth", "times"})
EFFECTS = frozenset(
    {
        "status",
        "fault",
        "detail",
        "element",
        "html",
        "empty",
        "xml",
        "delay_ms",
        "before_ms",
        "answer",
        "applied",
        "headers",
        "body",
    }
)
MOST_RULES = 1000
MOST_DELAY_MS = 600_000
DEFAULT_CODES = {401: "3200", 403: "3100", 429: "3001", 500: "10000"}
PAGE = (
    "<html><head><title>{status}</title></head>"
    "<body><h1>Service Unavailable</h1><p>Guru Meditation</p></body></html>"
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens to a call.

    `delay_ms` passes between what the call does and its answer, `before_ms` before it does
    anything, whether its client waits or not. `answer` is `given`, `lost` (the call is done, then
    the connection closed without a word) or `drop` (closed before anything is done). `applied`: the
    call is done although its answer is replaced.
    """

    status: int | None = None
    fault: str | None = None
    detail: str = "Injected"
    element: str | None = None
    html: bool = False
    empty: bool = False
    xml: bool = False
    delay_ms: int = 0
    before_ms: int = 0
    answer: str = "given"
    applied: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None

    @property
    def replaces_answer(self) -> bool:
        """Whether the call's own answer is not given."""
        shaped = self.fault is not None or self.html or self.empty or self.xml
        return self.status is not None or shaped or self.body is not None

    @property
    def lets_call_happen(self) -> bool:
        """Whether the call is carried out."""
        if self.answer == "drop":
            return False
        return self.answer == "lost" or self.applied or not self.replaces_answer

    def response(self, now: datetime) -> Response:
        """The answer given instead of the call's own."""
        status = self.status or (502 if self.html else 400)
        made = self._shaped(status, now)
        return Response(made.status, made.body, made.content_type, (*made.headers, *self.headers))

    def _shaped(self, status: int, now: datetime) -> Response:
        if self.body is not None:
            return Response(status, self.body.encode(), JSON_TYPE)
        if self.html:
            return Response(status, PAGE.format(status=status).encode(), HTML_TYPE)
        if self.empty:
            return Response(status, b"")
        code = self.fault or DEFAULT_CODES.get(status, "6000")
        fault = FaultError(code, self.detail, self.element, status)
        if self.xml:
            return xml_fault(fault, now)
        if status in {401, 403, 429}:
            return answer_fault(fault, now)
        return business_fault(fault, now)


@dataclass(slots=True)
class Rule:
    """One fault on demand, with the calls it has seen and struck."""

    match: Json
    then: Json
    effect: Effect
    seen: int = 0
    struck: int = 0

    def strikes(self, call: Call) -> bool:
        """Count a call if it matches, and say whether it is struck."""
        if not self._matches(call):
            return False
        self.seen += 1
        times = self.match.get("times", 1)
        if self.seen < self.match.get("nth", 1) or (times is not None and self.struck >= times):
            return False
        self.struck += 1
        return True

    def as_json(self) -> Json:
        """The rule as the control interface shows it."""
        counts = {"seen": self.seen, "struck": self.struck}
        return {"match": self.match, "then": self.then, **counts}

    def _matches(self, call: Call) -> bool:
        for name in ("method", "entity", "operation"):
            wanted = self.match.get(name)
            if wanted is not None and wanted.lower() != (getattr(call, name) or "").lower():
                return False
        realm, path = self.match.get("realm"), self.match.get("path")
        return (realm is None or realm == call.realm) and (
            path is None or fnmatchcase(call.path, path)
        )


class FaultPlan:
    """All the faults on demand of a simulator; thread-safe, at most a thousand rules."""

    def __init__(self) -> None:
        """Start without any."""
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, body: Json) -> Json:
        """Add a rule as it came in JSON.

        Raises:
            ValueError: the rule is malformed; the text says how.
        """
        rule = _read_rule(body)
        with self._lock:
            if len(self._rules) >= MOST_RULES:
                raise ValueError(f"There are {MOST_RULES} faults already; delete them first.")
            self._rules.append(rule)
        return rule.as_json()

    def clear(self) -> None:
        """Forget every rule."""
        with self._lock:
            self._rules.clear()

    def rules(self) -> list[Json]:
        """Show every rule."""
        with self._lock:
            return [rule.as_json() for rule in self._rules]

    def strike(self, call: Call) -> Effect | None:
        """What happens to a call: the effect of the first rule that strikes it."""
        if not self._rules:
            return None
        with self._lock:
            return next((rule.effect for rule in self._rules if rule.strikes(call)), None)


def _read_rule(body: Json) -> Rule:
    match, then = body.get("match", {}), body.get("then", {})
    if set(body) - {"match", "then"} or not isinstance(match, dict) or not isinstance(then, dict):
        raise ValueError("A fault is {match: {…}, then: {…}}.")
    if unknown := sorted(set(match) - MATCHED_BY):
        raise ValueError(f"A fault cannot match on {', '.join(unknown)}.")
    if unknown := sorted(set(then) - EFFECTS):
        raise ValueError(f"A fault knows no {', '.join(unknown)}.")
    _check_match(match)
    return Rule(match, then, _read_effect(then))


def _check_match(match: Json) -> None:
    texts = (match.get(name) for name in ("method", "realm", "entity", "operation", "path"))
    if not all(value is None or isinstance(value, str) for value in texts):
        raise ValueError("method, realm, entity, operation and path are text.")
    if not _is_count(match.get("nth", 1)) or not _is_count(match.get("times", 1) or 1):
        raise ValueError("nth and times are whole numbers above zero; times may be null.")


def _read_effect(then: Json) -> Effect:
    checks: dict[str, Callable[[object], bool]] = {
        "status": lambda value: isinstance(value, int) and 200 <= value <= 599,  # noqa: PLR2004  # HTTP's range
        **dict.fromkeys(
            ("delay_ms", "before_ms"),
            lambda value: isinstance(value, int) and 0 <= value <= MOST_DELAY_MS,
        ),
        "answer": lambda value: value in {"given", "lost", "drop"},
        "headers": lambda value: isinstance(value, dict),
        **dict.fromkeys(("html", "empty", "xml", "applied"), lambda value: isinstance(value, bool)),
        **dict.fromkeys(("fault", "detail", "element", "body"), lambda v: isinstance(v, str)),
    }
    for name, value in then.items():
        if not checks[name](value):
            raise ValueError(f"{name} cannot be {value!r}.")
    headers = tuple((str(name), str(value)) for name, value in then.get("headers", {}).items())
    return Effect(**{**then, "headers": headers})


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0

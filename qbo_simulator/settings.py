"""What one company in the simulator is like: country, preferences, limits, strictness.

Every assumption that only a real sandbox can settle is a setting here, so that both answers can be
tried.
"""

from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from qbo_simulator.wire import Json

LOG_LIMIT = 200_000
LATENCY_BOUNDS = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls a realm takes; None lifts a limit.

    The vendor's: https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles
    """

    per_minute: int | None = 500
    per_second: int | None = 10
    in_flight: int | None = 10
    batches_per_minute: int | None = 40


@dataclass(frozen=True, slots=True)
class RealmSettings:
    """One company's settings.

    `refresh_rotation` is `always` (each refresh gives a new refresh token, the old one dies at
    once) or `daily` (the value is kept for 24 hours). `kill_on_reuse`: a dead refresh token used
    again kills the connection. `revoke_ends` is `consent` (the tokens of the one revoked) or
    `connection` (all that the app has of the company). `requestid` is `replay`, or `ignored` to try
    what happens if the vendor's promise does not hold. `four_byte_characters` is `keep` or
    `refuse`. `negative_lines` is `keep`, or `refuse` (2290). `over_application` is `refuse` (6000),
    or `trim`: a payment then applies no more than is open. `tax_rate_percent` makes automated sales
    tax add that much to taxable lines of an invoice which carries no tax of its own. `log_bodies`
    keeps in the log what each call says.
    """

    realm_id: str
    company_name: str = "Sandbox Company_US_1"
    country: str = "US"
    currency: str = "USD"
    custom_txn_numbers: bool = False
    using_sales_tax: bool = True
    partner_tax_enabled: bool = False
    tax_rate_percent: Decimal | None = None
    multi_currency: bool = False
    allow_discount: bool = True
    book_close_date: str | None = None
    book_close_password: bool = False
    limits: Limits = field(default_factory=Limits)
    latency_ms: tuple[int, int] | None = None
    seed: int = 0
    refresh_rotation: str = "always"
    kill_on_reuse: bool = False
    revoke_ends: str = "consent"
    requestid: str = "replay"
    four_byte_characters: str = "keep"
    negative_lines: str = "keep"
    over_application: str = "refuse"
    log_limit: int = LOG_LIMIT
    log_bodies: bool = False


TEXTS = frozenset({"realm_id", "company_name", "country", "currency"})
FLAGS = frozenset(
    {
        "custom_txn_numbers",
        "using_sales_tax",
        "partner_tax_enabled",
        "multi_currency",
        "allow_discount",
        "book_close_password",
        "kill_on_reuse",
    }
)
OF_THE_LOG = frozenset({"log_bodies"})
"""Flags too, but of what is written down here, and not of QuickBooks."""
WORDS = {
    "refresh_rotation": frozenset({"always", "daily"}),
    "revoke_ends": frozenset({"consent", "connection"}),
    "requestid": frozenset({"replay", "ignored"}),
    "four_byte_characters": frozenset({"keep", "refuse"}),
    "negative_lines": frozenset({"keep", "refuse"}),
    "over_application": frozenset({"refuse", "trim"}),
}
COUNTS = frozenset({"seed", "log_limit"})


def change_settings(settings: RealmSettings, changes: Json) -> RealmSettings:
    """Give the settings with changes as they came in JSON.

    Raises:
        ValueError: a setting is unknown or its value of the wrong kind; the text names it.
    """
    known = {each.name for each in fields(RealmSettings)}
    if unknown := sorted(set(changes) - known):
        raise ValueError(f"Unknown settings: {', '.join(unknown)}.")
    read: dict[str, Any] = {name: _read(name, value) for name, value in changes.items()}
    return replace(settings, **read)


def settings_json(settings: RealmSettings) -> Json:
    """Show the settings as JSON that `change_settings` would take."""
    return asdict(settings)


def _read(name: str, value: object) -> object:
    if name in WORDS and value not in WORDS[name]:
        raise ValueError(f"{name} is one of {', '.join(sorted(WORDS[name]))}.")
    if name in TEXTS and not (isinstance(value, str) and value):
        raise ValueError(f"{name} is text.")
    if name in FLAGS | OF_THE_LOG and not isinstance(value, bool):
        raise ValueError(f"{name} is true or false.")
    if name in COUNTS and not (isinstance(value, int) and value >= 0):
        raise ValueError(f"{name} is a whole number.")
    readers = {
        "limits": _read_limits,
        "latency_ms": _read_latency,
        "book_close_date": _read_date,
        "tax_rate_percent": _read_rate,
    }
    return readers[name](value) if name in readers else value


def _read_limits(value: object) -> Limits:
    if value is None:
        return Limits(None, None, None, None)
    known = {each.name for each in fields(Limits)}
    if not isinstance(value, dict) or set(value) - known:
        raise ValueError(f"limits is null or an object of {', '.join(sorted(known))}.")
    if not all(each is None or (isinstance(each, int) and each > 0) for each in value.values()):
        raise ValueError("Each of limits is null or a whole number above zero.")
    return Limits(**value)


def _read_latency(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != LATENCY_BOUNDS:
        raise ValueError("latency_ms is null or [least, most].")
    least, most = (int(each) for each in value)
    if not 0 <= least <= most:
        raise ValueError("latency_ms is [least, most], neither negative.")
    return least, most


def _read_date(value: object) -> str | None:
    return None if value is None else date.fromisoformat(str(value)).isoformat()


def _read_rate(value: object) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("tax_rate_percent is a number.") from error

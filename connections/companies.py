"""Companies: known once their page was opened, connected, enabled, paused, each by one UPDATE.

A company's own waits (off, connection, limit, paused) are stored here, once; no pause and no
reconnect rewrites a record. Its `epoch` rises with every change of connection, so that a message
of an older one is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from psycopg import errors as postgres
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from connections.errors import NotConnected, OtherRealm, RealmTaken, UnknownCompany
from connections.settings import CompanySettings, read_settings
from coordination import limiter
from coordination.database import Connection
from coordination.nudges import nudge

PauseReason = Literal["limit", "subscription", "unavailable", "person"]
BlockedReason = Literal["off", "connection", "limit", "unavailable", "paused"]

# A person's pause ends by a person.
UNTIL_RESUMED: Final = datetime(9999, 12, 31, tzinfo=UTC)
LIST_MOST = 1_000

_COLUMNS = """
id, name, created_at, enabled, first_enabled_at, connection, realm_id, former_realm_id, epoch,
paused_until, pause_reason, settings, dropped_events, disabled_at, connected_at, connected_by,
settings <> '{}' AS settings_chosen
"""
_GET = f"SELECT {_COLUMNS} FROM proline_qbo.companies WHERE id = ANY(%s)"
_LIST = f"SELECT {_COLUMNS} FROM proline_qbo.companies WHERE id > %s ORDER BY id LIMIT %s"
_LOCK = f"SELECT {_COLUMNS} FROM proline_qbo.companies WHERE id = %s FOR NO KEY UPDATE"
_OPEN = """
INSERT INTO proline_qbo.companies AS c (id, name) VALUES (%s, %s)
ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE c.name <> excluded.name
"""
_CONNECT = """
UPDATE proline_qbo.companies
   SET connection = 'connected', realm_id = %(realm_id)s, former_realm_id = NULL,
       epoch = epoch + 1, connected_at = proline_qbo.clock(), connected_by = %(by)s,
       paused_until = CASE WHEN pause_reason = 'person' THEN paused_until END,
       pause_reason = CASE WHEN pause_reason = 'person' THEN pause_reason END
 WHERE id = %(company_id)s
"""
_TAKEN = "SELECT FROM proline_qbo.companies WHERE realm_id = %s AND id <> %s"
_CONNECTED_TO = """
SELECT FROM proline_qbo.companies WHERE realm_id = %s AND connection = 'connected'
"""
_ENABLE = """
UPDATE proline_qbo.companies
   SET enabled = true, first_enabled_at = coalesce(first_enabled_at, proline_qbo.clock())
 WHERE id = %s AND connection <> 'none'
"""
_DISABLE = """
UPDATE proline_qbo.companies SET enabled = false, disabled_at = proline_qbo.clock()
 WHERE id = %s AND enabled
"""
_LOSE = """
UPDATE proline_qbo.companies SET connection = 'lost'
 WHERE id = %(company_id)s AND connection = 'connected'
   AND realm_id = coalesce(%(realm_id)s, realm_id)
"""
_DISCONNECT = """
UPDATE proline_qbo.companies
   SET connection = 'none', former_realm_id = realm_id, realm_id = NULL, epoch = epoch + 1,
       connected_at = NULL, connected_by = NULL
 WHERE id = %s AND connection <> 'none'
"""
# An automatic pause never shortens one that stands, whoever made it.
_PAUSE = """
UPDATE proline_qbo.companies
   SET paused_until = %(until)s, pause_reason = %(reason)s
 WHERE id = %(company_id)s
   AND (%(reason)s = 'person' OR paused_until IS NULL OR paused_until < %(until)s)
"""
# How long each automatic pause is at most when it is made.
_SHORTEN_PAUSES = """
UPDATE proline_qbo.companies c
   SET paused_until = proline_qbo.clock() + m.longest
  FROM (VALUES ('limit', interval '1 minute'), ('unavailable', interval '1 minute'),
               ('subscription', interval '1 hour')) AS m (reason, longest)
 WHERE c.pause_reason = m.reason AND c.paused_until > proline_qbo.clock() + m.longest
"""
_RESUME = """
UPDATE proline_qbo.companies SET paused_until = NULL, pause_reason = NULL
 WHERE id = %s AND paused_until IS NOT NULL
"""
_ANSWERS_AGAIN = """
UPDATE proline_qbo.companies SET paused_until = NULL, pause_reason = NULL
 WHERE id = %s AND pause_reason = 'unavailable'
"""
_CHANGE_SETTINGS = """
UPDATE proline_qbo.companies SET settings = %s WHERE id = %s RETURNING realm_id
"""
_COUNT_DROPPED = """
UPDATE proline_qbo.companies c SET dropped_events = c.dropped_events + d.events
  FROM unnest(%s::text[], %s::bigint[]) AS d (id, events) WHERE c.id = d.id
"""


@dataclass(frozen=True, slots=True)
class Company:
    """One ProLine company as it stands.

    Attributes:
        id: ProLine's id.
        name: as its page last said it.
        created_at: when its page was opened first.
        enabled: "Integration is currently on."
        first_enabled_at: set once; money from before it is never sent by itself.
        connection: none, connected or lost (a person must reconnect).
        realm_id: the QuickBooks company it writes to; None only where connection is none.
        former_realm_id: the one given up by Disconnect.
        epoch: rises with every change of connection.
        paused_until: may lie in the past.
        pause_reason: why, while there is a pause; "unavailable" until QuickBooks has answered.
        settings: what the office chose.
        dropped_events: invoices and payments from before the first enable.
        disabled_at: when it was turned off last.
        connected_at: since when it is connected to these books.
        connected_by: the name of whoever confirmed that.
        settings_chosen: somebody has saved the settings once.
    """

    id: str
    name: str
    created_at: datetime
    enabled: bool
    first_enabled_at: datetime | None
    connection: Literal["none", "connected", "lost"]
    realm_id: str | None
    former_realm_id: str | None
    epoch: int
    paused_until: datetime | None
    pause_reason: PauseReason | None
    settings: CompanySettings
    dropped_events: int
    disabled_at: datetime | None = None
    connected_at: datetime | None = None
    connected_by: str | None = None
    settings_chosen: bool = False


def blocked_reason(company: Company, now: datetime) -> BlockedReason | None:
    """Say which of a company's own waits holds all its records back, if any."""
    if not company.enabled:
        return "off"
    if company.connection != "connected":
        return "connection"
    if company.paused_until is None or company.paused_until <= now:
        return None
    reason = company.pause_reason
    return reason if reason in {"limit", "unavailable"} else "paused"


def open_company(c: Connection, company_id: str, name: str) -> bool:
    """Make a company known from now on, or bring its name up to date. False: it was so."""
    return c.execute(_OPEN, [company_id, name]).rowcount == 1


def get(c: Connection, company_id: str) -> Company | None:
    """Return one company, None if its page was never opened."""
    return get_many(c, [company_id]).get(company_id)


def get_many(c: Connection, company_ids: Iterable[str]) -> dict[str, Company]:
    """Return those of these companies that are known, by id, in one round trip."""
    return {company.id: company for company in _read(c, _GET, [list(company_ids)])}


def list_companies(c: Connection, *, after: str = "", limit: int = LIST_MOST) -> list[Company]:
    """Return a page of companies by ascending id; go on with the last one's id."""
    return _read(c, _LIST, [after, limit])


def every_company(c: Connection) -> Iterator[Company]:
    """Go through all companies page by page; each page is shorter than what is left, or last."""
    page = list_companies(c)
    while page:
        yield from page
        page = list_companies(c, after=page[-1].id)


def lock(c: Connection, company_id: str) -> Company:
    """Return a company that stays as it is until the caller's transaction ends.

    Raises:
        UnknownCompany: its page was never opened.
    """
    found = _read(c, _LOCK, [company_id])
    if not found:
        raise UnknownCompany(f"Company {company_id} is not known: open its page first.")
    return found[0]


def other_books_than(company: Company, realm_id: str) -> str | None:
    """Return the realm a company gives up where it is connected to this one, if it gives one up."""
    known = company.realm_id or company.former_realm_id
    return None if known == realm_id else known


def is_connected_to(c: Connection, realm_id: str) -> bool:
    """Say whether any company's connection to this realm lives."""
    return c.execute(_CONNECTED_TO, [realm_id]).fetchone() is not None


def check_realm(
    c: Connection, company_id: str, realm_id: str, *, other_realm_confirmed: bool = False
) -> Company:
    """Refuse what `connect` would refuse, before anything is asked of that realm; lock the row.

    Raises:
        UnknownCompany: the company's page was never opened.
        OtherRealm: it was connected to other books, and nobody confirmed the change.
        RealmTaken: another ProLine company writes into these books.
    """
    company = lock(c, company_id)
    if c.execute(_TAKEN, [realm_id, company_id]).fetchone() is not None:
        raise _realm_taken(realm_id)
    former = other_books_than(company, realm_id)
    if former is not None and not other_realm_confirmed:
        raise OtherRealm(
            f"{company.name or company_id} was connected to another QuickBooks company"
            f" ({former}); confirm that it shall now write into {realm_id}."
        )
    return company


def connect(
    c: Connection,
    company_id: str,
    realm_id: str,
    *,
    other_realm_confirmed: bool = False,
    by: str | None = None,
) -> Company:
    """Tie a company to a realm, also again after a loss; the epoch rises.

    The caller stores books and tokens in the same transaction, after this: a realm refused here
    must never have had its tokens stored. In other books than before, what the office chose among
    the former ones' accounts, items and tax codes is given up: the same id is another thing there.

    Args:
        c: the caller's transaction.
        company_id: a known company.
        realm_id: as QuickBooks named it at the consent.
        other_realm_confirmed: the person has typed that the books change.
        by: the person's name, for the page.

    Raises:
        ConnectionRefused: as `check_realm`.
    """
    before = check_realm(c, company_id, realm_id, other_realm_confirmed=other_realm_confirmed)
    try:
        with c.transaction():
            c.execute(_CONNECT, {"company_id": company_id, "realm_id": realm_id, "by": by})
    except postgres.UniqueViolation as error:
        raise _realm_taken(realm_id) from error
    limiter.set_ceiling(c, realm_id, before.settings.ceiling)
    if other_books_than(before, realm_id) is not None:
        chosen = before.settings.without_ids_of_books()
        c.execute(_CHANGE_SETTINGS, [Jsonb(chosen.model_dump(mode="json")), company_id])
    nudge(c, company_id)
    return lock(c, company_id)


def enable(c: Connection, company_id: str) -> None:
    """Turn the integration on; the first time is remembered for ever.

    Raises:
        NotConnected: there is no connection, or no such company.
    """
    if c.execute(_ENABLE, [company_id]).rowcount != 1:
        raise NotConnected(f"Connect company {company_id} to QuickBooks before enabling it.")
    nudge(c, company_id)


def disable(c: Connection, company_id: str) -> bool:
    """Turn the integration off; its changes are held from now on. False: it was off."""
    return _changed(c, company_id, c.execute(_DISABLE, [company_id]).rowcount)


def lose(c: Connection, company_id: str, realm_id: str | None = None) -> bool:
    """Note that QuickBooks refuses this connection: a person must reconnect. False: moved on.

    With `realm_id`, only while the company is still connected to that realm.
    """
    arguments = {"company_id": company_id, "realm_id": realm_id}
    return _changed(c, company_id, c.execute(_LOSE, arguments).rowcount)


def disconnect(c: Connection, company_id: str) -> bool:
    """Give the realm up; the epoch rises, what is claimed still settles. False: not connected."""
    return _changed(c, company_id, c.execute(_DISCONNECT, [company_id]).rowcount)


def pause(c: Connection, company_id: str, until: datetime, reason: PauseReason) -> bool:
    """Pause a company; an automatic pause only lengthens what stands. False: it stood longer.

    Args:
        c: the caller's transaction.
        company_id: a known company.
        until: on the database's clock; `UNTIL_RESUMED` for a person's.
        reason: limit, subscription, unavailable or person.
    """
    arguments = {"company_id": company_id, "until": until, "reason": reason}
    return c.execute(_PAUSE, arguments).rowcount == 1


def shorten_pauses(c: Connection) -> int:
    """Let no automatic pause end later than one that is made now; return how many would have.

    The clock went back since. A person's pause ends by a person.
    """
    return c.execute(_SHORTEN_PAUSES).rowcount


def resume(c: Connection, company_id: str) -> bool:
    """End a company's pause, whoever made it. False: there was none."""
    return _changed(c, company_id, c.execute(_RESUME, [company_id]).rowcount)


def answers_again(c: Connection, company_id: str) -> bool:
    """Give a company all its places back: QuickBooks has answered. False: it had them.

    Until then its reason stays when the pause itself is over, and the ring hands out one place.
    """
    return _changed(c, company_id, c.execute(_ANSWERS_AGAIN, [company_id]).rowcount)


def change_settings(c: Connection, company_id: str, settings: CompanySettings) -> None:
    """Store what the office chose; what is held back is looked at again.

    Raises:
        UnknownCompany: its page was never opened.
    """
    stored = Jsonb(settings.model_dump(mode="json"))
    row = c.execute(_CHANGE_SETTINGS, [stored, company_id]).fetchone()
    if row is None:
        raise UnknownCompany(f"Company {company_id} is not known: open its page first.")
    if row[0] is not None:
        limiter.set_ceiling(c, row[0], settings.ceiling)
    nudge(c, company_id)


def count_dropped(c: Connection, events: Mapping[str, int]) -> None:
    """Add to each company's count of events dropped before its first enable."""
    c.execute(_COUNT_DROPPED, [list(events), list(events.values())])


def _realm_taken(realm_id: str) -> RealmTaken:
    return RealmTaken(
        f"Another ProLine company already writes into this QuickBooks company ({realm_id})."
        " Disconnect it there first, or choose another QuickBooks company."
    )


def _changed(c: Connection, company_id: str, rows: int) -> bool:
    if rows:
        nudge(c, company_id)
    return rows == 1


def _read(c: Connection, statement: str, arguments: list[Any]) -> list[Company]:
    with c.cursor(row_factory=dict_row) as cursor:
        return [_company(row) for row in cursor.execute(statement, arguments)]


def _company(row: dict[str, Any]) -> Company:
    return Company(**{**row, "settings": read_settings(row["settings"])})

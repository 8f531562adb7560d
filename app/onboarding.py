"""Setting a company up: known, chosen for, enabled, paused. The page and the CLI both come here.

Connecting is `app.connecting`'s. Each change leaves a row in the audit, in its own transaction.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from connections import audit, companies
from connections.audit import Actor
from connections.companies import Company
from connections.errors import ChangedWhileOff, NotTakenIn, ShownChanged
from connections.settings import CompanySettings
from coordination.database import Connection, Pool
from outbox.backlog import count_unread
from records.changed_while_off import find_changed, skip_changed
from records.holding import look_at_held
from records.places import return_unclaimed

Changed = Literal["send", "skip"]
"""What becomes of the records that changed while the integration was off."""


def open_company(pool: Pool, company_id: str, name: str, *, by: Actor) -> None:
    """Make a company known: its contacts and projects are kept from then on, money is not yet."""
    with pool.connection() as connection:
        make_known(connection, company_id, name, by=by)


def make_known(connection: Connection, company_id: str, name: str | None, *, by: Actor) -> None:
    """Make a company known, as `open_company` does, in the caller's transaction.

    Args:
        connection: the caller's transaction.
        company_id: ProLine's id of it.
        name: as it is called now; None or empty: nobody says, and what it was called stays.
        by: who opens it.
    """
    before = companies.get(connection, company_id)
    called = name or (before.name if before else "")
    if companies.open_company(connection, company_id, called):
        former = None if before is None else {"name": before.name}
        audit.note(
            connection, company_id, by, "company.open", before=former, after={"name": called}
        )


def settings_basis(company: Company) -> str:
    """Name what a settings form was filled in on: the settings that stood, and the books."""
    stood = {"realm_id": company.realm_id, "settings": company.settings.model_dump(mode="json")}
    return hashlib.sha256(json.dumps(stood, sort_keys=True).encode()).hexdigest()


def change_settings(
    pool: Pool,
    company_id: str,
    settings: CompanySettings,
    *,
    shown: str | None = None,
    by: Actor,
) -> None:
    """Store what the office chose.

    Args:
        pool: sessions with our timeouts.
        company_id: a known company.
        settings: all of them.
        shown: `settings_basis` of what the person saw; None: whatever stands.
        by: who chose.

    Raises:
        UnknownCompany: its page was never opened.
        ShownChanged: something else stands by now, or other books.
    """
    with pool.connection() as connection:
        before = companies.lock(connection, company_id)
        if shown is not None and shown != settings_basis(before):
            raise ShownChanged
        former = before.settings
        companies.change_settings(connection, company_id, settings)
        look_at_held(connection, company_id)
        was, is_ = audit.changed(former.model_dump(mode="json"), settings.model_dump(mode="json"))
        if is_:
            audit.note(connection, company_id, by, "settings.change", before=was, after=is_)


@dataclass(frozen=True)
class Enabled:
    """A company that is on: since when first, and how many records were left out just now."""

    first_enabled_at: datetime
    left_out: int = 0


def enable_company(  # the answer, and the question it answers
    pool: Pool,
    company_id: str,
    *,
    changed: Changed | None = None,
    shown: str | None = None,
    by: Actor,
) -> Enabled:
    """Turn the integration on.

    Args:
        pool: sessions with our timeouts.
        company_id: a known company.
        changed: what becomes of the records that changed while it was off; needed only where there
            are any, which the first time there never are.
        shown: `ChangedWhileOff.shown` of the question that "skip" answers, so that nothing is
            skipped that was not asked about; None: whatever changed.
        by: who turns it on; the name is kept with each record that is left out.

    Raises:
        NotConnected: there is no connection yet.
        ChangedWhileOff: records changed, and nothing was chosen, or for others than these.
        NotTakenIn: which records changed is not known yet, and they are not all to be sent.
    """
    with pool.connection() as connection:
        before = companies.lock(connection, company_id)
        companies.enable(connection, company_id)
        again = before.first_enabled_at is not None and not before.enabled
        answer = _Answer(changed, shown, by.user_name)
        left_out = _settle_changes(connection, company_id, answer) if again else 0
        look_at_held(connection, company_id)
        if not before.enabled:
            after = {"enabled": True, **({"changed": changed} if changed is not None else {})}
            audit.note(
                connection,
                company_id,
                by,
                "company.enable",
                before={"enabled": False},
                after=after,
            )
        return Enabled(_first_enabled_at(connection, company_id), left_out)


@dataclass(frozen=True)
class _Answer:
    changed: Changed | None
    shown: str | None
    by: str


def _settle_changes(connection: Connection, company_id: str, answer: _Answer) -> int:
    """Do what was chosen; what lies in the outbox is looked at before the records it becomes."""
    if answer.changed == "send":
        return 0
    unread = count_unread(connection, company_id)
    if unread:
        raise NotTakenIn(unread)
    # What was handed out as it was turned off, and not taken, can be left out too.
    return_unclaimed(connection, company_id)
    found = find_changed(connection, company_id)
    if not found:
        return 0
    if answer.changed is None or answer.shown not in {None, found.digest}:
        raise ChangedWhileOff(len(found), found.digest)
    skip_changed(connection, found, answer.by)
    return len(found)


def disable_company(pool: Pool, company_id: str, *, by: Actor, why: str = "") -> None:
    """Turn the integration off: what nobody has claimed comes back in the same transaction.

    From now on changes are held, the newest version each; `enable_company` asks what becomes of
    them.
    """
    with pool.connection() as connection:
        was_on = companies.disable(connection, company_id)
        return_unclaimed(connection, company_id)
        if was_on:
            audit.note(
                connection,
                company_id,
                by,
                "company.disable",
                before={"enabled": True},
                after={"enabled": False} | _because(why),
            )


def pause_company(pool: Pool, company_id: str, *, by: Actor, why: str = "") -> None:
    """Hold a company's work until a person resumes it.

    Raises:
        UnknownCompany: its page was never opened.
    """
    with pool.connection() as connection:
        former = companies.lock(connection, company_id).pause_reason
        companies.pause(connection, company_id, companies.UNTIL_RESUMED, "person")
        if former != "person":
            audit.note(
                connection,
                company_id,
                by,
                "company.pause",
                before={"pause_reason": former},
                after={"pause_reason": "person"} | _because(why),
            )


def resume_company(pool: Pool, company_id: str, *, by: Actor, why: str = "") -> bool:
    """End a company's pause, whoever made it. False: there was none.

    Raises:
        UnknownCompany: its page was never opened.
    """
    with pool.connection() as connection:
        former = companies.lock(connection, company_id).pause_reason
        ended = companies.resume(connection, company_id)
        if ended:
            audit.note(
                connection,
                company_id,
                by,
                "company.resume",
                before={"pause_reason": former},
                after={"pause_reason": None} | _because(why),
            )
    return ended


def _because(why: str) -> dict[str, object]:
    """Give what the audit keeps of a reason, where one was said."""
    return {"why": why} if why.strip() else {}


def _first_enabled_at(connection: Connection, company_id: str) -> datetime:
    company = companies.get(connection, company_id)
    if company is None or company.first_enabled_at is None:
        raise LookupError(f"company {company_id} was enabled and then not found")
    return company.first_enabled_at

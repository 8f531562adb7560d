"""All examinations, one after the other; what one needs and is not there, it says and goes on."""

from collections.abc import Iterable, Iterator
from typing import Final

import psycopg

from app.doctor.broker import examine_broker
from app.doctor.companies import examine_companies
from app.doctor.database import examine_database, has_schema
from app.doctor.processes import examine_processes
from app.doctor.proline import examine_proline
from app.doctor.quickbooks import examine_keys, examine_quickbooks
from app.doctor.verdict import Verdict, ok, problem
from app.quickbooks import access_from
from app.sentences import of_database
from app.settings import (
    BrokerSettings,
    CompanySettings,
    DatabaseSettings,
    RelaySettings,
    Settings,
    SettingsGroup,
    SettingsInvalid,
    TokenKeySettings,
    WebSettings,
    WorkerSettings,
    load,
)
from coordination.database import open_connection

NAME: Final = "proline-qbo doctor"
PROCESSES: Final[dict[str, type[Settings]]] = {
    "relay": RelaySettings,
    "worker": WorkerSettings,
    "web": WebSettings,
}


def examine(processes: Iterable[str]) -> Iterator[Verdict]:
    """Look at everything; what takes long comes last.

    Args:
        processes: whose settings are looked at: any of `PROCESSES`.
    """
    yield from _settings(processes)
    yield from _database()
    yield from _broker()
    yield from _quickbooks()


def _settings(processes: Iterable[str]) -> Iterator[Verdict]:
    """Name each problem once, with the processes that have it."""
    found: dict[str, list[str]] = {}
    for name in processes:
        try:
            load(PROCESSES[name])
        except SettingsInvalid as invalid:
            for each in invalid.problems:
                found.setdefault(each, []).append(name)
    for sentence, names in found.items():
        yield problem("settings", f"{sentence} ({', '.join(names)})")
    if not found:
        yield ok("settings", f"All that is needed is set ({', '.join(processes)}).")


def _database() -> Iterator[Verdict]:
    settings = _loaded(DatabaseSettings)
    if settings is None:
        return
    try:
        connection = open_connection(
            settings.database_url.get_secret_value(), application_name=NAME
        )
    except psycopg.ProgrammingError:
        # Without its words: they quote the address, password included.
        yield problem("database", "DATABASE_URL is not an address PostgreSQL understands.")
        return
    except psycopg.OperationalError as error:
        yield problem("database", of_database(error))
        return
    with connection:
        connection.autocommit = True
        yield from _whatever_breaks("database", examine_database(connection))
        try:
            if not has_schema(connection):
                return
        except psycopg.Error:
            return  # the verdict on the role has told why
        yield from _whatever_breaks("relays and workers", examine_processes(connection))
        yield from _whatever_breaks("companies", examine_companies(connection))
        yield from _whatever_breaks("ProLine", examine_proline(connection))
        keys = _loaded(TokenKeySettings)
        if keys is not None:
            yield from _whatever_breaks("keys", examine_keys(connection, keys.token_keys))


def _whatever_breaks(subject: str, examination: Iterator[Verdict]) -> Iterator[Verdict]:
    """Go through an examination; one that the database refuses is a problem and ends no other."""
    try:
        yield from examination
    except psycopg.Error as error:
        reason = str(error).partition("\n")[0]
        yield problem(subject, f"It cannot be looked at: {reason}.")


def _broker() -> Iterator[Verdict]:
    settings = _loaded(BrokerSettings)
    if settings is not None and settings.rabbitmq_url is not None:
        yield from examine_broker(settings.rabbitmq_url)


def _quickbooks() -> Iterator[Verdict]:
    settings = _loaded(CompanySettings)
    if settings is not None:
        yield from examine_quickbooks(access_from(settings, settings.token_keys))


def _loaded(group: type[SettingsGroup]) -> SettingsGroup | None:
    """Load what an examination needs; what is wrong with it has been told."""
    try:
        return load(group)
    except SettingsInvalid:
        return None

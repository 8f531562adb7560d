"""How a command that cannot be done says so: sentences on standard error, exit code 2."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO

import sqlalchemy.exc
from psycopg import errors as postgres
from psycopg_pool import PoolTimeout

from app.observing.listening import NotObserved
from app.postgres import EmbeddedPostgresFailed
from app.rabbitmq import PrivateRabbitmqFailed
from app.sentences import of_database, of_quickbooks
from app.settings import SettingsInvalid
from connections.errors import ConnectionRefused
from coordination.database import DATABASE_AWAY
from qbo_client import QuickBooksError
from records.deciding import AnswerRefused

CANNOT: Final = 2
LEFT_OUT_IN_PRODUCTION: Final = frozenset({"demo", "qbo_simulator", "faker"})

NO_SCHEMA = (
    postgres.InvalidSchemaName,
    postgres.UndefinedTable,
    postgres.UndefinedColumn,
    postgres.UndefinedFunction,
)


class CannotBeDone(Exception):
    """A command cannot be done; the message is a sentence for whoever gave it."""


WITH_A_SENTENCE = (
    CannotBeDone,
    NotObserved,
    SettingsInvalid,
    ConnectionRefused,
    AnswerRefused,
    EmbeddedPostgresFailed,
    PrivateRabbitmqFailed,
)


@contextmanager
def sentences(stream: TextIO) -> Iterator[None]:
    """Turn what a person can act on into a sentence; a bug keeps its traceback."""
    try:
        yield
    except WITH_A_SENTENCE as error:
        _tell(stream, str(error))
    except QuickBooksError as error:
        _tell(stream, of_quickbooks(error))
    except NO_SCHEMA:
        _tell(
            stream, "The database lacks our schema, or has an older one: run proline-qbo migrate."
        )
    except (*DATABASE_AWAY, sqlalchemy.exc.OperationalError, PoolTimeout) as error:
        _tell(stream, of_database(error))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in LEFT_OUT_IN_PRODUCTION:
            raise
        _tell(stream, "This installation has neither the demonstration nor the simulator.")


def _tell(stream: TextIO, sentence: str) -> None:
    stream.write(sentence.rstrip() + "\n")
    sys.exit(CANNOT)

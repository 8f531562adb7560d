"""How a command that cannot be done says so: sentences on standard error, exit code 2."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import psycopg
from psycopg_pool import PoolTimeout

from app.postgres import EmbeddedPostgresFailed
from app.settings import SettingsInvalid
from connections.errors import ConnectionRefused
from qbo_client import QuickBooksError

CANNOT = 2


@contextmanager
def sentences(stream: TextIO) -> Iterator[None]:
    """Turn what a person can act on into a sentence; a bug keeps its traceback."""
    try:
        yield
    except (SettingsInvalid, ConnectionRefused, EmbeddedPostgresFailed) as error:
        _tell(stream, str(error))
    except QuickBooksError as error:
        _tell(stream, f"QuickBooks did not do it: {error}")
    except (psycopg.OperationalError, PoolTimeout) as error:
        _tell(stream, f"The database does not answer ({type(error).__name__}): check DATABASE_URL.")


def _tell(stream: TextIO, sentence: str) -> None:
    stream.write(sentence.rstrip() + "\n")
    sys.exit(CANNOT)

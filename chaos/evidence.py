"""What a run that was not clean leaves behind, so that its breach can be followed to its cause.

A second run of the same seed meets other moments: what is not kept is lost. So does one leave that
broke off, as far as its servers still answer. All of it is invented; the table of tokens is left
out all the same.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import psycopg
from psycopg.sql import SQL, Identifier

from chaos.ground import Ground
from chaos.harm.diary import Diary

TABLES: Final = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname IN ('proline', 'proline_outbox', 'proline_qbo')
   AND c.relname <> 'tokens'
"""


def leave_evidence(ground: Ground, seed: int, diary: Diary, found: Iterable[str]) -> Path:
    """Write tables, calls, logs and what was done when into a new folder, and give that folder.

    Each table is a CSV file, each company's log of calls a file of JSON lines.

    Args:
        ground: what the system stands on, still running.
        seed: of the run.
        diary: what was done.
        found: a sentence for each thing that was found.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-seed-{seed}-"))
    for log in ground.home.glob("*.log"):
        shutil.copy(log, folder)
    acts = (f"{each.at.isoformat()} {each.part}: {each.what}\n" for each in diary.entries)
    (folder / "harm.txt").write_text("".join(acts))
    (folder / "found.txt").write_text("".join(f"{each}\n" for each in found))
    for copy in (_copy_calls, _copy_tables):
        with suppress(OSError, psycopg.OperationalError):  # a server that does not answer any more
            copy(ground, folder)
    return folder


def _copy_calls(ground: Ground, folder: Path) -> None:
    for contractor in ground.contractors:
        calls = ground.quickbooks.calls(contractor.realm_id)
        lines = "".join(f"{json.dumps(each)}\n" for each in calls)
        (folder / f"calls.{contractor.company_id}.jsonl").write_text(lines)


def _copy_tables(ground: Ground, folder: Path) -> None:
    with psycopg.connect(ground.postgres.url) as connection:
        for schema, table in connection.execute(TABLES).fetchall():
            _copy(connection, schema, table, folder / f"{schema}.{table}.csv")


def _copy(
    connection: psycopg.Connection[tuple[str, str]], schema: str, table: str, file: Path
) -> None:
    asked = SQL("COPY {} TO STDOUT WITH (FORMAT csv, HEADER)").format(Identifier(schema, table))
    with file.open("wb") as out, connection.cursor() as cursor, cursor.copy(asked) as copied:
        for part in copied:
            out.write(part)

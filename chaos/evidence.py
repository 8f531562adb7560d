"""What a run that was not clean leaves behind, so that its breach can be followed to its cause.

A second run of the same seed meets other moments: what is not kept is lost. All of it is invented;
the table of tokens is left out all the same.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Final

import psycopg
from psycopg.sql import SQL, Identifier

from chaos.ground import Ground
from chaos.outcome import Outcome
from chaos.report import found

TABLES: Final = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname IN ('proline', 'proline_outbox', 'proline_qbo')
   AND c.relname <> 'tokens'
"""


def leave_evidence(ground: Ground, outcome: Outcome) -> Path:
    """Write tables, calls, logs and what was done when into a new folder, and give that folder.

    Each table is a CSV file, each company's log of calls a file of JSON lines.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-seed-{outcome.seed}-"))
    with psycopg.connect(ground.postgres.url) as connection:
        for schema, table in connection.execute(TABLES).fetchall():
            _copy(connection, schema, table, folder / f"{schema}.{table}.csv")
    for contractor in ground.contractors:
        calls = ground.quickbooks.calls(contractor.realm_id)
        lines = "".join(f"{json.dumps(each)}\n" for each in calls)
        (folder / f"calls.{contractor.company_id}.jsonl").write_text(lines)
    for log in ground.home.glob("*.log"):
        shutil.copy(log, folder)
    acts = (f"{each.at.isoformat()} {each.part}: {each.what}\n" for each in outcome.diary.entries)
    (folder / "harm.txt").write_text("".join(acts))
    told = (f"{what}: {each}\n" for what, all_ in found(outcome).items() for each in all_)
    (folder / "found.txt").write_text("".join(told))
    return folder


def _copy(
    connection: psycopg.Connection[tuple[str, str]], schema: str, table: str, file: Path
) -> None:
    asked = SQL("COPY {} TO STDOUT WITH (FORMAT csv, HEADER)").format(Identifier(schema, table))
    with file.open("wb") as out, connection.cursor() as cursor, cursor.copy(asked) as copied:
        for part in copied:
            out.write(part)

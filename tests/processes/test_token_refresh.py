"""Two processes of fifty threads each want one connection's token: Intuit is asked once."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from connections import companies, tokens
from coordination.database import Pool
from qbo_simulator.http_server import serve
from tests.connections.intuit import COMPANY, KEYS, Intuit

ROOT = Path(__file__).parents[2]
PROCESSES = 2
THREADS = 50


def test_two_processes_of_fifty_threads_refresh_once(database_url: str, pool: Pool) -> None:
    """A second refresh with the same token may end the connection; here it would, at once."""
    intuit = Intuit(settings={"refresh_rotation": "always", "kill_on_reuse": True})
    realm = intuit.simulator.realms.find(intuit.realm_id)
    assert realm is not None
    with pool.connection() as connection:
        companies.open_company(connection, COMPANY, "Example Roofing")
        companies.connect(connection, COMPANY, intuit.realm_id)
        tokens.put(connection, KEYS, COMPANY, intuit.realm_id, intuit.tokens())
        connection.execute("UPDATE proline_qbo.tokens SET access_expires_at = proline_qbo.clock()")

    with ExitStack() as stack:
        server = stack.enter_context(serve(intuit.simulator))
        command = [sys.executable, "-m", "tests.support.refreshing", database_url]
        started = [
            stack.enter_context(
                subprocess.Popen(  # noqa: S603  # this Python, a module of the tests
                    [*command, server.base_url, intuit.realm_id, str(THREADS)],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(PROCESSES)
        ]
        said = [process.stdout.readline() for process in started if process.stdout is not None]
        given = [_let_go(process) for process in started]
        ended = [json.loads(_end(process)) for process in given]

    every = [token for each in ended for token in each]
    assert said == ["ready\n"] * PROCESSES
    assert len(every) == PROCESSES * THREADS
    assert len(set(every)) == 1
    assert realm.refreshes == 1
    assert intuit.simulator.office.realm_of(every[0]) is realm


def _let_go(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    return process


def _end(process: subprocess.Popen[str]) -> str:
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return told

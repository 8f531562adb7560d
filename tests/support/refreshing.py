"""A process whose threads all want one connection's token at the same moment.

Run as a program: it says "ready", begins when a line comes in, and writes what its threads got.
"""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from connections.tokens import TokenStore
from coordination.database import open_pool
from qbo_client import OAuthClient, endpoints_below, open_http
from tests.connections.intuit import COMPANY, KEYS

SESSIONS = 8


def main(database_url: str, base_url: str, realm_id: str, threads: int) -> None:
    """Ask from so many threads at once."""
    with (
        open_pool(database_url, max_size=SESSIONS, application_name="refreshing") as pool,
        open_http() as http,
        ThreadPoolExecutor(threads) as executor,
    ):
        oauth = OAuthClient(
            http,
            endpoints_below(base_url),
            client_id="app",
            client_secret="secret",
            redirect_uri="https://proline.example.com/callback",
        )
        store = TokenStore(pool, KEYS, oauth)
        all_at_once = threading.Barrier(threads + 1)

        def ask() -> str:
            all_at_once.wait(timeout=60)
            return store.access_token(COMPANY, realm_id)

        asked = [executor.submit(ask) for _ in range(threads)]
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        all_at_once.wait(timeout=60)
        given = [each.result(timeout=60) for each in asked]
    sys.stdout.write(json.dumps(given))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))

"""QuickBooks: is Intuit's authorization server reached, can every stored token be read."""

from collections.abc import Iterator, Sequence

from app.doctor.verdict import Verdict, ok, problem, warning
from app.keys import TokenKey
from app.quickbooks import QuickBooksAccess
from connections.token_rows import stored_key_ids
from coordination.database import Connection
from qbo_client import QuickBooksError, open_http
from qbo_client.discovery import AddressRefused, read_endpoints


def examine_keys(connection: Connection, keys: Sequence[TokenKey]) -> Iterator[Verdict]:
    """Compare the keys that tokens lie under with those we were given."""
    known = [each.id for each in keys]
    stored = stored_key_ids(connection)
    lost = sorted(set(stored) - set(known))
    if lost:
        tokens = sum(stored[key_id] for key_id in lost)
        yield problem(
            "keys",
            f"{tokens} tokens lie under {', '.join(lost)}, which TOKEN_KEYS does not have: put it"
            " back, or those companies must reconnect.",
        )
        return
    old = {key_id: number for key_id, number in stored.items() if key_id != known[0]}
    if old:
        found = ", ".join(f"{key_id} {number}" for key_id, number in sorted(old.items()))
        yield warning(
            "keys",
            f"Tokens lie under older keys still: {found}. Keep these keys; each token moves to"
            f" {known[0]} at its next refresh, weekly at the latest.",
        )
        return
    yield ok("keys", f"Every stored token lies under the newest key, {known[0]}.")
    unused = [key_id for key_id in known[1:] if key_id not in stored]
    if unused:
        yield ok("keys", f"No token needs {', '.join(unused)} any more: it may be taken out.")


def examine_quickbooks(access: QuickBooksAccess) -> Iterator[Verdict]:
    """Reach the authorization server; it costs no metered read and no company's token."""
    if access.discovery_url is None:
        return
    with open_http() as http:
        try:
            read_endpoints(http, access.discovery_url)
        except (AddressRefused, QuickBooksError) as error:
            yield problem(
                "QuickBooks",
                f"Its authorization server does not answer as it should{_status(error)}:"
                " records wait and go on by themselves. See Intuit's status page, and whether this"
                " machine may reach it.",
            )
            return
    yield ok(
        "QuickBooks",
        "Its authorization server answers, and is the one we expect; its books were not asked.",
    )


def _status(error: Exception) -> str:
    status = getattr(error, "status", None)
    return f" (HTTP {status})" if status else ", or not in time"

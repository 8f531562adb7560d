"""Logs carry ids and codes; a secret or a customer's data never gets out through them."""

import io
import json
import logging
from collections.abc import Generator

import pytest
import structlog

from app import logs


@pytest.fixture
def written() -> Generator[io.StringIO]:
    """Give what the process logs, at DEBUG, and put logging back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(level="DEBUG", stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_an_event_is_one_json_object_with_its_fields(written: io.StringIO) -> None:
    """An event has a name, a level, a time with its zone and fields, on one line."""
    structlog.get_logger("workers").info("invoice.synced", record="invoice/1", attempts=2)

    event = json.loads(written.getvalue())
    assert event["event"] == "invoice.synced"
    assert event["attempts"] == 2
    assert event["level"] == "info"
    assert event["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "field",
    ["access_token", "refresh_token", "Authorization", "client_secret", "token_keys", "Set-Cookie"],
)
def test_a_secret_is_blanked_whatever_the_level(written: io.StringIO, field: str) -> None:
    """A field named for a secret is never written, at DEBUG neither, nor inside another field."""
    structlog.get_logger("x").debug(
        "call.sent", **{field: "hush"}, headers={"a": [{field: "hush"}]}
    )

    assert "hush" not in written.getvalue()
    assert written.getvalue().count(logs.REDACTED) == 2


@pytest.mark.parametrize("field", ["snapshot", "body", "email", "display_name"])
def test_customer_data_is_blanked_above_debug(written: io.StringIO, field: str) -> None:
    """What a customer is called or owes stands in a log only where somebody asked for DEBUG."""
    log = structlog.get_logger("x")

    log.info("record.failed", **{field: "Jane Example"})
    above_debug = written.getvalue()
    log.debug("record.failed", **{field: "Jane Example"})

    assert "Jane Example" not in above_debug
    assert "Jane Example" in written.getvalue()


def test_a_bearer_token_in_a_text_is_blanked(written: io.StringIO) -> None:
    """An exception or another library may put a header into its message."""
    logging.getLogger("another.library").warning("refused: %s", "Bearer abcdefgh.ijklmnop")

    assert "abcdefgh" not in written.getvalue()
    assert logs.REDACTED in written.getvalue()


def test_a_dispatch_token_is_no_secret(written: io.StringIO) -> None:
    """One follows a record through the fleet by its dispatch token, which opens nothing."""
    structlog.get_logger("x").info("record.claimed", dispatch_token="5f0c")

    assert json.loads(written.getvalue())["dispatch_token"] == "5f0c"


def test_an_event_has_an_end(written: io.StringIO) -> None:
    """A text is cut and what is nested deeper than anyone reads is blanked: a log line is short."""
    nested: object = "the bottom"
    for _ in range(50):
        nested = [nested]

    structlog.get_logger("x").info("call.failed", detail="x" * 100_000, nested=nested)

    assert len(written.getvalue()) < 3_000
    assert "the bottom" not in written.getvalue()


def _fall(depth: int) -> None:
    if depth == 0:
        raise LookupError("what went wrong")
    _go_on(depth)


def _go_on(depth: int) -> None:
    # Two by turns: of one that calls itself a traceback shows three lines and counts the rest.
    _fall(depth - 1)


def test_a_traceback_keeps_its_end(written: io.StringIO) -> None:
    """Where it failed, and with what, stands in its last lines."""
    try:
        _fall(60)
    except LookupError:
        structlog.get_logger("web").exception("page.failed")

    event = json.loads(written.getvalue())

    assert event["exception"].endswith("LookupError: what went wrong")
    assert len(event["exception"]) <= logs.LONGEST_TRACEBACK


def test_httpx_does_not_write_the_address_of_each_request(written: io.StringIO) -> None:
    """A query's address holds a customer's name, and httpx writes addresses at INFO."""
    logging.getLogger("httpx").info("HTTP Request: GET https://example.com/query?Jane")

    assert written.getvalue() == ""

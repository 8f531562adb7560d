"""Holds recorded replies against our client's own parser: the one place here that knows it.

A refusal must be read with the code, type and status it was recorded with, whatever its envelope; a
success must not be taken for a refusal. What is expected is read by `shapes`, not by the client.
"""

from collections.abc import Iterator

from qbo_client import parse_fault
from qbo_simulator.check.recordings import Exchange
from qbo_simulator.check.shapes import fault_in

OK = 200
REFUSED = 400


def hold_parser(exchange: Exchange) -> Iterator[str]:
    """Say in a sentence each thing that our client reads otherwise than it was recorded."""
    expected = fault_in(exchange.body)
    status = exchange.status or (OK if expected is None else REFUSED)
    read = parse_fault(status, exchange.headers, exchange.body)
    if expected is None:
        if read is not None and status < REFUSED and not _has_parts(exchange):
            yield f"our client takes a success for a refusal ({read.code})"
        if read is None and status >= REFUSED:
            yield f"our client takes HTTP {status} for a success"
        return
    if read is None:
        yield f"our client does not see the fault {expected['code']}"
        return
    code = str(expected["code"]).lstrip("0")
    if read.code != code:
        yield f"our client reads the code {read.code}, recorded is {code}"
    if expected.get("type") is not None and read.type != expected["type"]:
        yield f"our client reads the type {read.type}, recorded is {expected['type']}"
    if read.status != status:
        yield f"our client reads the status {read.status}, recorded is {status}"


def _has_parts(exchange: Exchange) -> bool:
    reply = exchange.reply or {}
    return "BatchItemResponse" in reply or "AttachableResponse" in reply

"""Logs: one JSON object a line on standard error, an event's name and its fields, no prose.

What must not be in a log cannot get there by mistake: a processor blanks every field whose name
speaks of a secret, at any depth, and above DEBUG also every field that holds customer data.
Other libraries' records (httpx, alembic, kombu) go through the same processors.

Weakness: it judges by a field's name, and by `Bearer …` in a text. A secret given another name is
not recognized, so nothing but ids, codes, counts and times belongs in an event.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Final, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED: Final = "[redacted]"
# A part of a name is enough: access_token, tokens, token_keys and client_secret are all meant.
SECRET_WORDS: Final = (
    "token", "secret", "authorization", "password", "cookie", "credential", "jwks", "database_url",
    "amqp_url", "api_key", "private_key",
)  # fmt: skip
# The dispatch token fences a message. It opens nothing, and one follows a record by it.
NO_SECRETS: Final = frozenset({"dispatch_token", "sync_token"})
CUSTOMER_DATA: Final = frozenset(
    {
        "snapshot", "body", "payload", "request", "response", "statement", "params",
        "name", "display_name", "given_name", "family_name", "company_name",
        "email", "phone", "address", "memo", "note", "description", "lines",
    }
)  # fmt: skip
BEARER: Final = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")
DEEPEST: Final = 6
LONGEST_TEXT: Final = 2000
# What failed, and where, stands at the end of a traceback.
TRACEBACK: Final = "exception"
LONGEST_TRACEBACK: Final = 8_000
# These tell each request's address, or each message's arguments, at INFO.
QUIET_LIBRARIES: Final = ("httpx", "httpcore", "kombu", "amqp", "pika", "dramatiq", "alembic")


def configure(*, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Set up structlog and the standard library's logging for this process.

    Args:
        level: the lowest level that is written, such as `DEBUG` or `INFO`.
        stream: where to write; None is standard error, so that `--json` has standard output alone.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for library in QUIET_LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank secrets always, and customer data above DEBUG; a processor of structlog."""
    debugging = event.get("level") == "debug"
    return {key: _shown(key, value, debugging=debugging, depth=0) for key, value in event.items()}


def _formatter(shared: list[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
        ],
    )


def _shown(key: str, value: object, *, debugging: bool, depth: int) -> object:
    if _is_secret(key) or (key in CUSTOMER_DATA and not debugging) or depth > DEEPEST:
        return REDACTED
    if isinstance(value, str):
        shown = BEARER.sub(REDACTED, value)
        return shown[-LONGEST_TRACEBACK:] if key == TRACEBACK else shown[:LONGEST_TEXT]
    if isinstance(value, Mapping):
        return {
            str(inner): _shown(str(inner), held, debugging=debugging, depth=depth + 1)
            for inner, held in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown("", held, debugging=debugging, depth=depth + 1) for held in value]
    return value


def _is_secret(key: str) -> bool:
    name = key.lower().replace("-", "_")
    return name not in NO_SECRETS and any(word in name for word in SECRET_WORDS)

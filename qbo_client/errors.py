"""Everything that can go wrong between us and QuickBooks Online, as types.

    QuickBooksError
    ├── NotSent               no byte of the request left this process
    ├── OutcomeUnknown        timeout, reset, 5xx, unreadable answer: a write may have been done
    ├── Throttled             429 or code 3001: too many requests
    ├── Unavailable           130, 140, 150: wrong cluster, company locked, maintenance
    ├── AuthorizationExpired  401 or 100, 110, 3200: ask for a fresh access token, once
    ├── AccessRefused         120, 3100, a bare 403: a person must give access again
    ├── ReconnectRequired     invalid_grant: the refresh token is dead, a person must reconnect
    └── BusinessFault         a business answer; its code says which
        ├── StaleObject         5010: the SyncToken is an old one
        ├── DuplicateName       6240: a customer, vendor or employee has the name
        ├── DuplicateDocNumber  6140: another transaction has the number
        └── ObjectNotFound      610, 2500, 6250: absent, inactive, merged or deleted

This module only names the cases; `verdict` decides which one a reply is, and what follows from it
(retry, park, ask a person) is decided by whoever calls this package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict, Unpack


class Applied(StrEnum):
    """Whether QuickBooks may have done what was asked."""

    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class About:
    """The call an error speaks of: what was asked, of which company, and whether it writes."""

    operation: str
    entity: str
    realm_id: str
    writes: bool


class ErrorFacts(TypedDict, total=False):
    """What is known of a failure; every part may be missing.

    `detail` is the vendor's text, localised, and may name customers: show it to the office, keep
    it out of logs above DEBUG, and never decide on it.
    """

    operation: str
    entity: str
    realm_id: str
    writes: bool
    status: int | None
    code: str | None
    detail: str
    element: str | None
    intuit_tid: str | None
    type: str | None
    retry_after_seconds: int | None


class QuickBooksError(Exception):
    """A call to QuickBooks Online that did not end in the answer it was made for."""

    applied: Applied = Applied.NO

    def __init__(self, **facts: Unpack[ErrorFacts]) -> None:
        """Keep the facts as attributes; `str()` tells them without the vendor's text."""
        self.operation = facts.get("operation", "")
        self.entity = facts.get("entity", "")
        self.realm_id = facts.get("realm_id", "")
        self.writes = facts.get("writes", True)
        self.status = facts.get("status")
        self.code = facts.get("code")
        self.detail = facts.get("detail", "")
        self.element = facts.get("element")
        self.intuit_tid = facts.get("intuit_tid")
        self.type = facts.get("type")
        self.retry_after_seconds = facts.get("retry_after_seconds")
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        asked = f"{type(self).__name__}: {self.operation} {self.entity} in realm {self.realm_id}"
        known = {"HTTP": self.status, "code": self.code, "intuit_tid": self.intuit_tid}
        told = [f"{name} {value}" for name, value in known.items() if value is not None]
        return ", ".join([asked, *told])


class NotSent(QuickBooksError):
    """No byte of the request left: no connection came about, or the slot's guard said no."""


class OutcomeUnknown(QuickBooksError):
    """The request left and no answer that can be relied on came back.

    A write must be sent again as the same bytes with the same requestid, or be looked up; nothing
    else may be written for its record before. A read has no outcome: its `applied` is NO.
    """

    def __init__(self, **facts: Unpack[ErrorFacts]) -> None:
        """Keep the facts; only a write can have been applied."""
        super().__init__(**facts)
        self.applied = Applied.UNKNOWN if self.writes else Applied.NO


class Throttled(QuickBooksError):
    """Too many requests: per-minute throttle or monthly read quota, which look alike.

    `retry_after_seconds` is None where QuickBooks named no time; Intuit's advice is then 60 s
    (https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles).
    """


class Unavailable(QuickBooksError):
    """The company cannot be served now: wrong cluster, locked, under maintenance. Later."""


class AuthorizationExpired(QuickBooksError):
    """The access token is expired or not accepted: get a fresh one and repeat once."""


class AccessRefused(QuickBooksError):
    """The app, or the person who connected it, has no access to this company: a person acts."""


class ReconnectRequired(QuickBooksError):
    """The refresh token is refused for good (invalid_grant): a person must connect again."""


class BusinessFault(QuickBooksError):
    """QuickBooks understood and refused; the same request would be refused again.

    Weakness: codes 600 (duplicate request id) and 630 (duplicate object) say that it is there
    already, perhaps by an earlier request of ours, so their `applied` is UNKNOWN; and code 6000
    has been reported once with the invoice created all the same, so look before sending again
    under a new requestid.
    """

    def __init__(self, **facts: Unpack[ErrorFacts]) -> None:
        """Keep the facts; a duplicate leaves open what an earlier request did."""
        super().__init__(**facts)
        if self.code in CODES_THAT_LEAVE_IT_OPEN:
            self.applied = Applied.UNKNOWN


class StaleObject(BusinessFault):
    """5010: someone changed the object since our SyncToken; read, compare, retry once."""


class DuplicateName(BusinessFault):
    """6240: the DisplayName is taken; `holder_id` may be a vendor, an employee, or inactive."""

    @property
    def holder_id(self) -> str | None:
        """Id of whoever has the name, where the text tells it (`Id=1067`; older ones: null)."""
        return _told(r"(?<![A-Za-z])Id=([0-9]{1,20})(?![0-9])", self.detail)


class DuplicateDocNumber(BusinessFault):
    """6140: the DocNumber is taken by the transaction `holder_type` `holder_id`."""

    @property
    def holder_id(self) -> str | None:
        """Id of the transaction that has the number, where the text tells it."""
        return _told(r"TxnId=([0-9]{1,20})(?![0-9])", self.detail)

    @property
    def holder_type(self) -> str | None:
        """Kind of that transaction (`Invoice`), where the text tells it."""
        return _told(r"TxnType=([A-Za-z]{1,40})", self.detail)


class ObjectNotFound(BusinessFault):
    """610, 2500, 6250: what is referred to is absent, inactive, merged or deleted."""


# https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes
CODES_THAT_LEAVE_IT_OPEN = frozenset({"600", "630"})


def _told(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found.group(1) if found else None

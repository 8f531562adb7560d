"""What this package needs from its host: access tokens, and a slot for every call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from qbo_client.requests import ApiRequest


class TokenSource(Protocol):
    """Where access tokens come from; refreshing and storing them is the host's."""

    def access_token(self, realm_id: str) -> str:
        """Give a token that is thought to be good."""
        ...

    def refused(self, realm_id: str, token: str) -> str:
        """Give a fresh token after QuickBooks refused this one; asked once for a call.

        Raises:
            ReconnectRequired: if no token can be had without a person.
        """
        ...


class SlotTicket(Protocol):
    """One slot of the company's limits, good for one call."""

    def before_send(self) -> None:
        """Be asked just before bytes leave; a second time if a connection had to be made first.

        It may wait, or move the slot to a later moment, within the call's deadline. Prefer that
        to refusing when the slot is late: a refusal after connecting closes the connection.

        Raises:
            NotSent: if this call may not be made any more.
        """
        ...

    def answered(self, status: int, intuit_tid: str | None) -> None:
        """Be told that QuickBooks answered, with whatever status."""
        ...


class SlotGate(Protocol):
    """Keeps the company's limits: no call is made without a ticket of it."""

    def slot(self, realm_id: str, request: ApiRequest) -> AbstractContextManager[SlotTicket]:
        """Give a slot for this call; an exception that leaves the block tells how it ended."""
        ...

"""What one web process has in hand; every route gets it and nothing global."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import BoundedSemaphore
from typing import Final
from urllib.parse import urlsplit

from app.quickbooks import QuickBooks
from connections.slots import RealmSlots
from coordination.database import Pool

ASKING_MOST: Final = 8
"""Pages that wait for QuickBooks at once; the other threads stay for those that do not."""


PATIENCE_SECONDS: Final = 20.0
"""After so long a page begins no further call; the one under way has its own deadline."""


class Busy(Exception):
    """Too many pages wait for QuickBooks just now."""


@dataclass(frozen=True)
class Web:
    """The database, QuickBooks, ProLine's keys, and where the page stands.

    Attributes:
        pool: sessions with our timeouts.
        quickbooks: with deadlines short enough for a person who waits.
        slots: every call takes its slot, those of a page too.
        launch_jwks: ProLine's public keys.
        redirect_uri: where Intuit sends a person back, which is on this page's own site.
        consent_sites: where Connect leads, as a Content Security Policy names it.
    """

    pool: Pool
    quickbooks: QuickBooks
    slots: RealmSlots
    launch_jwks: str = field(repr=False)
    redirect_uri: str
    consent_sites: str
    _asking: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(ASKING_MOST))

    @property
    def origin(self) -> str:
        """Scheme, host and port of the page: a form that comes from elsewhere is refused."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """The one name this page answers to, with its port where it has one."""
        return urlsplit(self.redirect_uri).netloc

    @property
    def callback_path(self) -> str:
        """Where on this site a consent comes back."""
        return urlsplit(self.redirect_uri).path or "/"

    @contextmanager
    def asking_quickbooks(self) -> Iterator[RealmSlots]:
        """Hold one of the few places for pages that wait for QuickBooks; give slots for its calls.

        Raises:
            Busy: all are taken.
        """
        if not self._asking.acquire(blocking=False):
            raise Busy
        try:
            yield replace(self.slots, begun_by=self.slots.monotonic() + PATIENCE_SECONDS)
        finally:
            self._asking.release()

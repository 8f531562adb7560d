"""All the companies of one simulator; thread-safe."""

import threading
from dataclasses import replace

from qbo_simulator.calls import CallLog
from qbo_simulator.clock import Clock
from qbo_simulator.name_lists import seed_lists
from qbo_simulator.realm import Realm
from qbo_simulator.settings import RealmSettings, change_settings
from qbo_simulator.tax_lists import seed_taxes
from qbo_simulator.wire import Json

FIRST_REALM_ID = 4_620_816_365_000_000_001
MOST_REALMS = 10_000


class Realms:
    """The companies by realm id, in the order they were made."""

    def __init__(self, clock: Clock) -> None:
        """Start with none."""
        self._clock = clock
        self._lock = threading.Lock()
        self._realms: dict[str, Realm] = {}

    def find(self, realm_id: str | None) -> Realm | None:
        """The company of an id, or None."""
        return self._realms.get(realm_id) if realm_id else None

    def all(self) -> list[Realm]:
        """Every company."""
        return list(self._realms.values())

    def make(self, body: Json) -> Realm:
        """Make a company, or change the settings of the one whose `realm_id` is given.

        Raises:
            ValueError: a setting is unknown or malformed.
        """
        with self._lock:
            realm_id = body.get("realm_id") or str(FIRST_REALM_ID + len(self._realms))
            if not (isinstance(realm_id, str) and realm_id.isdigit()):
                raise ValueError("realm_id is a text of digits.")
            known = self._realms.get(realm_id)
            base = known.settings if known else RealmSettings(realm_id)
            settings = change_settings(base, {**body, "realm_id": realm_id})
            if known is not None:
                return _change(known, settings)
            return self._add(settings)

    def _add(self, settings: RealmSettings) -> Realm:
        if len(self._realms) >= MOST_REALMS:
            raise ValueError(f"There are {MOST_REALMS} companies already.")
        realm = Realm(settings, self._clock)
        seed_lists(realm)
        seed_taxes(realm)
        self._realms[settings.realm_id] = realm
        return realm


def _change(realm: Realm, settings: RealmSettings) -> Realm:
    with realm.lock:
        if settings.log_limit != realm.settings.log_limit:
            realm.log = CallLog(settings.log_limit)
        realm.settings = replace(settings)
        realm.preference_changes += 1
    return realm

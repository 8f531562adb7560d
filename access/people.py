"""People: who somebody is by ProLine's word, and what that role may do on the page. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What ProLine says somebody is in their company."""

    ADMIN = "admin"
    OFFICE = "office"
    VIEWER = "viewer"


class Right(StrEnum):
    """What a route asks for."""

    LOOK = "look"
    """See every page of the company."""
    ACT = "act"
    """Retry, skip, decide, resolve, transfer: the daily work with records."""
    SET_UP = "set_up"
    """Connect, disconnect, settings, turning on and off."""


_RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.ADMIN: frozenset({Right.LOOK, Right.ACT, Right.SET_UP}),
    Role.OFFICE: frozenset({Right.LOOK, Right.ACT}),
    Role.VIEWER: frozenset({Right.LOOK}),
}


@dataclass(frozen=True, slots=True)
class Person:
    """One user of ProLine, in one company.

    Attributes:
        company_id: the only company they may see here.
        user_id: ProLine's id of them.
        user_name: as ProLine shows it; for people to read.
        role: as it was when they came in.
    """

    company_id: str
    user_id: str
    user_name: str
    role: Role

    def may(self, right: Right) -> bool:
        """Say whether this person's role has a right."""
        return right in _RIGHTS[self.role]

"""Differences from recordings that are known, each with its reason; they are told, not counted.

Most come from the age of public recordings: they were made at lower minor versions, which Intuit
serves as 75 today. The page about the simulator lists them too, and a test holds the two together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from qbo_simulator.check.compare import Difference


@dataclass(frozen=True, slots=True)
class Known:
    """A difference by its kind and a pattern of its path, and why it is there."""

    kind: str
    pattern: str
    why: str


KNOWN: Sequence[Known] = (
    Known("extra", "*IsProject", "customers have it since minor version 25"),
    Known("extra", "*PartnerTaxEnabled", "preferences have it since automated sales tax"),
    Known("extra", "*UseAccountNumbers", "preferences have it at minor version 75"),
    Known("extra", "*CurrencyRef", "recordings of 2014 and Intuit's samples have no currency"),
    Known("extra", "*.Allow*Payment", "Intuit's samples leave them out"),
    Known("extra", "*Invoice*.LinkedTxn", "Intuit's samples leave it out where nothing is linked"),
    Known("extra", "*.Lat", "an address just written may not have been on the map yet"),
    Known("extra", "*.Long", "an address just written may not have been on the map yet"),
    Known("extra", "*DefaultTaxCodeRef", "a taxable customer may have lost its tax code"),
    Known("extra", "*CustomField[].Name", "a custom field may have no name"),
    Known("extra", "*CustomField[]", "a company may use no custom fields"),
    Known("extra", "*HomeBalance", "older replies have the home total alone"),
    Known("extra", "time", "the recording has the object alone"),
    Known("extra", "keys.time", "some refusals were recorded without it"),
    Known("missing", "*ProjectRef", "projects are made by GraphQL alone and are left out"),
    Known("missing", "QueryResponse.totalCount", "some replies count beside their rows"),
    Known("missing", "*.Deposit", "deposits on invoices are left out"),
    Known("extra", "QueryResponse.startPosition", "the recording was cut to some of its rows"),
    Known("extra", "QueryResponse.maxResults", "the recording was cut to some of its rows"),
)


def reason(difference: Difference) -> str | None:
    """Why a difference is known, or None."""
    fitting = (
        each.why
        for each in KNOWN
        if each.kind == difference.kind and fnmatchcase(difference.path, each.pattern)
    )
    return next(fitting, None)

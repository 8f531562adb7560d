"""How ProLine's words must read in QuickBooks: the rules for names, e-mails, addresses and text.

Stated from what QuickBooks accepts: no colon, tab or newline in a name
(https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/customer), nothing
beyond the Basic Multilingual Plane (emoji), nothing invisible, blanks never doubled.
"""

import re
from typing import Final
from unicodedata import category, normalize

from demo.comparer.books import Address
from demo.comparer.proline import ContactRow, PostalRow

NAME_LENGTH: Final = 500
EMAIL_LENGTH: Final = 100
PHONE_LENGTH: Final = 30
REFERENCE_LENGTH: Final = 21
MEMO_LENGTH: Final = 1000
_DROPPED: Final = frozenset({"Cf", "Cs", "Co", "Cn"})
_EMAIL: Final = re.compile(r"[!-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def customer_name(contact: ContactRow) -> str:
    """Name a contact's customer: `John Doe - C#1001`; the name is cut, the number never."""
    return _numbered(contact, f" - C#{contact.number}")


def job_name(contact: ContactRow, number: str) -> str:
    """Name a project's sub-customer: `John Doe's Project - P#1001`."""
    return _numbered(contact, f"'s Project - P#{number}")


def line_of(text: str | None) -> str:
    """Give text as one line: what cannot be shown is dropped, blanks and breaks become one."""
    shown = (_shown(character) for character in normalize("NFC", text or ""))
    return normalize("NFC", " ".join("".join(shown).split()))


def body_of(text: str | None) -> str:
    """Give text with its line breaks, each line trimmed."""
    return "\n".join(line_of(line) for line in (text or "").splitlines()).strip("\n")


def email_of(text: str | None) -> str:
    """Give an e-mail QuickBooks takes, or nothing: a malformed one is left out."""
    address = (text or "").strip()
    taken = len(address) <= EMAIL_LENGTH and address.count("@") == 1 and _EMAIL.fullmatch(address)
    return address if taken else ""


def phone_of(text: str | None) -> str:
    """Give a telephone number QuickBooks takes, or nothing."""
    number = line_of(text)
    return number if len(number) <= PHONE_LENGTH else ""


def address_of(row: PostalRow) -> Address:
    """Give an address in the order in which it is compared."""
    parts = (row.line1, row.line2, row.city, row.state, row.postal_code, row.country)
    return tuple(line_of(part) for part in parts)


def _numbered(contact: ContactRow, suffix: str) -> str:
    written = (
        contact.display_name,
        f"{contact.given_name or ''} {contact.family_name or ''}",
        contact.company_name or "",
    )
    names = (line_of(name.replace(":", " ")) for name in written)
    name = next(filter(None, names), "Customer")
    return name[: NAME_LENGTH - len(suffix)].rstrip() + suffix


def _shown(character: str) -> str:
    if ord(character) > 0xFFFF or "\ufe00" <= character <= "\ufe0f":  # noqa: PLR2004 - end of the plane
        return ""
    kind = category(character)
    if kind in _DROPPED:
        return ""
    return " " if kind in {"Cc", "Zs", "Zl", "Zp"} else character

"""Text as QuickBooks takes it: cleaned by rule, cut by character, never HTML-escaped.

Three kinds: a name (no colon, which separates parent from child), a line (one line of text) and a
body (several lines). In all of them composed characters are normalised (NFC), invisible and control
characters go, and so do characters outside the Basic Multilingual Plane (emoji), which QuickBooks
refuses or mangles in some fields. Curly quotes, accents and other scripts stay.
Forbidden characters of names:
https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/customer
"""

import re
import unicodedata

DISPLAY_NAME_LENGTH_MAX = 500
PERSON_NAME_LENGTH_MAX = 100
COMPANY_NAME_LENGTH_MAX = 100
EMAIL_LENGTH_MAX = 100
PHONE_LENGTH_MAX = 30
STREET_LENGTH_MAX = 500
PLACE_LENGTH_MAX = 255
POSTAL_CODE_LENGTH_MAX = 30
DOC_NUMBER_LENGTH_MAX = 21
PAYMENT_REFERENCE_LENGTH_MAX = 21
MEMO_LENGTH_MAX = 1000
PRIVATE_NOTE_LENGTH_MAX = 4000
DESCRIPTION_LENGTH_MAX = 4000

_LAST_OF_BASIC_PLANE = "\uffff"
_VARIATION_SELECTORS = ("\ufe00", "\ufe0f")
_INVISIBLE = frozenset({"Cf", "Cs", "Co", "Cn"})
_BLANK = frozenset({"Cc", "Zs", "Zl", "Zp"})
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_EMAIL = re.compile(r"[^@\s,;:<>()\"\\\[\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def clean_name(text: str | None) -> str:
    """Clean a name: one line without colons; what is forbidden becomes a single blank."""
    return clean_line((text or "").replace(":", " "))


def clean_line(text: str | None) -> str:
    """Clean text of one line: line breaks, tabs and runs of blanks become a single blank."""
    return " ".join(_visible(text or "").split())


def clean_body(text: str | None) -> str:
    """Clean text of several lines: line breaks stay, as line feeds, and each line is trimmed."""
    lines = _LINE_BREAK.sub("\n", text or "").split("\n")
    return "\n".join(clean_line(line) for line in lines).strip("\n")


def cut(name: str, suffix: str, limit: int) -> str:
    """Join name and suffix within the limit in characters: the name is cut, never the suffix.

    Raises:
        ValueError: The suffix alone is over the limit.
    """
    if len(suffix) > limit:
        raise ValueError("The suffix alone is over the limit, so nothing could be cut.")
    return name[: limit - len(suffix)].rstrip() + suffix


def valid_email(text: str | None) -> str | None:
    """Return the trimmed address if QuickBooks would take it, otherwise None.

    QuickBooks refuses with 2210 what has no `@` or no dot; we also leave out lists and non-ASCII.
    """
    address = (text or "").strip()
    fits = len(address) <= EMAIL_LENGTH_MAX and address.isascii() and _EMAIL.fullmatch(address)
    return address if fits else None


def _visible(text: str) -> str:
    kept = "".join(_kept(character) for character in unicodedata.normalize("NFC", text))
    # Once more: what was removed may have kept two halves of one character apart.
    return unicodedata.normalize("NFC", kept)


def _kept(character: str) -> str:
    if character > _LAST_OF_BASIC_PLANE or _is_selector(character):
        return ""
    category = unicodedata.category(character)
    if category in _BLANK:
        return " "
    return "" if category in _INVISIBLE else character


def _is_selector(character: str) -> bool:
    first, last = _VARIATION_SELECTORS
    return first <= character <= last

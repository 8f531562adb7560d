"""The names of customers, vendors and employees: a DisplayName is unique over all of them.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/customer
A name made inactive gets " (deleted)" behind it, and gives the old name free. A full update that
leaves PrintOnCheckName out has it made from the names again, as a recorded one shows.
"""

from qbo_simulator.faults import FaultError
from qbo_simulator.properties import ADDRESS, EMAIL, PHONE, Anything, Flag, Group, Properties, Text
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json

DELETED = " (deleted)"
FORBIDDEN = ":\t\n\r"
NAME_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
LAST_BMP_CHARACTER = 0xFFFF
PERSON: Properties = {
    "DisplayName": Text(500, FORBIDDEN),
    "Title": Text(16, FORBIDDEN),
    "GivenName": Text(100, FORBIDDEN),
    "MiddleName": Text(100, FORBIDDEN),
    "FamilyName": Text(100, FORBIDDEN),
    "Suffix": Text(16, FORBIDDEN),
    "CompanyName": Text(100),
    "PrintOnCheckName": Text(110, FORBIDDEN),
    "Active": Flag(),
    "PrimaryPhone": PHONE,
    "AlternatePhone": PHONE,
    "Mobile": PHONE,
    "Fax": PHONE,
    "PrimaryEmailAddr": EMAIL,
    "WebAddr": Group({"URI": Text(1000)}),
    "OtherContactInfo": Anything(),
    "OtherAddr": Anything(),
    "BillAddr": ADDRESS,
    "Balance": Anything(),
    "V4IDPseudonym": Anything(),
}


def complete_names(realm: Realm, fields: Json, current: Json | None) -> Json:
    """Give the fields with DisplayName, PrintOnCheckName and Active as QuickBooks would hold them.

    Raises:
        FaultError: 6080 without any name, 6240 when the name is taken, 2040 for refused characters.
    """
    name = (fields.get("DisplayName") or _from_parts(fields)).strip()
    if not name:
        raise FaultError("6080", "Name is required : At least one name part must be given.")
    active = fields.get("Active") is not False
    _check_characters(realm, name)
    name = _mark(realm, name, active=active, current=current)
    _refuse_taken(realm, name, current)
    company = fields.get("CompanyName")
    check_name = fields.get("PrintOnCheckName") or company or name.removesuffix(DELETED)
    return {**fields, "DisplayName": name, "PrintOnCheckName": check_name[:110], "Active": active}


def _from_parts(fields: Json) -> str:
    parts = (fields.get(part) for part in NAME_PARTS)
    return " ".join(part for part in parts if part) or fields.get("CompanyName") or ""


def _check_characters(realm: Realm, name: str) -> None:
    refuse = realm.settings.four_byte_characters == "refuse"
    if refuse and any(ord(character) > LAST_BMP_CHARACTER for character in name):
        raise FaultError(
            "2040", f"DisplayName holds a character not supported: {name}", element="DisplayName"
        )


def _mark(realm: Realm, name: str, *, active: bool, current: Json | None) -> str:
    was_active = current is None or current["Active"]
    if active and not was_active:
        return name.removesuffix(DELETED)
    if active or not was_active:
        return name
    marked = name + DELETED
    number = 1
    while realm.taken_by(marked):
        number += 1
        marked = f"{name} (deleted {number})"
    return marked


def _refuse_taken(realm: Realm, name: str, current: Json | None) -> None:
    holder = realm.taken_by(name)
    if holder is not None and (current is None or holder != current["Id"]):
        raise FaultError("6240", f"The name supplied already exists. : Id={holder}")

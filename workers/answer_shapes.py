"""What an object of QuickBooks must look like before anything is read from it; pure.

The client has made sure of JSON; here every field that the mapping, the look-ups and the link read
has its type. What a person or another app entered there may be anything within these types, and
fields that nobody reads are not looked at.
Source: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Id: TypeAlias = Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]
SyncToken: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
Text: TypeAlias = str | None
Flag: TypeAlias = bool | None

# QuickBooks' amounts have ten digits before the point; what the link keeps has fifteen.
_WITHIN = Field(gt=-(10**15), lt=10**15)
Amount: TypeAlias = Annotated[Decimal, _WITHIN] | Annotated[int, _WITHIN]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


class _CustomerRef(_Shape):
    """Whose it is."""

    value: Id


class _Reference(_Shape):
    value: Text = None


class _Address(_Shape):
    Line1: Text = None
    Line2: Text = None
    City: Text = None
    CountrySubDivisionCode: Text = None
    PostalCode: Text = None
    Country: Text = None


class _EmailAddress(_Shape):
    Address: Text = None


class _PhoneNumber(_Shape):
    FreeFormNumber: Text = None


class _Memo(_Shape):
    value: Text = None


class _Linked(_Shape):
    TxnId: Id
    TxnType: str


class _Detail(_Shape):
    ItemRef: _Reference | None = None
    Qty: Amount | None = None
    UnitPrice: Amount | None = None
    TaxCodeRef: _Reference | None = None
    PercentBased: Flag = None
    DiscountPercent: Amount | None = None


# A list or a detail may be missing, but where it stands it is one: null would be walked into.
class _Line(_Shape):
    Amount_: Amount | None = Field(default=None, alias="Amount")
    DetailType: Text = None
    Description: Text = None
    LinkedTxn: list[_Linked] = []
    SalesItemLineDetail: _Detail = _Detail()
    DiscountLineDetail: _Detail = _Detail()


class _Tax(_Shape):
    TotalTax: Amount = 0
    TxnTaxCodeRef: _Reference | None = None


class _Kept(_Shape):
    """Without these an object could not be found again, nor changed."""

    Id_: Id = Field(alias="Id")
    SyncToken_: SyncToken = Field(alias="SyncToken")
    CurrencyRef: _Reference | None = None


class _Customer(_Kept):
    DisplayName: Text = None
    GivenName: Text = None
    FamilyName: Text = None
    CompanyName: Text = None
    Active: Flag = None
    Job: Flag = None
    ParentRef: _CustomerRef | None = None
    PrimaryEmailAddr: _EmailAddress | None = None
    PrimaryPhone: _PhoneNumber | None = None
    BillAddr: _Address | None = None
    ShipAddr: _Address | None = None


class _Transaction(_Kept):
    CustomerRef: _CustomerRef
    TotalAmt: Amount
    DocNumber: Text = None
    TxnDate: Text = None
    PrivateNote: Text = None
    Line: list[_Line] = []


class _Invoice(_Transaction):
    DueDate: Text = None
    Balance: Amount | None = None
    CustomerMemo: _Memo | None = None
    BillAddr: _Address | None = None
    ShipAddr: _Address | None = None
    TxnTaxDetail: _Tax | None = None


class _Payment(_Transaction):
    PaymentRefNum: Text = None
    PaymentMethodRef: _Reference | None = None
    DepositToAccountRef: _Reference | None = None


_SHAPES: Mapping[str, type[_Shape]] = MappingProxyType(
    {"Customer": _Customer, "Invoice": _Invoice, "Payment": _Payment}
)


def is_sound(kind: str, found: object) -> bool:
    """Say whether `found` is an object of this kind: Customer, Invoice or Payment."""
    try:
        _SHAPES[kind].model_validate(found)
    except ValidationError:
        return False
    return True

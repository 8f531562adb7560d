"""The properties of an invoice and its lines, and which of them a query may name.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
"""

from qbo_simulator.company import CUSTOM_FIELDS
from qbo_simulator.properties import (
    ADDRESS,
    EMAILS,
    EVERY_ENTITY,
    MEMO,
    REFERENCE,
    Anything,
    Choice,
    Day,
    Flag,
    Group,
    Many,
    Number,
    Properties,
    Text,
)
from qbo_simulator.wire import Json

SALES_ITEM = Group(
    {
        "ItemRef": REFERENCE,
        "Qty": Number(),
        "UnitPrice": Number(),
        "TaxCodeRef": REFERENCE,
        "ServiceDate": Day(),
        "ClassRef": REFERENCE,
        "ItemAccountRef": REFERENCE,
        "MarkupInfo": Anything(),
        "DiscountAmt": Number(),
        "DiscountRate": Number(),
        "PriceLevelRef": REFERENCE,
        "TaxInclusiveAmt": Number(),
        "TaxClassificationRef": REFERENCE,
        "DeferredRevenue": Flag(),
    }
)
DISCOUNT = Group(
    {
        "PercentBased": Flag(),
        "DiscountPercent": Number(),
        "DiscountAccountRef": REFERENCE,
        "ClassRef": REFERENCE,
        "TaxCodeRef": REFERENCE,
        "DiscountRef": REFERENCE,
        "ServiceDate": Day(),
    }
)
LINES = Many(
    Group(
        {
            "Id": Text(40),
            "LineNum": Number(),
            "Description": Text(4000),
            "Amount": Number(),
            "Received": Anything(),
            "DetailType": Choice(
                frozenset(
                    {
                        "SalesItemLineDetail",
                        "DiscountLineDetail",
                        "DescriptionOnly",
                        "DescriptionLineDetail",
                        "SubTotalLineDetail",
                    }
                )
            ),
            "SalesItemLineDetail": SALES_ITEM,
            "DiscountLineDetail": DISCOUNT,
            "DescriptionLineDetail": Anything(),
            "SubTotalLineDetail": Anything(),
            "LinkedTxn": Anything(),
            "LineEx": Anything(),
            "CustomField": Anything(),
            "ProjectRef": REFERENCE,
        }
    )
)
PROPERTIES: Properties = {
    **EVERY_ENTITY,
    "CustomerRef": REFERENCE,
    "DocNumber": Text(21),
    "TxnDate": Day(),
    "DueDate": Day(),
    "ShipDate": Day(),
    "TrackingNum": Text(31),
    "Line": LINES,
    "TxnTaxDetail": Group(
        {"TotalTax": Number(), "TxnTaxCodeRef": REFERENCE, "TaxLine": Anything()}
    ),
    "PrivateNote": Text(4000),
    "CustomerMemo": MEMO,
    "BillAddr": ADDRESS,
    "ShipAddr": ADDRESS,
    "ShipFromAddr": ADDRESS,
    "BillEmail": EMAILS,
    "BillEmailCc": EMAILS,
    "BillEmailBcc": EMAILS,
    "EmailStatus": Choice(frozenset({"NotSet", "NeedToSend", "EmailSent"})),
    "PrintStatus": Choice(frozenset({"NotSet", "NeedToPrint", "PrintComplete"})),
    "CurrencyRef": REFERENCE,
    "ExchangeRate": Number(),
    "GlobalTaxCalculation": Choice(frozenset({"TaxExcluded", "TaxInclusive", "NotApplicable"})),
    "ApplyTaxAfterDiscount": Flag(),
    "SalesTermRef": REFERENCE,
    "DepartmentRef": REFERENCE,
    "ClassRef": REFERENCE,
    "ShipMethodRef": REFERENCE,
    "ProjectRef": REFERENCE,
    "ARAccountRef": REFERENCE,
    "DepositToAccountRef": REFERENCE,
    "PaymentMethodRef": REFERENCE,
    "TaxExemptionRef": REFERENCE,
    "Deposit": Number(),
    "FreeFormAddress": Flag(),
    "AllowIPNPayment": Flag(),
    "AllowOnlinePayment": Flag(),
    "AllowOnlineCreditCardPayment": Flag(),
    "AllowOnlineACHPayment": Flag(),
    "TotalAmt": Anything(),
    "HomeTotalAmt": Anything(),
    "HomeBalance": Anything(),
    "Balance": Anything(),
    "LinkedTxn": Anything(),
    "InvoiceLink": Anything(),
    "DeliveryInfo": Anything(),
    "RecurDataRef": Anything(),
    "TxnSource": Anything(),
    "PaymentRefNum": Anything(),
    "TxnStatus": Anything(),
    "EInvoiceStatus": Anything(),
    "AutoDocNumber": Anything(),
    "TransactionLocationType": Anything(),
}
QUERYABLE = frozenset(
    {
        "Id",
        "DocNumber",
        "SalesTermRef",
        "CustomerRef",
        "TxnDate",
        "DueDate",
        "TotalAmt",
        "Balance",
        "MetaData.CreateTime",
        "MetaData.LastUpdatedTime",
    }
)


def complete_custom_fields(fields: Json) -> list[Json]:
    """Every custom field of the company, with the text that was sent for it."""
    sent = fields.get("CustomField")
    listed = [each for each in sent if isinstance(each, dict)] if isinstance(sent, list) else []
    texts = {str(each.get("DefinitionId")): each.get("StringValue") for each in listed}
    return [
        {
            "DefinitionId": number,
            "Name": name,
            "Type": "StringType",
            **({"StringValue": str(texts[number])} if texts.get(number) else {}),
        }
        for number, name in CUSTOM_FIELDS.items()
    ]

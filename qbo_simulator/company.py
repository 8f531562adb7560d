"""CompanyInfo and Preferences: one of each, made from the realm's settings, read-only.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/preferences
"""

from qbo_simulator.clock import stamp
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json

CUSTOM_FIELDS = {"1": "Crew #"}
"""The custom fields of sales forms by their definition ids; every sales form shows them."""
MESSAGE = "Thank you for your business and have a great day!"


def company_info(realm: Realm) -> Json:
    """Show the company: name, country, addresses."""
    settings = realm.settings
    address = {
        "Id": "1",
        "Line1": "123 Sierra Way",
        "City": "San Pablo",
        "Country": settings.country,
        "CountrySubDivisionCode": "CA",
        "PostalCode": "87999",
    }
    return {
        "CompanyName": settings.company_name,
        "LegalName": settings.company_name,
        "CompanyAddr": address,
        "CustomerCommunicationAddr": address,
        "LegalAddr": address,
        "PrimaryPhone": {"FreeFormNumber": "(555) 010-0100"},
        "CompanyStartDate": "2015-06-05",
        "FiscalYearStartMonth": "January",
        "Country": settings.country,
        "Email": {"Address": "office@example.com"},
        "WebAddr": {},
        "SupportedLanguages": "en",
        "NameValue": [
            {"Name": "NeoEnabled", "Value": "true"},
            {"Name": "IndustryType", "Value": "Roofing Contractors"},
            {"Name": "SubscriptionStatus", "Value": "PAID"},
        ],
        **_system(realm),
    }


def preferences(realm: Realm) -> Json:
    """Show the company's preferences."""
    settings = realm.settings
    accounting = {
        "UseAccountNumbers": False,
        "TrackDepartments": False,
        "ClassTrackingPerTxn": False,
        "ClassTrackingPerTxnLine": False,
        "CustomerTerminology": "Customers",
    }
    if settings.book_close_date is not None:
        accounting["BookCloseDate"] = settings.book_close_date
    return {
        "AccountingInfoPrefs": accounting,
        "ProductAndServicesPrefs": {
            "ForSales": True,
            "ForPurchase": True,
            "QuantityWithPriceAndRate": True,
            "QuantityOnHand": True,
        },
        "SalesFormsPrefs": _sales_forms(realm),
        "EmailMessagesPrefs": _email_messages(settings.company_name),
        "VendorAndPurchasesPrefs": {
            "TrackingByCustomer": True,
            "BillableExpenseTracking": True,
            "POCustomField": _custom_fields("PurchasePrefs", "Purchase"),
        },
        "TimeTrackingPrefs": {
            "UseServices": True,
            "BillCustomers": True,
            "ShowBillRateToAll": False,
            "WorkWeekStartDate": "Monday",
            "MarkTimeEntriesBillable": True,
        },
        "TaxPrefs": {
            "UsingSalesTax": settings.using_sales_tax,
            "PartnerTaxEnabled": settings.partner_tax_enabled,
            "TaxGroupCodeRef": {"value": "2"},
        },
        "CurrencyPrefs": {
            "MultiCurrencyEnabled": settings.multi_currency,
            "HomeCurrency": {"value": settings.currency},
        },
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {
            "NameValue": [
                {"Name": "SalesFormsPrefs.DefaultCustomerMessage", "Value": MESSAGE},
                {"Name": "SalesFormsPrefs.DefaultItem", "Value": "1"},
                {"Name": "ProjectsEnabled", "Value": "false"},
            ]
        },
        **_system(realm),
    }


def _sales_forms(realm: Realm) -> Json:
    return {
        "CustomField": _custom_fields("SalesFormsPrefs", "Sales"),
        "CustomTxnNumbers": realm.settings.custom_txn_numbers,
        "AllowDeposit": False,
        "AllowDiscount": realm.settings.allow_discount,
        "DefaultDiscountAccount": "86",
        "AllowEstimates": True,
        "ETransactionEnabledStatus": "NotApplicable",
        "ETransactionAttachPDF": False,
        "ETransactionPaymentEnabled": False,
        "IPNSupportEnabled": False,
        "AllowServiceDate": False,
        "AllowShipping": False,
        "DefaultTerms": {"value": "3"},
        "UsingPriceLevels": False,
        "DefaultCustomerMessage": MESSAGE,
    }


def _custom_fields(section: str, form: str) -> list[Json]:
    """Which of the three custom fields of a form are in use, and what they are called."""
    used = [
        {
            "Name": f"{section}.Use{form}Custom{number}",
            "Type": "BooleanType",
            "BooleanValue": str(number) in CUSTOM_FIELDS,
        }
        for number in (3, 2, 1)
    ]
    named = [
        {"Name": f"{section}.{form}CustomName{number}", "Type": "StringType", "StringValue": name}
        for number, name in CUSTOM_FIELDS.items()
    ]
    return [{"CustomField": used}, {"CustomField": named}]


def _email_messages(company_name: str) -> Json:
    forms = {"Invoice": "invoice", "Estimate": "estimate", "SalesReceipt": "sales receipt"}
    return {
        f"{name}Message": {
            "Subject": f"{word.capitalize()} from {company_name}",
            "Message": f"Your {word} is attached.\n\nSincerely,\n{company_name}",
        }
        for name, word in {**forms, "Statement": "statement"}.items()
    }


def _system(realm: Realm) -> Json:
    return {
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": str(realm.preference_changes),
        "MetaData": {"CreateTime": stamp(realm.made_at), "LastUpdatedTime": stamp(realm.made_at)},
    }

"""CompanyInfo and Preferences: one of each, made from the realm's settings, read-only.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/preferences
"""

from qbo_simulator.clock import stamp
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json


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
        "VendorAndPurchasesPrefs": {"TrackingByCustomer": True, "BillableExpenseTracking": True},
        "TimeTrackingPrefs": {"UseServices": True, "WorkWeekStartDate": "Monday"},
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
                {"Name": "SalesFormsPrefs.DefaultItem", "Value": "1"},
                {"Name": "ProjectsEnabled", "Value": "false"},
            ]
        },
        **_system(realm),
    }


def _sales_forms(realm: Realm) -> Json:
    return {
        "CustomField": [],
        "CustomTxnNumbers": realm.settings.custom_txn_numbers,
        "AllowDeposit": False,
        "AllowDiscount": realm.settings.allow_discount,
        "DefaultDiscountAccount": "86",
        "AllowEstimates": True,
        "ETransactionEnabledStatus": "NotApplicable",
        "IPNSupportEnabled": False,
        "AllowServiceDate": False,
        "AllowShipping": False,
        "DefaultTerms": {"value": "3"},
        "UsingPriceLevels": False,
        "DefaultCustomerMessage": "Thank you for your business and have a great day!",
    }


def _system(realm: Realm) -> Json:
    made = stamp(realm.clock.now())
    return {
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": "4",
        "MetaData": {"CreateTime": made, "LastUpdatedTime": made},
    }

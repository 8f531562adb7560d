"""Where QuickBooks Online lives: the base addresses of its two environments."""

from __future__ import annotations

from typing import Final

# https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
PRODUCTION_BASE_URL: Final = "https://quickbooks.api.intuit.com"
SANDBOX_BASE_URL: Final = "https://sandbox-quickbooks.api.intuit.com"

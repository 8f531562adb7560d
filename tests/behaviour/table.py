"""All rows, in the order of the tables."""

from tests.behaviour import (
    company_rows,
    day_one_rows,
    invoices_rows,
    names_rows,
    payments_rows,
    records_rows,
)

ROWS = (
    *records_rows.ROWS,
    *company_rows.ROWS,
    *day_one_rows.ROWS,
    *names_rows.ROWS,
    *invoices_rows.ROWS,
    *payments_rows.ROWS,
)

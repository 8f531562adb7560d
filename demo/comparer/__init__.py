"""The second opinion: what QuickBooks must hold, judged from ProLine's tables alone.

It shares no line with the code it judges and states every rule again: plain SQL on ProLine's
tables, a pure derivation, plain HTTP reads of QuickBooks, a pure comparison, to the cent.
"""

from demo.comparer.actual import (
    ADDRESS_PARTS,
    ObjectKeys,
    QuickBooksReader,
    Reading,
    books_from,
    read_books,
)
from demo.comparer.books import Books, Customer, Difference, Invoice, Line, Payment
from demo.comparer.compare import compare, duplicates
from demo.comparer.expected import expected_books
from demo.comparer.proline import Ledger, Mode, Office, read_ledger

__all__ = [
    "ADDRESS_PARTS",
    "Books",
    "Customer",
    "Difference",
    "Invoice",
    "Ledger",
    "Line",
    "Mode",
    "ObjectKeys",
    "Office",
    "Payment",
    "QuickBooksReader",
    "Reading",
    "books_from",
    "compare",
    "duplicates",
    "expected_books",
    "read_books",
    "read_ledger",
]

"""What a mapping refuses, and the sentence an office reads about it.

    MappingRefused    the snapshot cannot be booked without inventing or losing money

A refusal would repeat identically, so it needs a person, a newer version from ProLine or a changed
setting; it is never retried by itself. The sentences name rules, never a customer.
"""

from collections.abc import Mapping
from types import MappingProxyType

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "currency": (
            "This {record} is in {currency}, but the QuickBooks company keeps its books in {home};"
            " it cannot be booked one to one."
        ),
        "customer_currency": (
            "The QuickBooks customer of this {record} is kept in {currency}, and the books in"
            " {home}; it cannot be booked one to one."
        ),
        "date_missing": (
            "ProLine has not said on which day this {record} counts, so it cannot be dated in"
            " QuickBooks."
        ),
        "discount_negative": (
            "The discount of this invoice is negative; enter it in ProLine as a line instead."
        ),
        "amount_due_missing": (
            "ProLine has not said what this running-balance invoice asks for, and it is to be"
            " booked with that."
        ),
        "amount_not_positive": (
            "This payment is of {amount}; QuickBooks takes only payments of more than zero."
        ),
        "fraction_of_cent": (
            "The {what} of this {record} is {amount}: QuickBooks keeps whole cents, and we do not"
            " round money by ourselves."
        ),
        "lines_missing": "This invoice has no line, and QuickBooks takes no invoice without one.",
        "lines_too_many": (
            "This invoice needs {count} lines in QuickBooks, which takes at most {limit}."
        ),
        "over_applied": (
            "This payment would pay {applied} on invoices, more than its own {total}."
        ),
        "tax_code": (
            "No tax code is chosen for this QuickBooks company; choose one in Integrations >"
            " QuickBooks."
        ),
        "tax_mode": (
            "This invoice has a tax of {tax}, but the integration is set to send no tax; choose how"
            " tax is booked in Integrations > QuickBooks."
        ),
        "tax_negative": "The tax of this invoice is negative, which QuickBooks does not take.",
        "tax_off": (
            "This invoice has a tax of {tax}, but sales tax is switched off in QuickBooks, which"
            " would drop it; switch it on there or choose to send tax as a line."
        ),
        "total_mismatch": (
            "The lines of this invoice, less its discount and plus its tax, come to {sum}, but"
            " ProLine says its total is {total}."
        ),
        "total_negative": (
            "This invoice comes to {total}; QuickBooks takes no invoice below zero. Book it there"
            " as a credit memo."
        ),
    }
)


class MappingRefused(ValueError):
    """A snapshot that must not be written to QuickBooks as it is.

    Attributes:
        code: A key of `SENTENCES`, stored as the failed record's code.
        sentence: What the office reads.
    """

    def __init__(self, code: str, sentence: str) -> None:
        """Keep the code and the sentence."""
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence

    def __reduce__(self) -> tuple[type["MappingRefused"], tuple[str, str]]:
        """Travel between processes: the default would pass the constructor the sentence alone."""
        return type(self), (self.code, self.sentence)


def refusal(code: str, **values: object) -> MappingRefused:
    """Make the refusal of this code with its sentence filled in."""
    return MappingRefused(code, SENTENCES[code].format(**values))

"""Fields that somebody changed in QuickBooks to something else than we want: a person's choice.

The question rests on both values, so that an answer holds exactly as long as neither changes.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from records.answers import Answer, Answers
from records.facts import Link
from records.questions import Question
from workers.mapping import Conflict, Fields, changed_fields
from workers.mapping.values import same, stored


def about(conflicts: Sequence[Conflict]) -> str:
    """Name what the question rests on, without a customer's data in it."""
    values = [[each.field, stored(each.theirs), stored(each.ours)] for each in conflicts]
    return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def answer_to(answers: Answers, conflicts: Sequence[Conflict]) -> Answer | None:
    """Return what a person has said about exactly these values."""
    return answers.to(Question.CHANGED_IN_QUICKBOOKS, about(conflicts))


def shown(conflicts: Sequence[Conflict]) -> dict[str, Any]:
    """Show both values of each field."""
    return {
        each.field: {"quickbooks": stored(each.theirs), "proline": stored(each.ours)}
        for each in conflicts
    }


WORDS: Mapping[str, str] = MappingProxyType(
    {
        "Active": "whether it is active",
        "BillAddr": "the address",
        "CompanyName": "the company name",
        "CustomerMemo": "the memo",
        "CustomerRef": "the customer",
        "DepositToAccountRef": "the account of deposit",
        "DisplayName": "the name",
        "DocNumber": "the number",
        "DueDate": "the due date",
        "FamilyName": "the last name",
        "GivenName": "the first name",
        "Line": "the lines",
        "ParentRef": "the customer it is under",
        "PaymentMethodRef": "the payment method",
        "PaymentRefNum": "the reference",
        "PrimaryEmailAddr": "the e-mail address",
        "PrimaryPhone": "the phone number",
        "PrivateNote": "the note",
        "ShipAddr": "the job site",
        "Taxable": "whether it is taxable",
        "TotalAmt": "the amount",
        "TxnDate": "the date",
        "TxnTaxDetail": "the tax",
    }
)
"""What an office calls a field of QuickBooks."""


def sentence(conflicts: Sequence[Conflict]) -> str:
    """Say which fields differ; their values are shown with the question."""
    fields = ", ".join(WORDS.get(each.field, each.field) for each in conflicts)
    return f"Somebody changed {fields} in QuickBooks: keep that, or write ProLine's over it."


def kept_of(conflicts: Sequence[Conflict]) -> dict[str, Any]:
    """Keep our value of each field that was turned down: another one is asked about anew."""
    return {each.field: stored(each.ours) for each in conflicts}


def reopened(link: Link, wanted: Fields) -> tuple[Conflict, ...]:
    """Name the fields that were left as QuickBooks has them, and that we now want otherwise."""
    changed = changed_fields(link.owned, wanted)
    return tuple(
        Conflict(name, link.owned.get(name), link.owned.get(name), stored(wanted.get(name)))
        for name, turned_down in _kept(link).items()
        if name in changed and not same(turned_down, wanted.get(name))
    )


def _kept(link: Link) -> Mapping[str, Any]:
    return link.kept

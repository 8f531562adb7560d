"""What a wanted state rests on beside the record's own snapshot.

A record agrees with QuickBooks in a version and under a basis; when either changes it is looked at
again. Relay and workers compose the basis here, so that they cannot disagree about it.
"""

from hashlib import sha256

from records.answers import Answers
from records.facts import Link, Parent
from records.questions import Question

VOID = "void"
"""The basis of a document that is to be voided."""

_NAMES = ("display_name", "given_name", "family_name", "company_name")


def of_job(contact: Parent | None) -> str:
    """A job is named after its contact: `John Doe's Project - P#1001`.

    A digest, since a basis is shown in explanations and a name is a customer's.
    """
    snapshot = (contact.snapshot if contact else None) or {}
    names = "\n".join(str(snapshot.get(name) or "") for name in _NAMES)
    return f"contact:{sha256(names.encode()).hexdigest()[:16]}"


def of_gone(link: Link | None, answers: Answers) -> str | None:
    """What is to be done with a customer that is gone in QuickBooks; None: it is not."""
    if link is None or not link.gone:
        return None
    said = answers.to(Question.CUSTOMER_GONE, link.qbo_id)
    return f"gone:{link.qbo_id}:{said.id if said else ''}"

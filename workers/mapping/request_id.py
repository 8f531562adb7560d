"""The request id: the same while an answer is unknown, another after every business answer.

QuickBooks answers a repeated id with its first answer instead of acting twice; an id is unique in a
company and at most 50 characters long
(https://developer.intuit.com/app/developer/qbo/docs/develop/rest-api-features#request-id).
"""

import json
from hashlib import sha256
from uuid import UUID, uuid5

_NAMESPACE = UUID("5b0c3a52-3a0f-5f0e-9a55-6d3c5f5e1f27")


def request_id(  # noqa: PLR0913, PLR0917  # without one of these parts two writes share an id
    realm_id: str,
    company_id: str,
    entity: str,
    record_id: str,
    part: str,
    operation: str,
    generation: int,
    answers: int,
    body: bytes,
) -> str:
    """Derive the id of one write: the same inputs give the same 36 characters, anywhere, for ever.

    Args:
        realm_id: The QuickBooks company.
        company_id: ProLine's company: two of them may hold records of equal ids.
        entity: ProLine's kind of record.
        record_id: ProLine's id of the record.
        part: Which of the record's QuickBooks objects; empty for the only one.
        operation: create, update or void.
        generation: Raised by a person's "send as new".
        answers: How many business answers the record has had so far.
        body: The exact bytes to be sent.
    """
    parts = [realm_id, company_id, entity, record_id, part, operation, generation, answers]
    # JSON keeps the parts apart: joined by a separator, an id that contains it would be ambiguous.
    return str(uuid5(_NAMESPACE, json.dumps([*parts, sha256(body).hexdigest()])))

"""Records that a sentence names by ProLine's id, called as their office calls them.

Sentences are stored with ids, which hold for ever and tell a log nothing of a customer; a page puts
number and name in their place as they are now.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from coordination.database import Connection

NAMED_MOST = 500
CALLED: Mapping[str, str] = {"contact": "customer"}
_ID = re.compile(r"\b(contact|project|invoice|payment) (\S{1,80})", re.IGNORECASE)
_ENDS = ".,;:)"

_FIND = """
SELECT r.entity, r.record_id, s.number, s.name
FROM unnest(%s::text[], %s::text[]) AS k (entity, record_id)
JOIN proline_qbo.records r
  ON (r.company_id, r.entity, r.record_id) = (%s, k.entity, k.record_id)
JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
"""


@dataclass(frozen=True)
class Names:
    """What each record is called, by entity and id."""

    words: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def put_into(self, sentence: str) -> str:
        """Write a sentence with names in place of the ids that are known."""
        return _ID.sub(self._called, sentence)

    def called(self, entity: str, record_id: str) -> str:
        """Call a record by number and name; by its id, where no more is known."""
        return self.put_into(f"{entity} {record_id}")

    def _called(self, found: re.Match[str]) -> str:
        entity, record_id = found[1], found[2].rstrip(_ENDS)
        words = self.words.get((entity.lower(), record_id))
        if words is None:
            return found[0]
        said = words[0].upper() + words[1:] if entity[0].isupper() else words
        return said + found[2][len(record_id) :]


def names_in(connection: Connection, company_id: str, sentences: Iterable[str]) -> Names:
    """Look up what these sentences name, of one company, in one round trip; the rest stays."""
    named = {
        (entity.lower(), record_id.rstrip(_ENDS))
        for sentence in sentences
        for entity, record_id in _ID.findall(sentence)
    }
    if not named:
        return Names()
    some = sorted(named)[:NAMED_MOST]
    arguments = [[entity for entity, _ in some], [key for _, key in some], company_id]
    return Names(
        {
            (entity, record_id): _words(entity, number, name)
            for entity, record_id, number, name in connection.execute(_FIND, arguments)
            if number or name
        }
    )


def _words(entity: str, number: str | None, name: str | None) -> str:
    called = " ".join(part for part in (CALLED.get(entity, entity), number) if part)
    return f"{called} ({name})" if name else called

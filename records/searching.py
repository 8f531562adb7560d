"""Finding a company's records by what an office has at hand: a number, an id, words of a name.

Invariant: the work is bounded whatever is asked: `LOOKED_AT_MOST` records of those whose words
match, and a few by their ids. Words are matched from their beginning, in any order, all of them;
those of digits alone are matched whole, so that 1001 does not find 10012. What is no text, or names
nothing, finds nothing.

Weakness: of more than `LOOKED_AT_MOST` matches only so many are looked at, and not the newest of
them; the page then says so. Letters beyond ASCII are matched without regard to case only where the
database's locale knows them.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from string import punctuation

from records.input_text import storable
from records.link_columns import BOOKS
from records.standings import ENTITIES

LOOKED_AT_MOST = 1_000
WORDS_MOST = 8
WORD_LENGTH_MAX = 64

_NUMBER_OF = {"C": "contact", "P": "project"}
_PREFIXED = re.compile(r"\s*([CcPp])\s*#\s*(?=\S)")
# The same signs that the database's `proline_qbo.words` parts words by.
_PARTING = str.maketrans(dict.fromkeys(punctuation + "\t\n\r\f\v", " "))

# The query is a subquery on purpose: as a constant a common word would have the planner read the
# whole table, of all companies, for the first thousand of this one.
FOUND = f"""
named AS MATERIALIZED (
    SELECT s.record_pk AS pk FROM proline_qbo.snapshots s
    WHERE s.words @@ (SELECT lower(%(words)s)::tsquery) LIMIT %(looked_at)s + 1
), found AS (
    SELECT pk FROM named
    UNION
    SELECT r.pk FROM proline_qbo.records r
    WHERE r.company_id = %(company_id)s AND r.entity = ANY(%(entities)s)
      AND r.record_id = %(id)s
    UNION
    SELECT l.record_pk FROM proline_qbo.companies c JOIN proline_qbo.links l
      ON l.realm_id = {BOOKS} AND l.kind IN ('Customer', 'Invoice', 'Payment')
     AND l.qbo_id = %(id)s
    WHERE c.id = %(company_id)s
    UNION
    (SELECT l.record_pk FROM proline_qbo.companies c JOIN proline_qbo.links l
      ON l.realm_id = {BOOKS} AND l.doc_number = %(id)s
    WHERE c.id = %(company_id)s LIMIT %(looked_at)s)
)"""


@dataclass(frozen=True)
class Search:
    """What to look for, and of which kinds: the arguments of `FOUND`.

    `words` is a tsquery, None where the text has no word.
    """

    words: str | None
    id: str
    entities: Sequence[str]

    def arguments(self) -> Mapping[str, object]:
        """Give what `FOUND` takes beside the company and the kinds."""
        return {"words": self.words, "id": self.id, "looked_at": LOOKED_AT_MOST}


def read_search(company_id: str, text: str, entities: Collection[str] = ENTITIES) -> Search | None:
    """Read what was typed, among records of `entities`; None: nothing can have it."""
    if not storable(text):
        return None
    words = text
    prefixed = _PREFIXED.match(text)
    if prefixed:
        of = _NUMBER_OF[prefixed[1].upper()]
        entities = [of] if of in entities else []
        words = text[prefixed.end() :]
    return Search(_tsquery(company_id, words), text.strip(), list(entities))


def _tsquery(company_id: str, text: str) -> str | None:
    words = [word for word in text.translate(_PARTING).split(" ") if word][:WORDS_MOST]
    terms = [_term(company_id, word[:WORD_LENGTH_MAX]) for word in words]
    return " & ".join(terms) or None


def _term(company_id: str, word: str) -> str:
    lexeme = f"{company_id[:64]} {word}".replace("\\", "\\\\").replace("'", "''")
    return f"'{lexeme}'" if word.isascii() and word.isdigit() else f"'{lexeme}':*"

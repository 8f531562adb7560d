r"""The select language: from a statement's text to a query, or QuickBooks' two parse errors.

https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
Text stands in single quotes with `\'` for a quote; conditions are joined by AND only. Curly quotes
and long dashes break the real parser and break this one (4000). STARTPOSITION counts from 1
(4001).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qbo_simulator.faults import FaultError

LONGEST_STATEMENT = 100_000
MOST_RESULTS = 1000
DEFAULT_RESULTS = 100
BREAKING = re.compile("[\u2010-\u201f\u2026]")
TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<word>[A-Za-z_][\w.]*)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<sign><=|>=|[=<>(),*]))",
    re.DOTALL,
)
OPERATORS = frozenset({"=", "<", ">", "<=", ">=", "like", "in"})
CLAUSES = frozenset({"where", "orderby", "order", "startposition", "maxresults"})


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a property with one value, or with several for IN."""

    name: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """One property to sort by."""

    name: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed statement. `names` is empty for `*`."""

    entity: str
    names: tuple[str, ...]
    count: bool
    conditions: tuple[Condition, ...]
    orders: tuple[Order, ...]
    start: int
    most: int


def parse_query(statement: str) -> Query:
    """Parse a select statement.

    Raises:
        FaultError: 4000 when it cannot be read, 4001 when a number in it is out of bounds.
    """
    if broken := BREAKING.search(statement):
        raise _lexical(broken.group(), broken.start())
    if len(statement) > LONGEST_STATEMENT:
        raise FaultError("4000", "QueryParserError: The statement is too long")
    return _Parser(list(_tokens(statement))).query()


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Query:
        self._expect("select")
        names, count = self._selection()
        self._expect("from")
        entity = self._word()
        conditions = self._conditions() if self._accept("where") else ()
        orders = self._orders()
        start, most = self._page()
        if self._peek():
            raise self._unexpected()
        return Query(entity, names, count, conditions, orders, start, most)

    def _selection(self) -> tuple[tuple[str, ...], bool]:
        if self._accept("*"):
            while self._accept(","):  # more by name: public client libraries ask for `*, Sku`
                self._word()
            return (), False
        if self._peek().lower() == "count":
            self._take()
            for sign in "(*)":
                self._expect(sign)
            return (), True
        return tuple(self._listed()), False

    def _listed(self) -> Iterator[str]:
        yield self._word()
        while self._accept(","):
            yield self._word()

    def _conditions(self) -> tuple[Condition, ...]:
        conditions = [self._condition()]
        while self._accept("and"):
            conditions.append(self._condition())
        return tuple(conditions)

    def _condition(self) -> Condition:
        name = self._word()
        operator = self._peek().lower()
        if operator not in OPERATORS:
            raise self._unexpected()
        self._take()
        if operator != "in":
            return Condition(name, operator, (self._value(),))
        self._expect("(")
        values = [self._value()]
        while self._accept(","):
            values.append(self._value())
        self._expect(")")
        return Condition(name, operator, tuple(values))

    def _value(self) -> str:
        token = self._peek()
        if token.startswith("'"):
            self._take()
            return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)
        if token.lower() in {"true", "false"} or re.fullmatch(r"-?\d+(\.\d+)?", token):
            return self._take()
        raise self._unexpected()

    def _orders(self) -> tuple[Order, ...]:
        if self._accept("order"):
            self._expect("by")
        elif not self._accept("orderby"):
            return ()
        orders = [self._order()]
        while self._accept(","):
            orders.append(self._order())
        return tuple(orders)

    def _order(self) -> Order:
        name = self._word()
        if self._accept("desc"):
            return Order(name, descending=True)
        self._accept("asc")
        return Order(name, descending=False)

    def _page(self) -> tuple[int, int]:
        start, most = 1, DEFAULT_RESULTS
        while self._peek().lower() in {"startposition", "maxresults"}:
            if self._take().lower() == "startposition":
                start = self._number(highest=None)
            else:
                most = self._number(highest=MOST_RESULTS)
        return start, most

    def _number(self, *, highest: int | None) -> int:
        token = self._peek()
        if not re.fullmatch(r"-?\d+", token):
            raise self._unexpected()
        self._take()
        if int(token) < 1:
            raise _out_of_bounds(f"value {token} is too small. Min allowed value is 1")
        if highest is not None and int(token) > highest:
            raise _out_of_bounds(f"value {token} is too large. Max allowed value is {highest}")
        return int(token)

    def _word(self) -> str:
        if not re.match(r"[A-Za-z_]", self._peek()) or self._peek().lower() in CLAUSES:
            raise self._unexpected()
        return self._take()

    def _accept(self, word: str) -> bool:
        if self._peek().lower() != word:
            return False
        self._take()
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected()

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _unexpected(self) -> FaultError:
        return FaultError(
            "4000", f'QueryParserError: Encountered " {self._peek() or "<EOF>"} " at line 1'
        )


def _tokens(statement: str) -> Iterator[str]:
    at, text = 0, statement.strip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise _lexical(text[at:].lstrip()[:1], at)
        yield found.group().strip()
        at = found.end()


def _lexical(character: str, column: int) -> FaultError:
    return FaultError(
        "4000",
        f"QueryParserError: Invalid content. Lexical error at line 1, column {column + 1}.  "
        f'Encountered: "\\u{ord(character):04x}" ({ord(character)}), after : ""',
    )


def _out_of_bounds(sentence: str) -> FaultError:
    return FaultError("4001", f"QueryValidationError: {sentence}")

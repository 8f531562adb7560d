"""Reading a snapshot: one validation, unknown keys named, misfits put into words.

Intake and the workers call `parse_snapshot` for every version, thousands a second, so unknown keys
are found by comparing key sets beside the one validation, never by a second one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, Literal, TypeVar, get_args, overload

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.contact import Contact
from schemas.decode import UNREADABLE
from schemas.entity import Entity
from schemas.errors import SnapshotInvalid
from schemas.invoice import Invoice
from schemas.payment import Payment
from schemas.project import Project
from schemas.snapshot_model import SnapshotModel

UNKNOWN_KEYS_MAX = 20
UNKNOWN_KEY_LENGTH_MAX = 64

Snapshot = Contact | Project | Invoice | Payment
S_co = TypeVar("S_co", bound=Snapshot, covariant=True)

SNAPSHOT_MODELS: Mapping[Entity, type[Snapshot]] = {
    Entity.CONTACT: Contact,
    Entity.PROJECT: Project,
    Entity.INVOICE: Invoice,
    Entity.PAYMENT: Payment,
}


@dataclass(frozen=True, slots=True)
class Parsed(Generic[S_co]):
    """A snapshot that fits, and what ProLine sent beside it.

    Attributes:
        snapshot: The frozen model of its entity.
        unknown_keys: Dotted paths that the contract does not know, such as `lines[].cost`, each
            once, the first 20; keys only, never their values.
    """

    snapshot: S_co
    unknown_keys: tuple[str, ...]


@overload
def parse_snapshot(entity: Literal[Entity.CONTACT], raw: object) -> Parsed[Contact]: ...
@overload
def parse_snapshot(entity: Literal[Entity.PROJECT], raw: object) -> Parsed[Project]: ...
@overload
def parse_snapshot(entity: Literal[Entity.INVOICE], raw: object) -> Parsed[Invoice]: ...
@overload
def parse_snapshot(entity: Literal[Entity.PAYMENT], raw: object) -> Parsed[Payment]: ...
@overload
def parse_snapshot(entity: Entity, raw: object) -> Parsed[Snapshot]: ...
def parse_snapshot(entity: Entity, raw: object) -> Parsed[Snapshot]:
    """Read one snapshot as its entity's contract says.

    Args:
        entity: Which contract.
        raw: The decoded JSON value, as jsonb gives it.

    Raises:
        SnapshotInvalid: It does not fit; the problems name fields and rules, never values.
    """
    model = SNAPSHOT_MODELS[entity]
    if not isinstance(raw, dict):
        raise SnapshotInvalid(entity, ("the snapshot is not a JSON object",))
    if raw.keys() == {UNREADABLE}:
        raise SnapshotInvalid(entity, (f"it {raw[UNREADABLE]}",))
    try:
        snapshot = model.model_validate(raw)
    except ValidationError as error:
        raise SnapshotInvalid(entity, _problems(error)) from None  # the cause repeats the values
    return Parsed(snapshot, _unknown_keys(model, raw))


def _unknown_keys(model: type[SnapshotModel], raw: dict[str, Any]) -> tuple[str, ...]:
    paths = dict.fromkeys(_walk_unknown(model, raw, ""))
    return tuple(islice(paths, UNKNOWN_KEYS_MAX))


def _walk_unknown(model: type[BaseModel], raw: dict[str, Any], prefix: str) -> Iterator[str]:
    known = _KNOWN_KEYS[model]
    if not raw.keys() <= known:
        for key in sorted(map(str, raw.keys() - known)):
            yield prefix + key[:UNKNOWN_KEY_LENGTH_MAX]
    for name, part in _PARTS[model].items():
        value = raw.get(name)
        if isinstance(value, dict):
            yield from _walk_unknown(part, value, f"{prefix}{name}.")
        elif isinstance(value, list):
            for element in value:
                yield from _walk_unknown(part, element, f"{prefix}{name}[].")


def _problems(error: ValidationError) -> tuple[str, ...]:
    return tuple(
        f"{_path(detail['loc'])} {_clause(detail)}" for detail in error.errors(include_url=False)
    )


def _path(location: tuple[int | str, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return "".join(steps).removeprefix(".")


def _clause(detail: ErrorDetails) -> str:
    if detail["input"] is None:
        return "is missing"
    match detail["type"]:
        case "decimal" | "decimal_type" | "time" | "date":
            return detail["msg"]  # ours, in schemas.values
        case "enum":
            return f"must be {detail['ctx']['expected']}"
        case "string_too_long":
            return f"is over {detail['ctx']['max_length']} characters"
        case other:
            return _CLAUSES.get(other, "does not fit")


_CLAUSES: Mapping[str, str] = {
    "missing": "is missing",
    "string_type": "must be text",
    "string_unicode": "must be text",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must be three capital letters such as USD",  # only currency has one
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "model_type": "must be an object",
}


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _parts_of(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    return {
        name: part
        for name, field in model.model_fields.items()
        for part in _models_in(field.annotation)
    }


def _with_parts(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for part in _parts_of(model).values():
        yield from _with_parts(part)


_ALL_MODELS = tuple(each for model in SNAPSHOT_MODELS.values() for each in _with_parts(model))
_KNOWN_KEYS = {model: frozenset(model.model_fields) for model in _ALL_MODELS}
_PARTS = {model: _parts_of(model) for model in _ALL_MODELS}

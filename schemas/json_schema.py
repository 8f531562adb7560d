"""The contract for other languages: JSON Schema files generated from the models.

Run `python -m schemas.json_schema` after changing a model; a test holds the checked-in files equal
to what it would write.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from schemas.event import Event
from schemas.parse import SNAPSHOT_MODELS

DIRECTORY = Path(__file__).parent / "json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schemas() -> dict[str, dict[str, Any]]:
    """Generate the schema of each snapshot and of the envelope, by file name."""
    contracts: dict[str, type[Any]] = {
        entity.value: model for entity, model in SNAPSHOT_MODELS.items()
    }
    contracts["event"] = Event
    return {f"{name}.schema.json": _schema(name, of) for name, of in contracts.items()}


def rendered(schema: dict[str, Any]) -> str:
    """Write a schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_files(directory: Path = DIRECTORY) -> None:
    """Write every schema file into the directory."""
    directory.mkdir(exist_ok=True)
    for name, schema in json_schemas().items():
        (directory / name).write_text(rendered(schema), encoding="utf-8")


def _schema(name: str, contract: type[Any]) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": f"urn:proline-to-quickbooks:schema:{name}",
        **TypeAdapter(contract).json_schema(mode="validation"),
    }


if __name__ == "__main__":
    write_files()

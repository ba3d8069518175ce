"""JSON Schemas of the file formats, for editors: `# yaml-language-server: $schema=cuefocus-show.schema.json`."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from cuefocus.anchors.beats import BeatsFile
from cuefocus.anchors.words import WordsFile
from cuefocus.errors import DeviceError
from cuefocus.rig.lens import LENS_SCHEMA_ID, Lens
from cuefocus.rig.models import RIG_SCHEMA_ID, Rig
from cuefocus.show.models import SCHEMA_ID, Show

FORMATS: dict[str, tuple[str, type[BaseModel]]] = {
    "show": (SCHEMA_ID, Show),
    "rig": (RIG_SCHEMA_ID, Rig),
    "lens": (LENS_SCHEMA_ID, Lens),
    "words": ("cuefocus-words/1", WordsFile),
    "beats": ("cuefocus-beats/1", BeatsFile),
}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: str) -> dict[str, Any]:
    """The schema of one format: show, rig, lens, words or beats. Raises: KeyError."""
    schema_id, model = FORMATS[kind]
    schema: dict[str, Any] = _as_written(model.model_json_schema(by_alias=True))
    return {"$schema": _DIALECT, "$id": f"urn:{schema_id.replace('/', ':')}"} | schema


def schema_text(kind: str) -> str:
    """The schema as it is written to disk."""
    return json.dumps(json_schema(kind), indent=2, ensure_ascii=False) + "\n"


def write_schema(kind: str, path: Path) -> None:
    """Put the schema into a file. Raises: DeviceError where it cannot be written."""
    try:
        path.write_text(schema_text(kind), encoding="utf-8")
    except OSError as problem:
        hint = "name another file"
        raise DeviceError(f"cannot be written ({problem.strerror})", where=str(path), hint=hint) from None


def _as_written(schema: Any) -> Any:
    """The schema of the file, not of the model: a key left out is not null, and a default is text, not an object."""
    if isinstance(schema, list):
        return [_as_written(item) for item in schema if item != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _as_written(value) for key, value in schema.items()}
    if "default" in plain and not isinstance(plain["default"], str | int | float):
        del plain["default"]
    alternatives = plain.get("anyOf")
    if isinstance(alternatives, list) and len(alternatives) == 1:
        del plain["anyOf"]
        return alternatives[0] | plain
    return plain

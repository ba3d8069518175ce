"""JSON Schemas of the file formats, for editors: `# yaml-language-server: $schema=cuefocus-show.schema.json`."""

import json
from typing import Any

from pydantic import BaseModel

from cuefocus.anchors.beats import BeatsFile
from cuefocus.anchors.words import WordsFile
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
    return {"$schema": _DIALECT, "$id": f"urn:{schema_id.replace('/', ':')}"} | model.model_json_schema(by_alias=True)


def file_name(kind: str) -> str:
    """What a schema file is called."""
    return f"cuefocus-{kind}.schema.json"


def schema_text(kind: str) -> str:
    """The schema as it is written to disk."""
    return json.dumps(json_schema(kind), indent=2, ensure_ascii=False) + "\n"

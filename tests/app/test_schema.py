"""JSON Schemas: what editors are told is what the loaders accept."""

import json
from pathlib import Path
from typing import Any

import pytest

from cuefocus.app.schema import FORMATS, json_schema, schema_text
from cuefocus.files.tree import parse_yaml

ROOT = Path(__file__).parents[2]
EXAMPLES = [
    *(("show", path) for path in sorted((ROOT / "cues").glob("*.yaml"))),
    *(("rig", path) for path in sorted((ROOT / "config").glob("*.yaml"))),
    *(("lens", path) for path in sorted((ROOT / "config" / "lenses").glob("*.yaml"))),
]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_schema_names_its_format_and_refuses_unknown_keys(kind: str) -> None:
    schema = json.loads(schema_text(kind))
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["additionalProperties"] is False
    assert '"null"' not in schema_text(kind), "a key that is left out is not null"


@pytest.mark.parametrize(("kind", "path"), EXAMPLES, ids=lambda value: getattr(value, "stem", value))
def test_every_key_of_every_example_is_known_to_its_schema(kind: str, path: Path) -> None:
    schema = json_schema(kind)
    unknown = list(unknown_keys(parse_yaml(path.read_bytes(), path.name).data, schema, schema["$defs"]))
    assert unknown == []


def unknown_keys(data: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    """Keys that no alternative of the schema allows."""
    if "$ref" in schema:
        return unknown_keys(data, definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        found = [
            unknown_keys(data, alternative, definitions) for alternative in schema["anyOf"] if fits(data, alternative)
        ]
        return min(found, key=len) if found else [f"nothing fits {data!r}"]
    if isinstance(data, list):
        items = schema.get("items") or schema.get("prefixItems", [{}])[0]
        return [key for item in data for key in unknown_keys(item, items, definitions)]
    if not isinstance(data, dict):
        return []
    properties, rest = schema.get("properties", {}), schema.get("additionalProperties", False)
    unknown = [key for key in data if key not in properties and rest is False]
    for key, value in data.items():
        inside = properties.get(key, rest)
        unknown += unknown_keys(value, inside, definitions) if isinstance(inside, dict) else []
    return unknown


def fits(data: Any, schema: dict[str, Any]) -> bool:
    kind = schema.get("type", "object" if "$ref" in schema else "string")
    return (kind == "array") == isinstance(data, list) and (kind == "object" or not isinstance(data, dict))

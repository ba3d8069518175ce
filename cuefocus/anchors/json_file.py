"""A JSON file of anchors as a model, or every complaint at its line and column."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel

from cuefocus.anchors.anchor import AnchorsRefused
from cuefocus.files.complaint import Complaint, in_file_order
from cuefocus.files.located import Located
from cuefocus.files.strict import Finding
from cuefocus.files.text_value import kind_of
from cuefocus.files.tree import MAX_BYTES, TOO_LONG, parse_yaml
from cuefocus.files.validate import validated

Model = TypeVar("Model", bound=BaseModel)


def parse_json(data: bytes, file: str, model: type[Model], hint: str) -> tuple[Model, Located]:
    """A JSON file's bytes as `model`.

    Args:
        data: the file's bytes.
        file: path as the operator gave it, for messages.
        model: what the file should be.
        hint: how such a file looks, for one that is nothing like it.

    Raises: AnchorsRefused with every complaint.
    """
    tree = _plain_json(data, file)
    if not isinstance(tree, dict):
        problem = f"expected an object, found {kind_of(tree)}"[:200]
        raise AnchorsRefused([Complaint(file, 1, 1, "", "error", problem, hint)])
    located = Located(file, tree, None, [])
    value = validated(model, located)
    if value is None:
        places = _with_places(data, file, tree)  # read again, slowly, only to say where
        validated(model, places)
        raise AnchorsRefused(in_file_order(places.complaints))
    return value, located


def refuse_findings(data: bytes, file: str, tree: Any, findings: list[Finding]) -> None:
    """Raise AnchorsRefused with `findings` at their places; nothing happens without findings."""
    if findings:
        places = _with_places(data, file, tree)
        raise AnchorsRefused([places.complaint(loc, problem, hint) for loc, _, problem, hint in findings])


def _with_places(data: bytes, file: str, tree: Any) -> Located:
    """The same tree with lines and columns: JSON is YAML, but for tabs and repeated keys, where places stay unknown."""
    located = parse_yaml(data, file)
    if located.data is None:
        return Located(file, tree, None, [])
    return located.instead_of(tree)


def _plain_json(data: bytes, file: str) -> Any:
    if len(data) > MAX_BYTES:
        raise AnchorsRefused([Complaint(file, 0, 0, "", "error", *TOO_LONG)])
    try:
        return json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        place, problem = (error.lineno, error.colno), f"not JSON: {error.msg}"
    except UnicodeDecodeError as error:
        before = data[: error.start]
        place = (before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1)
        problem = f"byte 0x{data[error.start]:02x} is not UTF-8"
    except (RecursionError, ValueError):
        place, problem = (0, 0), "not a sensible JSON file: it nests too deep, or a number is too long"
    hint = "make the file again, or correct it there"
    raise AnchorsRefused([Complaint(file, *place, "", "error", problem, hint)])

"""Write the generated parts of docs/reference: keys of the files, verbs, landing keys, state machines.

    python tools/make_reference.py            write them
    python tools/make_reference.py --check    exit 1 if they are not what the code says

A part stands between `<!-- generated: NAME -->` and `<!-- end of NAME -->`; the rest of a page is written by hand.
"""

import argparse
import difflib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer

from cuefocus.app.schema import FORMATS, json_schema
from cuefocus.app.sim_motor import make_parser
from cuefocus.chase.state import as_mermaid
from cuefocus.cli.root import app
from cuefocus.engine.cues import LIFE, Life
from cuefocus.files.strict import Strict
from cuefocus.files.text_value import TextValue
from cuefocus.landing.rows import LANDING_KEYS, LEAVE_KEYS, LandingRow
from cuefocus.landing.verdict import Verdict

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
_PART = re.compile(r"<!-- generated: (?P<name>[a-z ]+) -->\n.*?<!-- end of (?P=name) -->\n", re.DOTALL)
_ANY_TEXT = {"string", "number", "boolean"}


# --- files ---


def file_keys(kind: str) -> str:
    """Tables of one file format: the file itself, then every object in it, in order of appearance."""
    schema = json_schema(kind)
    definitions = schema.get("$defs", {})
    parts = [_object_table(f"{FORMATS[kind][0]}", schema, kind)]
    for name in _in_order(schema, definitions):
        if definitions[name].get("properties"):
            parts.append(_object_table(name, definitions[name], kind))
    return "\n".join(parts)


def _in_order(schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    """Names of definitions in the order in which a reader meets them."""
    found: list[str] = []
    waiting = [schema.get("properties", {})]
    while waiting:
        for name in _references(waiting.pop(0)):
            if name not in found:
                found.append(name)
                waiting.append(definitions[name])
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _object_table(title: str, schema: dict[str, Any], kind: str) -> str:
    lines = [f"### {title}" if "/" in title else f"#### {kind}: {title}", ""]
    if schema.get("description"):
        lines += [" ".join(schema["description"].split()), ""]
    lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key, value in schema.get("properties", {}).items():
        default = "**required**" if key in schema.get("required", ()) else _default(schema.get("title", ""), key, value)
        lines.append(f"| `{key}` | {_value(value, kind)} | {default} | {_cell(_meaning(value))} |")
    return "\n".join(lines) + "\n"


def _default(schema_name: str, key: str, value: dict[str, Any]) -> str:
    default = value.get("default")
    if default is None:
        default = _model_default(schema_name, key)
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, int | float):
        return f"`{default:g}`"
    return "" if default in (None, "") else f"`{default}`"


def _model_default(schema_name: str, key: str) -> object:
    """A default that is a quantity or a list: the schema leaves it out, the model has it as written."""
    for model in _models(Strict):
        if model.__name__ == schema_name:
            for name, field in model.model_fields.items():
                default = field.get_default()
                if key in (name, field.alias) and isinstance(default, TextValue):
                    return str(default)
                if key in (name, field.alias) and isinstance(default, tuple):
                    return ", ".join(map(str, default))
    return None


def _models(parent: type[Any]) -> Iterator[type[Any]]:
    for child in parent.__subclasses__():
        yield child
        yield from _models(child)


def _spellings() -> set[str]:
    """What the quantities say of themselves; a key that says no more needs no meaning of its own."""
    return {str(kind.expects) for kind in _models(TextValue) if hasattr(kind, "expects")}


def _meaning(value: dict[str, Any]) -> str:
    description = str(value.get("description", ""))
    return "" if description in _spellings() else description


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value == round(value) else f"{value:g}"


def _value(value: dict[str, Any], kind: str) -> str:
    """What may be written there, in a few words."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{kind}-{name.lower()})"
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return _cell(" or ".join(f"`{item}`" for item in value["enum"]))
    if "examples" in value:
        return _cell("e.g. " + ", ".join(f"`{example}`" for example in value["examples"]))
    if "anyOf" in value:
        if value.get("description") in _spellings():
            return _cell(value["description"])
        return " or ".join(dict.fromkeys(_value(item, kind) for item in value["anyOf"]))
    if value.get("type") == "array":
        items = value.get("items")
        return f"list of {_value(items, kind)}" if items else "list"
    if value.get("type") == "object":
        inside = value.get("additionalProperties")
        if isinstance(inside, dict):
            return f"by name: {_value(inside, kind)}"
        if isinstance(value.get("properties"), dict):
            return "{" + ", ".join(f"`{key}`" for key in value["properties"]) + "}"
        return "object"
    return _simple(value)


def _simple(value: dict[str, Any]) -> str:
    kind = value.get("type")
    if isinstance(kind, list):
        return "text" if set(kind) == _ANY_TEXT else " or ".join(kind)
    word = {"integer": "whole number", "boolean": "`true` or `false`", "string": "text"}.get(str(kind), str(kind))
    low = value.get("minimum", value.get("exclusiveMinimum"))
    high = value.get("maximum", value.get("exclusiveMaximum"))
    if low is not None and high is not None and abs(high) < 1 << 30:
        return f"{word}, {_number(low)} to {_number(high)}"
    return f"{word}, from {_number(low)}" if low is not None and high is None else word


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


# --- verbs ---


def verbs() -> str:
    """Every verb with its arguments and options."""
    return "\n".join(_verb(f"cuefocus {path}", command) for path, command in _commands(typer.main.get_command(app), ""))


def _commands(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        path = f"{before} {name}".strip()
        if hasattr(command, "commands"):
            yield from _commands(command, path)
        else:
            yield path, command


def _verb(path: str, command: Any) -> str:
    lines = [f"### {path}", "", (command.help or "").strip(), ""]
    rows = list(_sim_rows() if path.endswith("sim motor") else _rows(command))
    if rows:
        lines += ["| | default | |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _rows(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if "--help" in parameter.opts:
            continue
        argument = parameter.param_type_name == "argument"
        flag = bool(getattr(parameter, "is_flag", False))
        metavar = parameter.metavar or ("" if flag else parameter.name.upper())
        options = ", ".join((*parameter.opts, *parameter.secondary_opts))
        name = metavar if argument else " ".join(filter(None, (options, "" if flag else metavar)))
        default = "**required**" if parameter.required else _shown(parameter.default)
        if parameter.secondary_opts:
            default = f"`{(parameter.opts if parameter.default else parameter.secondary_opts)[0]}`"
        yield f"| `{_cell(name)}` | {default} | {_cell(parameter.help or '')} |"


def _shown(default: Any) -> str:
    if default is None or default is False or default == "" or default == [] or callable(default):
        return ""
    return f"`{default}`"


def _sim_rows() -> Iterator[str]:
    for action in make_parser()._actions:  # noqa: SLF001 - argparse has no other way to list them
        if "--help" in action.option_strings:
            continue
        takes = action.nargs != 0
        choices = "\\|".join(action.choices) if action.choices else ""
        metavar = (choices or action.metavar or action.dest.upper()).replace("|", "\\|").replace("\\\\", "\\")
        name = " ".join(filter(None, (action.option_strings[0], metavar if takes else "")))
        yield f"| `{name}` | | {_cell(action.help or '')} |"


# --- landings and states ---


def landing_keys() -> str:
    """The landing keys in their order, with their types."""
    hints = {("pass" if name == "pass_" else name): hint for name, hint in LandingRow.__annotations__.items()}
    rows = [f"| `{key}` | {_type(hints[key])} |" for key in (*LANDING_KEYS, *LEAVE_KEYS)]
    return "\n".join(("| key | type |", "|---|---|", *rows)) + "\n"


def _type(hint: Any) -> str:
    words = {"int": "whole number", "str": "text", "float": "number", "bool": "yes or no", "None": "null"}
    names = str(getattr(hint, "__name__", hint) if isinstance(hint, type) else hint).split(" | ")
    return " or ".join(words[name] for name in names)


def verdict_order() -> str:
    """The verdicts, in the order in which they are tried."""
    return "\n".join(f"{number}. `{verdict}`" for number, verdict in enumerate(Verdict, start=1)) + "\n"


def chase_states() -> str:
    """The chase's diagram."""
    return f"```mermaid\n{as_mermaid()}```\n"


def cue_lives() -> str:
    """The diagram of a cue's life."""
    lines = ["stateDiagram-v2", f"    [*] --> {_state(Life.STANDING_BY)}"]
    lines += [f"    {_state(old)} --> {_state(new)}: {happening.value}" for (old, happening), new in LIFE.items()]
    lines += [f"    {_state(life)} --> [*]" for life in Life if life.over]
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def _state(life: Life) -> str:
    return life.value.replace(" ", "_")


# --- pages ---

PARTS: dict[str, Callable[[], str]] = {
    **{f"{kind} keys": (lambda kind=kind: file_keys(kind)) for kind in FORMATS},
    "verbs": verbs,
    "landing keys": landing_keys,
    "verdict order": verdict_order,
    "chase states": chase_states,
    "cue lives": cue_lives,
}


def renewed(page: str) -> str:
    """A page with its generated parts as the code has them now."""

    def part(match: re.Match[str]) -> str:
        name = match["name"]
        return f"<!-- generated: {name} -->\n\n{PARTS[name]().rstrip()}\n\n<!-- end of {name} -->\n"

    return _PART.sub(part, page)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is not up to date")
    check = parser.parse_args().check
    stale = 0
    for path in sorted(REFERENCE.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        fresh = renewed(page)
        if fresh == page:
            continue
        stale += 1
        if check:
            sys.stdout.writelines(
                difflib.unified_diff(page.splitlines(True), fresh.splitlines(True), str(path.name), "the code", n=1)
            )
        else:
            path.write_text(fresh, encoding="utf-8")
            print(f"{path.name} written")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())

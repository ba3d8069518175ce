"""From a located tree to a model: pydantic's findings, said as a person would and at their place."""

from collections.abc import Iterable
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cuefocus.files.complaint import Loc
from cuefocus.files.located import Located
from cuefocus.files.strict import Finding
from cuefocus.files.text_value import BadText, kind_of

Model = TypeVar("Model", bound=BaseModel)
_WHOLE_NUMBER = frozenset(("int_parsing", "int_type", "int_from_float", "int_parsing_size"))
_NUMBER = frozenset(("float_parsing", "float_type", "finite_number"))
_MAPPING = frozenset(("model_type", "dict_type", "model_attributes_type"))
_LIST = frozenset(("list_type", "tuple_type"))
_BOUNDS = {"greater_than_equal": ("ge", "at least"), "greater_than": ("gt", "more than"),
           "less_than_equal": ("le", "at most"), "less_than": ("lt", "less than")}  # fmt: skip


def has_schema(located: Located, schema_id: str) -> bool:
    """Whether the file is of the kind that is wanted; complains if not, since nothing else about it would help."""
    data = located.data
    if data is None:
        return False
    if not isinstance(data, dict):
        located.complain((), f"expected a mapping, found {kind_of(data)}", f"start with schema: {schema_id}")
        return False
    found = data.get("schema")
    if found != schema_id:
        problem = "the file does not say what it is" if found is None else f"expected {schema_id}, found {found!r}"
        located.complain(("schema",), problem, f"start with schema: {schema_id}")
        return False
    if next(iter(data)) != "schema":
        located.complain(("schema",), "schema is not the first line", "move it to the top", of_key=True)
    return True


def validated(model: type[Model], located: Located) -> Model | None:
    """The model of a tree; None, with every reason added to the tree's complaints, if it is not one."""
    try:
        return model.model_validate(located.data)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            _complain(model, located, details)
    return None


def add_findings(located: Located, findings: Iterable[Finding]) -> None:
    """Put findings of a whole-file check at their places."""
    for loc, severity, problem, hint in findings:
        located.complain(loc, problem, hint, severity=severity)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean 'pull'?`, or the empty text."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""


def _complain(model: type[BaseModel], located: Located, details: ErrorDetails) -> None:
    loc: Loc = details["loc"]
    kind, given = details["type"], details["input"]
    if loc and loc[-1] == "[key]":
        problem, hint = _problem(kind, details)
        located.complain(loc[:-1], f"{loc[-2]!r} is no key here: {problem}", hint, of_key=True)
        return
    if kind == "extra_forbidden":
        known = _keys_of(_model_at(model, loc[:-1]))
        hint = did_you_mean(str(loc[-1]), known) or (f"known keys are {', '.join(known)}" if known else "")
        located.complain(loc, f"unknown key {str(loc[-1])!r}", hint, of_key=True)
        return
    if kind == "missing":
        located.complain(loc, f"{loc[-1]} is missing", _hint_of_missing(_model_at(model, loc[:-1]), str(loc[-1])))
        return
    if kind == "too_short" and isinstance(given, list | tuple) and len(given) >= details["ctx"]["min_length"]:
        return  # it is long enough; its bad items are complained of by themselves, and were not counted
    problem, hint = _problem(kind, details)
    if given == "" and kind != "value_error":
        problem = "nothing is written here"
    located.complain(loc, problem, hint)


def _problem(kind: str, details: ErrorDetails) -> tuple[str, str]:
    """What is wrong with a value, and the cure."""
    given, context = details["input"], details.get("ctx", {})
    if kind == "value_error":
        error = context.get("error")
        return (error.problem, error.hint) if isinstance(error, BadText) else (str(error), "")
    if kind == "literal_error":
        allowed = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
        names = [name.strip() for name in allowed.split(",")]
        close = did_you_mean(given, names) if isinstance(given, str) else ""
        return f"{kind_of(given)} is not one of {', '.join(names)}", close
    if kind in _WHOLE_NUMBER:
        return f"expected a whole number, found {kind_of(given)}", ""
    if kind in _NUMBER:
        return f"expected a number without a unit, found {kind_of(given)}", ""
    if kind in _MAPPING:
        return f"expected a mapping (key: value), found {kind_of(given)}", ""
    if kind in _LIST:
        return f"expected a list, found {kind_of(given)}", ""
    if kind == "string_type":
        return f"expected text, found {kind_of(given)}", "put it in quotes if it is meant as text"
    if kind in _BOUNDS:
        limit, words = _BOUNDS[kind]
        bound = context.get(limit)
        return f"must be {words} {bound:g}, found {given}" if isinstance(bound, int | float) else details["msg"], ""
    if kind == "string_too_short":
        return "nothing is written here", ""
    if kind == "string_too_long":
        return f"the text is longer than {context.get('max_length')} characters", "shorten it"
    if kind in ("too_short", "too_long"):
        words, limit = ("at least", "min_length") if kind == "too_short" else ("at most", "max_length")
        bound, found = context.get(limit), context.get("actual_length")
        return f"the list needs {words} {bound} item{'s' * (bound != 1)}, found {found or 'none'}", ""
    return details["msg"], ""


def _keys_of(model: type[BaseModel] | None) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()] if model is not None else []


def _hint_of_missing(model: type[BaseModel] | None, key: str) -> str:
    """What the field is for, from its own description."""
    for name, field in model.model_fields.items() if model is not None else ():
        if (field.alias or name) == key:
            expects = getattr(field.annotation, "expects", None)
            return f"write {key}: {expects}" if expects else (field.description or f"add {key}:")
    return ""


def _model_at(model: type[BaseModel], loc: Loc) -> type[BaseModel] | None:
    """The model that stands at `loc` inside `model`."""
    annotations: list[Any] = [model]
    for step in loc:
        inside = list[Any]()
        for annotation in annotations:
            inside += _inside(annotation, step)
        annotations = inside
    models = [plain for annotation in annotations for plain in _plain(annotation) if isinstance(plain, type)]
    return next((plain for plain in models if issubclass(plain, BaseModel)), None)


def _plain(annotation: Any) -> list[Any]:
    """The alternatives of an annotation, without Annotated and None."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [plain for alternative in get_args(annotation) for plain in _plain(alternative)]
    return [annotation]


def _inside(annotation: Any, step: str | int) -> list[Any]:
    """What an annotation says of the value one step further in."""
    found = list[Any]()
    for plain in _plain(annotation):
        if isinstance(plain, type) and issubclass(plain, BaseModel):
            found += [f.annotation for name, f in plain.model_fields.items() if (f.alias or name) == step]
        elif get_origin(plain) is dict:
            found.append(get_args(plain)[1])
        elif get_origin(plain) in (list, tuple):
            found.append(get_args(plain)[0])
    return found

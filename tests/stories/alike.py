"""Whether two states are the same in every field of every object, and tied together in the same way."""

import sys
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from fractions import Fraction
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

_ATOMS = (int, float, str, bytes, bool, type(None), Enum, Fraction, type, FunctionType, BuiltinFunctionType, ModuleType)


def difference(one: object, other: object, *, same: Collection[int] = (), tied: bool = False) -> str:
    """Where two states differ first, as a path with a reason; empty when nowhere.

    Args:
        one, other: the states.
        same: ids of objects that must be the very same in both.
        tied: objects that are one in one state must be one in the other.
    """
    alive: list[object] = []  # an id is one object's only while that lives
    seen: set[tuple[int, int]] = set()
    partners: dict[int, int] = {}
    waiting: list[tuple[str, Any, Any]] = [("state", one, other)]
    while waiting:
        path, a, b = waiting.pop()
        if type(a) is not type(b):
            return f"{path}: {type(a).__name__} and {type(b).__name__}"
        if isinstance(a, _ATOMS):
            if a != b and not (a != a and b != b):
                return f"{path}: {a!r} and {b!r}"
            continue
        if id(a) in same:
            if a is not b:
                return f"{path}: another {type(a).__name__}, where it must be the same one"
            continue
        if (id(a), id(b)) in seen:
            continue
        if tied and not isinstance(a, (tuple, frozenset)):
            if partners.get(id(a), id(b)) != id(b) or partners.get(id(b), id(a)) != id(a):
                return f"{path}: a {type(a).__name__} that was one is two, or two are one"
            partners[id(a)], partners[id(b)] = id(b), id(a)
        seen.add((id(a), id(b)))
        alive += (a, b)
        pieces, others = list(_pieces(a)), list(_pieces(b))
        if [name for name, _ in pieces] != [name for name, _ in others]:
            return f"{path}: {[name for name, _ in pieces]} and {[name for name, _ in others]}"
        waiting += [(f"{path}{name}", x, y) for (name, x), (_, y) in zip(pieces, others, strict=True)]
    return ""


def _pieces(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, MethodType):
        yield from ((".__func__", value.__func__), (".__self__", value.__self__))
    elif isinstance(value, np.ndarray):
        yield ".tolist()", value.tolist()
    elif isinstance(value, Mapping):
        yield ".keys()", list(value.keys())
        yield from ((f"[{key!r}]", item) for key, item in value.items())
    elif isinstance(value, (list, tuple, deque)):
        yield from ((f"[{index}]", item) for index, item in enumerate(value))
    elif isinstance(value, (set, frozenset)):
        yield "{…}", sorted(value, key=repr)
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    held = [*slots, *sorted(getattr(value, "__dict__", {}))]
    yield from ((f".{name}", getattr(value, name)) for name in held if hasattr(value, name))


def constants() -> Iterator[object]:
    """What modules of ours hold by a name, and somebody may ask for with `is`."""
    for name, module in list(sys.modules.items()):
        if name.startswith("cuefocus."):
            for value in vars(module).values():
                if type(value).__module__.startswith("cuefocus.") and not isinstance(value, Enum):
                    yield value

"""Values made by the thousand: frozen for the type checker, without what freezing costs each time one is made."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_Value = TypeVar("_Value")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[_Value]) -> type[_Value]:
    """A dataclass with slots, equal and hashed by its fields. The type checker refuses to set any of them."""
    return dataclass(slots=True, unsafe_hash=True)(cls)

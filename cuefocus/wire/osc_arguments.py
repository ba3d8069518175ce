"""What an OSC argument stands for, whatever type a sender chose for it: a number, a button, a text.

Desks send the same thing as `i`, `f`, `d`, `s`, `T` or with no argument at all, as their makers saw fit. So numbers are
compared by value: 1, 1.0, `T` and the text "1" are one, and so are 0 and `F`.
"""

import json
import re
import struct
from decimal import Decimal
from math import isfinite
from typing import Final

from cuefocus.wire.osc import Argument, OscMessage

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{0,18})?(?:[eE][+-]?[0-9]{1,2})?")
_PASSCODE_DIGITS: Final = 4
_PLAIN: Final = re.compile(r"[^\s\"]+")


def spelled(argument: Argument) -> str:
    """An argument in one spelling: equal for two that mean the same. No spaces but between quotation marks."""
    if isinstance(argument, float):
        argument = _shortest(argument)
    if argument is None:
        return "nil"
    if isinstance(argument, int):
        return str(int(argument))
    if isinstance(argument, bytes):
        return f"0x{argument.hex()}"
    text = argument if isinstance(argument, str) else repr(argument)
    if _NUMBER.fullmatch(text):
        return _plain_number(Decimal(text))
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def number(argument: Argument) -> float | None:
    """The number that an argument is, or is the text of; None for what is none."""
    if isinstance(argument, str):
        return float(argument) if _NUMBER.fullmatch(argument) else None
    if not isinstance(argument, int | float):
        return None
    if isinstance(argument, float) and not isfinite(argument):
        return None
    return float(argument)


def text(argument: Argument) -> str:
    """An argument as a name or a word: a text as sent, a number in its one spelling; empty for nothing."""
    if isinstance(argument, str):
        return argument
    return "" if argument is None else spelled(argument)


def passcode(argument: Argument) -> str:
    """A passcode as the rig writes it: one sent as a number gets its leading zeros back, up to QLab's four digits."""
    return text(argument) if isinstance(argument, str | None) else text(argument).zfill(_PASSCODE_DIGITS)


def is_press(message: OscMessage) -> bool:
    """Whether a message fires what has written down no arguments.

    A lone 0, 0.0 or `F` is a button let go; a lone float is a fader's but at exactly 1.0. All else fires: no argument,
    `T`, another whole number, a label, several arguments.
    """
    if len(message.arguments) != 1:
        return True
    only = message.arguments[0]
    if isinstance(only, float):
        return only == 1.0
    return not (isinstance(only, int) and only == 0)


def is_release(message: OscMessage) -> bool:
    """Whether a message is a button let go: a lone 0, 0.0 or `F`."""
    only = message.first
    return len(message.arguments) == 1 and isinstance(only, int | float) and only == 0


def echoed(message: OscMessage) -> tuple[Argument, ...]:
    """A message's arguments as they can be sent back: arrays and rare types are left out, and empty blobs."""
    return tuple(
        each
        for each in message.arguments
        if each is None or isinstance(each, int | float | str) or (isinstance(each, bytes) and each)
    )


def _shortest(value: float) -> Argument:
    """A float as its sender wrote it: 0.1 sent in 32 bits is 0.1 again."""
    if not isfinite(value):
        return str(value)
    for digits in range(6, 10):
        short = f"{value:.{digits}g}"
        if _single(float(short)) == value:
            return short
    return repr(value)


def _single(value: float) -> float | None:
    try:
        return float(struct.unpack(">f", struct.pack(">f", value))[0])
    except OverflowError:
        return None


def _plain_number(value: Decimal) -> str:
    shown = f"{value.normalize():f}"
    return "0" if shown == "-0" else shown

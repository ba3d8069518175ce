"""How a show file spells what is sent: OSC arguments, MIDI show control and controllers, HTTP calls."""

import re
from dataclasses import dataclass
from math import isinf
from typing import Final, Self

from cuefocus.files.text_value import BadText, TextValue, Written
from cuefocus.files.validate import did_you_mean
from cuefocus.wire.midi_show import FORMATS, Msc, MscAddress, MscCommand
from cuefocus.wire.midi_show_bytes import msc_message, read_msc
from cuefocus.wire.midi_voice import CHANNELS, LAST_CONTROLLER, MOST

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_COMMANDS: Final = {
    command.name.lower().replace("_", "-"): command
    for command in MscCommand
    if command not in (MscCommand.TIMED_GO, MscCommand.SET, MscCommand.SET_CLOCK)
}
_MACRO: Final = re.compile(r"[0-9]{1,3}")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NO_NUMBER: Final = re.compile(r"[+-]?\.?(?:nan|inf|infinity)", re.IGNORECASE)
_OSC_INTEGERS: Final = range(-(1 << 63), 1 << 63)
_AS_TEXT: Final = "write s:{} if the text is meant"
_CONTROL: Final = re.compile(r"([0-9]{1,3})(?:\s*@\s*([0-9]{1,2}))?(?:\s*=\s*([0-9]{1,3}))?")
_ANYBODY: Final = MscAddress(0, formats=(FORMATS["lighting"],))


@dataclass(frozen=True, slots=True)
class OscArgument(Written):
    """An OSC argument: a whole number is sent as `i` or `h`, one with a point or an exponent as `f` or `d`.

    `true` and `false` are sent as `T` and `F`, all else as a text.

    Args:
        value: int, float, bool or str.
    """

    value: int | float | bool | str
    expects = "a number, true, false or a text; s:12 is the text 12"
    examples = ("1", "0.5", "true", "s:12")
    numbers_allowed = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """An argument as written. Raises: BadText for a number that OSC cannot carry."""
        value: int | float | bool | str = text
        if text in ("true", "false"):
            value = text == "true"
        elif _INTEGER.fullmatch(text):
            value = int(text)
            if value not in _OSC_INTEGERS:
                raise BadText(f"{text} is more than OSC's whole numbers hold, 64 bits", _AS_TEXT.format(text))
        elif _DECIMAL.fullmatch(text):
            value = float(text)
            if isinf(value):
                raise BadText(f"{text} is more than OSC's numbers hold, 1.8e308", _AS_TEXT.format(text))
        elif _NO_NUMBER.fullmatch(text):
            raise BadText(f"{text} is no number that can be sent", _AS_TEXT.format(text))
        elif text.startswith("s:"):
            value = text[2:]
        return cls(value, text=text)


@dataclass(frozen=True, slots=True)
class SentMsc(Written):
    """A MIDI Show Control command with its numbers; `12` is `go 12`."""

    command: Msc
    expects = "an MSC command such as 12.5, go 12.5/2 (cue 12.5 of list 2), fire 7, stop or all-off"
    examples = ("12.5", "go 12.5/2", "load 7", "all-off")
    numbers_allowed = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """A command as written. Raises: BadText."""
        name, _, numbers = text.strip().rpartition(" ")
        if not name and not numbers[:1].isdigit():
            name, numbers = numbers, ""
        name = name.strip() or "go"
        if name not in _COMMANDS:
            raise BadText(
                f"no MSC command {name!r} that can be sent", did_you_mean(name, _COMMANDS) or f"write {cls.expects}"
            )
        for meant in _readings(_COMMANDS[name], [part.strip() for part in numbers.split("/")] if numbers else []):
            if read_msc(msc_message(meant), _ANYBODY, source="", stamp_ns=0) == meant:
                return cls(meant, text=text.strip())
        raise BadText(f"{text!r} is not an MSC command", f"write {cls.expects}")


def _readings(command: MscCommand, numbers: list[str]) -> list[Msc]:
    """What the numbers of a command may be: cue, list and path; a list; a path; a macro."""
    if command is MscCommand.FIRE:
        macro = numbers[0] if len(numbers) == 1 else ""
        return [Msc(command, number=int(macro))] if _MACRO.fullmatch(macro) and int(macro) <= MOST else []
    if len(numbers) > 3 or not all(number.isascii() for number in numbers):
        return []
    cue, cue_list, path = [*numbers, "", "", ""][:3]
    lone = [Msc(command, cue_list=cue), Msc(command, path=cue)] if len(numbers) == 1 else []
    return [Msc(command, cue, cue_list, path), *lone]


@dataclass(frozen=True, slots=True)
class SentControl(TextValue):
    """A MIDI controller's value; `64` is `64 = 127`, a pedal pressed.

    Args:
        channel: 1 to 16.
    """

    number: int
    channel: int
    value: int
    expects = "a MIDI controller such as 64 (at 127), 64@2 (on channel 2) or 20 = 5"
    examples = ("64", "20 = 5", "20@2 = 0")
    numbers_allowed = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """A controller as written. Raises: BadText."""
        match = _CONTROL.fullmatch(text.strip())
        if match is None:
            raise BadText(f"{text!r} is no MIDI controller to send", f"write {cls.expects}")
        number, channel = int(match[1]), int(match[2] or 1)
        value = MOST if match[3] is None else int(match[3])
        if number > LAST_CONTROLLER or not 1 <= channel <= CHANNELS or value > MOST:
            limits = f"controllers run to {LAST_CONTROLLER}, channels from 1 to {CHANNELS}, values to {MOST}"
            raise BadText(f"{text!r} is outside MIDI", limits)
        return cls(number, channel, value)

    def __str__(self) -> str:
        return f"{self.number}@{self.channel} = {self.value}"


@dataclass(frozen=True, slots=True)
class HttpCall(TextValue):
    """An HTTP call: method and path."""

    method: str
    path: str
    expects = "a method and a path, such as POST /api/location/1/2/3/press"
    examples = ("POST /api/location/1/2/3/press", "GET /go?cue=5")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A call as written. Raises: BadText."""
        method, _, path = text.strip().partition(" ")
        path = path.strip()
        if method not in METHODS:
            raise BadText(f"{text!r} does not begin with a method", f"write {cls.expects}; have {', '.join(METHODS)}")
        if not path.startswith("/") or not path.isascii() or not path.isprintable() or " " in path:
            raise BadText(f"{path!r} is no path of an HTTP call", "it begins with /; write a space as %20")
        return cls(method, path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

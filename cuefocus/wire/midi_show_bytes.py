"""MIDI Show Control as bytes: commands out of exclusive messages, and into them.

A command that is not for us is nothing; one that is, but makes no sense, is a glitch. What desks send is strict by the
standard (ASCII decimal numbers, fields parted by 00), so nothing is guessed: a rack that leaves by mistake spoils a
take.

Source: MIDI Show Control 1.0, RP-002 (1991): F0 7F device 02 format command data F7, 128 bytes at most.
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final

from cuefocus.wire.events import Glitch
from cuefocus.wire.midi_show import (
    ALL_CALL,
    ALL_TYPES,
    FRAMES_A_SECOND,
    LONGEST_NUMBER,
    Msc,
    MscAddress,
    MscCommand,
    MscTime,
)

LONGEST_MESSAGE: Final = 128
_HEAD: Final = b"\xf0\x7f"
_SHOW_CONTROL: Final = 0x02
_SHORTEST: Final = 7
_TIME_BYTES: Final = 5
_NUMBER: Final = re.compile(rb"[0-9]+(?:\.[0-9]+)*")
_FIELDS: Final = 3
_KNOWN: Final = frozenset(MscCommand)
_STATUS_FOLLOWS: Final = 0x20  # of the frames byte: what comes behind it is a status, no hundredths


class _Data(Enum):
    """What follows a command's byte."""

    NOTHING = "nothing"
    CUE = "cue, list, path, each of which may be missing with those behind it"
    TIMED_CUE = "a time, then as CUE"
    NEEDED_CUE = "as CUE, but the cue is there"
    LIST = "a list, or nothing"
    TIMED_LIST = "a time, then as LIST"
    NEEDED_LIST = "a list"
    PATH = "a path"
    CONTROL = "a control and its value, 14 bits each, and perhaps a time"
    MACRO = "one number"


_DATA: Final[Mapping[MscCommand, _Data]] = {
    MscCommand.GO: _Data.CUE,
    MscCommand.STOP: _Data.CUE,
    MscCommand.RESUME: _Data.CUE,
    MscCommand.TIMED_GO: _Data.TIMED_CUE,
    MscCommand.LOAD: _Data.NEEDED_CUE,
    MscCommand.SET: _Data.CONTROL,
    MscCommand.FIRE: _Data.MACRO,
    MscCommand.ALL_OFF: _Data.NOTHING,
    MscCommand.RESTORE: _Data.NOTHING,
    MscCommand.RESET: _Data.NOTHING,
    MscCommand.GO_OFF: _Data.CUE,
    MscCommand.GO_JAM_CLOCK: _Data.CUE,
    MscCommand.STANDBY_PLUS: _Data.LIST,
    MscCommand.STANDBY_MINUS: _Data.LIST,
    MscCommand.SEQUENCE_PLUS: _Data.LIST,
    MscCommand.SEQUENCE_MINUS: _Data.LIST,
    MscCommand.START_CLOCK: _Data.LIST,
    MscCommand.STOP_CLOCK: _Data.LIST,
    MscCommand.ZERO_CLOCK: _Data.LIST,
    MscCommand.SET_CLOCK: _Data.TIMED_LIST,
    MscCommand.MTC_CHASE_ON: _Data.LIST,
    MscCommand.MTC_CHASE_OFF: _Data.LIST,
    MscCommand.OPEN_CUE_LIST: _Data.NEEDED_LIST,
    MscCommand.CLOSE_CUE_LIST: _Data.NEEDED_LIST,
    MscCommand.OPEN_CUE_PATH: _Data.PATH,
    MscCommand.CLOSE_CUE_PATH: _Data.PATH,
}


def read_msc(message: bytes, address: MscAddress, *, source: str, stamp_ns: int) -> Msc | Glitch | None:
    """The command in an exclusive message.

    Args:
        message: whole, F0 to F7; any.
        address: for whom it must be.
        source: the MIDI input, for glitches.
        stamp_ns: when it arrived, host ns.

    Returns: None for what is no show control, or not for us; a glitch for what is, and makes no sense.
    """
    if len(message) < _SHORTEST or not message.startswith(_HEAD) or message[3] != _SHOW_CONTROL:
        return None
    if not address.meant(message[2], message[4]):
        return None
    try:
        if len(message) > LONGEST_MESSAGE:
            raise _Malformed(f"it has {len(message)} bytes; {LONGEST_MESSAGE} is the most")
        if message[5] not in _KNOWN:
            raise _Malformed(f"no command {message[5]:02X}")
        return _read(MscCommand(message[5]), message[6:-1])
    except _Malformed as problem:
        return Glitch(source, f"MIDI Show Control: {problem}", stamp_ns)


class _Malformed(ValueError):
    """Data that the standard does not allow."""


def _read(command: MscCommand, data: bytes) -> Msc:
    kind, time = _DATA[command], None
    if kind is _Data.MACRO:
        macro = data[:1] if data[1:] == b"\0" else data  # Eos ends it like a cue
        return Msc(command, number=_exactly(1, macro, command)[0])
    if kind is _Data.CONTROL:
        time = _time(data[4:]) if len(data) > 4 else None
        control = _exactly(4, data[:4], command)
        return Msc(command, number=control[0] | control[1] << 7, level=control[2] | control[3] << 7, time=time)
    if kind in (_Data.TIMED_CUE, _Data.TIMED_LIST):
        time, data = _time(data[:_TIME_BYTES]), data[_TIME_BYTES:]
    if kind is _Data.NOTHING:
        _exactly(0, data, command)
        return Msc(command)
    if kind in (_Data.CUE, _Data.TIMED_CUE, _Data.NEEDED_CUE):
        cue, cue_list, path = _cue_fields(data)
        if kind is _Data.NEEDED_CUE and not cue:
            raise _Malformed(f"{command.name} without a cue")
        return Msc(command, cue, cue_list, path, time)
    number = _number(data)
    if kind in (_Data.NEEDED_LIST, _Data.PATH) and not number:
        raise _Malformed(f"{command.name} without a number")
    return Msc(command, path=number) if kind is _Data.PATH else Msc(command, cue_list=number, time=time)


def _exactly(count: int, data: bytes, command: MscCommand) -> bytes:
    if len(data) != count:
        raise _Malformed(f"{command.name} with {len(data)} bytes of data, not {count}")
    return data


def _cue_fields(data: bytes) -> tuple[str, str, str]:
    """Cue, list and path; a delimiter may end the message, and desks name a list alone."""
    fields = data.split(b"\0")
    if len(fields) > _FIELDS and (len(fields) > _FIELDS + 1 or fields[-1]):
        raise _Malformed(f"{len(fields)} numbers where cue, list and path can be")
    cue, cue_list, path = ([_number(field) for field in fields[:_FIELDS]] + [""] * _FIELDS)[:_FIELDS]
    if data and not cue and (path or not cue_list):
        raise _Malformed("neither cue nor list" if not path else "a path without its cue")
    return cue, cue_list, path


def _number(field: bytes) -> str:
    if not field:
        return ""
    if len(field) > LONGEST_NUMBER or not _NUMBER.fullmatch(field):
        raise _Malformed(f"{field[:LONGEST_NUMBER].decode('ascii', 'replace')!r} is no cue number")
    return field.decode("ascii")


def _time(data: bytes) -> MscTime:
    if len(data) != _TIME_BYTES:
        raise _Malformed(f"a time of {len(data)} bytes, not {_TIME_BYTES}")
    rate_code, hours = data[0] >> 5 & 3, data[0] & 0x1F
    minutes, seconds, frames = data[1] & 0x3F, data[2] & 0x3F, data[3] & 0x1F
    hundredths = 0 if data[3] & _STATUS_FOLLOWS else data[4]
    if hours > 23 or minutes > 59 or seconds > 59 or frames >= FRAMES_A_SECOND[rate_code] or hundredths > 99:
        raise _Malformed(f"{data.hex(' ').upper()} is no time")
    return MscTime(hours, minutes, seconds, frames, hundredths, rate_code)


def msc_message(msc: Msc, *, device: int = ALL_CALL, command_format: int = ALL_TYPES) -> bytes:
    """A command as an exclusive message: what `read_msc` reads.

    Args:
        msc: fields that its command does not carry are left out.
        device: 00 to 6F, a group, or all-call.
        command_format: one of `FORMATS`, or `ALL_TYPES`.
    """
    return bytes((*_HEAD, device, _SHOW_CONTROL, command_format, msc.command, *_data(msc), 0xF7))


def _data(msc: Msc) -> bytes:
    kind = _DATA[msc.command]
    time = msc.time if msc.time is not None else MscTime(0, 0, 0)
    coded = bytes((time.rate_code << 5 | time.hours, time.minutes, time.seconds, time.frames, time.hundredths))
    if kind is _Data.MACRO:
        return bytes((msc.number,))
    if kind is _Data.CONTROL:
        halves = bytes((msc.number & 0x7F, msc.number >> 7, msc.level & 0x7F, msc.level >> 7))
        return halves + (coded if msc.time is not None else b"")
    if kind is _Data.NOTHING:
        return b""
    if kind is _Data.PATH:
        return msc.path.encode("ascii")
    if kind in (_Data.LIST, _Data.NEEDED_LIST, _Data.TIMED_LIST):
        return (coded if kind is _Data.TIMED_LIST else b"") + msc.cue_list.encode("ascii")
    numbers = "\0".join((msc.cue, msc.cue_list, msc.path)).rstrip("\0").encode("ascii")
    return (coded if kind is _Data.TIMED_CUE else b"") + numbers

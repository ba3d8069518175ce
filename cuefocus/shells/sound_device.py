"""Names of live sound: `jack:PORT` and `audio:DEVICE#CHANNEL`, and which of several names one of them means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cuefocus.errors import InputError

Server = Literal["jack", "audio"]
MOST_CHANNELS: Final = 32
"""So many channels of one device are listened to."""
_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class SoundDevice:
    """Where live sound is taken from.

    Args:
        server: "jack", or "audio" for PortAudio.
        name: of the port or device; may be a part of it. Empty: the first physical port, the system's own device.
        channel: counted from 0; None: the one on which LTC is read best. JACK has none: each port is one.
    """

    server: Server
    name: str
    channel: int | None = None

    def __str__(self) -> str:
        return f"{self.server}:{self.name}" + ("" if self.channel is None else f"#{self.channel + 1}")


def is_live(text: str) -> bool:
    """Whether `text` names live sound (and not a file)."""
    return text.startswith(("jack:", "audio:"))


def parse_device(text: str, *, where: str = "--source") -> SoundDevice:
    """The device that `jack:PORT`, `audio:DEVICE` or `audio:DEVICE#3` names.

    Raises: InputError for anything else.
    """
    server, colon, name = text.partition(":")
    if not colon or server not in ("jack", "audio"):
        raise InputError(f"no sound device {text!r}", where=where, hint="write jack:PORT, or audio:DEVICE#3")
    kind: Server = "jack" if server == "jack" else "audio"
    rest, mark, number = name.rpartition("#")
    if kind == "jack" or not mark or not number.isdecimal():
        return SoundDevice(kind, name)
    if not 1 <= int(number) <= MOST_CHANNELS:
        problem = (
            "channels count from 1" if int(number) == 0 else f"only the first {MOST_CHANNELS} channels can be used"
        )
        raise InputError(problem, where=where, hint=f"write {server}:{rest}#1")
    return SoundDevice(kind, rest, int(number) - 1)


def the_one(wanted: str, names: Sequence[str], *, what: str) -> str:
    """The name that `wanted` means: itself, or the only one it is a part of (capitals do not matter).

    Args:
        wanted: what was written.
        names: all there are.
        what: what they are names of, for the complaint.

    Raises: InputError that lists what fits, or what there is.
    """
    if wanted in names:
        return wanted
    fits = [name for name in names if wanted.casefold() in name.casefold()]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise InputError(f"{wanted!r} fits {_listed(fits)}", hint=f"write more of the {what}'s name")
    have = f"have {_listed(names)}" if names else "there is none"
    raise InputError(f"no {what} {wanted!r}; {have}", hint="`cuefocus ports` lists them")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown

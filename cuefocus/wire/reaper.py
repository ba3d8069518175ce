"""REAPER's OSC feedback to what it says of playback: where the project is, under which label, and whether it rolls.

Addresses are those of REAPER's default pattern file (Default.ReaperOSC): `/time`, `/time/str`, `/samples/str`,
`/frames/str`; `/play`, `/stop`, `/pause`, `/record` with 1 or 0. What arrived in one packet belongs to one moment.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite, ulp
from typing import Final

from cuefocus.timebase.frames import Timecode
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Glitch
from cuefocus.wire.osc import Argument, OscMessage, read_packet

TRANSPORT: Final = ("/play", "/record", "/pause", "/stop")
POSITIONS: Final = ("/time", "/time/str", "/samples/str", "/frames/str")
_CLOCK: Final = re.compile(r"(-?)(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")
_LABEL: Final = re.compile(r"(-?)(\d+):(\d+):(\d+)[:;.,](\d+)")
_SAMPLE_RATES: Final = (44_100, 48_000, 88_200, 96_000, 176_400, 192_000)
# Samples and seconds of one moment agree to this at the project's sample rate.
_AGREE_S: Final = 0.002
# The string has three decimals: a float that is coarser than half of that is not taken instead.
_COARSE_S: Final = 0.0005
_FLOAT32_ULPS: Final = 2.0**29
_LONGEST_S: Final = 7 * 86_400
_LONGEST_TEXT: Final = 24
_A_FEW: Final = 8


@dataclass(frozen=True, slots=True)
class ReaperPosition:
    """Where the project is.

    Args:
        project_ns: time since the project's beginning, ns; None where only a label was sent. Below 0 in a pre-roll.
        label: the frame on air by the project's own timecode; None where it was not sent, or is before 00:00:00:00.
    """

    project_ns: int | None
    label: Timecode | None
    stamp_ns: int


@dataclass(frozen=True, slots=True)
class ReaperTransport:
    """Whether the project rolls, as far as buttons tell. `word` says which did."""

    rolling: bool
    word: str
    stamp_ns: int


class ReaperDecoder:
    """Reads one REAPER's feedback.

    Args:
        source: the source's id, for glitches.

    `others` counts messages of other addresses; `addresses` keeps a few of them, for whoever asks what is sent.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._buttons: dict[str, bool] = {}
        self._rolling: bool | None = None
        self.others = 0
        self.addresses: dict[str, None] = {}

    def feed(self, datagram: bytes, stamp_ns: int) -> list[ReaperPosition | ReaperTransport | Glitch]:
        """What a datagram says; buttons before the position, which is true with them."""
        packet = read_packet(datagram)
        found: list[ReaperPosition | ReaperTransport | Glitch] = [
            Glitch(self._source, fault, stamp_ns) for fault in packet.faults
        ]
        places: dict[str, Argument] = {}
        pressed = False
        for message in packet.messages:
            if message.address in POSITIONS:
                places[message.address] = message.first
            elif message.address in TRANSPORT and isinstance(message.first, int | float):
                self._buttons[message.address] = bool(message.first)
                pressed = True
            else:
                self._other(message)
        if pressed and (rolling := self._rolls()) is not None and rolling is not self._rolling:
            self._rolling = rolling
            found.append(ReaperTransport(rolling, self._word(), stamp_ns))
        if places:
            found.append(self._position(places, stamp_ns))
        return found

    def restart(self) -> None:
        """The way in was closed: what the buttons say now is not known."""
        self._buttons.clear()
        self._rolling = None

    def _other(self, message: OscMessage) -> None:
        self.others += 1
        if len(self.addresses) < _A_FEW:
            self.addresses[message.address] = None

    def _rolls(self) -> bool | None:
        """By the buttons heard so far; None where they leave it open."""
        buttons = self._buttons
        if buttons.get("/stop") or buttons.get("/pause"):
            return False
        known = [buttons[name] for name in ("/play", "/record") if name in buttons]
        return any(known) if known else None

    def _word(self) -> str:
        if self._rolling:
            return "REAPER plays"
        return "REAPER is paused" if self._buttons.get("/pause") else "REAPER stopped"

    def _position(self, places: dict[str, Argument], stamp_ns: int) -> ReaperPosition | Glitch:
        label = _label(places.get("/frames/str"))
        seconds = _seconds(places)
        if label is None and seconds is None:
            heard = ", ".join(f"{name} {value!r:.40}" for name, value in places.items())
            return Glitch(self._source, f"REAPER's position cannot be read: {heard}", stamp_ns)
        return ReaperPosition(None if seconds is None else round(seconds * NS_PER_S), label, stamp_ns)


def _label(text: Argument) -> Timecode | None:
    match = _LABEL.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None or match[1]:
        return None
    return Timecode(*(int(number[:4]) for number in match.groups()[1:]))


def _seconds(places: dict[str, Argument]) -> Fraction | None:
    """The position as finely as it is said: by samples, else as a float while that is finer than milliseconds."""
    number, text = places.get("/time"), places.get("/time/str")
    said = number if isinstance(number, float) and isfinite(number) and abs(number) < _LONGEST_S else None
    written = _clock(text)
    counted = _samples(places.get("/samples/str"), said if said is not None else written)
    if counted is not None:
        return counted
    if said is not None and (written is None or ulp(said) * _FLOAT32_ULPS < _COARSE_S):
        return Fraction(said)
    return written


def _clock(text: Argument) -> Fraction | None:
    """`1:02:03.456`, `2:03.456` or `3.456`."""
    match = _CLOCK.fullmatch(text.strip()) if isinstance(text, str) and len(text) <= _LONGEST_TEXT else None
    if match is None:
        return None
    sign, hours, minutes, seconds = match.groups()
    whole = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + Fraction(seconds)
    return None if whole > _LONGEST_S else -whole if sign else whole


def _samples(text: Argument, near_s: float | Fraction | None) -> Fraction | None:
    """Samples as seconds, where only one usual sample rate can be meant."""
    if near_s is None or not isinstance(text, str) or not text.strip().isdecimal() or len(text) > _LONGEST_TEXT:
        return None
    count = int(text)
    meant = [rate for rate in _SAMPLE_RATES if abs(count / rate - float(near_s)) < _AGREE_S]
    return Fraction(count, meant[0]) if len(meant) == 1 else None

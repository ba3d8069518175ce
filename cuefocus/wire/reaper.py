"""REAPER's OSC feedback to what it says of playback: where the project is, under which label, and whether it rolls.

Addresses are those of REAPER's default pattern file (Default.ReaperOSC): `/time`, `/time/str`, `/samples/str`,
`/frames/str`; `/play`, `/stop`, `/pause`, `/record` with 1 or 0. What arrived in one packet belongs to one moment;
so do packets of one position each that come together.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Final

from cuefocus.timebase.frames import Timecode
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Glitch
from cuefocus.wire.osc import Argument, OscMessage, OscPacket, read_packet
from cuefocus.wire.reaper_position import POSITIONS, FinestSeconds, label_of

TRANSPORT: Final = ("/play", "/record", "/pause", "/stop")
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
        self._seconds = FinestSeconds()
        self.others = 0
        self.addresses: dict[str, None] = {}

    def feed(self, datagram: bytes, stamp_ns: int) -> list[ReaperPosition | ReaperTransport | Glitch]:
        """What a datagram says; buttons before the position, which is true with them."""
        return self.read(read_packet(datagram), stamp_ns)

    def read(self, packet: OscPacket, stamp_ns: int) -> list[ReaperPosition | ReaperTransport | Glitch]:
        """What a packet says, as `feed`."""
        found: list[ReaperPosition | ReaperTransport | Glitch] = [
            Glitch(self._source, fault, stamp_ns) for fault in packet.faults
        ]
        places: dict[str, Argument] = {}
        pressed = False
        for message in packet.messages:
            if message.address in POSITIONS:
                places[message.address] = message.first
            elif message.address in TRANSPORT and isinstance(message.first, int | float) and isfinite(message.first):
                self._buttons[message.address] = bool(message.first)
                pressed = True
            else:
                self._other(message)
        if pressed and (rolling := self._rolls()) is not None and rolling is not self._rolling:
            self._rolling = rolling
            found.append(ReaperTransport(rolling, self._word(), stamp_ns))
        if places:
            found += self._position(places, stamp_ns)
        return found

    def rolls(self) -> None:
        """Playback is on, whatever the buttons said: their newest word was lost."""
        for name in ("/stop", "/pause"):
            self._buttons.pop(name, None)
        self._buttons["/play"] = self._rolling = True

    def restart(self) -> None:
        """The way in was closed: what the buttons say now is not known."""
        self._buttons.clear()
        self._rolling = None
        self._seconds = FinestSeconds()

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

    def _position(self, places: dict[str, Argument], stamp_ns: int) -> list[ReaperPosition | Glitch]:
        label = label_of(places.get("/frames/str"))
        seconds = self._seconds.take(places, stamp_ns)
        if label is not None or seconds is not None:
            return [ReaperPosition(None if seconds is None else round(seconds * NS_PER_S), label, stamp_ns)]
        if self._seconds.understood(stamp_ns):
            return []
        heard = ", ".join(f"{name} {value!r:.40}" for name, value in places.items())
        return [Glitch(self._source, f"REAPER's position cannot be read: {heard}", stamp_ns)]


def tells_of_playback(packet: OscPacket) -> bool:
    """Whether a packet has anything to do with REAPER's position or transport."""
    return any(message.address in POSITIONS or message.address in TRANSPORT for message in packet.messages)

"""AbletonOSC's answers: where Live's song is, whether it plays, how fast.

AbletonOSC tells only who asks, at one fixed port, and only whoever asked last; so it is asked again and again. Each
question is answered at once with the present value, then whenever that changes, as often as Live draws its screen.
Song time counts quarters from the arrangement's start (the `/live/song` API of AbletonOSC's README).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import Final

from pythonosc.osc_message_builder import OscMessageBuilder

from cuefocus.wire.events import Glitch
from cuefocus.wire.osc import OscMessage, read_packet

_ASKED: Final = ("is_playing", "tempo", "current_song_time", "beat")
_SONG: Final = "/live/song/"
_BEAT_OF_OLD: Final = "/live/song/beat"
_ERROR: Final = "/live/error"
_LONGEST_QUARTERS: Final = 1_000_000
_FASTEST_BPM: Final = 1000.0
_A_FEW: Final = 8


@dataclass(frozen=True, slots=True)
class SongPlace:
    """Where the song is.

    Args:
        quarters: since the arrangement's start.
        whole: only a beat was named, which began some time before.
    """

    quarters: Fraction
    whole: bool
    stamp_ns: int


@dataclass(frozen=True, slots=True)
class SongPlays:
    """Whether it plays."""

    playing: bool
    stamp_ns: int


@dataclass(frozen=True, slots=True)
class SongTempo:
    """How fast it is set to play, quarters a minute."""

    bpm: float
    stamp_ns: int


Heard = SongPlace | SongPlays | SongTempo | Glitch


def questions() -> tuple[bytes, ...]:
    """Datagrams that ask to be told of all this from now on."""
    return tuple(bytes(OscMessageBuilder(f"{_SONG}start_listen/{name}").build().dgram) for name in _ASKED)


class AbletonDecoder:
    """Reads one AbletonOSC's answers.

    Args:
        source: the source's id, for glitches.

    `others` counts messages of other addresses; `addresses` keeps a few of them.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self.others = 0
        self.addresses: dict[str, None] = {}

    def feed(self, datagram: bytes, stamp_ns: int) -> list[Heard]:
        """What a datagram says."""
        packet = read_packet(datagram)
        found: list[Heard] = [Glitch(self._source, fault, stamp_ns) for fault in packet.faults]
        for message in packet.messages:
            found += self._message(message, stamp_ns)
        return found

    def _message(self, message: OscMessage, stamp_ns: int) -> Iterator[Heard]:
        address, value = message.address, message.first
        if address == _ERROR:
            yield Glitch(self._source, f"AbletonOSC complains: {value!s:.200}", stamp_ns)
        elif address != _BEAT_OF_OLD and not address.startswith(f"{_SONG}get/"):
            self._other(address)
        elif (name := address.rpartition("/")[2]) not in _ASKED:
            self._other(address)
        elif not isinstance(value, int | float) or not isfinite(value):
            yield Glitch(self._source, f"AbletonOSC says {name} is {value!r:.40}", stamp_ns)
        elif name == "is_playing":
            yield SongPlays(bool(value), stamp_ns)
        elif name == "tempo":
            if 0 < value < _FASTEST_BPM:
                yield SongTempo(float(value), stamp_ns)
        elif abs(value) <= _LONGEST_QUARTERS:
            yield SongPlace(Fraction(value), name == "beat", stamp_ns)

    def _other(self, address: str) -> None:
        self.others += 1
        if len(self.addresses) < _A_FEW:
            self.addresses[address] = None

"""A deck as a story tells it: it plays, stops, winds down, jumps; its sound may be cut off while it plays on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import groupby

import numpy as np
import numpy.typing as npt

from cuefocus.engine.ports import InboxEvent, SourceEvent
from cuefocus.shells.file_source import LtcInput
from cuefocus.timebase.frames import FrameRate, Timecode, parse_timecode, rate_named
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.ltc.encoder import LtcSound, render_ltc

SAMPLE_RATE = 48_000
BLOCK_SAMPLES = 1024
Places = npt.NDArray[np.float64]
Block = tuple[int, Sequence[InboxEvent]]
"""Host time at which it is delivered, and what the decoder makes of it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch at even speed, or from one speed to another.

    Args:
        from_s: media second of its first sample. samples: its length.
        begin, end: its speeds.
        heard: whether it is on the line.
    """

    from_s: float
    samples: int
    begin: float
    end: float
    heard: bool

    def places(self) -> Places:
        """Media second at each sample."""
        if self.begin == self.end:
            return self.from_s + self.begin * np.arange(self.samples) / SAMPLE_RATE
        return self.from_s + np.concatenate([[0.0], np.cumsum(self._speeds()[:-1])]) / SAMPLE_RATE

    def travel_s(self) -> float:
        """How far media get in it."""
        whole = self.begin * self.samples if self.begin == self.end else float(np.sum(self._speeds()))
        return whole / SAMPLE_RATE

    def _speeds(self) -> Places:
        return self.begin + (self.end - self.begin) * np.arange(self.samples) / self.samples


class Playback:
    """LTC of a deck, piece by piece.

    Args:
        rate: how its labels count.
        starts: the label at media second 0.
        at_s: where it stands at first, media seconds.
    """

    #: How near its clock must be to the truth at a landing.
    known_to_s = 0.001

    def __init__(self, *, rate: str = "25", starts: str = "01:00:00:00", at_s: float = -1.0) -> None:
        self.rate = rate_named(rate)
        self._starts = parse_timecode(starts, self.rate)
        self._at_s = at_s
        self._pieces: list[Piece] = []

    def play(self, seconds: float, *, speed: float | Fraction = 1.0, heard: bool = True) -> "Playback":
        """Play on; unheard, the deck runs but its line is cut."""
        return self._add(seconds, float(speed), float(speed), heard=heard)

    def cut(self, seconds: float) -> "Playback":
        """The line is cut while the deck plays on."""
        return self.play(seconds, heard=False)

    def pause(self, seconds: float) -> "Playback":
        """Stopped dead; nothing on the line."""
        return self.play(seconds, speed=0.0, heard=False)

    def wind(self, seconds: float, *, to: float, begin: float = 1.0) -> "Playback":
        """From one speed to another, evenly."""
        return self._add(seconds, begin, to, heard=True)

    def locate(self, at_s: float) -> "Playback":
        """Stand elsewhere at once."""
        self._at_s = at_s
        return self

    def _add(self, seconds: float, begin: float, end: float, *, heard: bool) -> "Playback":
        piece = Piece(self._at_s, round(seconds * SAMPLE_RATE), begin, end, heard)
        self._pieces.append(piece)
        self._at_s += piece.travel_s()
        return self

    @property
    def seconds(self) -> float:
        """How long it all lasts."""
        return sum(piece.samples for piece in self._pieces) / SAMPLE_RATE

    def places(self) -> Places:
        """Media second at each sample."""
        return np.concatenate([piece.places() for piece in self._pieces])

    def samples(self) -> npt.NDArray[np.float32]:
        """The sound."""
        return _samples(self.rate, self._starts, tuple(self._pieces))

    def heard(self, source: str, origin_ns: int) -> Iterator[Block]:
        """As a sound card would deliver it, through the real decoder."""
        return iter(_heard(self.rate, self._starts, tuple(self._pieces), source, origin_ns))


def _samples(rate: FrameRate, starts: Timecode, pieces: tuple[Piece, ...]) -> npt.NDArray[np.float32]:
    sound, parts = LtcSound(rate, starts, SAMPLE_RATE), list[npt.NDArray[np.float32]]()
    for heard, run in groupby(pieces, key=lambda piece: piece.heard):
        whole = np.concatenate([piece.places() for piece in run])
        parts.append(render_ltc(sound, whole * float(rate.fps)) if heard else np.zeros(len(whole), dtype=np.float32))
    return np.concatenate(parts)


@lru_cache(maxsize=256)
def _heard(
    rate: FrameRate, starts: Timecode, pieces: tuple[Piece, ...], source: str, origin_ns: int
) -> tuple[Block, ...]:
    """The same sound is the same readings: stories that differ in what hands do share them."""
    listener, sound = LtcInput(source, SAMPLE_RATE), _samples(rate, starts, pieces)
    ends = [min(first + BLOCK_SAMPLES, len(sound)) for first in range(0, len(sound), BLOCK_SAMPLES)]
    blocks = [(end, origin_ns + end * NS_PER_S // SAMPLE_RATE) for end in ends]
    heard = zip(blocks, listener.feed_many(sound, blocks), strict=True)
    end_ns = origin_ns + len(sound) * NS_PER_S // SAMPLE_RATE
    return (
        (origin_ns, (SourceEvent(source, origin_ns, "opened", ""),)),
        *((stamp_ns, tuple(events)) for (_, stamp_ns), events in heard),
        (end_ns, (*listener.flush(), SourceEvent(source, end_ns, "ended", "the sound is over"))),
    )

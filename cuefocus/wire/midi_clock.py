"""Reads MIDI clock: bytes and stamps in; clocks with their place in the song, starts, stops, locates and glitches out.

Twenty-four clocks a quarter, and nothing in a clock says which it is: the place is counted on from a Start (0) or a
Song Position Pointer (sixteenths). The first clock after Start or Continue is that place itself. Where the count may be
wrong (nobody said where it begins, a torn pointer, clocks missing for long) there is no place, and a glitch says so.

Source: MIDI 1.0 Detailed Specification 4.2, system real time and song position pointer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch
from cuefocus.wire.midi_bytes import MidiBytes

CLOCKS_PER_QUARTER: Final = 24
CLOCKS_PER_SIXTEENTH: Final = 6

_POSITION, _SONG, _CLOCK, _START, _CONTINUE, _STOP, _RESET = 0xF2, 0xF3, 0xF8, 0xFA, 0xFB, 0xFC, 0xFF
_TRANSPORT = frozenset((_POSITION, _START, _CONTINUE, _STOP, _RESET))
LONGEST_PAUSE_NS: Final = 400 * NS_PER_MS
"""At ten beats a minute clocks are 250 ms apart; after a longer pause nobody knows how many were lost."""


@dataclass(frozen=True, slots=True)
class ClockTick:
    """One clock.

    Args:
        clocks: where the song is, in 24ths of a quarter; None while it stands or its place is not known.
        stamp_ns: when it arrived, host ns.
    """

    clocks: int | None
    stamp_ns: int


@dataclass(frozen=True, slots=True)
class ClockLocate:
    """The song stands, or goes on, elsewhere.

    Args:
        clocks: the place of the next clock.
        begins: playback begins with that clock (Start, Continue).
    """

    clocks: int
    stamp_ns: int
    begins: bool = False


@dataclass(frozen=True, slots=True)
class ClockStop:
    """Playback stopped."""

    stamp_ns: int


@dataclass(frozen=True, slots=True)
class SongSelect:
    """Another song is meant from now on; counted from 0."""

    number: int
    stamp_ns: int


Heard = ClockTick | ClockLocate | ClockStop | SongSelect | Glitch


class MidiClockDecoder:
    """Reads one MIDI port.

    Args:
        source: id of the source, for glitches.

    `running` says whether playback is on; `clocks` is the place of the next clock, None where that is not known;
    `heard` whether anything was said of either.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self.restart()

    def restart(self) -> None:
        """Forget everything: the port was away."""
        self._bytes = MidiBytes()
        self.running = False
        self.heard = False
        self.clocks: int | None = None
        self._last_ns: int | None = None
        self._dropped = 0

    def resume(self, clocks: int) -> None:
        """Somebody else has counted: playback is on, and the next clock is that one."""
        self.running, self.clocks, self._last_ns, self.heard = True, clocks, None, True

    def forget_place(self) -> None:
        """Another song is meant: it stands at its beginning, or nobody knows where it plays."""
        self.clocks = None if self.running else 0

    def feed(self, data: bytes, stamp_ns: int) -> list[Heard]:
        """Take bytes that arrived at `stamp_ns`, host ns: any part of the stream, or whole messages.

        What is neither clock nor transport is ignored.
        """
        return [found for message in self._bytes.feed(data) for found in self._message(message, stamp_ns)]

    def _message(self, message: bytes, stamp_ns: int) -> Iterator[Heard]:
        kind = message[0]
        if kind == _CLOCK:
            yield from self._clock(stamp_ns)
            return
        self.heard = self.heard or kind in _TRANSPORT
        if kind == _START:
            self.running, self.clocks, self._last_ns = True, 0, None
            yield ClockLocate(0, stamp_ns, begins=True)
        elif kind == _CONTINUE:
            yield from self._continue(stamp_ns)
        elif kind in (_STOP, _RESET):
            was_running, self.running, self._last_ns = self.running, False, None
            if was_running:
                yield ClockStop(stamp_ns)
            if kind == _RESET:
                self.clocks = 0
        elif kind == _POSITION:
            self.clocks, self._last_ns = (message[1] | message[2] << 7) * CLOCKS_PER_SIXTEENTH, None
            self._dropped = self._bytes.dropped
            yield ClockLocate(self.clocks, stamp_ns)
        elif kind == _SONG:
            yield SongSelect(message[1], stamp_ns)

    def _clock(self, stamp_ns: int) -> Iterator[Heard]:
        clocks, before_ns = self.clocks, self._last_ns
        if not self.running or clocks is None:
            yield ClockTick(None, stamp_ns)
            return
        self._last_ns = stamp_ns
        if before_ns is not None and stamp_ns - before_ns > LONGEST_PAUSE_NS:
            pause_s = (stamp_ns - before_ns) / NS_PER_S
            yield from self._lost(f"no clock for {pause_s:.1f} s", stamp_ns)
            yield ClockTick(None, stamp_ns)
            return
        self.clocks = clocks + 1
        yield ClockTick(clocks, stamp_ns)

    def _continue(self, stamp_ns: int) -> Iterator[Heard]:
        if self.running:
            return  # said again
        self.running, self._last_ns = True, None
        if self.clocks is None:
            yield from self._lost("Continue, but nobody said where", stamp_ns)
        elif self._bytes.dropped > self._dropped or self._bytes.unfinished == _POSITION:
            self._dropped = self._bytes.dropped
            yield from self._lost("a torn message before Continue may have been a locate", stamp_ns)
        else:
            yield ClockLocate(self.clocks, stamp_ns, begins=True)

    def _lost(self, reason: str, stamp_ns: int) -> Iterator[Heard]:
        self.clocks = None
        cure = "the place in the song is not known until it is started or located again"
        yield Glitch(self._source, f"{reason}: {cure}", stamp_ns)

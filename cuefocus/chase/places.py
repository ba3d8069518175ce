"""Where playback is at any moments to readings at frame starts: for sources that say so whenever they like."""

from collections.abc import Iterator, Sequence

from cuefocus.chase.earliest import EarliestArrivals, Passage
from cuefocus.chase.labels import word_rate
from cuefocus.timebase.frames import FrameRate, timecode_at_frame
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Reading

Placed = tuple[int, Reading]
"""A reading and its show time, which is not wrapped at midnight."""
# As often as MIDI timecode's words.
_STRIDE_FRAMES = 2
# A step onward by more than this is a jump, even if the stamps fit.
_LONGEST_STEP_NS = 10 * NS_PER_S


class PlaceReadings:
    """Gives one source's places the labels they have, and the stamps they should have had.

    Args:
        source: the source's id in the rig.
        rate: how labels count.
        speed: at which it is expected to be played, show ns per host ns.

    `held_up` counts groups of which the channel gave no idea when they were sent; there are no readings of them.
    """

    def __init__(self, source: str, rate: FrameRate, *, speed: float = 1.0) -> None:
        self.source, self._rate = source, word_rate(rate)
        self.arrivals = EarliestArrivals(speed)
        self._last_ns: int | None = None
        self._exact: tuple[int, int] | None = None
        self.held_up = 0

    def restart(self) -> None:
        """Playback is elsewhere, or the source was away: the next place begins a new line, at the speed it had."""
        self.arrivals.restart()
        self._last_ns = self._exact = None

    def take(self, show_ns: Sequence[int], stamps_ns: Sequence[int]) -> list[Placed]:
        """Readings that places complete whose stamps are never early and often late.

        Args:
            show_ns: places that belong together, rising; a step back begins a new line.
            stamps_ns: when each arrived, host ns.
        """
        since_ns = self._last_ns
        if since_ns is not None and not 0 < show_ns[0] - since_ns <= _LONGEST_STEP_NS:
            self.restart()
            since_ns = None
        self._last_ns, restarts = show_ns[-1], self.arrivals.restarts
        passage = self.arrivals.feed(show_ns, stamps_ns)
        if passage is None:
            self.held_up += 1
            return []
        if since_ns is None or self.arrivals.restarts != restarts:
            since_ns = show_ns[0] - 1  # what lies between is not known to have been played
        return list(self._between(since_ns, show_ns[-1], passage))

    def take_exact(self, show_ns: int, host_ns: int, *, sigma_ns: float) -> list[Placed]:
        """Readings between the last place and this one, where host times are exact.

        Args:
            show_ns: where it is; a step back, or one of more than 10 s, begins anew.
            host_ns: when it is there; later than the last one's.
            sigma_ns: one standard deviation of `host_ns`.
        """
        before, self._exact = self._exact, (show_ns, host_ns)
        if before is None or not (0 < show_ns - before[0] <= _LONGEST_STEP_NS and host_ns > before[1]):
            return []
        speed, span_ns = (show_ns - before[0]) / (host_ns - before[1]), float(show_ns - before[0])
        passage = Passage(show_ns, host_ns, speed, sigma_ns, sigma_ns * speed**2 / span_ns, span_ns)
        return list(self._between(before[0], show_ns, passage))

    def _between(self, since_ns: int, until_ns: int, passage: Passage) -> Iterator[Placed]:
        """A reading for every second frame that begins after one show time and not after another, by a line."""
        rate = self._rate
        first = rate.frames_at(since_ns) + 1
        for frame in range(first + first % _STRIDE_FRAMES, rate.frames_at(until_ns) + 1, _STRIDE_FRAMES):
            show_ns = rate.show_ns(frame)
            due_ns = passage.host_at(show_ns)
            reading = Reading(
                source=self.source,
                label=timecode_at_frame(frame, rate),
                drop=rate.drop,
                stamp_ns=due_ns,
                frame_ns=rate.frame_ns / passage.speed,
                direction=1,
                noise_ns=passage.sigma_at(due_ns),
            )
            yield show_ns, reading

    def standing(self, show_ns: int, stamp_ns: int) -> Reading:
        """The reading of a source that stands there."""
        rate = self._rate
        return Reading(self.source, timecode_at_frame(rate.frames_at(show_ns), rate), rate.drop, stamp_ns, 0.0, 0)

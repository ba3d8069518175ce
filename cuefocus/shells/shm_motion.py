"""What motion says of itself and its axes: flags, counters, lateness; written by motion alone, read by anyone."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from cuefocus.shells.shm_layout import AXIS_WORDS, HISTOGRAM_BINS, MOTION_WORDS, WORD, Layout


class AxisFlag(IntFlag):
    """What motion says of an axis."""

    NONE = 0
    FOLLOWING = 1  # set-points are going out under a plan
    FAULT = 2  # its port or motor is gone or silent; nothing is sent
    ASSUMED = 4  # where it stands was never read since motion began
    RELEASED = 8  # torque is off


_FLAGS, _EPOCH, _DROP_INDEX, _COUNTS, _SENT_NS, _FRAMES, _DROPPED, _LOST, _CLAMPED, _REPORTS, _COMPLAINTS = range(11)
_RING: Final = 11
_BEAT, _STARTED, _PID, _WAKES, _WORST, _FIFO, _LOCKED, _BUSY, _TORN = range(9)
_SUB_BITS: Final = 5
_SUB: Final = 1 << _SUB_BITS


@dataclass(frozen=True, slots=True)
class AxisCounters:
    """Motion's counters of one axis since motion began.

    Args:
        ring, counts, sent_ns: the last set-point that went out, be it from a predecessor.
        frames: set-points sent. dropped: not sent because the line was full. lost: skipped because motion was late.
        clamped: set-points cut by a limit. reports, complaints: heard from the motor.
    """

    flags: AxisFlag
    engage_epoch: int
    ring: float
    counts: int
    sent_ns: int
    frames: int
    dropped: int
    lost: int
    clamped: int
    reports: int
    complaints: int


class AxisWords:
    """One axis' state, written by motion alone."""

    def __init__(self, view: memoryview, layout: Layout, axis: int) -> None:
        at = layout.axis_words + axis * AXIS_WORDS * WORD
        own = view[at : at + AXIS_WORDS * WORD]
        self._words, self._floats = own.cast("q"), own.cast("d")

    @property
    def engage_epoch(self) -> int:
        """Counts every drop of ENGAGE, over motion's own restarts too; a plan is followed under its own epoch only."""
        return self._words[_EPOCH]

    @property
    def drop_index(self) -> int:
        """Index of the status record that told of the last drop."""
        return self._words[_DROP_INDEX]

    @property
    def ring(self) -> float:
        """The last set-point that went out."""
        return self._floats[_RING]

    @property
    def counts(self) -> int:
        """The same in encoder counts."""
        return self._words[_COUNTS]

    @property
    def sent_ns(self) -> int:
        """When it went out; 0: none did."""
        return self._words[_SENT_NS]

    def drop_engage(self, record_index: int) -> int:
        """Count a drop of ENGAGE; returns the new epoch. Motion only."""
        self._words[_DROP_INDEX] = record_index
        self._words[_EPOCH] += 1
        return self._words[_EPOCH]

    def begin(self) -> None:
        """Forget a predecessor's counters; its last set-point and the engage epoch outlive it. Motion only."""
        for index in (_FLAGS, _FRAMES, _DROPPED, _LOST, _CLAMPED, _REPORTS, _COMPLAINTS):
            self._words[index] = 0

    def set_flags(self, flags: AxisFlag) -> None:
        """Say what state the axis is in. Motion only."""
        self._words[_FLAGS] = flags

    def note_sent(self, ring: float, counts: int, sent_ns: int) -> None:
        """Count a set-point that went out. Motion only."""
        words = self._words
        self._floats[_RING] = ring
        words[_COUNTS], words[_SENT_NS] = counts, sent_ns
        words[_FRAMES] += 1

    def count_dropped(self) -> None:
        """Count a set-point the line did not take. Motion only."""
        self._words[_DROPPED] += 1

    def count_lost(self, frames: int) -> None:
        """Count set-points that were never made. Motion only."""
        self._words[_LOST] += frames

    def count_clamped(self) -> None:
        """Count a set-point a limit cut. Motion only."""
        self._words[_CLAMPED] += 1

    def count_heard(self, reports: int, complaints: int) -> None:
        """Count what the motor said. Motion only."""
        self._words[_REPORTS] += reports
        self._words[_COMPLAINTS] += complaints

    def read(self) -> AxisCounters:
        """All of it, for a display; words are whole, but not all of one moment."""
        words = self._words
        return AxisCounters(
            AxisFlag(words[_FLAGS]),
            words[_EPOCH],
            self._floats[_RING],
            words[_COUNTS],
            words[_SENT_NS],
            words[_FRAMES],
            words[_DROPPED],
            words[_LOST],
            words[_CLAMPED],
            words[_REPORTS],
            words[_COMPLAINTS],
        )


@dataclass(frozen=True, slots=True)
class MotionCounters:
    """Motion's word on itself.

    Args:
        beat_ns: host time it last showed life; 0: never. started_ns: when this motion began. pid: its process.
        wakes: deadlines met. worst_late_ns: the latest of them.
        fifo, locked: whether it runs in the real-time class, in locked memory.
        busy: share of the core it used over the last tenth of a second, spins included.
        torn: reads of shared memory that met a write.
    """

    beat_ns: int
    started_ns: int
    pid: int
    wakes: int
    worst_late_ns: int
    fifo: bool
    locked: bool
    busy: float
    torn: int


class MotionWords:
    """Motion's own state; the methods that change it are motion's alone."""

    def __init__(self, view: memoryview, layout: Layout) -> None:
        self._words = view[layout.motion_words : layout.motion_words + MOTION_WORDS * WORD].cast("q")

    def begin(self, now_ns: int, pid: int, *, fifo: bool, locked: bool) -> None:
        """A motion process starts."""
        for index in range(MOTION_WORDS):
            self._words[index] = 0
        words = self._words
        words[_STARTED], words[_PID], words[_FIFO], words[_LOCKED] = now_ns, pid, fifo, locked
        words[_BEAT] = now_ns

    def beat(self, now_ns: int) -> None:
        """Show life."""
        self._words[_BEAT] = now_ns

    @property
    def beat_ns(self) -> int:
        """When it last showed life; 0: never."""
        return self._words[_BEAT]

    def note_wake(self, late_ns: int) -> None:
        """Count a deadline and how late it was met."""
        words = self._words
        words[_WAKES] += 1
        if late_ns > words[_WORST]:
            words[_WORST] = late_ns

    def note_load(self, busy_permille: int, torn: int) -> None:
        """Say how busy the loop is, and how often a read was torn."""
        self._words[_BUSY], self._words[_TORN] = busy_permille, torn

    def read(self) -> MotionCounters:
        """All of it, for a display."""
        words = self._words
        return MotionCounters(
            words[_BEAT],
            words[_STARTED],
            words[_PID],
            words[_WAKES],
            words[_WORST],
            bool(words[_FIFO]),
            bool(words[_LOCKED]),
            words[_BUSY] / 1000,
            words[_TORN],
        )


class Histogram:
    """Durations in bins 3 % wide, from 1 ns to a minute; counting one costs no allocation."""

    def __init__(self, view: memoryview, at: int) -> None:
        self._bins = view[at : at + HISTOGRAM_BINS * WORD].cast("q")

    def begin(self) -> None:
        """Forget all."""
        for index in range(HISTOGRAM_BINS):
            self._bins[index] = 0

    def count(self, duration_ns: int) -> None:
        """Count one duration; a negative one counts as 0."""
        shift = duration_ns.bit_length() - _SUB_BITS - 1
        if duration_ns < 0:
            index = 0
        elif shift <= 0:
            index = duration_ns
        else:
            index = min((shift << _SUB_BITS) + (duration_ns >> shift), HISTOGRAM_BINS - 1)
        self._bins[index] += 1

    @property
    def total(self) -> int:
        """Durations counted."""
        return sum(self._bins)

    def percentile_ns(self, percent: float) -> int:
        """Upper edge of the bin that holds the percentile; 0 when nothing was counted."""
        bins = self._bins.tolist()
        left = sum(bins) * percent / 100
        for index, count in enumerate(bins):
            left -= count
            if left <= 0 and count:
                return _upper_ns(index)
        return 0


def _upper_ns(index: int) -> int:
    if index < 2 * _SUB:
        return index
    shift = (index >> _SUB_BITS) - 1
    return ((index - (shift << _SUB_BITS) + 1) << shift) - 1

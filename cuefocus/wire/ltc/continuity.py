"""The last gate: a frame is believed when its neighbours count on from it.

Twelve ones and legal digits do turn up in speech and in noise; two of them in a row, one frame apart, counting, do not.
A frame is confirmed by the frame before it, by the one after it, or by the last confirmed one across a short gap.

A deck in pause, or a generator that holds, sends the same word again and again. One word twice may be a splice and is
passed over as a copy; from the third on it stands, and all of them are handed over.
"""

from cuefocus.timebase.frames import RATES, FrameRate
from cuefocus.wire.ltc.frame import LtcFrame

_DROP_RATES = (RATES["29.97df"],)
_WHOLE_RATES = (RATES["25"], RATES["30"], RATES["24"])
ADJOINING = 1.0 / 160.0
"""Frames, half a bit: how far the end of one may lie from the start of the next; one a bit away has lost its count."""
_BRIDGING = 0.25  # frames: how far from its place one may lie behind a gap
_SAME_LENGTH = 3.0  # ratio: evenly accelerated from rest, the second frame takes 0.41 of the time of the first
_BRIDGED_FRAMES = 50  # about two seconds
_OVERLAP = 0.25  # frames
_COPIES_TO_STAND = 2  # in a row


class ContinuityGate:
    """Lets a frame through when another one vouches for it; a first frame waits for its second."""

    def __init__(self) -> None:
        self._pending: LtcFrame | None = None
        self._previous: LtcFrame | None = None
        self._confirmed: LtcFrame | None = None
        self._copies: list[LtcFrame] = []  # of `_previous`, itself the last, not handed over yet
        self._stands = False
        self.refused = 0

    def feed(self, frame: LtcFrame, *, follows: bool = False) -> list[LtcFrame]:
        """Frames confirmed by this one, itself included, in order of time.

        Args:
            frame: the next one read.
            follows: it is known to adjoin the one before.
        """
        previous, self._previous = self._previous, frame
        if previous is not None and not follows and repeats(previous, frame):
            return self._again(frame)
        self._copies, self._stands = [], False
        passed: list[LtcFrame] = []
        if previous is not None and (follows or adjoins(previous, frame)):
            passed = [frame] if self._pending is None else [self._pending, frame]
            self._pending = None
        else:
            self.refused += self._pending is not None
            self._pending = None
            if self._confirmed is not None and bridges(self._confirmed, frame):
                passed = [frame]
            else:
                self._pending = frame
        return self._confirm(passed)

    def _again(self, frame: LtcFrame) -> list[LtcFrame]:
        """The frame before, once more."""
        self._copies.append(frame)
        if not self._stands and len(self._copies) < _COPIES_TO_STAND:
            return []
        passed = self._copies if self._pending is None else [self._pending, *self._copies]
        self._pending, self._copies, self._stands = None, [], True
        return self._confirm(passed)

    def _confirm(self, passed: list[LtcFrame]) -> list[LtcFrame]:
        if passed and self._confirmed is not None:
            passed = [each for each in passed if not _overlaps(self._confirmed, each)]
        if passed:
            self._confirmed = passed[-1]
        return passed

    @property
    def copies(self) -> list[LtcFrame]:
        """Words that said the same as the one before, and may be a standstill yet."""
        return self._copies

    def has_passed(self, frame: LtcFrame) -> bool:
        """Whether that frame was the last one fed, and confirmed, and none waits."""
        return self._confirmed is frame and self._previous is frame and self._pending is None

    def follow(self, frame: LtcFrame) -> None:
        """Frames that adjoin one another have passed, from the last confirmed one to this."""
        self._previous = self._confirmed = frame
        self._copies, self._stands = [], False

    def flush(self) -> None:
        """The sound is over: a frame still waiting stays unconfirmed."""
        self.refused += self._pending is not None
        self._pending = None


def adjoins(first: LtcFrame, second: LtcFrame) -> bool:
    """Whether `second` follows at once: in place, in length, in direction and in count."""
    return _abuts(first, second) and counts_on(first, second, 1)


def repeats(first: LtcFrame, second: LtcFrame) -> bool:
    """Whether `second` follows at once in place, length and direction, and is the same word, bit by bit."""
    return first.word == second.word and first.direction == second.direction and _abuts(first, second)


def _abuts(first: LtcFrame, second: LtcFrame) -> bool:
    length = min(first.samples_per_frame, second.samples_per_frame)
    longer = max(first.samples_per_frame, second.samples_per_frame)
    near = abs(second.first_sample - first.last_sample) < ADJOINING * length
    return near and longer < _SAME_LENGTH * length


def bridges(first: LtcFrame, second: LtcFrame) -> bool:
    """Whether `second` is where and what it should be if the tape ran on evenly since `first`."""
    length = 0.5 * (first.samples_per_frame + second.samples_per_frame)
    if abs(first.samples_per_frame - second.samples_per_frame) > 0.02 * length:
        return False
    gap_frames = (second.first_sample - first.first_sample) / length
    steps = round(gap_frames)
    return 1 <= steps <= _BRIDGED_FRAMES and abs(gap_frames - steps) < _BRIDGING and counts_on(first, second, steps)


def counts_on(first: LtcFrame, second: LtcFrame, steps: int) -> bool:
    """Whether the labels are `steps` frames apart in the direction of play, at any rate that has both labels."""
    if first.direction != second.direction or first.drop != second.drop:
        return False
    earlier, later = (first, second) if first.direction > 0 else (second, first)
    one, two = earlier.label, later.label
    if (one.hours, one.minutes, one.seconds, one.frames + steps) == (two.hours, two.minutes, two.seconds, two.frames):
        return True  # within a second every rate counts alike
    return any(_distance(earlier, later, rate) == steps for rate in (_DROP_RATES if first.drop else _WHOLE_RATES))


def _distance(first: LtcFrame, second: LtcFrame, rate: FrameRate) -> int:
    """Frames from one label to the other, 0 … a day; -1 if the rate lacks one of them."""
    if not (first.label.exists_in(rate) and second.label.exists_in(rate)):
        return -1
    return (second.label.frame_number(rate) - first.label.frame_number(rate)) % rate.frames_per_day


def _overlaps(first: LtcFrame, second: LtcFrame) -> bool:
    shared = first.last_sample - second.first_sample
    return shared > 0.0 and shared > _OVERLAP * min(first.samples_per_frame, second.samples_per_frame)

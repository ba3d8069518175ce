"""Readings that do not fit the line followed: a new line in the making, or noise."""

from dataclasses import dataclass

from cuefocus.chase.line import Line, Point, line_through
from cuefocus.timebase.frames import FrameRate, unwrap_near
from cuefocus.wire.events import Reading

_MOST = 8
_LARGEST_STEP = 4
# Host length of one word against the last one, or against its own measured length; stamps may jitter besides.
_UNEVEN = 0.35
# A source may be shuttled at up to this speed and still be read.
_FASTEST = 45.0
_VAGUE = 0.05
_WORST_NOISE_NS = 1e9
_LONGEST_FRAME_NS = 1e11


@dataclass(frozen=True, slots=True)
class Word:
    """A reading made countable: its word number, its point, direction and own length in host time (0 unknown)."""

    count: int
    point: Point
    direction: int
    frame_ns: float


def word_of(reading: Reading, count: int, stamp_ns: int, near_show_ns: int, rate: FrameRate) -> Word:
    """A reading as a word, in the day nearest to `near_show_ns`; what it claims of itself is kept within reason."""
    show_ns = unwrap_near(rate.show_ns(count * rate.pair), near_show_ns, rate)
    # A comparison with NaN is false: what is no number counts as the worst.
    noise_ns = max(reading.noise_ns, 1.0) if reading.noise_ns <= _WORST_NOISE_NS else _WORST_NOISE_NS
    frame_ns = reading.frame_ns if 0.0 < reading.frame_ns <= _LONGEST_FRAME_NS else 0.0
    return Word(count, Point(stamp_ns, show_ns, noise_ns), 1 if reading.direction > 0 else -1, frame_ns)


class Candidate:
    """Consecutive readings that agree with each other."""

    def __init__(self) -> None:
        self.words: list[Word] = []

    def __len__(self) -> int:
        return len(self.words)

    def clear(self) -> None:
        """Forget it."""
        self.words.clear()

    def offer(self, word: Word, *, jitter_ns: float) -> int:
        """Add a word if it follows from the last one, else begin anew with it.

        Returns: how many words agree.
        """
        if self.words and not _follows(self.words, word, jitter_ns):
            self.words.clear()
        self.words.append(word)
        if len(self.words) > _MOST:
            del self.words[0]
        return len(self.words)

    def raw_speed(self) -> tuple[float, float]:
        """Speed by first and last word, and its standard deviation."""
        first, last = self.words[0].point, self.words[-1].point
        span_ns = max(last.host_ns - first.host_ns, 1)
        speed = (last.show_ns - first.show_ns) / span_ns
        noise_ns = max(first.noise_ns, last.noise_ns)
        return speed, 1.5 * noise_ns * abs(speed) / span_ns

    @property
    def vague(self) -> bool:
        """Whether more words are wanted before it says anything about speed."""
        speed, sigma = self.raw_speed()
        return len(self.words) < _MOST and sigma > _VAGUE * abs(speed)

    def line(self, expected: float, expected_sigma: float, *, walk: float, noise_ns: float) -> Line:
        """The line through it, helped by the expected speed where the words do not contradict that."""
        speed, sigma = self.raw_speed()
        sigma = max(sigma, 1.5 * noise_ns * abs(speed) / self.span_ns)
        if abs(speed - expected) > 3.0 * sigma + 4.0 * expected_sigma:
            expected, expected_sigma = speed, 0.3 * abs(speed) + sigma
        return line_through((word.point for word in self.words), expected, expected_sigma, walk=walk, noise_ns=noise_ns)

    @property
    def span_ns(self) -> int:
        """Host time from its first to its last word."""
        return max(self.words[-1].point.host_ns - self.words[0].point.host_ns, 1)


def _follows(words: list[Word], word: Word, jitter_ns: float) -> bool:
    last = words[-1]
    step = (word.count - last.count) * word.direction
    span_ns = word.point.host_ns - last.point.host_ns
    if word.direction != last.direction or not 1 <= step <= _LARGEST_STEP or span_ns <= 0:
        return False
    length_ns = span_ns / step
    show_ns = (word.point.show_ns - last.point.show_ns) * word.direction
    if show_ns <= 0 or show_ns > _FASTEST * span_ns:
        return False
    slack_ns = 4.0 * max(jitter_ns, word.point.noise_ns, last.point.noise_ns)
    for known_ns in (last.frame_ns, _length(words)):
        if known_ns > 0.0 and abs(length_ns - known_ns) > _UNEVEN * known_ns + slack_ns:
            return False
    return True


def _length(words: list[Word]) -> float:
    if len(words) < 2:
        return 0.0
    before, last = words[-2], words[-1]
    return (last.point.host_ns - before.point.host_ns) / abs(last.count - before.count)

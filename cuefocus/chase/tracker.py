"""Which readings move the line, and when a new line replaces it.

A reading inside the gate is believed at once. One outside never moves anything by itself: it starts or feeds a
candidate, and only readings that agree with each other become the line.
"""

from enum import Enum

from cuefocus.chase.candidate import Candidate, Word
from cuefocus.chase.line import Line, Point, line_through
from cuefocus.chase.pulse import Pulse
from cuefocus.chase.speeds import Speeds

LOCK_WORDS = 2
JUMP_WORDS = 3
# Within one frame of where it had to be (and the stamps' jitter) a return is no event.
NEAR_FRAMES = 1.1
_QUARTER_FRAME = 0.25
_GATE_SIGMAS = 5.0
_GATE_LEAST_NS = 3_000.0
# A declared speed is believed to this before it is measured.
_DECLARED_SIGMA = 1e-3
_WALK_AFTER_MANOEUVRE = 3e-3
_WALK_AFTER_STEP = 1e-6
# Lengths this much alike tell of one speed; this much off, of another than before.
_ALIKE, _OTHER = 0.004, 0.01
# While a line is this young, jitter larger than its stamps claimed makes it anew.
_YOUNG = 24


class Fit(Enum):
    """What became of a reading."""

    DOUBTED = 0
    BELIEVED = 1
    NEAR = 2  # a new line, within a frame of the old one: the same motion went on
    FAR = 3  # a new line elsewhere


class Tracker:
    """The line followed, and the candidate for the next."""

    def __init__(self, speeds: Speeds, word_ns: float) -> None:
        self._speeds = speeds
        self.word_ns = word_ns
        self.pulse = Pulse()
        self.line: Line | None = None
        self.old: Line | None = None
        self.outliers = 0
        self._candidate = Candidate()
        self._noise_ns = 0.0
        self._last: Word | None = None  # believed

    @property
    def near_ns(self) -> float:
        """How far off a return may be and still be none."""
        return NEAR_FRAMES * self.word_ns

    def noise(self, word: Word) -> float:
        """Spread of a word's stamp: what it claims, or what is seen if that is more."""
        return max(word.point.noise_ns, self.pulse.jitter_ns)

    def length_ns(self, word: Word) -> float:
        """How long words are at present, in host time."""
        return self.pulse.lengths[-1] if self.pulse.lengths else word.frame_ns or self.word_ns

    def forget(self) -> None:
        """Drop line and candidate: the motion is over."""
        self.line = self.old = None
        self.restart()

    def restart(self) -> None:
        """Drop what was being gathered, keep the line."""
        self._candidate.clear()
        self._last = None
        self.pulse.restart()

    def feed(self, word: Word, *, tied: bool, waiting: bool) -> Fit:
        """Take a word.

        Args:
            word: the next one, in order of stamps.
            tied: a running clock hangs on the line, so a far candidate needs more readings.
            waiting: the line has been without readings: it takes no single one, and two near it suffice.
        """
        self.pulse.feed(word.point.host_ns, word.count, word.frame_ns)
        line = self.line
        if line is not None and (tied or not waiting) and self._fits(line, word):
            self._believe(line, word)
            return Fit.BELIEVED
        self.outliers += line is not None
        if line is not None and not self._candidate.words and self._last is not None:
            if self._changed_speed(line, self._last, word):
                self._candidate.offer(self._last, jitter_ns=self.pulse.jitter_ns)
        agreeing = self._candidate.offer(word, jitter_ns=self.pulse.jitter_ns)
        if agreeing < self._needed(tied=tied, waiting=waiting) or (not tied and self._candidate.vague):
            return Fit.DOUBTED
        return self._adopt(word, manoeuvre=tied)

    def expected(self, raw: float) -> tuple[float, float]:
        """What the declaration lets one expect of a speed measured roughly, and how surely."""
        if raw > 0.0 and self._speeds.exact:
            return self._speeds.nearest(raw), _DECLARED_SIGMA
        return raw, 0.3 * abs(raw) + 1e-3

    def _fits(self, line: Line, word: Word) -> bool:
        if word.direction * line.speed <= 0.0:
            return False
        point = Point(word.point.host_ns, word.point.show_ns, self.noise(word))
        ahead_ns, sigma_ns = line.innovation(point)
        return abs(ahead_ns) <= min(max(_GATE_SIGMAS * sigma_ns, _GATE_LEAST_NS), 0.5 * self.word_ns)

    def _changed_speed(self, line: Line, last: Word, word: Word) -> bool:
        """Whether two words in a row, their own lengths and the span between them tell of one new speed.

        The last one fitted the line because it began before the change could show; it bears the new one out.
        """
        if word.count - last.count != word.direction or word.direction != last.direction or not word.frame_ns:
            return False
        span_ns, was_ns = word.point.host_ns - last.point.host_ns, self.word_ns / max(abs(line.speed), 1e-3)
        alike = all(abs(length_ns - span_ns) <= _ALIKE * span_ns for length_ns in (last.frame_ns, word.frame_ns))
        return alike and abs(span_ns - was_ns) > _OTHER * was_ns

    def _believe(self, line: Line, word: Word) -> None:
        noise_ns = self.noise(word)
        if line.readings < _YOUNG and noise_ns > 1.7 * self._noise_ns:
            self._noise_ns = noise_ns
            speed, sigma = self.expected(line.mean_speed())
            line = self.line = line_through(line.history, speed, sigma, noise_ns=noise_ns)
        line.take(Point(word.point.host_ns, word.point.show_ns, noise_ns))
        self._last = word
        self._candidate.clear()

    def _needed(self, *, tied: bool, waiting: bool) -> int:
        if self.line is None or not tied:
            return LOCK_WORDS
        first, last = self._candidate.words[0].point, self._candidate.words[-1]
        if last.direction * self.line.speed < 0.0:
            return JUMP_WORDS
        off_ns = abs(first.show_ns - self.line.show_at(first.host_ns))
        allowed_ns = self.near_ns if waiting else _QUARTER_FRAME * self.word_ns
        return LOCK_WORDS if off_ns <= allowed_ns else JUMP_WORDS

    def _adopt(self, word: Word, *, manoeuvre: bool) -> Fit:
        old, candidate, noise_ns = self.line, self._candidate, self.noise(word)
        raw, raw_sigma = candidate.raw_speed()
        first = candidate.words[0].point
        near = old is not None and raw * old.speed > 0.0
        near = near and old is not None and abs(first.show_ns - old.show_at(first.host_ns)) <= self.near_ns
        if old is not None and near and abs(raw - old.speed) <= 5.0 * raw_sigma + 4.0 * old.speed_sigma:
            # The same motion, displaced: what is known of its speed stays.
            speed, sigma, walk = old.speed, old.speed_sigma + 1e-7, _WALK_AFTER_STEP
        else:
            speed, sigma = self.expected(raw)
            walk = _WALK_AFTER_MANOEUVRE if near and manoeuvre else _WALK_AFTER_STEP
        self.old, self.line = old, candidate.line(speed, sigma, walk=walk, noise_ns=noise_ns)
        self._noise_ns = noise_ns
        candidate.clear()
        self._last = word
        return Fit.NEAR if near else Fit.FAR

"""The rhythm of the readings: how long frames last, how much the stamps jitter, whether the source is running down."""

from collections import deque

_LENGTHS = 16
_ROUGHNESS = 12
# For white jitter σ the third difference of equally spaced stamps has standard deviation √20·σ; its median size is
# 0.6745 of that. The third difference does not see speed, nor a ramp of it.
_THIRD_DIFFERENCE = 0.6745 * 20.0**0.5
_LEAST_ROUGHNESS = 3
# The median of so few is uncertain by a quarter; better too wide than too sure.
_CAUTION = 1.2
# A frame this much longer than the slowest declared speed allows, and ever longer, is a machine coming to rest.
_RUN_DOWN = 1.08
_LONGER = 1.02
_ONE_LONG = 1.15


class Pulse:
    """Word lengths and stamp jitter, from stamps and word counts alone."""

    def __init__(self) -> None:
        self._recent: deque[tuple[int, int]] = deque(maxlen=4)
        self._roughness: deque[float] = deque(maxlen=_ROUGHNESS)
        self.lengths: deque[float] = deque(maxlen=_LENGTHS)
        self.jitter_ns = 0.0
        self.interval_ns = 0.0

    def restart(self) -> None:
        """Begin anew after a jump, a gap or a stop; what is known of the jitter stays."""
        self._recent.clear()
        self.lengths.clear()

    def feed(self, stamp_ns: int, count: int, frame_ns: float) -> None:
        """Take a word; `frame_ns` is its own measured length, or 0."""
        if self._recent:
            before_ns, before = self._recent[-1]
            words, span_ns = abs(count - before), stamp_ns - before_ns
            if words == 0 or words > 4 or span_ns <= 0:
                self.restart()
            else:
                self.lengths.append(span_ns / words)
                self.interval_ns = span_ns if self.interval_ns == 0.0 else max(span_ns, 0.9 * self.interval_ns)
        elif frame_ns > 0.0:
            self.interval_ns = self.interval_ns or frame_ns
        self._recent.append((stamp_ns, count))
        self._learn_jitter()

    def steady(self, noise_ns: float) -> bool:
        """Whether the last words were of one length, as far as the jitter lets one say."""
        if len(self.lengths) < 5:
            return False
        lengths = list(self.lengths)[-8:]
        mean = sum(lengths) / len(lengths)
        return max(lengths) - min(lengths) <= 0.04 * mean + 8.0 * max(noise_ns, self.jitter_ns)

    def running_down(self, slowest_word_ns: float, noise_ns: float) -> bool:
        """Whether the last three words grew longer and longer, past what the declared speeds allow."""
        if len(self.lengths) < 3:
            return False
        first, second, third = list(self.lengths)[-3:]
        slack_ns = 4.0 * noise_ns
        growing = second > first * _LONGER + slack_ns and third > second * _LONGER + slack_ns
        return growing and third > slowest_word_ns * _RUN_DOWN + slack_ns

    def ended_slow(self, slowest_word_ns: float, noise_ns: float) -> bool:
        """Whether, now that nothing comes any more, the last words show that the source ran down."""
        if not self.lengths:
            return False
        slack_ns = 5.0 * noise_ns
        last = self.lengths[-1]
        if last > slowest_word_ns * _ONE_LONG + slack_ns:
            return True
        two_long = len(self.lengths) > 1 and self.lengths[-2] > slowest_word_ns * _LONGER + slack_ns
        return two_long and last > self.lengths[-2] and last > slowest_word_ns * 1.04 + slack_ns

    def _learn_jitter(self) -> None:
        if len(self._recent) < 4:
            return
        (s0, c0), (s1, c1), (s2, c2), (s3, c3) = self._recent
        if c1 - c0 == c2 - c1 == c3 - c2:
            self._roughness.append(abs(s3 - 3 * s2 + 3 * s1 - s0) / _THIRD_DIFFERENCE)
            if len(self._roughness) >= _LEAST_ROUGHNESS:
                self.jitter_ns = _CAUTION * sorted(self._roughness)[len(self._roughness) // 2]

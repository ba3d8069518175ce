"""How long a clock that is scrubbed along may be believed after a reading: until the next one should be known."""

# A reading that is not known after this many of the usual gaps, or of its word's length, is missing: timecode stopped.
_LATE = 1.5
# A gap longer than usual is learnt at once, a shorter one at this rate a reading.
_FORGET = 0.2
# Gaps up to two words and a sound block are delivery; what is longer was a stop.
_WORDS, _BLOCK_NS = 2.0, 60e6
# Slower than a frame in this time nothing moves that an eye could see.
_LONGEST_NS = 4e9


class Freshness:
    """Learns how far apart readings become known (words, sound blocks), and until when the next is waited for.

    Counted from when a reading is known and not from its stamp: at a crawl it is a whole long word old by then.
    """

    def __init__(self) -> None:
        self.until_ns = 0
        self._known_ns: int | None = None
        self._gap_ns = 0.0
        self._length_ns: float | None = None

    def heard(self, length_ns: float) -> None:
        """A reading has been believed since the last step; `length_ns` is its word's in host time."""
        self._length_ns = length_ns

    def step(self, now_ns: int) -> None:
        """A step at `now_ns`."""
        if self._length_ns is None:
            return
        length_ns, self._length_ns = min(self._length_ns, _LONGEST_NS), None
        gap_ns = length_ns
        if self._known_ns is not None and now_ns - self._known_ns <= _WORDS * length_ns + _BLOCK_NS:
            gap_ns = max(gap_ns, float(now_ns - self._known_ns))
        self._gap_ns = max(gap_ns, self._gap_ns + _FORGET * (gap_ns - self._gap_ns))
        self._known_ns, self.until_ns = now_ns, now_ns + round(_LATE * self._gap_ns)

"""How long nothing may be heard before readings count as missing."""

# Readings are missing when the last good one is this many intervals older than usual.
_GAP_INTERVALS = 2.5
_FIRST_DELAY_NS = 60e6
# A longer delay than usual is learnt at once, a shorter one slowly.
_FORGET = 0.05


class Silence:
    """Learns how old a reading is when it becomes known (a frame, a sound block, a wire), and judges gaps by that."""

    def __init__(self) -> None:
        self._delay_ns = _FIRST_DELAY_NS
        self._news = False

    def heard(self) -> None:
        """A reading has come since the last step."""
        self._news = True

    def learn(self, now_ns: int, stamp_ns: int) -> None:
        """At a step: how old the newest reading is, if it came since the last."""
        if self._news:
            self._news = False
            delay_ns = float(now_ns - stamp_ns)
            self._delay_ns = max(delay_ns, self._delay_ns + _FORGET * (delay_ns - self._delay_ns))

    def longest_ns(self, interval_ns: float, patience_ns: int) -> float:
        """The age at which readings are missing, from their interval and the freewheel time."""
        return self._delay_ns + min(_GAP_INTERVALS * interval_ns, 0.5 * patience_ns)

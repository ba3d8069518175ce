"""Corrections let out slowly: the published clock never steps more than a lens could not follow."""

# Half a count of a 4,096-count motor at its fastest pull: nobody sees it.
LARGEST_STEP_NS = 50_000
# The rest goes with this time constant, but bends the clock's speed by at most this share.
_TIME_CONSTANT_NS = 250e6
LARGEST_BEND = 0.05


class Slew:
    """How far the published clock is ahead of the line, and how that is worn away."""

    def __init__(self) -> None:
        self.rest_ns = 0.0

    def take(self, ahead_ns: float) -> None:
        """The line has been corrected: the published clock is `ahead_ns` ahead of it now."""
        self.rest_ns = 0.0 if abs(ahead_ns) <= LARGEST_STEP_NS else ahead_ns

    def let_out(self, elapsed_ns: int, speed: float) -> None:
        """Let `elapsed_ns` of host time wear the rest away."""
        size_ns = abs(self.rest_ns)
        share_ns = min(size_ns * min(elapsed_ns / _TIME_CONSTANT_NS, 1.0), LARGEST_BEND * abs(speed) * elapsed_ns)
        left_ns = size_ns - share_ns
        self.rest_ns = 0.0 if left_ns <= LARGEST_STEP_NS else (left_ns if self.rest_ns > 0 else -left_ns)

    def forget(self) -> None:
        """A new epoch owes nothing to the old one."""
        self.rest_ns = 0.0

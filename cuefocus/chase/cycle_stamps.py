"""When a cycle of a sound server began: by its own word while that can be trusted, by when it called us otherwise.

A server's own cycle times do not depend on how long the clients before us took. But jackd smooths them with a loop of
0.125 Hz: after an xrun they are off by milliseconds and creep back for seconds, at the wrong speed meanwhile. Then the
moments it called us serve, less how late those usually are; they are late only, and the sample clock knows what to do
with that.
"""

from dataclasses import dataclass
from typing import Final

from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

SETTLED_NS: Final = 8 * NS_PER_S
"""Six time constants of jackd's loop (JackFrameTimer: ω = 2π · 0.125 Hz)."""
_TOO_EARLY_NS: Final = 300_000
"""Called so long before the cycle is said to have begun: the server is wrong."""
_LATEST_NS: Final = 2 * NS_PER_MS
_LEARNT_OVER: Final = 256  # cycles


@dataclass(frozen=True, slots=True)
class CycleStamp:
    """When a cycle began.

    Args:
        two_sided: it is the server's word, which may be early as well as late.
    """

    stamp_ns: int
    two_sided: bool


class CycleStamps:
    """Chooses between the two, cycle by cycle.

    Attributes:
        late_ns: how much later than the cycle began we are usually called, as learnt while the server was settled.
    """

    def __init__(self) -> None:
        self.late_ns = 0.0
        self._learnt = 0
        self._disturbed_ns: int | None = None

    def disturb(self) -> None:
        """The server lost its step: an xrun, a jump of its count, a new period."""
        self._disturbed_ns = None

    def stamp(self, server_ns: int | None, called_ns: int) -> CycleStamp:
        """The stamp of one cycle.

        Args:
            server_ns: when it began by the server's word, in host time; None where it says nothing.
            called_ns: when we were called.
        """
        if self._disturbed_ns is None:
            self._disturbed_ns = called_ns
        if server_ns is None:
            return CycleStamp(called_ns - round(self.late_ns), two_sided=False)
        late_ns = called_ns - server_ns
        if late_ns < -_TOO_EARLY_NS:
            self._disturbed_ns = called_ns
        if called_ns - self._disturbed_ns < SETTLED_NS:
            return CycleStamp(called_ns - round(self.late_ns), two_sided=False)
        self._learnt = min(self._learnt + 1, _LEARNT_OVER)
        self.late_ns += (min(max(late_ns, 0), _LATEST_NS) - self.late_ns) / self._learnt
        return CycleStamp(server_ns, two_sided=True)

"""Which stops stand on one axis, as far as the session knows: those said here, and those that motion tells of.

Motion tells of a stop a moment after it has obeyed. One that was taken back meanwhile stands no longer, and ends
nothing that was begun since; but motion has let go for it, and takes hold of newer orders alone.
"""

from typing import Final

from cuefocus.engine.plan import DISARMING_STOPS, Latch
from cuefocus.engine.ports import Latched
from cuefocus.timebase.units import NS_PER_MS

_TOLD_WITHIN_NS: Final = 20 * NS_PER_MS
"""Motion tells of a stop well within this, unless it stood already as far as motion has seen."""
_NEVER_NS: Final = 1 << 62


class AxisStops:
    """Those of one axis.

    Attributes:
        standing: what stands.
    """

    def __init__(self) -> None:
        self.standing = Latch.NONE
        self._ordered = self._taken_back = Latch.NONE  # by us; motion may not know of it yet
        self._known_ns = 0  # whatever motion tells from then on, it knows what we have ordered and taken back
        self._said_ns: dict[Latch, int] = {}  # when each was said last to anybody else

    def begin_step(self, now_ns: int) -> Latch:
        """What was ordered and taken back before stands in the memory that motion reads; what of it stands untold."""
        if self._known_ns == _NEVER_NS:
            self._known_ns = now_ns
        untold = self._ordered & ~self.standing
        if not untold or now_ns - self._known_ns < _TOLD_WITHIN_NS:
            return Latch.NONE
        self.standing, self._ordered = self.all, Latch.NONE
        return untold

    @property
    def all(self) -> Latch:
        """Those that hold the axis, or will as soon as motion hears of them."""
        return self.standing | self._ordered

    def order(self, latch: Latch) -> Latch:
        """We have it stopped in this step; what stands anew by that: what disarms does not wait for motion's word."""
        self._ordered |= latch & ~self.standing
        self._taken_back &= ~latch
        self._known_ns = _NEVER_NS
        new = latch & DISARMING_STOPS & ~self.standing
        self.standing |= new
        return new

    def take_back(self) -> None:
        """An operator takes back all that stand."""
        self._taken_back |= self.all
        self._known_ns = _NEVER_NS
        self.standing = self._ordered = Latch.NONE

    def late(self, event: Latched) -> Latch:
        """Those of which motion tells only now that they are taken back."""
        if event.said or event.stamp_ns >= self._known_ns:
            return Latch.NONE
        return event.latch & self._taken_back & ~self.standing

    def hear(self, event: Latched) -> None:
        """Motion's word on what stands."""
        if event.stamp_ns >= self._known_ns or event.latch & self._ordered == self._ordered:
            self._ordered = Latch.NONE
        self.standing = event.latch | self._ordered & self.standing

    def said_anew(self, event: Latched) -> Latch:
        """The stop that somebody else has said, if that was not heard of yet."""
        if not event.said or event.stamp_ns <= self._said_ns.get(event.said, 0):
            return Latch.NONE
        self._said_ns[event.said] = event.stamp_ns
        return event.said

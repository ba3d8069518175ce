"""What is known of a source beside the one that leads: whether it says the same, and by how much it differs."""

from dataclasses import dataclass

from cuefocus.chase.clock import Clock
from cuefocus.chase.state import ADVANCING, RUNNING
from cuefocus.timebase.units import NS_PER_S

_QUALIFY_NS = 2 * NS_PER_S
#: Of a frame: more apart is not the same.
AGREEING_FRAMES = 0.5
#: The shown difference is a mean over about this long.
_LEARN_NS = NS_PER_S
#: So long must two good sources say different things until it is told: a jump reaches one before the other.
_DIFFERS_NS = NS_PER_S
#: A source that spoke against the leader must be still for so long before it may start anything.
_STILL_NS = NS_PER_S


@dataclass(slots=True)
class Standby:
    """One source as the arbiter knows it.

    Args:
        difference_ns: the mean of its show time less the leader's, at the leader's speed; None before both were good.
        qualified: both were good and less than half a frame apart for two seconds, and nothing speaks against it since.
        barred: it went on when the leader's run had ended: until it is still it may not lead.
        correction_ns: host time its stamps are late by, as an operator has confirmed; taken off.
    """

    difference_ns: float | None = None
    qualified: bool = False
    barred: bool = False
    correction_ns: float = 0.0
    _agreed_since_ns: int | None = None
    _differs_since_ns: int | None = None
    _told: bool = False
    _still_since_ns: int | None = None

    def begin_anew(self) -> None:
        """Another source leads from now on: what was learnt was learnt beside the old one."""
        self.difference_ns, self.qualified = None, False
        self._agreed_since_ns = self._differs_since_ns = None
        self._told = False

    def watch(self, clock: Clock, now_ns: int) -> None:
        """Let a barred source go once it has been still for long enough."""
        if clock.state in RUNNING:
            self._still_since_ns = None
        elif self._still_since_ns is None:
            self._still_since_ns = now_ns
        elif now_ns - self._still_since_ns >= _STILL_NS:
            self.barred = False

    def compare(self, clock: Clock, lead: Clock, frame_ns: float, now_ns: int, elapsed_ns: int) -> bool:
        """Learn from one step.

        Args:
            clock: its clock, corrected.
            lead: the leader's.
            frame_ns: length of a frame, show time.
            now_ns: host time.
            elapsed_ns: how much of it passed since the last step.

        Returns: whether it has to be told, now and once, that the two say different things.
        """
        if clock.state not in ADVANCING or lead.state not in ADVANCING:
            # Not both good: nothing can be learnt. A standby that is gone, or was reset, must qualify anew.
            self._agreed_since_ns = self._differs_since_ns = None
            self.qualified = self.qualified and clock.state in RUNNING
            return False
        apart_ns = clock.show_at(now_ns) - lead.show_at(now_ns)
        if abs(apart_ns) >= AGREEING_FRAMES * frame_ns:
            self._agreed_since_ns, self.qualified, self.difference_ns = None, False, float(apart_ns)
            if self._differs_since_ns is None:
                self._differs_since_ns = now_ns
            if self._told or now_ns - self._differs_since_ns < _DIFFERS_NS:
                return False
            self._told = True
            return True
        self._differs_since_ns, self._told = None, False
        if self._agreed_since_ns is None or self.difference_ns is None:
            self._agreed_since_ns, self.difference_ns = now_ns, float(apart_ns)
        share = min(elapsed_ns / _LEARN_NS, 1.0)
        self.difference_ns += share * (apart_ns - self.difference_ns)
        if now_ns - self._agreed_since_ns >= _QUALIFY_NS:
            self.qualified, self.barred = True, False
        return False

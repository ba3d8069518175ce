"""What the chase tells the session beside the clock: things that happened, each once."""

from dataclasses import dataclass
from enum import StrEnum


class ChaseKind(StrEnum):
    """What happened."""

    CHECKING = "checking"  # followed; whether its rate is the declared one is still being measured
    LOCKED = "locked"
    DROPOUT = "dropout"  # readings stopped coming; freewheeling
    LOST = "lost"  # freewheeling is over, or the device went away for good
    RETURNED = "returned"  # after a loss or a stop, and within a frame of where it had to be
    JUMP = "jump"
    LOCATED = "located"  # told where it stands, without motion
    STOPPED = "stopped"
    REVERSE = "reverse"
    SHUTTLE = "shuttle"
    WRONG_RATE = "wrong_rate"
    WRONG_SPEED = "wrong_speed"
    ACCEPTED = "accepted"  # what was refused no longer is
    ENDED = "ended"  # a file's sound is over
    HANDED_OVER = "handed_over"  # another source leads
    DISAGREE = "disagree"  # the leader's run has ended, others go on and may not lead
    DIFFERS = "differs"  # a standby says something else than the leader, or counts or runs as the act does not


@dataclass(frozen=True, slots=True)
class ChaseEvent:
    """One happening.

    Args:
        stamp_ns: host time it is about.
        reason: a sentence for the operator.
        refused: of WRONG_RATE and WRONG_SPEED: not followed because of it; else an alarm.
        epoch: the clock's epoch from now on.
        from_show_ns: of JUMP, RETURNED and a HANDED_OVER that begins a run: where the clock stood or would stand.
        to_show_ns: of these, of LOCATED and of STOPPED: where it is now; None where there is no such place.
        heard_show_ns: of JUMP, RETURNED and such a HANDED_OVER: the last good reading before it.
    """

    kind: ChaseKind
    stamp_ns: int
    reason: str = ""
    refused: bool = False
    epoch: int = 0
    from_show_ns: int | None = None
    to_show_ns: int | None = None
    heard_show_ns: int | None = None

    @property
    def backwards(self) -> bool:
        """Whether playback went back: a new pass begins.

        What was last heard counts, where it is known: a freewheeling clock runs on ahead of playback that slows down.
        """
        from_ns = self.from_show_ns if self.heard_show_ns is None else self.heard_show_ns
        return from_ns is not None and self.to_show_ns is not None and self.to_show_ns < from_ns

"""Does motion wake for its set-points? A process that was stopped, paused or starved makes up for nothing.

What was slept over has gone on without the motor: caught up with at full limits, it would be a move that nobody cued.
Loaded by the motion process: plain Python only.
"""

from typing import Final

from cuefocus.engine.frame import Frame
from cuefocus.timebase.units import NS_PER_MS

OVERSLEPT_NS: Final = 100 * NS_PER_MS
"""A set-point later than this is no late set-point but a standstill: by then a drive's watchdog has stopped its motor
(EtherCAT's default). A machine that is only busy, or a host that takes the processor away for a moment, keeps below it
(8 to 40 ms seen); what that costs, the limiter makes up for on the way to the landing."""


class DeadlineWatch:
    """Watches one axis' next set-point: was it slept over?"""

    def __init__(self) -> None:
        self._due_ns: int | None = None

    def expect(self, frame: Frame | None) -> None:
        """`frame` goes out next; None: nothing does."""
        self._due_ns = None if frame is None else frame.write_ns

    def overslept(self, now_ns: int) -> int | None:
        """When the set-point was due that was slept over; told once. None where there was none."""
        due_ns = self._due_ns
        if due_ns is None or now_ns - due_ns <= OVERSLEPT_NS:
            return None
        self._due_ns = None
        return due_ns

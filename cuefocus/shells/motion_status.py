"""What of an axis' doings is worth a status record: landings, clamps, both ends of a motion, 80 Hz of the rest."""

from typing import Final

from cuefocus.engine.frame import Frame
from cuefocus.shells.shm_ring import StatusWriter
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_MOVING_NS: Final = 12_500_000
_RESTING_NS: Final = NS_PER_S
_TROUBLE_NS: Final = 200 * NS_PER_MS


class SentFilter:
    """Thins out one axis' set-points on their way into the status ring.

    Reported are: a landing's own frame, the first and the last frame of a motion, a frame at which the set of limits
    that cut it changes, and one every 12.5 ms of motion or every second of rest.
    """

    __slots__ = ("_axis", "_clamped", "_held", "_held_ns", "_moving", "_next_ns", "_ring", "_writer")

    def __init__(self, writer: StatusWriter, axis: int) -> None:
        self._writer, self._axis = writer, axis
        self._ring = -1.0
        self._clamped = ""
        self._moving = False
        self._held: Frame | None = None
        self._held_ns = 0
        self._next_ns = 0

    def sent(self, frame: Frame, stamp_ns: int) -> None:
        """A set-point went out; its last byte at `stamp_ns`."""
        moving = frame.ring != self._ring
        if not moving and self._held is not None:
            self._put(self._held, self._held_ns)
        self._ring = frame.ring
        if frame.landing or frame.clamped != self._clamped or moving != self._moving or stamp_ns >= self._next_ns:
            self._put(frame, stamp_ns)
            self._next_ns = stamp_ns + (_MOVING_NS if moving else _RESTING_NS)
        else:
            self._held, self._held_ns = (frame, stamp_ns) if moving else (None, 0)
        self._moving = moving

    def flush(self) -> None:
        """Report the last set-point if it was held back: none follows it."""
        if self._held is not None:
            self._put(self._held, self._held_ns)

    def _put(self, frame: Frame, stamp_ns: int) -> None:
        self._held = None
        self._clamped = frame.clamped
        self._writer.sent(self._axis, stamp_ns, frame.ring, frame.counts, landing=frame.landing, clamped=frame.clamped)


class TroubleLimit:
    """Keeps one kind of complaint about one axis from filling the ring: the first at once, then five a second."""

    __slots__ = ("_next_ns", "_unsaid")

    def __init__(self) -> None:
        self._next_ns = 0
        self._unsaid = 0

    def count(self, now_ns: int, times: int = 1) -> int:
        """How many occurrences to tell of now, this one included; 0 to stay silent."""
        self._unsaid += times
        if now_ns < self._next_ns:
            return 0
        told, self._unsaid = self._unsaid, 0
        self._next_ns = now_ns + _TROUBLE_NS
        return told

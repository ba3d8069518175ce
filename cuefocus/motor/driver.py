"""One motor on one link: holds the end stops, keeps one frame in flight, counts what went wrong. Knows nothing of cues.

Loaded by the motion process: plain Python only.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cuefocus.errors import RigFileError, TravelError
from cuefocus.motor.bridge import BridgeCodec
from cuefocus.motor.codec import KEEP_ALIVE_NS, Codec, MotorComplaint, PositionReport, line_ns
from cuefocus.motor.dji import DjiCodec
from cuefocus.motor.link import Link
from cuefocus.motor.noise import NO_ADDRESS
from cuefocus.motor.over_can import OverSlcan, OverSocketCan
from cuefocus.motor.tilta import TiltaCodec
from cuefocus.timebase.units import NS_PER_MS

DRIVERS = ("tilta", "dji", "bridge")
#: Time between position questions, where nothing else is said.
QUERY_NS = 20 * NS_PER_MS


@dataclass(slots=True)
class MotorCounters:
    """What a driver has seen since it was made."""

    sent: int = 0
    dropped: int = 0  # set-points not sent because the last frame was still under way, or the line was full
    refused: int = 0  # set-points past an end stop
    queries: int = 0
    pings: int = 0
    reports: int = 0
    complaints: int = 0


class LensMotor:
    """One motor on one link.

    Args:
        link: where its frames go. Motors on one line (Tilta) share link and codec.
        codec: its family's frames.
        counts_near, counts_far: its end stops, near > far where the motor counts down.
        address: its address on the line; None for the family's own.
        query_period_ns: time between position queries; 0 = never.
        baud: bits per second of the line, 0 for the family's own: how long a query would keep the line busy.
        neighbours: other motors on the same line, whose frames may be under way when ours is due.
        keeps_alive: sends the family's keep-alive frames (one motor of a line does).
    """

    def __init__(
        self,
        link: Link,
        codec: Codec,
        *,
        counts_near: int,
        counts_far: int,
        address: int | None = None,
        query_period_ns: int = 0,
        baud: int = 0,
        neighbours: int = 0,
        keeps_alive: bool = True,
    ) -> None:
        self.link, self.codec = link, codec
        self.address = codec.default_address if address is None else address
        self.low_counts, self.high_counts = sorted((counts_near, counts_far))
        if self.low_counts < 0 or self.high_counts > codec.counts_max or self.low_counts == self.high_counts:
            raise RigFileError(
                f"end stops {counts_near} and {counts_far} are not two positions the motor can name",
                hint=f"it counts from 0 to {codec.counts_max}",
            )
        codec.encode_setpoint(self.address, self.low_counts)  # a wrong address is told here, not in mid-rack
        self.counters = MotorCounters()
        self.last_complaint = ""
        self.last_report: PositionReport | None = None
        self.unanswered = 0
        self._allowed_pending_bytes = neighbours * codec.frame_bytes
        self._query_period_ns = query_period_ns if codec.feedback else 0
        self._next_query_ns: int | None = None
        self._keep_alive = tuple(codec.keep_alive) if keeps_alive else ()
        self._keep_alive_at = 0
        self._next_keep_alive_ns: int | None = None
        self._byte_ns = -(-line_ns(codec, baud) // codec.frame_bytes)

    @property
    def feedback(self) -> str:
        """`read` when the motor says where it stands, `none` when it is driven blind."""
        return "read" if self.codec.feedback else "none"

    @property
    def can_release(self) -> bool:
        """Whether the family can take torque off."""
        return bool(self.codec.encode_release(self.address))

    def go_to(self, counts: int) -> bool:
        """Send one set-point; False when it was dropped because the line was not free. Never queued.

        Raises: TravelError past an end stop, and no byte is sent; LinkError when the port is gone.
        """
        return self.send(self.encode(counts))

    def encode(self, counts: int) -> bytes:
        """The frame for `counts`, to be kept until its deadline; end stops are checked as by `go_to`.

        Raises: TravelError past an end stop.
        """
        if not self.low_counts <= counts <= self.high_counts:
            self.counters.refused += 1
            raise TravelError(f"{counts} counts is outside {self.low_counts}…{self.high_counts}")
        return self.codec.encode_setpoint(self.address, counts)

    def send(self, frame: bytes) -> bool:
        """Write a set-point made by `encode`, now or not at all. Raises LinkError when the port is gone."""
        if self.link.pending_bytes() <= self._allowed_pending_bytes and self.link.write(frame):
            self.counters.sent += 1
            return True
        self.counters.dropped += 1
        return False

    def release(self) -> bool:
        """Take torque off; False where the family cannot or the line is full. Raises LinkError."""
        frame = self.codec.encode_release(self.address)
        return bool(frame) and self.link.write(frame)

    def calibrate(self) -> bool:
        """Make the motor find its end stops: it moves over its whole travel. False where it cannot."""
        frame = self.codec.encode_calibrate(self.address)
        return bool(frame) and self.link.write(frame)

    def maybe_query(self, now_ns: int, free_until_ns: int | None = None) -> bool:
        """Ask for the position if that is due and the line is free again before `free_until_ns` (the next set-point).

        Raises: LinkError when the port is gone.
        """
        if not self._query_period_ns or (self._next_query_ns is not None and now_ns < self._next_query_ns):
            return False
        frame = self.codec.encode_query(self.address)
        if not frame or not self._between(frame, now_ns, free_until_ns):
            return False
        self._next_query_ns = _next_due_ns(self._next_query_ns, now_ns, self._query_period_ns)
        self.counters.queries += 1
        self.unanswered += 1
        return True

    def maybe_keep_alive(self, now_ns: int, free_until_ns: int | None = None) -> bool:
        """Send one keep-alive frame under the same conditions; each of them goes out once a second."""
        frames = self._keep_alive
        if not frames or (self._next_keep_alive_ns is not None and now_ns < self._next_keep_alive_ns):
            return False
        if not self._between(frames[self._keep_alive_at], now_ns, free_until_ns):
            return False
        self._next_keep_alive_ns = _next_due_ns(self._next_keep_alive_ns, now_ns, KEEP_ALIVE_NS // len(frames))
        self._keep_alive_at = (self._keep_alive_at + 1) % len(frames)
        self.counters.pings += 1
        return True

    def poll(self) -> list[PositionReport]:
        """Position reports that have arrived for this motor; complaints are counted and the last one kept.

        Raises: LinkError when the port is gone.
        """
        data = self.link.read()
        return self.hear(data) if data else []

    def hear(self, data: bytes) -> list[PositionReport]:
        """As `poll`, for bytes already read from the link."""
        reports = list[PositionReport]()
        for item in self.codec.decode(data):
            if isinstance(item, MotorComplaint):
                if item.address in (self.address, NO_ADDRESS):
                    self.counters.complaints += 1
                    self.last_complaint = item.reason
            elif item.address == self.address:
                reports.append(item)
        if reports:
            self.counters.reports += len(reports)
            self.last_report, self.unanswered = reports[-1], 0
        return reports

    def _between(self, frame: bytes, now_ns: int, free_until_ns: int | None) -> bool:
        """Write a frame that is no set-point, only into a gap."""
        if free_until_ns is not None and now_ns + len(frame) * self._byte_ns > free_until_ns:
            return False
        return self.link.pending_bytes() == 0 and self.link.write(frame)


def make_codec(driver: str, **options: object) -> Codec:
    """The codec of a motor family, by the name the rig file uses.

    Args:
        driver: tilta, dji or bridge.
        options: tilta: `command`; dji: `framing` (slcan, socketcan, plain); bridge: `feedback`.

    Raises: RigFileError for a family or an option that does not exist.
    """
    makers: dict[str, Callable[[dict[str, object]], Codec]] = {"tilta": _tilta, "dji": _dji, "bridge": _bridge}
    if driver not in makers:
        raise RigFileError(f"no motor driver {driver!r}", hint=f"have {', '.join(DRIVERS)}")
    left = dict(options)
    codec = makers[driver](left)
    if left:
        raise RigFileError(f"driver {driver} has no option {', '.join(sorted(left))}")
    return codec


def _tilta(options: dict[str, object]) -> Codec:
    return TiltaCodec(command=_whole(options, "command", 1))


def _dji(options: dict[str, object]) -> Codec:
    framing = options.pop("framing", "slcan")
    if framing == "slcan":
        return OverSlcan(DjiCodec())
    if framing == "socketcan":
        return OverSocketCan(DjiCodec())
    if framing == "plain":
        return DjiCodec()
    raise RigFileError(f"no framing {framing!r} for driver dji", hint="have slcan, socketcan, plain")


def _bridge(options: dict[str, object]) -> Codec:
    feedback = options.pop("feedback", True)
    if not isinstance(feedback, bool):
        raise RigFileError(f"option feedback of driver bridge is {feedback!r}", hint="use true or false")
    return BridgeCodec(feedback=feedback)


def _whole(options: dict[str, object], name: str, default: int) -> int:
    value = options.pop(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RigFileError(f"option {name} is {value!r}", hint="use a whole number")
    return value


def _next_due_ns(due_ns: int | None, now_ns: int, period_ns: int) -> int:
    """The next point of the cadence, without catching up on missed ones."""
    if due_ns is None or now_ns >= due_ns + period_ns:
        return now_ns + period_ns
    return due_ns + period_ns

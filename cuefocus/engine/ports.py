"""The values that cross into the session: its inbox. Shells and simulators make them, the journal keeps them."""

from cuefocus.engine.plan import Latch
from cuefocus.timebase.values import value
from cuefocus.wire.events import Glitch, Reading


@value
class Sent:
    """Motion's word that a set-point left.

    Args:
        stamp_ns: when its last byte was out.
        ring: the unrounded set-point after the limiter.
        counts: what was encoded.
        landing: it was a landing instant's own frame.
        clamped: names of the limits that cut it ("position", "speed", "acceleration", "jerk"), space-separated.
    """

    axis: str
    stamp_ns: int
    ring: float
    counts: int
    landing: bool = False
    clamped: str = ""


@value
class Feedback:
    """A motor's position report; `stamp_ns` is when its last byte arrived (read-back delay not yet taken off)."""

    axis: str
    stamp_ns: int
    counts: int


@value
class MotorTrouble:
    """Motion's word on an axis: `fault` (gone or silent), `back`, `dropped` (stale set-points), `refused` (complains).

    And the conductor's on motion: `silent` since `stamp_ns` (it shows no life), `answers` again, `lost` (some of its
    words from before may never be heard: set-points, reports).
    """

    axis: str
    stamp_ns: int
    kind: str
    reason: str


@value
class Latched:
    """The stop latches of an axis changed (whoever set them), or one of them was said anew.

    Args:
        latch: those that stand.
        said: the one that was said at `stamp_ns` to somebody other than the conductor, though it may have stood before.
    """

    axis: str
    stamp_ns: int
    latch: Latch
    said: Latch = Latch.NONE


@value
class Stalled:
    """Motion's word that it had slept over an axis' set-points: the axis stands at the last one, and follows no more.

    Args:
        stamp_ns: when motion woke.
        since_ns: when the first set-point was due that did not go out.
    """

    axis: str
    stamp_ns: int
    since_ns: int


@value
class Command:
    """An operator's or a desk's word, decoded.

    Args:
        verb: arm, disarm, engage, disengage, go, standby, hold, resume, take_start, mark, setup, offset, …
        target: camera, axis or cue it is for; empty = all or next.
        value: the rest, by verb.
        source: who said it (tell, key, osc:PEER, …).
        id: the sender's number for the answer.
        due_ns: host time at which it is to be obeyed; what lies in the past is obeyed at once.
        packet: the same for all words that one packet brought, and no other's; 0: it came alone.
        route: which of the source's networks brought it, where it has several; the same word by another is a copy.
    """

    verb: str
    stamp_ns: int
    target: str = ""
    value: str = ""
    source: str = "tell"
    id: int = 0
    due_ns: int = 0
    packet: int = 0
    route: int = 0


@value
class Trigger:
    """A decoded trigger: `kind` osc, msc, mmc, note, cc, program or manual; `key` in the show file's spelling.

    Args:
        due_ns: host time at which it is to be heard; what lies in the past is heard at once.
        travel_ns: how long it says that the pull takes (MSC TIMED_GO); None: as written.
    """

    kind: str
    key: str
    stamp_ns: int
    source: str
    due_ns: int = 0
    travel_ns: int | None = None


@value
class SourceEvent:
    """A source's state: `opened`, `lost`, `ended` (a file's sound is over), `stopped` (explicit stop)."""

    source: str
    stamp_ns: int
    kind: str
    reason: str = ""


InboxEvent = Reading | Glitch | Sent | Feedback | MotorTrouble | Latched | Stalled | Command | Trigger | SourceEvent

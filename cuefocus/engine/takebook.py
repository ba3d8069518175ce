"""Takes, passes and the record of each cue in them: what was planned, what happened, whether it has been judged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cuefocus.engine.cues import Happening, Life, lived
from cuefocus.landing.evidence import Fate
from cuefocus.motion.racks import PlannedRack

#: What a happening makes of a rack that then cannot be judged by where the lens went.
_VERDICT = {
    Happening.LOST: "missed",
    Happening.PASSED: "skipped",
    Happening.DENIED: "refused",
    Happening.STOPPED: "held",
    Happening.GRABBED: "overridden",
    Happening.DISPLACED: "replaced",
}


@dataclass(frozen=True, slots=True)
class Meant:
    """The moment of the timeline that a fired rack is meant for.

    Args:
        text: as a sentence names it.
        act: whose timeline.
        show_ns: where on it.
        epoch: the clock's when it was seen to lie ahead last.
    """

    text: str
    act: str
    show_ns: int
    epoch: int


@dataclass(slots=True)
class CueRecord:
    """One cue in one pass of one take.

    Args:
        rack: as planned last (racks are planned anew when they must leave from elsewhere).
        land_host_ns: host time at which the clock showed `land_at`; None before that.
        watch_until_ns: host time at which the landing may be judged.
        base_ns: zero of the rack's seconds: the act's start, or the trigger.
        told: its row is out.
        busy: where it reports that something has happened to it.
        followed: cues that wait for its landing have been fired.
        source: who gave the time: the timecode source, or the trigger's route.
        barred: why it cannot land as its camera is set now, or empty; refused for it when its time comes.
        resumed: it was stopped on its way and goes on as a rack of its own: nothing has fired it again.
        said: which of the words that go with it have been said, a bit each.
        travel_ns: how long its pull was to take in this firing, where a desk said so.
        meant: of a fired rack that lands in the music: where, until that has come or cannot come any more.
        came_ns: when that came by the clock, if it came while the rack was under way.
        stop: an operator's stop that cut its watch short, and when: its fate if it was not seen to land before that.
    """

    rack: PlannedRack
    take: int
    pass_: int
    act: str
    base_ns: int
    source: str
    life: Life = Life.STANDING_BY
    departed_ns: int | None = None
    land_host_ns: int | None = None
    speed: float | None = None
    uncertainty_ns: float = 0.0
    watch_until_ns: int | None = None
    clamped: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    fate: Fate | None = None
    barred: str = ""
    travel_ns: int | None = None
    meant: Meant | None = None
    came_ns: int | None = None
    stop: tuple[int, Fate] | None = None
    told: bool = False
    followed: bool = False
    resumed: bool = False
    said: int = 0
    busy: list["CueRecord"] | None = None

    @property
    def axis(self) -> str:
        """The axis it moves."""
        return self.rack.axis

    def happen(self, happening: Happening, reason: str = "") -> bool:
        """Move the life on; False when the happening changes nothing."""
        before, self.life = self.life, lived(self.life, happening)
        if self.life is before:
            return False
        if self.busy is not None and before in (Life.STANDING_BY, Life.READY):
            if self.life not in (Life.STANDING_BY, Life.READY):
                self.busy.append(self)
        if happening in _VERDICT:
            self.fate = Fate(_VERDICT[happening], reason)
        return True

    def stopped(self, now_ns: int, happening: Happening, reason: str) -> None:
        """An operator stops its axis, or takes it over, while it is watched, after its landing."""
        if self.watch_until_ns is not None and self.watch_until_ns > now_ns and self.stop is None:
            self.stop = (now_ns, Fate(_VERDICT[happening], reason))

    def note(self, text: str) -> None:
        """Something that belongs in the reason, once."""
        if text not in self.notes:
            self.notes.append(text)


class Lane:
    """The timed records of one axis, and how far they are done: asking for what comes is as quick in a long show."""

    def __init__(self) -> None:
        self.records: list[CueRecord] = []
        self._done = 0

    def coming(self) -> Iterator[CueRecord]:
        """Records that have not landed and may still, in order."""
        records = self.records
        while self._done < len(records) and _past(records[self._done]):
            self._done += 1
        for index in range(self._done, len(records)):
            if not _past(records[index]):
                yield records[index]


def _past(record: CueRecord) -> bool:
    return record.life.over or record.land_host_ns is not None


class TakeBook:
    """Numbers takes and passes, and holds the records of the pass under way.

    Args:
        take: number of the last take before this session.

    Attributes:
        timed: the pass's records by cue. fired: those of triggered cues, the newest last.
        taken: takes that are over and count.
    """

    def __init__(self, take: int) -> None:
        self.take, self.pass_ = take, 0
        self.armed = False
        self.begun_ns = 0
        self.timed: dict[str, CueRecord] = {}
        self.refused: frozenset[str] = frozenset()
        self.fired: list[CueRecord] = []
        self._lanes: dict[str, Lane] = {}
        self._busy: list[CueRecord] = []
        self.taken = 0

    def begin(self, now_ns: int) -> None:
        """A take starts with ARM."""
        self.take, self.pass_, self.armed, self.begun_ns = self.take + 1, 0, True, now_ns
        self._clear()

    @property
    def pass_is_over(self) -> bool:
        """Whether a pass was begun and every timed rack of it has landed, or had its fate."""
        return self.pass_ > 0 and all(_past(record) for record in self.timed.values())

    def end(self, *, counts: bool) -> None:
        """The take is over; its records have been closed. It `counts` unless it was cut short."""
        self.armed = False
        self.taken += counts
        self._clear()

    def _clear(self) -> None:
        self.timed, self.fired, self._lanes, self._busy = {}, [], {}, []
        self.refused = frozenset()

    def open_pass(self, records: list[CueRecord], refused: Iterable[str]) -> None:
        """A new pass with fresh records of the act's timed racks; `refused` cues have been told and stay so in it."""
        self.pass_ += 1
        self.refused = frozenset(refused)
        for record in records:
            record.pass_ = self.pass_
            record.busy = self._busy
        self.timed = {record.rack.cue: record for record in records}
        self._lanes = {}
        for record in records:
            self._lanes.setdefault(record.axis, Lane()).records.append(record)

    def bar(self, cue: str, why: str) -> None:
        """A timed cue cannot land as its camera is set now, or can again (empty)."""
        record = self.timed.get(cue)
        if record is not None and record.life in (Life.STANDING_BY, Life.READY):
            record.barred = why

    def fire(self, record: CueRecord) -> None:
        """A triggered cue's record. Those whose rows are out are kept no longer: a take may last all evening."""
        record.busy = self._busy
        self.fired = [*(one for one in self.fired if not one.told), record]

    def coming(self, axis: str) -> Iterator[CueRecord]:
        """Timed records of an axis that have not landed and may still, in order of landing."""
        lane = self._lanes.get(axis)
        return lane.coming() if lane is not None else iter(())

    def busy_records(self) -> list[CueRecord]:
        """Records that something has happened to and that have no row yet: under way, or with a fate."""
        self._busy[:] = [record for record in self._busy if not record.told]
        return list(self._busy)

    def open_records(self) -> list[CueRecord]:
        """Every record that has no row yet."""
        return [record for record in (*self.timed.values(), *self.fired) if not record.told]

    def cut(self, axis: str, now_ns: int, happening: Happening, reason: str) -> None:
        """Something ends the motion of an axis: racks under way share its fate, those that have landed stay landed."""
        for record in self.pulling(axis):
            if record.land_host_ns is None or record.land_host_ns > now_ns:
                record.happen(happening, reason)
            elif happening in (Happening.STOPPED, Happening.GRABBED):
                record.stopped(now_ns, happening, reason)
        self.end_watch(axis, now_ns)

    def end_watch(self, axis: str, at_ns: int) -> None:
        """The axis moves on: what has landed on it is judged by what it did until then."""
        for record in self.pulling(axis):
            landed = record.land_host_ns is not None and record.land_host_ns <= at_ns
            if landed and record.watch_until_ns is not None:
                record.watch_until_ns = min(record.watch_until_ns, at_ns)

    def pulling(self, axis: str) -> list[CueRecord]:
        """Racks under way or just landed on an axis, timed and triggered."""
        return [
            record for record in self._busy if record.axis == axis and record.life is Life.PULLING and not record.told
        ]

"""What is left of a story that has been told, and questions to it."""

from dataclasses import dataclass, field

from cuefocus.engine.outcome import Outcome
from cuefocus.engine.plan import Latch
from cuefocus.engine.takebook import CueRecord
from cuefocus.landing.rows import LandingRow
from cuefocus.motor.axis import AxisSpec
from cuefocus.sim.lens_motor import TruePosition
from cuefocus.timebase.units import NS_PER_S
from tests.stories.playback import Playback
from tests.stories.watched_player import WatchedPlayer

#: Host time of the sound's first sample: axes have moved to their openings by then.
ORIGIN_NS = 14 * NS_PER_S


@dataclass(slots=True)
class Moment:
    """A step as it was: for looking back."""

    now_ns: int
    outcome: Outcome
    latches: dict[str, Latch]


@dataclass(slots=True)
class Told:
    """A story that has been told."""

    rows: list[LandingRow]
    alarms: list[str]
    moments: list[Moment]
    records: dict[tuple[int, int, str, int], CueRecord]
    specs: dict[str, AxisSpec]
    players: dict[str, WatchedPlayer]
    logs: dict[str, list[TruePosition]]
    playback: Playback | None
    starts_show_ns: int
    armings: list[tuple[int, bool]] = field(default_factory=list)
    latchings: list[tuple[int, str, Latch]] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    data: list[dict[str, object]] = field(default_factory=list)
    finished: bool = False

    def verdicts(self) -> dict[str, str]:
        """Verdict by cue, `PASS/CUE` for later passes than the first, `TAKE/PASS/CUE` for later takes."""
        named: dict[str, str] = {}
        for row in self.rows:
            name = row.cue if row.pass_ <= 1 and row.take == 1 else f"{row.pass_}/{row.cue}"
            name = name if row.take == 1 else f"{row.take}/{row.pass_}/{row.cue}"
            while name in named:
                name += "'"
            named[name] = row.verdict
        return named

    def row(self, cue: str, *, pass_: int | None = None, take: int = 1) -> LandingRow:
        """The row of a cue; of the only pass that has one unless a pass is named."""
        found = [r for r in self.rows if r.cue == cue and r.take == take and pass_ in (None, r.pass_)]
        assert len(found) == 1, f"{len(found)} rows of cue {cue}"
        return found[0]

    def reason(self, cue: str, *, pass_: int | None = None) -> str:
        """The reason in a cue's row."""
        return self.row(cue, pass_=pass_).reason or ""

    def lens(self, axis: str, host_s: float) -> float:
        """Where the lens truly was, host seconds after the sound began."""
        at_ns = ORIGIN_NS + round(host_s * NS_PER_S)
        before = [place for place in self.logs[axis] if place.time_ns <= at_ns]
        return before[-1].lens_ring

    def moved(self, axis: str, from_s: float, until_s: float) -> float:
        """How far the lens truly went between two moments, host seconds after the sound began."""
        first_ns, last_ns = (ORIGIN_NS + round(s * NS_PER_S) for s in (from_s, until_s))
        rings = [p.lens_ring for p in self.logs[axis] if first_ns <= p.time_ns <= last_ns]
        rings.append(self.lens(axis, from_s))
        return max(rings) - min(rings)

    def states(self) -> list[str]:
        """The chase's states, each change once."""
        words: list[str] = []
        for moment in self.moments:
            word = moment.outcome.clock.state.word
            if not words or words[-1] != word:
                words.append(word)
        return words

    def happenings(self, kind: str) -> list[dict[str, object]]:
        """Events of a kind, in order."""
        return [event.fields for m in self.moments for event in m.outcome.events if event.kind == kind]

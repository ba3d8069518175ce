"""What a session is given to do: the compiled show, the axes, and how racks are planned anew. Plain values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from cuefocus.anchors.beat_grid import BeatMap
from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.musical import Song
from cuefocus.engine.plan import OnLoss
from cuefocus.engine.sends import NOTHING_SENT, Sends
from cuefocus.motion.chain import Chain
from cuefocus.motion.compile_track import Laid
from cuefocus.motion.live import Glass, Live, Offsets
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest
from cuefocus.motion.track import Track
from cuefocus.motor.axis import AxisSpec


@dataclass(frozen=True, slots=True)
class AxisJob:
    """One axis as the session sees it.

    Args:
        fps: frames per second of its camera; landing errors are counted in these.
        dioptres_at: measured lens ring to dioptres with the rig's own lens, past its outermost marks too, where a
            motor may report itself; None for iris and zoom.
    """

    spec: AxisSpec
    camera: str
    fps: Fraction
    dioptres_at: Callable[[float], float] | None


@dataclass(frozen=True, slots=True)
class ActJob:
    """One act, compiled.

    Args:
        racks: timed racks in order of landing, by axis.
        opening: lens ring where an axis stands before playback rolls.
        infeasible: cue → why it cannot land.
        cards: what a report says of those, by cue.
        dioptres_at: measured lens ring to dioptres, past the outermost marks too, by focus axis, for the lenses worn in
            this act.
        rejoin: "next-cue", "now" or "operator".
        take_end_ns: stopped timecode that ends a take.
        chains: every timed cue that could be resolved, by axis, for planning them anew.
        glass: what cameras wear in this act, by camera, where that differs from the rig's.
        beats: its tempo map, for racks that are fired to land on a beat.
        said_s: media seconds at which words begin, rising: of each that a rack is fired to land on, and, under "", of
            every word; nothing without a words file.
        offset_ns: how much later than its media everything in it lands.
        crossings: show times at which running timecode fires triggered cues, rising, with the cues.
    """

    name: str
    chase: ChaseConfig
    racks: Mapping[str, tuple[PlannedRack, ...]]
    opening: Mapping[str, float]
    infeasible: Mapping[str, str]
    cards: Mapping[str, "CueCard"]
    dioptres_at: Mapping[str, Callable[[float], float]]
    on_loss: OnLoss
    rejoin: str
    take_end_ns: int
    chains: Mapping[str, Chain] = field(default_factory=dict)
    glass: Mapping[str, Glass] = field(default_factory=dict)
    beats: BeatMap | None = None
    said_s: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    offset_ns: int = 0
    crossings: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CueCard:
    """A cue as it is written, for a row that says why it was never tried.

    Args:
        land_ns: when it was to land, show ns; None for a triggered one.
    """

    name: str
    camera: str
    axis: str
    target: str
    anchor: str
    land_ns: int | None = None


@dataclass(frozen=True, slots=True)
class LandOn:
    """Where on the running act's timeline a triggered rack lands. One of the first three.

    Args:
        beats: so many after the trigger.
        next: "beat", "bar" or "word".
        word: the next time this word or phrase is said.
        offset_ns: + = later: its own offset, the cue's and the camera's.
    """

    beats: float = 0.0
    next: str = ""
    word: str = ""
    offset_ns: int = 0

    @property
    def text(self) -> str:
        """As a report names it."""
        if self.word:
            return f'"{self.word}"'
        return f"next {self.next}" if self.next else f"{self.beats:g} beats after"


@dataclass(frozen=True, slots=True)
class TriggerJob:
    """One triggered cue.

    Args:
        keys: (kind, key) pairs that fire it.
        conflict: "trigger" or "track": who wins against a timed rack.
        card: what a report says of it when it is refused.
        refusal: why it can never land as written, or empty.
        pre_wait_ns: from its trigger until it goes, host ns.
        follow: "auto-continue" or "auto-follow": the next cue of its list goes by itself; empty: it does not.
        post_wait_ns: how long after this one goes (auto-continue) or has landed (auto-follow).
        land_on: where on the running timeline it lands; None: counted in host time from its trigger.
        pull_ns: how long its pull takes as written, host ns; None where that depends on the place it leaves from.
        travel_ns: how long it takes in the firing at hand, host ns; None: as written.
    """

    cue: str
    name: str
    camera: str
    axis: str
    keys: tuple[tuple[str, str], ...]
    conflict: str
    card: CueCard
    refusal: str = ""
    pre_wait_ns: int = 0
    follow: str = ""
    post_wait_ns: int = 0
    land_on: LandOn | None = None
    pull_ns: int | None = None
    travel_ns: int | None = None


class Planner(Protocol):
    """Plans racks anew at run time; pure, made from show, rig and lenses when the session starts."""

    def under(self, live: Mapping[str, Live], offsets: Offsets) -> "Planner":
        """The planner once cameras are set so, and everything, cameras and cues are told to land so much later."""

    def offset_ns(self, cue: str) -> int:
        """How much later a cue was last told to land, ns."""

    def request(self, cue: str) -> RackRequest | None:
        """A timed cue as its camera is set now; None for one that could not be resolved."""

    def track(self, axis: str, racks: Sequence[PlannedRack], rest_ring: float, direction: int) -> Track:
        """The motor track of racks in order, from lens ring `rest_ring`, last moved in `direction` (+1 = far)."""

    def lay(
        self, axis: str, racks: Sequence[PlannedRack], rest_ring: float, direction: int, known: Laid | None = None
    ) -> Laid:
        """The same and what it is made of, quick where most of that is `known` from the track before."""

    def replan(
        self, axis: str, racks: Sequence[PlannedRack], start_ring: float, direction: int
    ) -> tuple[PlannedRack, ...]:
        """The same racks, the first leaving from `start_ring` (lens), each keeping its own moment."""

    def in_line(
        self, axis: str, racks: Sequence[PlannedRack], start_ring: float, direction: int
    ) -> tuple[PlannedRack, ...]:
        """Racks of which some may be missing: each is planned from where the one before it ends."""

    def in_time(
        self, axis: str, rack: PlannedRack, start_ring: float, direction: int, not_before_ns: int, free_ns: int | None
    ) -> PlannedRack:
        """The rack from `start_ring`, shortened where it would move before it may. Raises: PlanError."""

    def problem(self, axis: str, rack: PlannedRack) -> str:
        """Why the axis cannot make this rack as planned, or empty."""

    def compress(self, rack: PlannedRack, start_ring: float, direction: int, not_before_ns: int) -> PlannedRack | None:
        """The rack shortened to move no earlier and still land in time; None where the limits forbid it."""

    def late(self, rack: PlannedRack, start_ring: float, direction: int, not_before_ns: int) -> PlannedRack:
        """The written pull as soon as it may move."""

    def triggered(
        self,
        cue: str,
        start: tuple[float, float, float],
        trigger_ns: int,
        now_ns: int,
        direction: int,
        *,
        act: str = "",
        show_ns: int | None = None,
        land_ns: int | None = None,
        pull_ns: int | None = None,
        anew: bool = False,
    ) -> PlannedRack:
        """A triggered cue's rack in host time, from the lens' state one dead time after `now_ns`, as it is in `act`.

        It lands at `land_ns`, or, where that is None, as the cue counts from its trigger, or, `anew`, when its pull
        allows. Its pull takes `pull_ns`, or as long as is written.

        Raises: PlanError when it cannot land as written.
        """


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a session needs, fixed for its life.

    Args:
        acts: by name, in show order; a show without acts has one that holds the whole day.
        lists: the cues of each GO list, in show order, by its name.
        after: cue → cues fired by its landing.
        sources: ids of the timecode sources that are listened to, by priority.
        latencies_ns: how much later than true each source's stamps are, by its id.
        common_ns: standard error that all stamps of a source share, by its id.
        songs: the acts that have tempo maps, in show order.
        stale_ns: a desk's word, or a wait, is not heeded any more when it comes so late.
        glass: what cameras wear by the rig.
        sends: what others are told.
        files: bytes of show, rig, lenses and anchors by the name they were opened under; for the journal.
    """

    title: str
    axes: Mapping[str, AxisJob]
    acts: Mapping[str, ActJob]
    triggered: Mapping[str, TriggerJob]
    planner: Planner
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: tuple[str, ...] = ("ltc",)
    latencies_ns: Mapping[str, int] = field(default_factory=dict)
    common_ns: Mapping[str, float] = field(default_factory=dict)
    songs: tuple[Song, ...] = ()
    repeat_guard_ns: int = 250_000_000
    go_guard_ns: int = 300_000_000
    stale_ns: int = 500_000_000
    glass: Mapping[str, Glass] = field(default_factory=dict)
    sends: Sends = NOTHING_SENT
    files: Mapping[str, bytes] = field(default_factory=dict)

    def axis_of(self, cue: str) -> str | None:
        """The axis that a cue moves, be it among `axes` or not; None for what is no cue of the show."""
        fired = self.triggered.get(cue)
        if fired is not None:
            return fired.axis
        for act in self.acts.values():
            for axis, chain in act.chains.items():
                if cue in chain.cues:
                    return axis
            if (card := act.cards.get(cue)) is not None:
                return f"{card.camera}.{card.axis}"
        return None

    def wanted(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Cues by what fires them from outside; GO fires by its lists, timecode by the acts' crossings."""
        heard: dict[tuple[str, str], tuple[str, ...]] = {}
        for cue in self.triggered.values():
            for key in cue.keys:
                heard[key] = (*heard.get(key, ()), cue.cue)
        return heard


@dataclass(frozen=True, slots=True)
class Seed:
    """Where a session begins.

    Args:
        take: number of the last take.
        rings: motor ring of each axis where it is known or assumed.
        auto_arm: arm and engage when ready, again for each take.
        takes: end after this many takes; 0 = never.
    """

    take: int = 0
    rings: Mapping[str, float] = field(default_factory=dict)
    auto_arm: bool = False
    takes: int = 0

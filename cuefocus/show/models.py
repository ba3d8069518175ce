"""The cue sheet: acts, marks and the racks that land on them, as design §5 writes them.

Models say what one field may hold; `complaints.py` says what only the whole show can know.
"""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cuefocus.errors import TimecodeError
from cuefocus.files.durations import Duration
from cuefocus.files.quantities import Distance, FocalLength, Stop
from cuefocus.files.strict import Flag, Milliseconds, Name, Rate, Strict, Text, one_or_many
from cuefocus.show.moment import NO_OFFSET, Moment
from cuefocus.show.pulls import Pull, Shape
from cuefocus.show.tells import Send, Tell
from cuefocus.show.triggers import On
from cuefocus.show.values import ActSpeed, At, Target
from cuefocus.timebase.frames import FrameRate, parse_timecode, unwrap_near

SCHEMA_ID = "cuefocus-show/1"
Axis = Literal["focus", "iris", "zoom"]
Landing = Literal["sharp", "stopped"]
OnJump = Literal["settle", "skip", "compress", "late"]
OnLossPolicy = Literal["finish", "hold", "run"]
Rejoin = Literal["next-cue", "now", "operator"]
Conflict = Literal["trigger", "track"]
Continue = Literal["auto-continue", "auto-follow"]
RackKind = Literal["foreground-to-background", "background-to-foreground", "reveal", "dialogue", "dual-plane"]


class LandOn(Strict):
    """Where on the running timeline a triggered rack lands: what comes next that its motor can still reach."""

    next: Literal["beat", "bar", "word"] | None = Field(None, description="the next beat, downbeat or word")
    word: Name | None = Field(None, description="the next time this word or phrase is said")
    offset: Duration = Field(NO_OFFSET, description="+ = later")


class Media(Strict):
    """What the act plays, and where its words and beats stand. Files are named from the show file's folder."""

    file: Name | None = None
    words: Name | None = Field(None, description="words file (JSON)")
    beats: Name | None = Field(None, description="MIDI tempo map (.mid) or beat file (.json)")
    first_bar: int = Field(1, ge=-1000, le=1000, description="number of a MIDI map's first bar; 0 for a pick-up bar")


class Setup(Strict):
    """What a camera wears during an act, where it differs from the rig."""

    lens: Name | None = Field(None, description="name#serial of a lens file")
    stop: Stop | None = None
    focal: FocalLength | None = None
    marks: dict[Name, Distance] = Field(default_factory=dict, description="marks that stand elsewhere in this act")


class Act(Strict):
    """A song or scene with its own start timecode."""

    act: Name
    name: Text = ""
    scene: Text = ""
    starts: Name = Field(description="the label at which second 0 of the act's media is heard")
    ends: Name | None = Field(None, description="the label after which the act is over")
    rate: Rate | None = Field(None, description="where it differs from the show's")
    speed: ActSpeed = ActSpeed.parse("1")
    media: Media = Media()
    offset: Duration = Field(NO_OFFSET, description="+ = everything lands later")
    setup: dict[Name, Setup] = Field(default_factory=dict, description="by camera")
    opening: dict[Name, Target] = Field(
        default_factory=dict, description="where A (focus), A.iris or A.zoom stands before playback rolls"
    )
    preroll: Duration = Field(Duration.parse("2 s"), description="timecode expected before the first departure")
    repeat: Flag = Field(False, description="a motion-control pass that must match; on_loss is then hold")
    on_loss: OnLossPolicy | None = Field(None, description="default finish; hold for `repeat` acts")
    rejoin: Rejoin = "next-cue"
    scrub: Flag = Field(False, description="follow reverse and shuttle, without verdicts")
    depart_ms: Milliseconds = Field(500.0, description="dropout after which nothing departs")
    freewheel_ms: Milliseconds = Field(1000.0, description="dropout after which the loss policy applies")
    take_end_s: float = Field(10.0, ge=0, le=3600, description="seconds of stopped timecode that end a take")

    @property
    def loss_policy(self) -> OnLossPolicy:
        """`on_loss` with its default."""
        return self.on_loss or ("hold" if self.repeat else "finish")


class Cue(Strict):
    """One rack, named by where and when it lands.

    Exactly one of: `land`; `leave` and `pull`; `leave` and `land`; `on`.
    """

    cue: Name
    name: Text = ""
    notes: Text = ""
    act: Name | None = None
    camera: Name = ""
    axis: Axis = "focus"
    land: Moment | None = None
    leave: Moment | None = None
    on: Annotated[tuple[On, ...], BeforeValidator(one_or_many, json_schema_input_type=On | tuple[On, ...])] = ()
    to: Target
    from_: Target | None = Field(None, alias="from", description="checked, never forced")
    pull: Pull | None = Field(None, description="departure to standstill")
    shape: Shape = Shape("minimum-jerk")
    landing: Landing = "sharp"
    kind: RackKind | None = None
    tolerance: Duration = Duration.parse("0.5 frame")
    nudge: Duration = Field(NO_OFFSET, description="+ = lands later")
    on_jump: OnJump = "settle"
    conflict: Conflict = "trigger"
    land_after: Duration | None = Field(
        None,
        description="trigger (or the end of the pre-wait) to landing; "
        "beats are those of the running act; default the pull and the axis' latency",
    )
    land_on: LandOn | None = Field(
        None, description="triggered: on the next beat, bar or word of the running act instead of `land_after`"
    )
    pre_wait: Duration = Field(NO_OFFSET, description="a triggered rack begins so long after its trigger")
    continue_: Continue | None = Field(
        None,
        alias="continue",
        description="auto-continue: the next cue of its GO list is fired by itself when this one goes; "
        "auto-follow: when it has landed",
    )
    post_wait: Duration = Field(NO_OFFSET, description="so long after that")
    tell: Annotated[tuple[Tell, ...], BeforeValidator(one_or_many, json_schema_input_type=Tell | tuple[Tell, ...])] = (
        Field((), description="whom else it is told, and when")
    )

    @property
    def axis_name(self) -> str:
        """`CAMERA.axis`, as in the rig."""
        return f"{self.camera}.{self.axis}"

    @property
    def triggered(self) -> bool:
        """Whether it waits for a trigger, in host time."""
        return bool(self.on)

    @property
    def form(self) -> Literal["land", "leave", "leave-land", "on"]:
        """How its moment is given."""
        if self.on:
            return "on"
        if self.leave is None:
            return "land"
        return "leave" if self.land is None else "leave-land"


class Defaults(Strict):
    """What cues need not repeat."""

    act: Name | None = None
    camera: Name | None = None
    pull: Pull | None = None
    shape: Shape | None = None
    landing: Landing | None = None
    kind: RackKind | None = None
    tolerance: Duration | None = None
    on_jump: OnJump | None = None
    conflict: Conflict | None = None
    land_after: Duration | None = None


class Rehearsed(Strict):
    """Stands in for a trigger in `rehearse`."""

    cue: Name
    at: At
    act: Name | None = Field(None, description='needed where `at` is media time ("+12.480 s")')


Sample = Annotated[float, Field(ge=0, le=1)]


class Show(Strict):
    """Marks (subject distance from the film plane) and the cues that land on them."""

    schema_: Literal["cuefocus-show/1"] = Field(alias="schema")
    title: Text = ""
    rate: Rate
    defaults: Defaults = Defaults()
    marks: dict[Name, dict[Name, Distance]] = Field(default_factory=dict, description="by camera, then by name")
    recordings: dict[Name, Annotated[tuple[Sample, ...], Field(min_length=2, max_length=100_000)]] = Field(
        default_factory=dict, description="recorded shapes: shares of travel, evenly spaced in time, from 0 to 1"
    )
    acts: tuple[Act, ...] = ()
    cues: tuple[Cue, ...] = ()
    rehearse: tuple[Rehearsed, ...] = ()
    sends: tuple[Send, ...] = Field((), description="what is told by timecode alone")

    @cached_property
    def act_by_id(self) -> dict[str, Act]:
        """Acts by their id, in order."""
        return {act.act: act for act in self.acts}

    @cached_property
    def cue_by_id(self) -> dict[str, Cue]:
        """Cues by their id, in order."""
        return {cue.cue: cue for cue in self.cues}

    def rate_of(self, act: Act) -> FrameRate:
        """How the act's labels count."""
        return act.rate or self.rate

    def start_show_ns(self, act: Act) -> int:
        """Show time at which second 0 of the act's media is heard (its offset is not in it)."""
        rate = self.rate_of(act)
        return parse_timecode(act.starts, rate).show_ns(rate)

    def label_show_ns(self, act: Act, label: str) -> int:
        """Show time of a label, within half a day of the act's start. Raises: TimecodeError."""
        rate = self.rate_of(act)
        return unwrap_near(parse_timecode(label, rate).show_ns(rate), self.start_show_ns(act), rate)

    def crossing_of(self, cue: Cue, at: At) -> tuple[Act, int] | None:
        """The act in which timecode fires a triggered cue, and the show time; None where no act holds that moment.

        The cue's own act, or the one that has begun last by then. Raises: TimecodeError for a label that none has.
        """
        named = self.act_by_id.get(cue.act or "")
        if at.label is None:
            return None if named is None else (named, self.start_show_ns(named) + (at.media_ns or 0))
        found: list[tuple[int, Act, int]] = []
        wrong: TimecodeError | None = None
        for act in self.acts if named is None else (named,):
            try:
                start_ns, show_ns = self.start_show_ns(act), self.label_show_ns(act, at.label)
            except TimecodeError as error:  # acts may count at other rates
                wrong = error
                continue
            over = act.ends is not None and show_ns > self.label_show_ns(act, act.ends)
            if not over and show_ns >= start_ns - (act.preroll.ns(self.rate_of(act)) or 0):
                found.append((start_ns, act, show_ns))
        if not found:
            if wrong is not None:
                raise wrong
            return None
        _, act, show_ns = max(found, key=lambda one: one[0])
        return act, show_ns

    def marks_of(self, camera: str, act: Act | None = None) -> dict[str, Distance]:
        """A camera's marks as they stand in `act`."""
        marks = self.marks.get(camera, {})
        setup = act.setup.get(camera) if act is not None else None
        return {**marks, **setup.marks} if setup is not None and setup.marks else marks

    def distance_of(self, target: Target, camera: str, act: Act | None = None) -> Distance | None:
        """Where focus goes for `target`; None for raw counts and for names that are no mark."""
        return target.distance or self.marks_of(camera, act).get(target.text)

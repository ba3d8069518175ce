"""The rig: sources, cameras, motors, network and safety of one set-up. No cue data."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from cuefocus.files.complaint import Loc
from cuefocus.files.durations import Duration
from cuefocus.files.quantities import FocalLength, Stop
from cuefocus.files.strict import Finding, Findings, Milliseconds, Name, Rate, Strict, Text
from cuefocus.motor.axis import AxisSpec
from cuefocus.rig.calendar import Calendar
from cuefocus.rig.midi import through_complaints
from cuefocus.rig.motors import Motor
from cuefocus.rig.network import Network
from cuefocus.rig.values import SENSOR_COC_MM

RIG_SCHEMA_ID = "cuefocus-rig/1"
_SILENCE_MS = 50.0
AxisName = Literal["focus", "iris", "zoom"]
SourceKind = Literal["ltc", "mtc", "artnet", "file", "midi-clock", "reaper", "ableton", "link"]
_BY_MIDI: tuple[SourceKind, ...] = ("mtc", "midi-clock")
MUSICAL_KINDS: tuple[SourceKind, ...] = ("midi-clock", "ableton", "link")
"""Sources that say where in a song playback is; an act's tempo map makes labels of it."""


class Source(Strict):
    """One source of timecode."""

    id: Name
    kind: SourceKind
    device: Name | None = Field(
        None,
        description="sound card or `jack:PORT`, MIDI port; our own `ADDRESS` or `ADDRESS#SENDER` for `artnet`; a sound "
        "file for `file`; our own `ADDRESS:PORT` for `reaper`, the program's `HOST:PORT` for `ableton`",
    )
    channel: int = Field(1, ge=1, le=256, description="sound channel that carries LTC, from 1; left out: the best")
    latency_ms: float = Field(0.0, ge=-1000, le=1000, description="measured age of a reading when it is stamped")
    priority: int = Field(1, ge=1, le=100, description="1 is followed first")
    rate: Rate | None = Field(None, description="expected; default the show's")
    act: Name | None = Field(
        None,
        description="for `midi-clock`, `ableton`, `link`: the act whose beats are meant; default the only one, or by "
        "Song Select",
    )
    starts: Name | None = Field(
        None, description="for `reaper`: the label at project time 0, where it sends no `/frames/str`"
    )


class AxisOnMotor(Strict):
    """Which motor turns a ring."""

    motor: Name


class Camera(Strict):
    """One camera: its lens, what counts as sharp on its sensor, and which motors turn its rings."""

    name: Text = ""
    lens: Name = Field(description="name#serial of a lens file")
    stop: Stop
    focal: FocalLength | None = Field(None, description="where a zoom stands")
    sensor: (
        Literal["16mm", "super-16", "super-35", "full-frame", "large-format", "alexa-lf", "alexa-65", "two-thirds-inch"]
        | None
    ) = None
    circle_of_confusion_mm: float | None = Field(None, gt=0, le=1, description="instead of `sensor`")
    sharp_coc: float = Field(0.5, gt=0, le=2, description="blur that still counts as sharp, in circles of confusion")
    fps: Rate
    shutter_deg: float = Field(180.0, gt=0, le=360)
    offset: Duration = Field(Duration.parse("0 ms"), description="+ = everything on this camera lands later")
    axes: dict[AxisName, AxisOnMotor]

    @property
    def coc_mm(self) -> float:
        """Permissible circle of confusion, mm."""
        if self.circle_of_confusion_mm is not None:
            return self.circle_of_confusion_mm
        return SENSOR_COC_MM[self.sensor or "super-35"]


class Safety(Strict):
    """Guards against the same thing twice and against motion nobody means."""

    repeat_guard_ms: Milliseconds = Field(250.0, description="one cue by any routes within this is one trigger")
    go_guard_ms: Milliseconds = Field(300.0, description="GO again within this is a slip of the finger")
    stale_ms: Milliseconds = Field(
        500.0, ge=50, description="a desk's word that is heard so late is told and not obeyed; stops always are"
    )
    conductor_silence_ms: Milliseconds = Field(
        _SILENCE_MS, description="silence after which motion lets racks land and holds"
    )
    hand: Literal["relative", "absolute"] = "relative"


class Rig(Strict):
    """Everything that is plugged together for a show."""

    schema_: Literal["cuefocus-rig/1"] = Field(alias="schema")
    title: Text = ""
    lenses: tuple[Name, ...] = Field((), description="lens files, named from the rig file's folder")
    sources: tuple[Source, ...] = ()
    cameras: dict[Name, Camera]
    motors: dict[Name, Motor]
    network: Network = Network()
    safety: Safety = Safety()
    calendar: Calendar = Calendar()

    def axis_names(self) -> tuple[str, ...]:
        """Every `CAMERA.axis`, in file order."""
        return tuple(f"{camera}.{axis}" for camera, model in self.cameras.items() for axis in model.axes)

    def motor_of(self, axis_name: str) -> Motor:
        """The motor on `CAMERA.axis`. Raises: KeyError."""
        return self.motors[self.motor_id_of(axis_name)]

    def motor_id_of(self, axis_name: str) -> str:
        """The id of the motor on `CAMERA.axis`. Raises: KeyError."""
        camera, _, axis = axis_name.rpartition(".")
        for name, on_motor in self.cameras[camera].axes.items():
            if name == axis:
                return on_motor.motor
        raise KeyError(axis_name)

    def axis_spec(self, axis_name: str) -> AxisSpec:
        """What player, planner and driver must know of `CAMERA.axis`. Raises: KeyError."""
        return self.motor_of(axis_name).axis_spec(axis_name, self.motor_id_of(axis_name))

    def axis_specs(self) -> dict[str, AxisSpec]:
        """Every axis by name, in file order."""
        return {name: self.axis_spec(name) for name in self.axis_names()}

    def complaints(self) -> Iterator[Finding]:
        """What no single field can see."""
        yield from self._source_complaints()
        users: dict[str, str] = {}
        for camera_id, camera in self.cameras.items():
            loc = ("cameras", camera_id)
            if "." in camera_id or camera_id != camera_id.strip():
                yield loc, "error", f"a camera cannot be called {camera_id!r}", "leave out points and outer spaces"
            if (camera.sensor is None) == (camera.circle_of_confusion_mm is None):
                hint = "write sensor: super-35, or circle_of_confusion_mm: 0.025"
                yield loc, "error", "sharpness needs either sensor or circle_of_confusion_mm", hint
            if not camera.axes:
                yield (*loc, "axes"), "error", "no axis has a motor", "write focus: {motor: …}"
            for axis, on_motor in camera.axes.items():
                here = (*loc, "axes", axis, "motor")
                if on_motor.motor not in self.motors:
                    known = ", ".join(self.motors) or "none"
                    yield here, "error", f"no motor {on_motor.motor!r}; have {known}", ""
                elif on_motor.motor in users:
                    hint = "one motor turns one ring"
                    yield here, "error", f"motor {on_motor.motor!r} already turns {users[on_motor.motor]}", hint
                else:
                    users[on_motor.motor] = f"{camera_id}.{axis}"
        for motor_id, motor in self.motors.items():
            for place, severity, problem, hint in motor.complaints():
                yield ("motors", motor_id, *place), severity, problem, hint
            if motor_id not in users:
                yield ("motors", motor_id), "note", f"motor {motor_id!r} turns no ring", ""
        yield from self.network.complaints()
        yield from self._midi_loops()
        for place, severity, problem, hint in self.calendar.complaints():
            yield ("calendar", *place), severity, problem, hint
        yield from self._unheeded()

    def _midi_loops(self) -> Findings:
        """MIDI that we send and hear ourselves: as cues, or as MIDI Machine Control beside a source's timecode."""
        told: list[tuple[Loc, str, str]] = [
            (("network", "receivers", index, "midi"), f"receiver {one.id}", one.midi)
            for index, one in enumerate(self.network.receivers)
            if one.midi is not None
        ]
        heard = [("network.midi.inputs", name) for name in self.network.midi.inputs]
        heard += [(f"source {one.id}", one.device) for one in self.sources if one.kind in _BY_MIDI and one.device]
        return through_complaints(told, heard)

    def _source_complaints(self) -> Iterator[Finding]:
        seen: set[str] = set()
        for index, source in enumerate(self.sources):
            if source.id in seen:
                yield ("sources", index, "id"), "error", f"two sources are called {source.id!r}", "give each its own id"
            seen.add(source.id)
            if source.act is not None and source.kind not in MUSICAL_KINDS:
                hint = f"only {', '.join(MUSICAL_KINDS)} needs it: take it out"
                yield ("sources", index, "act"), "error", f"a source of kind {source.kind} has labels of its own", hint
            if source.starts is not None and source.kind != "reaper":
                hint = "an act's `starts` says where its media begins"
                yield ("sources", index, "starts"), "error", f"a source of kind {source.kind} has no such label", hint

    def _unheeded(self) -> Iterator[Finding]:
        """What may be written already, though nothing goes by it yet: nobody shall rely on it."""
        if self.safety.conductor_silence_ms != _SILENCE_MS:
            problem = f"motion holds after {_SILENCE_MS:g} ms of silence, whatever is written here"
            yield ("safety", "conductor_silence_ms"), "warning", problem, "take it out"
        if self.safety.hand != "relative":
            yield ("safety", "hand"), "warning", "a hand always drives relative to where it grabbed", "take it out"

"""What each process of the daemon is told, and the commands that start them. Wiring only; `run` decides."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from cuefocus.app.check import Checked
from cuefocus.app.job import files_of
from cuefocus.app.processes import ChildSpec
from cuefocus.app.receivers import WiredReceiver
from cuefocus.app.runtime_dir import RuntimeDir
from cuefocus.app.sim_rig import SimulatedMotors
from cuefocus.app.wired_sources import WiredSource
from cuefocus.desk.config import DeskConfig
from cuefocus.desk.run_files import RunFile
from cuefocus.desk.web.config import CueLine, PageConfig
from cuefocus.rig.calendar import Calendar
from cuefocus.rig.models import Rig
from cuefocus.rig.motors import Motor
from cuefocus.shells.checkpoint import make_sheets
from cuefocus.shells.conductor_config import ConductorConfig
from cuefocus.shells.event_pipe import EventReader, EventWriter, event_pair
from cuefocus.shells.front_desk_config import NOBODY_HEARD, FrontDeskConfig
from cuefocus.shells.journal_spill import make_spill
from cuefocus.shells.motion_config import AxisConfig, MotionConfig
from cuefocus.shells.motor_names import names_asked
from cuefocus.shells.name_lookup import NameLookup
from cuefocus.shells.parent import told_parent
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.source_config import PlayConfig
from cuefocus.show.models import Cue
from cuefocus.wire.ltc.compiled import ready_loops

LEDGER: Final = "ledger.jsonl"
STORE: Final = "takes.db"
LOGS_DIR: Final = "logs"
CONDUCTOR_CONFIG: Final = "conductor.json"


@dataclass(frozen=True, slots=True)
class Places:
    """Files that outlive the run.

    Args:
        folder: of journals, ledger and take store.
        run: id of the run.
    """

    folder: Path
    run: str

    @property
    def ledger(self) -> Path:
        """Every landing of all runs."""
        return self.folder / LEDGER

    @property
    def store(self) -> Path:
        """The take store."""
        return self.folder / STORE

    @property
    def journal(self) -> Path:
        """The journal of this run."""
        return self.folder / f"{self.run}.journal"

    def log(self, process: str) -> Path:
        """What a process of this run writes to stderr."""
        return self.folder / LOGS_DIR / f"{self.run}.{process}.log"

    @property
    def dropped(self) -> Path:
        """What desks have said in this run that did nothing."""
        return self.folder / LOGS_DIR / f"{self.run}.dropped.jsonl"

    def make(self) -> None:
        """Make the folders. Raises OSError."""
        (self.folder / LOGS_DIR).mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class RunFiles:
    """What the desk is told of a run's files.

    Args:
        files: all the run was made from, as they are now.
        calendar: the rig's.
        began: when the run began, by the wall clock; None: now.
        title: the show's. cues: listed on the page; none where there is no page.
    """

    show: Path
    rig: Path
    files: tuple[RunFile, ...]
    calendar: Calendar
    title: str = ""
    cues: tuple[CueLine, ...] = ()
    began: datetime | None = None

    @classmethod
    def of(cls, show_path: Path, rig_path: Path, checked: Checked, began: datetime) -> "RunFiles":
        """The files of a run that begins. Sound is known by its size and date, all else by what it holds."""
        files = [RunFile.of(path, by_content=True) for _, path in files_of(show_path, rig_path, checked)]
        acts = checked.show.value.acts if checked.show is not None else ()
        sound = dict.fromkeys(show_path.parent / act.media.file for act in acts if act.media.file is not None)
        files += [RunFile.of(path.resolve(), by_content=False) for path in sound]
        calendar = checked.rig.rig.value.calendar if checked.rig is not None else Calendar()
        run = cls(show_path.resolve(), rig_path.resolve(), tuple(files), calendar, began=began)
        if checked.show is None or checked.rig is None or checked.rig.rig.value.network.page is None:
            return run
        show = checked.show.value
        return replace(run, title=show.title, cues=tuple(_line(cue) for cue in show.cues))


def _line(cue: Cue) -> CueLine:
    moment = cue.land or cue.leave
    return CueLine(
        cue=cue.cue,
        name=cue.name,
        camera=cue.camera,
        axis=cue.axis_name,
        act=cue.act or "",
        to=str(cue.to),
        lands="" if moment is None else moment.text,
        triggered=cue.triggered,
    )


class Wires:
    """What `run` holds for its children: memory, score, checkpoints, waiting journal lines, event pipes.

    They outlive any child.
    """

    def __init__(self, memory: SharedMemory, score_fd: int) -> None:
        self.memory, self.score_fd, self.sheet_fds, self.spill_fd = memory, score_fd, make_sheets(), make_spill()
        read_end, self._events_end = event_pair()
        self._heard_end, self._told_end = event_pair()
        self._page_end, self._shown_end = event_pair()
        self.events = EventReader(read_end)
        self._own = [EventWriter(os.dup(fd)) for fd in (self.events_fd, self.shown_fd)]

    def tell(self, event: Mapping[str, object]) -> None:
        """An event of `run` itself, from whichever thread, as if a child told it: to `run`, and to the page."""
        for writer in self._own:
            writer.put(event)

    @property
    def events_fd(self) -> int:
        """Where children tell `run` of events."""
        return self._events_end.fileno()

    @property
    def told_fd(self) -> int:
        """Where the conductor tells the desk of takes."""
        return self._told_end.fileno()

    @property
    def heard_fd(self) -> int:
        """Where the desk hears of takes."""
        return self._heard_end.fileno()

    @property
    def shown_fd(self) -> int:
        """Where the conductor tells the desk's page of everything."""
        return self._shown_end.fileno()

    @property
    def page_fd(self) -> int:
        """Where the page hears it."""
        return self._page_end.fileno()


def motion_config(
    rig: Rig, sims: SimulatedMotors, runtime: RuntimeDir, axes: tuple[str, ...], lookup: NameLookup
) -> MotionConfig:
    """Motion's orders: every axis, its motor and its port, in the memory's order; machines' names are looked up now."""
    configs = []
    for name in axes:
        motor_id, motor = rig.motor_id_of(name), rig.motor_of(name)
        configs.append(
            AxisConfig(
                spec=rig.axis_spec(name),
                driver=motor.driver,
                link=sims.addresses.get(motor_id) or link_address(motor),
                baud=motor.baud or 0,
                address=motor.address,
                options=_options(motor),
            )
        )
    remote = any(motor.port.kind == "udp" for motor in rig.motors.values())
    found, unknown = names_asked((one.link for one in configs), lookup)
    socket = str(runtime.motion_socket)
    return MotionConfig(axes=tuple(configs), socket=socket, allow_remote=remote, found=found, unknown=unknown)


def motor_hosts(rig: Rig) -> tuple[str, ...]:
    """The machines that motors hang on, as the rig writes them."""
    return tuple(motor.port.name for motor in rig.motors.values() if motor.port.kind == "udp")


def link_address(motor: Motor) -> str:
    """A real motor's port as motion opens it."""
    port = motor.port
    place = f"{port.name}:{port.number}" if port.kind == "udp" else port.name
    return f"{port.kind}:{place}"


def _options(motor: Motor) -> dict[str, object]:
    """What only the motor's family knows."""
    if motor.driver == "tilta":
        return {"command": motor.command}
    if motor.driver == "bridge":
        return {"feedback": motor.feedback != "none"}
    return {}


def motion_child(config: MotionConfig, memory: SharedMemory, runtime: RuntimeDir, log: Path) -> ChildSpec:
    """The motion process."""
    path = runtime.path / "motion.json"
    config.write(path)
    where = ("--fd", str(memory.fd), "--config", str(path), *told_parent())
    fds = (*memory.handed_down, *runtime.handed_down)
    return ChildSpec("motion", (sys.executable, "-m", "cuefocus.shells.motion_main", *where), log, pass_fds=fds)


def conductor_child(
    wires: Wires,
    sources: Sequence[WiredSource],
    plays: PlayConfig | None,
    runtime: RuntimeDir,
    places: Places,
    *,
    desk: FrontDeskConfig = NOBODY_HEARD,
    page: bool = False,
    receivers: Sequence[WiredReceiver] = (),
    afresh: int = 0,
) -> ChildSpec:
    """The conductor process."""
    path = runtime.path / CONDUCTOR_CONFIG
    config = ConductorConfig(
        memory_fd=wires.memory.fd,
        events_fd=wires.events_fd,
        takes_fd=wires.told_fd,
        score_fd=wires.score_fd,
        socket=str(runtime.conductor_socket),
        journal=str(places.journal),
        ledger=str(places.ledger),
        sources=tuple(source.config for source in sources),
        plays=plays,
        afresh=afresh,
        sheet_fds=wires.sheet_fds,
        spill_fd=wires.spill_fd,
        loops=ready_loops(),
        desk=desk,
        page_fd=wires.shown_fd if page else -1,
        receivers=tuple(receiver.config for receiver in receivers),
    )
    config.write(path)
    argv = (sys.executable, "-m", "cuefocus.shells.conductor_main", "--config", str(path))
    own = (wires.events_fd, wires.told_fd, wires.shown_fd, wires.score_fd, *wires.sheet_fds, wires.spill_fd)
    heard = [fd for source in sources if source.ears is not None for fd in source.ears.handed_down]
    told = [fd for receiver in receivers for fd in receiver.handed_down]
    fds = (*wires.memory.handed_down, *runtime.handed_down, *own, *heard, *told, *desk.handed_down)
    # Not in the real-time class before it is ready: what the kernel does for motors' ports would wait for its start.
    return ChildSpec("conductor", argv, places.log("conductor"), pass_fds=fds, hurried=True)


def understudy_child(wires: Wires, runtime: RuntimeDir, places: Places) -> ChildSpec:
    """The understudy of the conductor, whose config it reads. One that keeps ending stays down: it only saves time."""
    where = ("--config", str(runtime.path / CONDUCTOR_CONFIG), *told_parent())
    argv = (sys.executable, "-m", "cuefocus.shells.understudy", *where)
    fds = (wires.score_fd, *wires.sheet_fds)
    return ChildSpec("understudy", argv, places.log("understudy"), pass_fds=fds, most_deaths=3)


def desk_child(
    wires: Wires, runtime: RuntimeDir, places: Places, of: RunFiles, page: PageConfig | None = None
) -> ChildSpec:
    """The desk process."""
    path = runtime.path / "desk.json"
    DeskConfig(
        ledger=str(places.ledger),
        store=str(places.store),
        heard_fd=wires.heard_fd,
        events_fd=wires.events_fd,
        show=str(of.show),
        rig=str(of.rig),
        files=of.files,
        conductor=str(runtime.conductor_socket),
        kept=str(runtime.path / "calendar.json"),
        calendar=of.calendar.model_dump(mode="json"),
        began="" if of.began is None else of.began.isoformat(),
        page=page,
    ).write(path)
    argv = (sys.executable, "-m", "cuefocus.desk.main", "--config", str(path))
    return ChildSpec("desk", argv, places.log("desk"), pass_fds=(wires.heard_fd, wires.events_fd, wires.page_fd))

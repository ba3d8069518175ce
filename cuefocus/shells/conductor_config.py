"""What the conductor must be told: descriptors and files as plain JSON, the compiled show as a sealed memory file."""

import fcntl
import json
import os
import pickle
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from cuefocus.engine.job import Job, Seed
from cuefocus.engine.journal import JournalHeader
from cuefocus.errors import DeviceError, RigFileError
from cuefocus.shells.front_desk_config import NOBODY_HEARD, FrontDeskConfig, front_desk_fields, front_desk_from
from cuefocus.shells.receiver_config import ReceiverConfig, receiver_from
from cuefocus.shells.source_config import PlayConfig, SourceConfig, fields_of, source_from

DEFAULT_PRIORITY: Final = 60
"""Below motion's 75 and a sound server's 70."""
_SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


@dataclass(frozen=True, slots=True)
class ConductorConfig:
    """All of it.

    Args:
        memory_fd, events_fd, takes_fd, score_fd: inherited descriptors; -1 for nobody who hears events, or of takes.
        page_fd: where the desk's page hears of everything; -1 where there is no page.
        spill_fd: where journal lines wait while the disk takes none; -1: in our own memory only.
        socket: where commands are heard.
        sources: where timecode comes from, in order of priority.
        plays: how the sound files among them are played; None where there is none.
        journal, ledger: files of this run and of all runs.
        priority: of the real-time class; 0 for the ordinary one. lock: keep its memory from being paged out.
        afresh: how many journals of this run could not be gone on with; each time a new one is begun.
        sheet_fds: inherited descriptors of the checkpoints' sheets; none for a conductor without an understudy.
        desk: where OSC is heard.
        receivers: who is told of what the show sends.
        loops: folder of the LTC decoder's compiled loops, all there; empty: it decodes with the plain ones.
    """

    memory_fd: int
    events_fd: int
    takes_fd: int
    score_fd: int
    socket: str
    journal: str
    ledger: str
    sources: tuple[SourceConfig, ...] = ()
    plays: PlayConfig | None = None
    priority: int = DEFAULT_PRIORITY
    lock: bool = True
    afresh: int = 0
    sheet_fds: tuple[int, ...] = ()
    spill_fd: int = -1
    loops: str = ""
    desk: FrontDeskConfig = NOBODY_HEARD
    page_fd: int = -1
    receivers: tuple[ReceiverConfig, ...] = ()

    @property
    def journal_path(self) -> Path:
        """The journal to write: `NAME.journal`, after a bad one `NAME.2.journal`, and so on."""
        path = Path(self.journal)
        return path.with_suffix(f".{self.afresh + 1}{path.suffix}") if self.afresh else path

    def write(self, path: Path) -> None:
        """Put it where the conductor will read it, whole. Raises OSError; then what stood there before still does."""
        fields = {
            **asdict(self),
            "sources": [fields_of(source) for source in self.sources],
            "desk": front_desk_fields(self.desk),
        }
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(fields, indent=1), encoding="utf-8")
        fresh.replace(path)


def read_conductor_config(path: Path) -> ConductorConfig:
    """The config `ConductorConfig.write` wrote. Raises RigFileError when it is none."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        sources, plays, sheets = fields.pop("sources"), fields.pop("plays"), fields.pop("sheet_fds", ())
        desk, receivers = fields.pop("desk"), fields.pop("receivers", ())
        return ConductorConfig(
            **fields,
            sources=tuple(source_from(source) for source in sources),
            plays=PlayConfig(**{**plays, "sources": tuple(plays["sources"])}) if plays is not None else None,
            sheet_fds=tuple(sheets),
            desk=front_desk_from(desk),
            receivers=tuple(receiver_from(receiver) for receiver in receivers),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise RigFileError(f"no conductor config: {problem}", where=str(path), hint="`run` writes it") from None


@dataclass(frozen=True, slots=True)
class Score:
    """What a session is made from, and what its journal begins with: the same for every conductor of a run."""

    job: Job
    seed: Seed
    header: JournalHeader

    @property
    def show(self) -> str:
        """What tells this show's landings from another's: its title and the name of its file."""
        file = next((Path(file.name) for file in self.header.files if file.role == "show"), None)
        if file is None or self.job.title == file.name:
            return self.job.title
        return file.name if self.job.title == file.stem else f"{self.job.title} ({file.name})"

    def unarmed(self) -> "Score":
        """The same for a conductor that had to leave its predecessor's journal: only a person arms again."""
        header = replace(self.header, options={**self.header.options, "auto_arm": False})
        return Score(self.job, replace(self.seed, auto_arm=False), header)

    def sealed(self) -> int:
        """A memory file that holds it and cannot be changed any more; its descriptor is handed to conductors."""
        fd = os.memfd_create("cuefocus-score", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        with open(fd, "wb", closefd=False) as file:
            pickle.dump(self, file, protocol=pickle.HIGHEST_PROTOCOL)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
        return fd


def read_score(fd: int) -> Score:
    """The score behind an inherited descriptor.

    Only a sealed memory file is read: nobody but the process that handed it down can have written it.

    Raises: DeviceError when it is something else.
    """
    try:
        sealed = fcntl.fcntl(fd, fcntl.F_GET_SEALS) & _SEALS == _SEALS
    except OSError:
        sealed = False
    if not sealed:
        raise DeviceError(f"descriptor {fd} holds no score", hint="the conductor is started by `run`")
    score = pickle.loads(os.pread(fd, os.fstat(fd).st_size, 0))  # noqa: S301 - sealed by our own parent, see above
    if not isinstance(score, Score):
        raise DeviceError(f"descriptor {fd} holds no score", hint="the conductor is started by `run`")
    return score

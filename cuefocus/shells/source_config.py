"""What the conductor must be told of each source of timecode or cues: its kind, and where it is heard. Plain JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class FileConfig:
    """A sound file that is played.

    Args:
        source: id of the source it stands for.
        channel: counted from 0.
        latency_ns: taken off its stamps.
    """

    source: str
    path: str
    channel: int
    latency_ns: int = 0


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """Live sound that is listened to.

    Args:
        source: id of the source it stands for.
        channel: counted from 0; None: the one on which LTC is read best.
        ring_fd, bell_fd: inherited descriptors of the ring that the ears write.
    """

    source: str
    channel: int | None
    ring_fd: int
    bell_fd: int


@dataclass(frozen=True, slots=True)
class ArtNetConfig:
    """Art-Net timecode that is listened for.

    Args:
        source: id of the source it stands for.
        address: our own IPv4 address at which it is heard; 0.0.0.0 for all of them.
        sender: the sender's IPv4 address; empty for the first that is heard.
    """

    source: str
    address: str
    sender: str = ""


@dataclass(frozen=True, slots=True)
class MidiConfig:
    """MIDI timecode that is listened for.

    Args:
        source: id of the source it stands for.
        pipe_fd: inherited descriptor of the pipe that the MIDI ears write.
    """

    source: str
    pipe_fd: int


@dataclass(frozen=True, slots=True)
class ReaperConfig:
    """REAPER's positions that are listened for.

    Args:
        source: id of the source it stands for.
        address, port: our own, at which they are heard.
        rate: name of the rate at which the project's frames count.
        starts: the label at project time 0, where it sends no labels.
    """

    source: str
    address: str
    port: int
    rate: str
    starts: str


@dataclass(frozen=True, slots=True)
class ClockConfig:
    """MIDI clock that is listened for.

    Args:
        source: id of the source it stands for.
        pipe_fd: inherited descriptor of the pipe that the MIDI ears write.
        act: the act whose song it plays; empty: the only one, or by Song Select.
    """

    source: str
    pipe_fd: int
    act: str = ""


@dataclass(frozen=True, slots=True)
class AbletonConfig:
    """Live's song position that is asked for by AbletonOSC.

    Args:
        source: id of the source it stands for.
        host, port: where it listens.
        address: our own, at which it answers.
        act: the act whose song it plays; empty: the only one.
    """

    source: str
    host: str
    port: int
    address: str
    act: str = ""


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """An Ableton Link session that is listened to.

    Args:
        source: id of the source it stands for.
        pipe_fd: inherited descriptor of the pipe that the Link ears write.
        act: the act whose song it plays; empty: the only one.
    """

    source: str
    pipe_fd: int
    act: str = ""


@dataclass(frozen=True, slots=True)
class CuesConfig:
    """A MIDI port that carries cues, no timecode.

    Args:
        source: what it is called, `midi:PORT`.
        pipe_fd: inherited descriptor of the pipe that the MIDI ears write.
        device, groups, formats: for whom show control must be to be for us.
        mmc_device: our machine control id.
    """

    source: str
    pipe_fd: int
    device: int
    groups: tuple[int, ...]
    formats: tuple[int, ...]
    mmc_device: int


SourceConfig = (
    FileConfig
    | LiveConfig
    | ArtNetConfig
    | MidiConfig
    | ReaperConfig
    | ClockConfig
    | AbletonConfig
    | LinkConfig
    | CuesConfig
)
_KINDS: Final[Mapping[str, type[SourceConfig]]] = {
    "file": FileConfig,
    "live": LiveConfig,
    "artnet": ArtNetConfig,
    "midi": MidiConfig,
    "reaper": ReaperConfig,
    "midi-clock": ClockConfig,
    "ableton": AbletonConfig,
    "link": LinkConfig,
    "midi-cues": CuesConfig,
}


@dataclass(frozen=True, slots=True)
class PlayConfig:
    """How the sound files among the sources are played: all from the same moment on.

    Args:
        sources: their ids.
        takes: how often they play; 0 = again and again.
        wait_for_axes: hold them until every axis stands ready.
    """

    sources: tuple[str, ...]
    takes: int
    wait_for_axes: bool


def fields_of(config: SourceConfig) -> dict[str, Any]:
    """A source's config as JSON values."""
    kind = next(name for name, made in _KINDS.items() if made is type(config))
    return {"kind": kind, **asdict(config)}


def source_from(fields: Mapping[str, Any]) -> SourceConfig:
    """The config that `fields_of` took apart. Raises KeyError or TypeError for anything else."""
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    return _KINDS[values.pop("kind")](**values)

"""`--source`, each of them, or else the rig's own: what a run listens to, in order of priority."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cuefocus.app.sound_choice import FILE, SoundChoice, choose_named_sound, choose_sound
from cuefocus.errors import InputError
from cuefocus.rig.models import Rig, Source, SourceKind
from cuefocus.shells.message_device import ARTNET, CLOCK, MIDI, art_net_address, clock_port, midi_port
from cuefocus.shells.program_device import (
    ABLETON,
    LINK,
    PROGRAMS,
    REAPER,
    Program,
    ableton_program,
    link_act,
    reaper_port,
)
from cuefocus.shells.sound_device import SoundDevice, is_live, parse_device
from cuefocus.shells.udp_inlet import UdpPort
from cuefocus.timebase.frames import FrameRate
from cuefocus.timebase.units import NS_PER_MS

FORMS: Final = (
    "write file:X.wav, jack:PORT, audio:DEVICE#3, midi:PORT, clock:PORT, artnet:ADDRESS, reaper:PORT, ableton:HOST "
    "or link:"
)
MIDNIGHT: Final = "00:00:00:00"
_NOBODY: Final = "timecode"
# How sources are written after `--source` whose device cannot be mistaken for another kind's port or card.
_WRITTEN: Final[tuple[tuple[SourceKind, str, Callable[..., object]], ...]] = (
    ("midi-clock", CLOCK, clock_port),
    ("artnet", ARTNET, art_net_address),
    ("reaper", REAPER, reaper_port),
    ("ableton", ABLETON, ableton_program),
    ("link", LINK, link_act),
)


@dataclass(frozen=True, slots=True)
class LiveChoice:
    """Live sound that is listened to.

    Args:
        source: id of the source it stands for; its `latency_ms` is taken off by the chase.
    """

    source: str
    device: SoundDevice
    kind: SourceKind = "ltc"


@dataclass(frozen=True, slots=True)
class MidiChoice:
    """MIDI timecode that is listened for, at the port whose name is or holds `port`."""

    source: str
    port: str
    kind: SourceKind = "mtc"


@dataclass(frozen=True, slots=True)
class ClockChoice:
    """MIDI clock that is listened for at `port`, of the song of `act`; empty: the only one, or by Song Select."""

    source: str
    port: str
    act: str = ""
    kind: SourceKind = "midi-clock"

    def __str__(self) -> str:
        return f"{CLOCK}{self.port}{_named(self.act)}"


@dataclass(frozen=True, slots=True)
class ArtNetChoice:
    """Art-Net timecode heard at our own IPv4 `address`: of one `sender`, or of the first that is heard."""

    source: str
    address: str
    sender: str = ""
    kind: SourceKind = "artnet"


@dataclass(frozen=True, slots=True)
class ReaperChoice:
    """REAPER's positions, listened for at a UDP port of ours.

    Args:
        rate: how the project's frames count; None: as the show's.
        starts: the label at project time 0, where it sends no labels.
    """

    source: str
    heard: UdpPort
    rate: FrameRate | None = None
    starts: str = MIDNIGHT
    kind: SourceKind = "reaper"


@dataclass(frozen=True, slots=True)
class AbletonChoice:
    """Live's song position, asked for by AbletonOSC."""

    source: str
    program: Program
    kind: SourceKind = "ableton"

    @property
    def act(self) -> str:
        """The act whose song it plays; empty for the only one."""
        return self.program.act

    def __str__(self) -> str:
        return str(self.program)


@dataclass(frozen=True, slots=True)
class LinkChoice:
    """An Ableton Link session that plays the song of `act`; empty for the only one."""

    source: str
    act: str = ""
    kind: SourceKind = "link"

    def __str__(self) -> str:
        return f"{LINK}{_named(self.act)}"


SourceChoice = (
    SoundChoice | LiveChoice | MidiChoice | ClockChoice | ArtNetChoice | ReaperChoice | AbletonChoice | LinkChoice
)
Warn = Callable[[str], object]


def choose_sources(
    given: Sequence[str], rig: Rig, rig_path: Path, *, warn: Warn = lambda _: None
) -> tuple[SourceChoice, ...]:
    """What `--source` names each time it is given, or all the rig's sources that say where they are heard.

    Args:
        given: `file:X.wav`, `jack:PORT`, `audio:DEVICE#3`, `midi:PORT`, `clock:PORT#ACT`, `artnet:ADDRESS`,
            `reaper:PORT`, `ableton:HOST#ACT`, `link:#ACT`, the first followed first; none for the rig's own. They stand
            for the rig's sources in order of priority.
        rig: says what the sources are called and how late they are.
        rig_path: files in the rig are named from its folder.
        warn: told, in a sentence, if a file is not whole or a source of the rig cannot be listened to.

    Raises: InputError when there is nothing to follow, SoundFileError when a file cannot be, or holds no timecode.
    """
    if not given:
        return _of_rig(rig, rig_path, warn)
    for text in given:
        if given.count(text) > 1:
            raise InputError(f"{text} is given twice", where="--source", hint="name each source once")
    ordered = by_priority(rig)
    own: list[Source | None] = [*ordered, *[None] * len(given)]
    ids = source_ids(rig, len(given))
    return tuple(_given(*one, warn) for one in zip(given, ids, own, strict=False))


def is_heard_live(text: str) -> bool:
    """Whether `text` is written as a source that is listened to, whatever comes after its first colon."""
    return is_live(text) or text.startswith((MIDI, CLOCK, ARTNET, *PROGRAMS))


def by_priority(rig: Rig) -> list[Source]:
    """The rig's sources, the one that is followed first before the others."""
    return sorted(rig.sources, key=lambda source: source.priority)


def source_ids(rig: Rig, count: int) -> tuple[str, ...]:
    """Ids of so many sources: the rig's own, then made-up ones."""
    own = [source.id for source in by_priority(rig)][:count] or [_NOBODY]
    made_up = (name for number in range(len(own) + 1, 2 * count + 2) if (name := f"source {number}") not in own)
    return tuple(own) + tuple(next(made_up) for _ in range(count - len(own)))


def device_of(source: Source, where: str) -> SoundDevice:
    """The device of an `ltc` source in a rig. A name without `jack:` is a sound card's.

    A channel written beside it counts; one that nobody wrote leaves the choice to lock quality.

    Raises: InputError when it names none.
    """
    text = source.device or ""
    device = parse_device(text if is_live(text) else f"audio:{text}", where=f"{where}: sources.{source.id}.device")
    if device.server == "audio" and device.channel is None and "channel" in source.model_fields_set:
        return SoundDevice(device.server, device.name, source.channel - 1)
    return device


def _given(text: str, source: str, own: Source | None, warn: Warn) -> SourceChoice:
    """What a `--source` means; `own` is the rig's source that it stands for."""
    if is_live(text):
        return LiveChoice(source, parse_device(text))
    if text.startswith(MIDI):
        return MidiChoice(source, midi_port(text, where="--source"))
    if text.startswith(CLOCK):
        return ClockChoice(source, *clock_port(text, where="--source"))
    if text.startswith(ARTNET):
        return ArtNetChoice(source, *art_net_address(text, where="--source"))
    if text.startswith(FILE):
        return choose_named_sound(text, source, _latency_ns(own) if own is not None else 0, warn=warn)
    if text.startswith(REAPER):
        return _reaper(text, source, own, "--source")
    if text.startswith(ABLETON):
        return AbletonChoice(source, ableton_program(text, where="--source"))
    if text.startswith(LINK):
        return LinkChoice(source, link_act(text, where="--source"))
    raise InputError(f"no source {text!r}", where="--source", hint=FORMS)


def live_of_rig(source: Source, where: str) -> SourceChoice | None:
    """What a source of the rig listens to; None for a file, and where it names no device but needs one to be heard.

    Args:
        source: any of the rig's.
        where: the rig file, for complaints.

    Raises: InputError for a device that nothing of its kind is heard at.
    """
    device, place = source.device or "", f"{where}: sources.{source.id}.device"
    if source.kind == "artnet":
        return ArtNetChoice(source.id, *art_net_address(device, where=place))
    if source.kind == "reaper":
        return _reaper(device, source.id, source, place)
    if source.kind == "ableton":
        program = ableton_program(device, where=place)
        return AbletonChoice(source.id, replace(program, act=source.act or program.act))
    if source.kind == "link":
        act = link_act(device, where=place)
        return LinkChoice(source.id, source.act or act)
    if source.device is None or source.kind == "file":
        return None
    _refuse_other_kind(source, place)
    if source.kind == "ltc":
        return LiveChoice(source.id, device_of(source, where))
    if source.kind == "mtc":
        return MidiChoice(source.id, midi_port(device, where=place))
    port, act = clock_port(device, where=place)
    return ClockChoice(source.id, port, source.act or act)


def _refuse_other_kind(source: Source, where: str) -> None:
    """Ports and sound cards may be called anything, but hardly as a source of another kind is written."""
    device = source.device or ""
    for kind, prefix, read in _WRITTEN:
        if kind != source.kind and device.startswith(prefix) and _reads(read, device):
            own = f"{'audio:' if source.kind == 'ltc' else MIDI}{device}"
            hint = f"write kind: {kind}; or {own}, if that is what its device is called"
            raise InputError(f"{device!r} is a source of kind {kind}, not {source.kind}", where=where, hint=hint)


def _reads(read: Callable[..., object], device: str) -> bool:
    with contextlib.suppress(InputError):
        read(device, where="")
        return True
    return False


def _of_rig(rig: Rig, rig_path: Path, warn: Warn) -> tuple[SourceChoice, ...]:
    chosen: list[SourceChoice] = []
    silent: list[str] = []
    for source in by_priority(rig):
        if source.kind == "file" and source.device is not None:
            path, channel = rig_path.parent / source.device, source.channel - 1
            chosen.append(choose_sound(path, channel, source.id, _latency_ns(source), warn=warn))
        elif (live := live_of_rig(source, str(rig_path))) is not None:
            chosen.append(live)
        else:
            silent.append(source.id)
    if not chosen:
        raise InputError("no timecode to follow", where=str(rig_path), hint="give --source file:X.wav")
    for name in silent:
        warn(f"{rig_path}: warning: source {name} names no device: it is not listened to")
    return tuple(chosen)


def _reaper(text: str, source: str, own: Source | None, where: str) -> ReaperChoice:
    heard = reaper_port(text, where=where)
    return ReaperChoice(source, heard, own.rate if own else None, (own.starts if own else None) or MIDNIGHT)


def _named(act: str) -> str:
    return f"#{act}" if act else ""


def _latency_ns(source: Source) -> int:
    return round(source.latency_ms * NS_PER_MS)

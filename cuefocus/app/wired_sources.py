"""Sources as the daemon holds them: what the conductor is told of each, and the ears of those that need a process."""

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cuefocus.app.processes import ChildSpec
from cuefocus.app.songs import bar_quarters
from cuefocus.app.sound_choice import SoundChoice
from cuefocus.app.source_choice import (
    AbletonChoice,
    ArtNetChoice,
    ClockChoice,
    LinkChoice,
    LiveChoice,
    ReaperChoice,
    SourceChoice,
)
from cuefocus.chase.musical import Song
from cuefocus.rig.midi import MidiSettings
from cuefocus.shells.ableton_inlet import answers_at
from cuefocus.shells.art_net_inlet import open_art_net
from cuefocus.shells.ears import PATIENT
from cuefocus.shells.message_device import MIDI, midi_port
from cuefocus.shells.midi_pipe import MidiPipe
from cuefocus.shells.parent import told_parent
from cuefocus.shells.program_device import LINK, own_ipv4_towards
from cuefocus.shells.sound_device import SoundDevice
from cuefocus.shells.sound_ring import SoundRing, State
from cuefocus.shells.source_config import (
    AbletonConfig,
    ArtNetConfig,
    ClockConfig,
    CuesConfig,
    FileConfig,
    LinkConfig,
    LiveConfig,
    MidiConfig,
    ReaperConfig,
    SourceConfig,
)
from cuefocus.shells.udp_inlet import open_udp
from cuefocus.timebase.frames import FrameRate
from cuefocus.wire.midi_voice import VOICES

_MIDI_EARS: Final = "cuefocus.shells.midi_ears_main"


class EarsWire(Protocol):
    """What ties a process that owns a device to the conductor; `run` holds it, so that it outlives both."""

    @property
    def device(self) -> str:
        """The device as it is written after `--source`."""

    @property
    def handed_down(self) -> tuple[int, ...]:
        """Descriptors that the conductor inherits."""

    @property
    def patient(self) -> bool:
        """Whether a device that cannot be opened is a source lost, and tried again: others may do meanwhile."""

    @property
    def starting(self) -> bool:
        """Whether the ears have not said yet how it went."""

    def child(self, name: str, log: Path) -> ChildSpec:
        """The process."""


@dataclass(frozen=True, slots=True)
class SoundWire:
    """Ears for live sound."""

    sound: SoundDevice
    ring: SoundRing
    patient: bool

    @property
    def device(self) -> str:
        """As written after `--source`."""
        return str(self.sound)

    @property
    def handed_down(self) -> tuple[int, ...]:
        """The ring and its bell."""
        return self.ring.handed_down

    @property
    def starting(self) -> bool:
        """Whether the ears have not said yet how it went."""
        return self.ring.stream().state is State.STARTING

    def child(self, name: str, log: Path) -> ChildSpec:
        """The process."""
        fd, bell = self.ring.handed_down
        where = ("--fd", str(fd), "--bell", str(bell), "--device", self.device, *((PATIENT,) if self.patient else ()))
        argv = (sys.executable, "-m", "cuefocus.shells.ears_main", *where, *told_parent())
        return ChildSpec(name, argv, log, pass_fds=(fd, bell))


@dataclass(frozen=True, slots=True)
class MessageWire:
    """Ears that pass messages on.

    Args:
        device: as written after `--source`.
        module: their program.
        words: what it is told beside the pipe.
    """

    device: str
    module: str
    words: tuple[str, ...]
    pipe: MidiPipe
    patient: bool

    @property
    def handed_down(self) -> tuple[int, ...]:
        """The end that is read."""
        return (self.pipe.read_fd,)

    @property
    def starting(self) -> bool:
        """Whether the ears have not said yet how it went."""
        return self.pipe.empty

    def child(self, name: str, log: Path) -> ChildSpec:
        """The process."""
        argv = (sys.executable, "-m", self.module, "--pipe", str(self.pipe.write_fd), *self.words)
        return ChildSpec(name, argv, log, pass_fds=(self.pipe.write_fd,))


def _midi_ears(port: str, called: str, pipe: MidiPipe, *, patient: bool) -> MessageWire:
    words = ("--port", port, "--called", called, *((PATIENT,) if patient else ()))
    return MessageWire(called, _MIDI_EARS, words, pipe, patient)


def _link_ears(quantum: float, pipe: MidiPipe, *, patient: bool) -> MessageWire:
    """Ears for an Ableton Link session with bars of so many quarters."""
    return MessageWire(LINK, "cuefocus.shells.link_ears_main", ("--quantum", str(quantum)), pipe, patient)


@dataclass(frozen=True, slots=True)
class WiredSource:
    """One source of the daemon: what the conductor is told, and its ears if it has some."""

    config: SourceConfig
    ears: EarsWire | None = None


def wire(choices: Sequence[SourceChoice], rate: FrameRate, songs: tuple[Song, ...] = ()) -> tuple[WiredSource, ...]:
    """Make what the sources need.

    Args:
        choices: the sources.
        rate: the show's, at which a program's frames count that says no other.
        songs: the show's acts that have tempo maps.

    Raises: DeviceError where the only source there is cannot be heard on the address that is given.
    """
    patient = len(choices) > 1
    return tuple(_wired(choice, rate, songs, patient=patient) for choice in choices)


def wire_cues(midi: MidiSettings, kinds: Collection[str]) -> tuple[WiredSource, ...]:
    """Make what the MIDI cue inputs need. A port that also carries timecode is opened once more for its cues.

    Args:
        midi: the rig's.
        kinds: of the show's triggers; ears pass on no channel message that fires nothing.

    Raises: InputError for an input without a name.
    """
    voices = bytes(status for kind, status in VOICES.items() if kind in kinds).hex()
    address = midi.address
    wired: list[WiredSource] = []
    for index, name in enumerate(midi.inputs):
        port, pipe = midi_port(name, where=f"network.midi.inputs.{index}"), MidiPipe()
        called = f"{MIDI}{port}"
        words = ("--port", port, "--called", called, "--cues", voices, PATIENT)
        ears = MessageWire(called, _MIDI_EARS, words, pipe, patient=True)
        heard = (address.device, address.groups, address.formats, midi.mmc_device)
        wired.append(WiredSource(CuesConfig(called, pipe.read_fd, *heard), ears))
    return tuple(wired)


def midi_mouth(address: str) -> MessageWire:
    """A process that owns a MIDI output (`midi:NAME`, `jack:NAME`, `raw:PATH`), and the pipe to it."""
    return MessageWire(address, "cuefocus.shells.midi_mouth_main", ("--to", address, PATIENT), MidiPipe(), patient=True)


def _wired(choice: SourceChoice, rate: FrameRate, songs: tuple[Song, ...], *, patient: bool) -> WiredSource:
    if isinstance(choice, SoundChoice):
        path, channel = choice.sound.place(choice.channel)  # a film's is there for as long as `choice` is
        return WiredSource(FileConfig(choice.source, str(path.absolute()), channel, -choice.latency_ns))
    if isinstance(choice, LiveChoice):
        ears = SoundWire(choice.device, SoundRing.create(), patient)
        fd, bell = ears.ring.handed_down
        return WiredSource(LiveConfig(choice.source, choice.device.channel, fd, bell), ears)
    if isinstance(choice, ArtNetChoice):
        if not patient:
            open_art_net(choice.address).close()  # what cannot be is said before anything starts
        return WiredSource(ArtNetConfig(choice.source, choice.address, choice.sender))
    if isinstance(choice, ReaperChoice):
        if not patient:
            open_udp(choice.heard).close()
        counted = (choice.rate or rate).name
        return WiredSource(ReaperConfig(choice.source, choice.heard.address, choice.heard.port, counted, choice.starts))
    if isinstance(choice, AbletonChoice):
        address = own_ipv4_towards(choice.program.host)
        if not patient:
            open_udp(answers_at(address)).close()
        program = choice.program
        return WiredSource(AbletonConfig(choice.source, program.host, program.port, address, choice.act))
    pipe = MidiPipe()
    if isinstance(choice, LinkChoice):
        link_ears = _link_ears(bar_quarters(songs, choice.act), pipe, patient=patient)
        return WiredSource(LinkConfig(choice.source, pipe.read_fd, choice.act), link_ears)
    called = str(choice) if isinstance(choice, ClockChoice) else f"{MIDI}{choice.port}"
    ears_of_midi = _midi_ears(choice.port, called, pipe, patient=patient)
    if isinstance(choice, ClockChoice):
        return WiredSource(ClockConfig(choice.source, pipe.read_fd, choice.act), ears_of_midi)
    return WiredSource(MidiConfig(choice.source, pipe.read_fd), ears_of_midi)

"""The conductor's sources, opened as its config says; after a restart taken up where they are by now."""

from collections.abc import Callable, Container, Sequence

from cuefocus.chase.ableton import AbletonInput
from cuefocus.chase.clock_input import MidiClockInput
from cuefocus.chase.inputs import ArtNetInput, MtcInput
from cuefocus.chase.link import LinkInput
from cuefocus.chase.reaper import ReaperInput
from cuefocus.engine.job import Job
from cuefocus.engine.midi_desk import MidiDesk
from cuefocus.engine.ports import SourceEvent
from cuefocus.errors import SoundFileError
from cuefocus.shells.ableton_inlet import AbletonInlet
from cuefocus.shells.art_net_inlet import ArtNetInlet
from cuefocus.shells.cue_input import CueInput
from cuefocus.shells.file_source import FileSource, Playback
from cuefocus.shells.live_source import LiveSource
from cuefocus.shells.message_source import MessageSource
from cuefocus.shells.midi_pipe import MidiInlet
from cuefocus.shells.playlist import Playlist
from cuefocus.shells.program_device import Program, reaper_at
from cuefocus.shells.sound_file import SoundFile
from cuefocus.shells.sound_ring import SoundRing
from cuefocus.shells.source_config import (
    AbletonConfig,
    ArtNetConfig,
    ClockConfig,
    CuesConfig,
    FileConfig,
    LinkConfig,
    LiveConfig,
    ReaperConfig,
    SourceConfig,
)
from cuefocus.shells.source_set import Heard, SourceSet, TurnClock
from cuefocus.shells.udp_inlet import UdpInlet
from cuefocus.timebase.frames import parse_timecode, rate_named
from cuefocus.wire.ltc.compiled import ready_kernels
from cuefocus.wire.ltc.kernels import Kernels, PlainKernels
from cuefocus.wire.midi_show import MscAddress


def open_sources(
    configs: Sequence[SourceConfig],
    playlist: Playlist | None,
    *,
    resumed: bool,
    kernels: Kernels | None = None,
    job: Job | None = None,
    sent_from: Callable[[], Container[int]] = frozenset[int],
) -> SourceSet:
    """All sources.

    Args:
        configs: what they are, in order of priority.
        playlist: when the sound files among them play.
        resumed: a predecessor has already told the session which are open.
        kernels: inner loops of the LTC decoders; None takes the plain ones.
        job: the acts that MIDI clock can be followed through, and the triggers that cue inputs hear.
        sent_from: the ports of ours from which timecode is sent on: it is not heard again.

    Raises: DeviceError for a descriptor that is not what it should be.
    """
    clock = TurnClock()
    every = [
        _opened(config, playlist, clock, resumed=resumed, kernels=kernels, job=job, sent_from=sent_from)
        for config in configs
    ]
    return SourceSet(every, playlist, clock)


def conductor_kernels(configs: Sequence[SourceConfig], loops: str, *, first: bool) -> Kernels:
    """The LTC decoders' inner loops: compiled ones where there is sound to read, they are ready, and nobody waits.

    Loading them takes half a second, as much as all else that a successor does before its first sign of life. So a
    successor reads the same with the plain ones, at four times the cost.

    Args:
        configs: what the sources are.
        loops: see `ConductorConfig`.
        first: this conductor has no predecessor.
    """
    sound = any(isinstance(config, (FileConfig, LiveConfig)) for config in configs)
    return ready_kernels(loops) if sound and first else PlainKernels()


def _opened(
    config: SourceConfig,
    playlist: Playlist | None,
    clock: TurnClock,
    *,
    resumed: bool,
    kernels: Kernels | None,
    job: Job | None,
    sent_from: Callable[[], Container[int]],
) -> Heard:
    songs = job.songs if job is not None else ()
    if isinstance(config, FileConfig):
        return _file(config, playlist, clock, kernels)
    if isinstance(config, LiveConfig):
        ring = SoundRing.attach(config.ring_fd, config.bell_fd)
        return LiveSource(config.source, ring, config.channel, resumed=resumed, kernels=kernels)
    if isinstance(config, CuesConfig):
        return CueInput(config.source, MidiInlet(config.pipe_fd), _midi_desk(config, job))
    if isinstance(config, ArtNetConfig):
        art = ArtNetInput(config.source, sender=config.sender)
        inlet: UdpInlet = ArtNetInlet(config.address, sent_from=sent_from)
        return MessageSource(config.source, inlet, art, resumed=resumed)
    if isinstance(config, ReaperConfig):
        inlet = UdpInlet(reaper_at(config.address, config.port))
        return MessageSource(config.source, inlet, _reaper(config), resumed=resumed)
    if isinstance(config, AbletonConfig):
        asked = AbletonInlet(Program(config.host, config.port), config.address)
        live = AbletonInput(config.source, songs, act=config.act)
        return MessageSource(config.source, asked, live, resumed=resumed)
    if isinstance(config, LinkConfig):
        session = LinkInput(config.source, songs, act=config.act)
        return MessageSource(config.source, MidiInlet(config.pipe_fd), session, resumed=resumed)
    if isinstance(config, ClockConfig):
        reader = MidiClockInput(config.source, songs, act=config.act)
        return MessageSource(config.source, MidiInlet(config.pipe_fd), reader, resumed=resumed)
    return MessageSource(config.source, MidiInlet(config.pipe_fd), MtcInput(config.source), resumed=resumed)


def _midi_desk(config: CuesConfig, job: Job | None) -> MidiDesk:
    wanted = job.wanted() if job is not None else {}
    axes = {cue: one.axis for cue, one in job.triggered.items()} if job is not None else {}
    address = MscAddress(config.device, config.groups, config.formats)
    return MidiDesk(config.source, address, config.mmc_device, wanted, axes)


def _reaper(config: ReaperConfig) -> ReaperInput:
    rate = rate_named(config.rate)
    return ReaperInput(config.source, rate, starts_show_ns=parse_timecode(config.starts, rate).show_ns(rate))


def _file(
    config: FileConfig, playlist: Playlist | None, clock: TurnClock, kernels: Kernels | None
) -> "FileSource | GoneFile":
    """A sound file, taken up where it is by now. One that went away since the run began is a source lost, no more."""
    playback = playlist.playback if playlist is not None else None
    try:
        sound = SoundFile.open(config.path)
        latency_ns = config.latency_ns
        source = FileSource(config.source, sound, config.channel, clock, latency_ns=latency_ns, kernels=kernels)
    except SoundFileError as problem:
        gone = GoneFile(config.source, str(problem), clock)
        if playback is not None:
            gone.resume(playback)
        return gone
    if playback is not None:
        source.resume(playback)
    return source


class GoneFile:
    """Stands in for a sound file that cannot be opened any more: each time it should play it is lost.

    Args:
        source: the source's id.
        reason: why it cannot be opened.
        clock_ns: the host clock.
    """

    duration_ns = 0
    worst_late_ns = 0

    def __init__(self, source: str, reason: str, clock_ns: Callable[[], int]) -> None:
        self.source, self._reason, self._now_ns = source, reason, clock_ns
        self._lost_ns: int | None = None

    @property
    def next_due_ns(self) -> int | None:
        """When it should have begun."""
        return self._lost_ns

    @property
    def playing(self) -> bool:
        """Whether its loss is still to be told."""
        return self._lost_ns is not None

    def fileno(self) -> int:
        """It rings no bell."""
        return -1

    def play(self, playback: Playback) -> None:
        """Be lost when that begins."""
        self._lost_ns = playback.origin_ns

    def resume(self, playback: Playback) -> None:
        """Be lost now, in the midst of it."""
        self._lost_ns = max(playback.origin_ns, self._now_ns())

    def pump(self) -> list[SourceEvent]:
        """The loss, once it is due."""
        lost_ns = self._lost_ns
        if lost_ns is None or self._now_ns() < lost_ns:
            return []
        self._lost_ns = None
        return [SourceEvent(self.source, lost_ns, "lost", self._reason)]

    def news(self, at_ns: int) -> list[dict[str, object]]:
        """The loss is in the inbox; there is nothing else."""
        del at_ns
        return []

    def close(self) -> None:
        """It holds nothing."""

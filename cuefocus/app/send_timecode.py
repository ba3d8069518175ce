"""The verbs `mtc generate`, `clock generate` and `artnet generate`: timecode for others, live, message by message."""

from dataclasses import dataclass, replace
from typing import Final

from cuefocus.app.playback_options import refuse_unheard
from cuefocus.app.start_now import begin_now
from cuefocus.shells.artnet_out import ArtNetOut
from cuefocus.shells.host_clock import HostClock
from cuefocus.shells.midi_out import open_midi_out
from cuefocus.shells.on_time import Sent, send_on_time
from cuefocus.shells.realtime import enter_realtime
from cuefocus.shells.until_stopped import sigterm_as_ctrl_c
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.playback import Playback
from cuefocus.wire.sent_clock import CLOCK_STOP, SongRun, clock_messages
from cuefocus.wire.sent_timecode import artnet_messages, mtc_messages

LOOPBACK: Final = "127.0.0.1"
_PRIORITY: Final = 60  # below motion's 75, as the conductor
_LEAD_NS: Final = 60 * NS_PER_MS


@dataclass(frozen=True, slots=True)
class SentTimecode:
    """What was sent, for the operator."""

    what: str
    to: str
    sent: Sent
    lost: int = 0

    def __str__(self) -> str:
        dropped = f"; {self.sent.dropped} not sent, the machine slept" if self.sent.dropped else ""
        dropped += f"; {self.lost} lost, the cable was full" if self.lost else ""
        late_ms = self.sent.worst_late_ns / NS_PER_MS
        return f"{self.to}: {self.sent.count} {self.what}, {late_ms:.3f} ms late at most{dropped}"


def send_mtc(playback: Playback, seconds: float | None, to: str, *, now: bool = False) -> SentTimecode:
    """Send MIDI timecode to a port until it is over, or Ctrl-C.

    Args:
        playback: what is played.
        seconds: how long; None for ever.
        to: as of `open_midi_out`.
        now: begin with the time of day, whatever the playback begins with.

    Raises: as `mtc_messages` and `open_midi_out`; LinkError if the port goes away.
    """
    clock = HostClock()
    refuse_unheard(playback, seconds)
    mtc_messages(playback, seconds, 0)  # what cannot be sent is told before a port is opened
    port = open_midi_out(to)
    try:
        enter_realtime(_PRIORITY, lock=False)
        playback, origin_ns = _begun(playback, clock, now=now)
        with sigterm_as_ctrl_c():
            sent = send_on_time(mtc_messages(playback, seconds, origin_ns), port.write, clock)
    finally:
        port.close()
    return SentTimecode("messages of MIDI timecode", to, sent, port.dropped)


def send_clock(run: SongRun, seconds: float | None, to: str) -> SentTimecode:
    """Send MIDI clock to a port until it is over, or Ctrl-C, and stop it then.

    Args:
        run: the song, from where, how fast, with which jumps.
        seconds: how long; None for ever.
        to: as of `open_midi_out`.

    Raises: as `open_midi_out`; LinkError if the port goes away.
    """
    clock = HostClock()
    port = open_midi_out(to)
    try:
        enter_realtime(_PRIORITY, lock=False)
        last = b""

        def write(data: bytes) -> None:
            nonlocal last
            last = data
            port.write(data)

        with sigterm_as_ctrl_c():
            sent = send_on_time(clock_messages(run, seconds, clock.now_ns() + _LEAD_NS), write, clock)
        if last != CLOCK_STOP:  # it was ended by hand
            port.write(CLOCK_STOP)
    finally:
        port.close()
    return SentTimecode("messages of MIDI clock", to, sent, port.dropped)


def send_artnet(
    playback: Playback, seconds: float | None, to: str = LOOPBACK, *, stream: int = 0, now: bool = False
) -> SentTimecode:
    """Send Art-Net timecode to an address until it is over, or Ctrl-C.

    Args:
        playback: what is played.
        seconds: how long; None for ever.
        to: as of `ArtNetOut`; nothing leaves this machine unless it names another.
        stream: which of a sender's timecodes, 0 to 255.
        now: begin with the time of day, whatever the playback begins with.

    Raises: as `artnet_messages` and `ArtNetOut`; LinkError if there is no way there.
    """
    clock = HostClock()
    refuse_unheard(playback, seconds)
    artnet_messages(playback, seconds, 0, stream=stream)
    out = ArtNetOut(to)
    try:
        enter_realtime(_PRIORITY, lock=False)
        playback, origin_ns = _begun(playback, clock, now=now)
        with sigterm_as_ctrl_c():
            sent = send_on_time(artnet_messages(playback, seconds, origin_ns, stream=stream), out.write, clock)
    finally:
        out.close()
    return SentTimecode("datagrams of Art-Net timecode", to, sent)


def _begun(playback: Playback, clock: HostClock, *, now: bool) -> tuple[Playback, int]:
    """What is sent from which host time on."""
    origin_ns = clock.now_ns() + _LEAD_NS
    if not now:
        return playback, origin_ns
    start, origin_ns = begin_now(playback.rate, origin_ns)
    return replace(playback, start=start), origin_ns

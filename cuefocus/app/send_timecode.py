"""The verbs `mtc generate` and `artnet generate`: timecode for others, live, message by message."""

from dataclasses import dataclass
from typing import Final

from cuefocus.shells.artnet_out import ArtNetOut
from cuefocus.shells.host_clock import HostClock
from cuefocus.shells.midi_out import open_midi_out
from cuefocus.shells.on_time import Sent, send_on_time
from cuefocus.shells.realtime import enter_realtime
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.playback import Playback
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

    def __str__(self) -> str:
        dropped = f"; {self.sent.dropped} not sent, the machine slept" if self.sent.dropped else ""
        late_ms = self.sent.worst_late_ns / NS_PER_MS
        return f"{self.to}: {self.sent.count} {self.what}, {late_ms:.3f} ms late at most{dropped}"


def send_mtc(playback: Playback, seconds: float | None, to: str) -> SentTimecode:
    """Send MIDI timecode to a port until it is over, or Ctrl-C.

    Args:
        playback: at one speed, with jumps and gaps.
        seconds: how long; None for ever.
        to: as of `open_midi_out`.

    Raises: as `mtc_messages` and `open_midi_out`; LinkError if the port goes away.
    """
    clock = HostClock()
    mtc_messages(playback, seconds, 0)  # what cannot be sent is told before a port is opened
    port = open_midi_out(to)
    try:
        enter_realtime(_PRIORITY, lock=False)
        sent = send_on_time(mtc_messages(playback, seconds, clock.now_ns() + _LEAD_NS), port.write, clock)
    finally:
        port.close()
    return SentTimecode("messages of MIDI timecode", to, sent)


def send_artnet(playback: Playback, seconds: float | None, to: str = LOOPBACK, *, stream: int = 0) -> SentTimecode:
    """Send Art-Net timecode to an address until it is over, or Ctrl-C.

    Args:
        playback: at one speed, with jumps and gaps.
        seconds: how long; None for ever.
        to: as of `ArtNetOut`; nothing leaves this machine unless it names another.
        stream: which of a sender's timecodes, 0 to 255.

    Raises: as `artnet_messages` and `ArtNetOut`; LinkError if there is no way there.
    """
    clock = HostClock()
    artnet_messages(playback, seconds, 0, stream=stream)
    out = ArtNetOut(to)
    try:
        enter_realtime(_PRIORITY, lock=False)
        messages = artnet_messages(playback, seconds, clock.now_ns() + _LEAD_NS, stream=stream)
        sent = send_on_time(messages, out.write, clock)
    finally:
        out.close()
    return SentTimecode("datagrams of Art-Net timecode", to, sent)

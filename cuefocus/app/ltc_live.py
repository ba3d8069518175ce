"""The verb `ltc generate --to`: LTC into a sound server or card, in real time."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Unpack

import numpy as np

from cuefocus.app.ltc_signal import SignalOptions, ltc_signal, words_in
from cuefocus.app.playback_options import refuse_unheard, seconds_from
from cuefocus.app.start_now import MIDNIGHT, NOW, begin_now
from cuefocus.errors import DeviceError
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.jack_out import JackOut
from cuefocus.shells.play_ring import PlayRing, Samples
from cuefocus.shells.portaudio_out import PortAudioOut
from cuefocus.shells.realtime import enter_realtime
from cuefocus.shells.sound_device import SoundDevice, parse_device
from cuefocus.shells.sound_out import Heard, SoundOut
from cuefocus.shells.until_stopped import sigterm_as_ctrl_c
from cuefocus.timebase.frames import rate_named
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.ltc.encoder import LtcSound
from cuefocus.wire.ltc.played import played_block
from cuefocus.wire.pace import Places
from cuefocus.wire.playback import Playback

_PRIORITY: Final = 60  # below a sound server's 70
_AHEAD_S: Final = 0.5
"""So much is written ahead: what this program may be kept from running for."""
_BLOCK_SAMPLES: Final = 4096
_LOOK_NS: Final = 20 * NS_PER_MS
_OPEN_NS: Final = 5 * NS_PER_S
_LEAD_NS: Final = 500 * NS_PER_MS
"""Between opening and the first word: so that the ring is full by then."""
_STOP_S: Final = 0.05
"""Ended by hand, it ends so much after what is on its way to the converter by then."""
_FADE_S: Final = 2e-3
_EDGE_S: Final = 60e-6  # longer than half an edge


@dataclass(frozen=True, slots=True)
class PlayedLtc:
    """What was played, for the operator.

    Args:
        words: frames (pairs over 30 fps) that passed.
        start: the first label.
        missing_s: sound that was not ready in time.
        gaps: how often that was.
        losses: how often the device lost sound itself.
    """

    to: str
    words: int
    start: str
    rate: str
    missing_s: float
    gaps: int
    losses: int

    def __str__(self) -> str:
        told = f"{self.to}: {self.words} frames of LTC from {self.start} at {self.rate}"
        if self.gaps:
            told += f"; {self.missing_s * 1000:.1f} ms of it were not ready in time ({_times(self.gaps)})"
        if self.losses:
            told += f"; the device lost sound {_times(self.losses)} (xrun)"
        return told if self.gaps or self.losses else f"{told}, without a gap"


def play_ltc(
    to: str, *, rate: str, start: str, seconds: float | None = None, **options: Unpack[SignalOptions]
) -> PlayedLtc:
    """Play LTC until it is over, or Ctrl-C.

    Args:
        to: `jack:PORT` or `audio:DEVICE#3`.
        rate: a rate name, e.g. "29.97df".
        start: the first label; "now" for the time of day.
        seconds: how long; None for ever.
        options: as of `SignalOptions`.

    Raises: as `ltc_signal`; InputError for a name that no device, or several, have; DeviceError when it cannot be
        opened or goes away.
    """
    device = parse_device(to, where="--to")
    length_s = seconds_from(seconds)
    frame_rate = rate_named(rate)
    # What no device could play is told before one is opened.
    _, playback = ltc_signal(rate, MIDNIGHT if start == NOW else start, 384_000, **options)
    refuse_unheard(playback, length_s)
    enter_realtime(_PRIORITY, lock=False, children=True)  # a sound library's threads inherit it
    ring = PlayRing()
    out = _opened(device, ring)
    try:
        heard = _first_heard(out)
        begins_ns = now_ns() + _LEAD_NS
        if start == NOW:
            label, begins_ns = begin_now(frame_rate, begins_ns + max(0, heard.host_ns - now_ns()))
            start = label.text(frame_rate)
        sound, playback = ltc_signal(rate, start, out.sample_rate, **options)
        samples = None if length_s is None else round(length_s * out.sample_rate)
        player = LtcPlayer(out, ring, sound, playback, samples)
        with sigterm_as_ctrl_c():
            played_s = player.run(heard.sample_at(begins_ns, out.sample_rate))
    finally:
        out.close()
    words = words_in(playback, played_s)
    return PlayedLtc(out.name, words, start, rate, ring.missing / out.sample_rate, ring.gaps, out.losses)


class LtcPlayer:
    """Keeps a device's ring full, to the end.

    Before the first word's edge the level that it leaves is let in slowly, after the last sample it is let go slowly:
    no edge of the signal's own is steeper or flatter for it, and no other crosses its middle.

    Args:
        out: the device.
        ring: what it plays from.
        sound: the signal.
        playback: what is played.
        samples: how many; None for ever.
        sleep_until: waits for a host time.
    """

    def __init__(
        self,
        out: SoundOut,
        ring: PlayRing,
        sound: LtcSound,
        playback: Playback,
        samples: int | None,
        *,
        sleep_until: Callable[[int], object] | None = None,
    ) -> None:
        self._out, self._ring, self._sound, self._playback = out, ring, sound, playback
        self._fade = math.ceil(_FADE_S * sound.sample_rate)
        self._last = None if samples is None else samples + self._fade
        self._sleep_until = sleep_until if sleep_until is not None else HostClock().sleep_until

    def run(self, begins: int) -> float:
        """Play with the first word at the device's sample `begins`; how long it was, s.

        Raises: DeviceError when the device goes away.
        """
        self._fill()  # so that it is there when the device asks
        self._out.begin(begins - self._fade)
        try:
            self._until_over()
        except KeyboardInterrupt:
            self._stop()
            self._until_over()
        return max(0, self._ring.written - 2 * self._fade) / self._sound.sample_rate

    def _until_over(self) -> None:
        while True:
            self._fill()
            if self._ring.over:
                return
            self._out.look()
            self._sleep_until(now_ns() + _LOOK_NS)

    def _fill(self) -> None:
        """Write up to what is wanted ahead; the end, where it comes."""
        ring, ahead = self._ring, math.ceil(_AHEAD_S * self._sound.sample_rate)
        if ring.read > ring.written and not ring.ended:
            ring.skip_to(ring.read + _BLOCK_SAMPLES)
        while not ring.ended and ring.written < ring.read + ahead and ring.room:
            first = ring.written
            last = first + min(_BLOCK_SAMPLES, ring.room)
            if self._last is not None and last >= self._last:
                if first < self._last:
                    ring.write(self._rendered(first, self._last))
                ring.end_with(self._last, self._tail(self._last))
            else:
                ring.write(self._rendered(first, last))

    def _stop(self) -> None:
        """Let it end soon."""
        if not self._ring.ended:
            place = max(self._ring.read, 0) + math.ceil(_STOP_S * self._sound.sample_rate)
            place = min(place, self._ring.written)
            self._ring.end_with(place, self._tail(place))

    def _rendered(self, first: int, last: int) -> Samples:
        """Places of the ring; those before the first word's edge are its level, let in."""
        edge = math.ceil(_EDGE_S * self._sound.sample_rate)
        block = played_block(self._sound, self._playback, first - self._fade, last - self._fade)
        if first >= self._fade:
            return block
        before = played_block(self._sound, self._playback, -edge, 1 - edge)[0]
        heard = self._playback.heard_at(np.zeros(1))[0]
        places = np.arange(first, last)
        level = before * _rise(places / (self._fade - edge)) * heard
        lead: Samples = np.where(places < self._fade - edge, level, block).astype(np.float32)
        return lead

    def _tail(self, place: int) -> Samples:
        """What is heard after a place: the level there, let go."""
        level = self._rendered(place - 1, place)[0]
        tail: Samples = (level * _rise(1.0 - np.arange(1, self._fade + 1) / self._fade)).astype(np.float32)
        return tail


def _rise(part: Places) -> Places:
    """A raised cosine from 0 to 1."""
    rise: Places = 0.5 - 0.5 * np.cos(np.pi * np.clip(part, 0.0, 1.0))
    return rise


def _opened(device: SoundDevice, ring: PlayRing) -> SoundOut:
    return JackOut(device, ring) if device.server == "jack" else PortAudioOut(device, ring)


def _first_heard(out: SoundOut) -> Heard:
    clock, until_ns = HostClock(), now_ns() + _OPEN_NS
    while (heard := out.heard()) is None:
        if now_ns() > until_ns:
            raise DeviceError("the device does not begin", where=out.name, hint="is its server running?")
        clock.sleep_until(now_ns() + _LOOK_NS // 4)
    return heard


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"

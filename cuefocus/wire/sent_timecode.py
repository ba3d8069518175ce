"""A playback as messages to be sent: MIDI timecode and Art-Net timecode, each with the moment it is due."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from cuefocus.errors import InputError
from cuefocus.timebase.frames import FrameRate, Timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import ArtNetRun
from cuefocus.wire.mtc.encoder import MtcRun, full_frame, rate_code
from cuefocus.wire.playback import Playback, Stretch

LOCATE_LEAD_NS: Final = 20 * NS_PER_MS
"""A playback's first full frame goes ahead of it: ten bytes take 3.2 ms of a DIN cable."""
_ENDLESS_S: Final = 400.0 * 24 * 3600
_MOST_FRAMES_PER_S: Final = 1000  # of what a receiver could read, and a cable carry


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes and the host time at which they are to be sent, ns."""

    due_ns: int
    data: bytes


def mtc_messages(playback: Playback, seconds: float | None, origin_ns: int) -> Iterator[Message]:
    """A full frame before the start and at each jump, quarter frames at their times between.

    Args:
        playback: at one speed.
        seconds: how long; None for ever.
        origin_ns: host time of its second 0.

    Raises: TimecodeError for a rate that MIDI timecode does not carry, InputError for a speed that cannot be sent.
    """
    rate_code(playback.rate)
    speed = _speed(playback)
    return _mtc(playback, speed, _ENDLESS_S if seconds is None else seconds, origin_ns)


def _mtc(playback: Playback, speed: Fraction, seconds: float, origin_ns: int) -> Iterator[Message]:
    for stretch in playback.stretches(seconds):
        if _located(playback, stretch):
            lead_ns = LOCATE_LEAD_NS if stretch.begin_s == 0 else 0
            label = timecode_at_frame(math.floor(stretch.start_frames), playback.rate)
            due_ns = origin_ns + round(stretch.begin_s * NS_PER_S) - lead_ns
            yield Message(due_ns, full_frame(label, playback.rate))

        def pieces(start: Timecode, run_origin_ns: int) -> Iterator[Message]:
            run = MtcRun(playback.rate, start, run_origin_ns, speed)
            return (Message(piece.due_ns, piece.message) for piece in run.pieces())

        yield from _within(stretch, playback.rate, speed, origin_ns, pieces)


def artnet_messages(playback: Playback, seconds: float | None, origin_ns: int, *, stream: int = 0) -> Iterator[Message]:
    """A datagram at the start of each frame (of each pair over 30 fps). Arguments and errors as of `mtc_messages`."""
    speed = _speed(playback)
    ArtNetRun(playback.rate, playback.start, 0, speed, stream).packet(0)
    return _artnet(playback, speed, _ENDLESS_S if seconds is None else seconds, origin_ns, stream)


def _artnet(playback: Playback, speed: Fraction, seconds: float, origin_ns: int, stream: int) -> Iterator[Message]:
    def packets(start: Timecode, run_origin_ns: int) -> Iterator[Message]:
        run = ArtNetRun(playback.rate, start, run_origin_ns, speed, stream)
        return (Message(due_ns, data) for due_ns, data in run.packets())

    for stretch in playback.stretches(seconds):
        yield from _within(stretch, playback.rate, speed, origin_ns, packets)


def _speed(playback: Playback) -> Fraction:
    """The playback's one speed, exact.

    Raises: InputError if there are several, or it is none.
    """
    if not playback.even or playback.speed == 0:
        raise InputError("messages are sent at one speed, and not 0", hint="leave ramps and wow to `ltc generate`")
    if abs(playback.speed) * playback.rate.nominal > _MOST_FRAMES_PER_S:
        most = _MOST_FRAMES_PER_S // playback.rate.nominal
        raise InputError(f"speed {playback.speed:g} is beyond what can be sent", hint=f"at most {most}")
    return Fraction(playback.speed).limit_denominator(1_000_000)


def _within(
    stretch: Stretch,
    rate: FrameRate,
    speed: Fraction,
    origin_ns: int,
    messages: Callable[[Timecode, int], Iterator[Message]],
) -> Iterator[Message]:
    """Messages of a run that passes through the stretch, those in it."""
    begin_ns, end_ns = (origin_ns + round(at_s * NS_PER_S) for at_s in (stretch.begin_s, stretch.end_s))
    # The last whole frame (of a pair the first) before the stretch; `messages` counts on from there.
    whole = Fraction(stretch.start_frames).limit_denominator(1_000_000) / rate.pair
    first = (math.floor(whole) if speed > 0 else math.ceil(whole)) * rate.pair
    before_ns = abs(Fraction(stretch.start_frames) - first) * NS_PER_S / (rate.fps * abs(speed))
    for message in messages(timecode_at_frame(first, rate), begin_ns - round(before_ns)):
        if message.due_ns >= end_ns:
            return
        if message.due_ns >= begin_ns:
            yield message


def _located(playback: Playback, stretch: Stretch) -> bool:
    """Whether the stretch does not go on where the one before it ended: it is the first, or comes after a jump."""
    gaps = [gap for gap in playback.gaps if gap.at_s <= stretch.begin_s <= gap.at_s + gap.seconds]
    since_s = min((gap.at_s for gap in gaps), default=stretch.begin_s)
    return stretch.begin_s == 0 or any(since_s <= jump.at_s <= stretch.begin_s for jump in playback.jumps)

"""A playback as messages to be sent: MIDI timecode and Art-Net timecode, each with the moment it is due."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from cuefocus.errors import InputError
from cuefocus.timebase.frames import timecode_at_frame
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import timecode_packet
from cuefocus.wire.crossings import Standing, crossings
from cuefocus.wire.mtc.encoder import full_frame, quarter_frame_at, rate_code
from cuefocus.wire.mtc.word import PIECES_PER_FRAME
from cuefocus.wire.playback import Playback, Stretch

LOCATE_LEAD_NS: Final = 20 * NS_PER_MS
"""A playback's first full frame goes ahead of it: ten bytes take 3.2 ms of a DIN cable."""
STANDS_AGAIN_NS: Final = NS_PER_S
"""Where playback stands a full frame says so, and again each second: who listens later is told, too."""
_ENDLESS_S: Final = 400.0 * 24 * 3600
_MOST_FRAMES_PER_S: Final = 1000  # of what a receiver could read, and a cable carry
_LEAST_SPEED: Final = 0.001  # of what moves: nobody takes a quarter frame each ten seconds for playback


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes and the host time at which they are to be sent, ns."""

    due_ns: int
    data: bytes


def mtc_messages(playback: Playback, seconds: float | None, origin_ns: int) -> Iterator[Message]:
    """Quarter frames at their times; full frames before the start, at each jump, and where playback stands.

    After a start, a jump or a turn they begin with a whole word: descending, 7 to 0, in reverse.

    Args:
        playback: what is played; by MIDI timecode's rates.
        seconds: how long; None for ever.
        origin_ns: host time of its second 0.

    Raises: TimecodeError for a rate that MIDI timecode does not carry, InputError for a speed that cannot be sent.
    """
    rate_code(playback.rate)
    _refuse_speed(playback)
    return _mtc(playback, _ENDLESS_S if seconds is None else seconds, origin_ns)


def _mtc(playback: Playback, seconds: float, origin_ns: int) -> Iterator[Message]:
    rate = playback.rate
    direction, stood_ns = 0, None
    for stretch in playback.stretches(seconds):
        if _located(playback, stretch):
            stood_ns = origin_ns + round(stretch.begin_s * NS_PER_S)
            lead_ns = LOCATE_LEAD_NS if stretch.begin_s == 0 else 0
            yield Message(stood_ns - lead_ns, _full_frame(playback, stretch.start_frames))
            direction = 0
        for passed in crossings(playback, stretch, Fraction(rate.pair, PIECES_PER_FRAME), origin_ns):
            if isinstance(passed, Standing):
                direction = 0
                if stood_ns is None or passed.due_ns - stood_ns >= STANDS_AGAIN_NS:
                    stood_ns = passed.due_ns
                    yield Message(stood_ns, _full_frame(playback, passed.frames))
                continue
            piece = quarter_frame_at(passed.place, rate, direction=passed.direction)
            if passed.direction == direction or piece.begins:
                direction, stood_ns = passed.direction, None
                yield Message(passed.due_ns, piece.message)


def artnet_messages(playback: Playback, seconds: float | None, origin_ns: int, *, stream: int = 0) -> Iterator[Message]:
    """A datagram at the start of each frame (of each pair over 30 fps); where playback stands, its label again.

    Arguments and errors as of `mtc_messages`.
    """
    timecode_packet(playback.start, playback.rate, stream=stream)
    _refuse_speed(playback)
    return _artnet(playback, _ENDLESS_S if seconds is None else seconds, origin_ns, stream)


def _artnet(playback: Playback, seconds: float, origin_ns: int, stream: int) -> Iterator[Message]:
    pair = playback.rate.pair
    for stretch in playback.stretches(seconds):
        for passed in crossings(playback, stretch, Fraction(pair), origin_ns):
            count = math.floor(passed.frames / pair) if isinstance(passed, Standing) else passed.place
            label = timecode_at_frame(count * pair, playback.rate)
            yield Message(passed.due_ns, timecode_packet(label, playback.rate, stream=stream))


def _full_frame(playback: Playback, frames: float) -> bytes:
    """Where playback is."""
    return full_frame(timecode_at_frame(math.floor(frames), playback.rate), playback.rate)


def _refuse_speed(playback: Playback) -> None:
    """Nothing, if the playback's speeds can be sent. Raises InputError."""
    fastest = playback.pace.fastest
    if fastest == 0:
        raise InputError("at speed 0 nothing would be sent", hint="give a --speed, or a --ramp to one")
    if fastest * playback.rate.nominal > _MOST_FRAMES_PER_S:
        most = _MOST_FRAMES_PER_S // playback.rate.nominal
        raise InputError(f"speed {fastest:g} is beyond what can be sent", hint=f"at most {most}")
    creeping = [speed for speed in playback.pace.speeds if 0 < abs(speed) < _LEAST_SPEED]
    if creeping:
        raise InputError(f"speed {creeping[0]:g} is neither play nor standstill", hint=f"0, or at least {_LEAST_SPEED}")


def _located(playback: Playback, stretch: Stretch) -> bool:
    """Whether the stretch does not go on where the one before it ended: it is the first, or comes after a jump."""
    gaps = [gap for gap in playback.gaps if gap.at_s <= stretch.begin_s <= gap.at_s + gap.seconds]
    since_s = min((gap.at_s for gap in gaps), default=stretch.begin_s)
    return stretch.begin_s == 0 or any(since_s <= jump.at_s <= stretch.begin_s for jump in playback.jumps)

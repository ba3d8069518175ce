"""A deck in pause that sends its last label again and again: from sound to show time."""

from collections.abc import Iterator

import numpy as np

from cuefocus.chase.clock import Clock, ClockState
from cuefocus.chase.events import ChaseEvent, ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.shells.file_source import LtcInput
from cuefocus.timebase.frames import RATES, Timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples
from tests.chase.simulated import act

_RATE, _SAMPLES, _BLOCK = RATES["25"], 48_000, 256
_FRAME_NS = 40 * NS_PER_MS
_START = Timecode(1, 0, 4, 0)
_HOST_NS = 10 * NS_PER_S


def played(*counts: range) -> np.ndarray:
    """Runs of labels, counted from `_START`, one after another."""
    first = _START.frame_number(_RATE)
    pieces = [
        ltc_samples(LtcSound(_RATE, timecode_at_frame(first + run.start, _RATE)), len(run) * _SAMPLES // 25)
        for run in counts
    ]
    return np.concatenate(pieces)


def followed(sound: np.ndarray) -> Iterator[tuple[int, Clock, list[ChaseEvent]]]:
    """Host ns since the sound began, the clock, and what has happened since the last block."""
    source, follower = LtcInput("deck", _SAMPLES), Follower(act())
    for at in range(0, len(sound) - _BLOCK, _BLOCK):
        since_ns = (at + _BLOCK) * NS_PER_S // _SAMPLES
        for reading in source.feed(sound[at : at + _BLOCK], _HOST_NS + since_ns):
            follower.feed(reading)
        yield since_ns, *follower.step(_HOST_NS + since_ns)


def test_a_label_that_is_held_is_a_stop_at_once_and_playback_goes_on_from_there() -> None:
    held = [range(99, 100)] * 75
    stopped_ns, events = 4 * NS_PER_S, []
    for since_ns, clock, happened in followed(played(range(100), *held, range(100, 200))):
        events += happened
        if stopped_ns + 3 * _FRAME_NS < since_ns < stopped_ns + 3 * NS_PER_S + 2 * _FRAME_NS:
            assert clock.state is ClockState.HOLDING
            assert clock.show_ns == _START.show_ns(_RATE) + 99 * _FRAME_NS
        if since_ns > stopped_ns + 3 * NS_PER_S + 4 * _FRAME_NS:
            assert clock.state is ClockState.LOCKED
            assert abs(clock.show_ns - (_START.show_ns(_RATE) + since_ns - 3 * NS_PER_S)) < NS_PER_MS
    assert [event.kind for event in events] == [
        ChaseKind.LOCKED,
        ChaseKind.STOPPED,
        ChaseKind.RETURNED,
        ChaseKind.LOCKED,
    ]
    assert "01:00:07:24 twice" in events[1].reason
    assert not events[2].backwards


def test_a_word_that_is_heard_twice_by_a_splice_does_not_end_playback() -> None:
    states, kinds = set(), list[ChaseKind]()
    for since_ns, clock, happened in followed(played(range(100), range(99, 100), range(100, 200))):
        kinds += [event.kind for event in happened]
        if since_ns > NS_PER_S:
            states.add(clock.state)
    assert states == {ClockState.LOCKED}
    assert ChaseKind.STOPPED not in kinds

"""Whatever arrives at a program's port: nothing raises, and what is read lies in the day and in the order of time."""

from collections.abc import Callable, Sequence
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import ArgValue, build_msg

from cuefocus.chase.ableton import AbletonInput
from cuefocus.chase.link import LinkInput
from cuefocus.chase.musical import Heard
from cuefocus.chase.reaper import ReaperInput
from cuefocus.timebase.frames import RATES
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.events import Reading
from cuefocus.wire.link import LinkMoment
from tests.chase.songs import CHANGING, song

RATE = RATES["25"]
ADDRESSES = [
    *("/time", "/time/str", "/samples/str", "/frames/str", "/play", "/stop", "/pause", "/record", "/track/1/vu"),
    *(f"/live/song/get/{name}" for name in ("current_song_time", "beat", "is_playing", "tempo", "metronome")),
    *("/live/error", "/live/song/beat"),
]
texts = st.one_of(st.text("0123456789:;.-", max_size=14), st.sampled_from(["01:00:00:00", "3:25.040", "99:99:99:99"]))
values = st.one_of(st.floats(width=32), st.integers(-(2**31), 2**31 - 1), st.booleans(), st.none(), texts)
messages = st.lists(st.tuples(st.sampled_from(ADDRESSES), st.lists(values, max_size=2)), max_size=4)
moments = st.builds(LinkMoment, st.one_of(st.none(), st.floats()), st.floats(), st.booleans(), st.integers(0, 70_000))


class Listener(Protocol):
    def feed(self, data: bytes, stamp_ns: int, /) -> list[Heard]: ...


def bundle(said: Sequence[tuple[str, Sequence[ArgValue]]]) -> bytes:
    builder = OscBundleBuilder(IMMEDIATELY)
    for address, arguments in said:
        builder.add_content(build_msg(address, list(arguments)))
    return bytes(builder.build().dgram)


@pytest.mark.parametrize(
    "made",
    [
        lambda: ReaperInput("x", RATE, starts_show_ns=RATE.day_ns - 1),
        lambda: AbletonInput("x", [song(time=CHANGING)]),
        lambda: LinkInput("x", [song(time=CHANGING)]),
    ],
)
@given(
    came=st.lists(
        st.tuples(
            st.one_of(messages.map(bundle), st.binary(max_size=64), moments.map(LinkMoment.packed)),
            st.integers(0, 500 * NS_PER_MS),
        ),
        max_size=20,
    )
)
def test_nothing_raises_and_labels_exist(made: Callable[[], Listener], came: list[tuple[bytes, int]]) -> None:
    listener, now_ns = made(), 10**15
    for data, later_ns in came:
        now_ns += later_ns
        for found in listener.feed(data, now_ns):
            if isinstance(found, Reading):
                assert found.label.exists_in(RATE)
                assert found.direction in (0, 1)
                assert found.noise_ns >= 0.0

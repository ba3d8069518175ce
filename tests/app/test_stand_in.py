"""A stop while nobody conducts, and motion cannot be asked either: it stands in the memory that motion reads."""

from pathlib import Path
from threading import Event
from threading import enumerate as enumerate_threads
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pythonosc.osc_message import OscMessage

from cuefocus.app.daemon import Wires
from cuefocus.app.runtime_dir import RuntimeDir
from cuefocus.app.stand_in import StandIn
from cuefocus.engine.plan import Latch
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.stops_watch import StopsWatch
from cuefocus.timebase.units import NS_PER_S
from tests.shells.test_osc_desk import HOST, free_port, packet, sender

AXES = ("A.focus", "A.iris", "B.focus")
NONE = Latch.NONE


@pytest.mark.parametrize(
    ("words", "stops"),
    [
        (("/cuefocus/panic",), [Latch.PANIC] * 3),
        (("/cuefocus/release", ""), [Latch.RELEASE] * 3),
        (("/cuefocus/hold", "A"), [Latch.HOLD, Latch.HOLD, NONE]),
        (("/cuefocus/hold", "12"), [Latch.HOLD] * 3),
        (("/cuefocus/hand", "B.focus"), [NONE, NONE, Latch.HAND]),
        (("/cuefocus/hand", "C.focus"), [NONE] * 3),
    ],
)
def test_a_stop_that_cannot_be_given_stands_where_motion_reads_it(
    tmp_path: Path, words: tuple[str, ...], stops: list[Latch]
) -> None:
    told: list[Any] = []
    memory, place = SharedMemory.create(AXES), (HOST, free_port())
    memory.conductor_beat.beat(now_ns() - NS_PER_S)
    wires = cast(Wires, SimpleNamespace(memory=memory, tell=told.append))
    stand_in = StandIn(FrontDeskConfig(udp=(place,)), wires, RuntimeDir(tmp_path))
    stand_in.ports()
    stand_in.begin()
    try:
        with sender() as mine:
            mine.sendto(packet(*words), place)
            answer = list(OscMessage(mine.recv(2000)).params)
        assert answer[1] == 0
        assert str(answer[2]).startswith("nobody obeys: motion does not answer")
        assert str(answer[2]).endswith("; it stands for when motion does") is any(stops)
        assert [memory.latches.of(axis) for axis in range(len(AXES))] == stops
        assert any(memory.latches.said) is any(stops), "who conducts next learns of it"
    finally:
        stand_in.end()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_watch_that_breaks_off_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    wires = cast(Wires, SimpleNamespace(memory=SharedMemory.create(AXES), tell=told.append))
    looked = Event()

    def breaks(watch: StopsWatch) -> None:
        looked.set()
        raise RuntimeError

    monkeypatch.setattr(StopsWatch, "look", breaks)
    stand_in = StandIn(FrontDeskConfig(udp=((HOST, free_port()),)), wires, RuntimeDir(tmp_path))
    stand_in.ports()
    stand_in.begin()
    assert looked.wait(5)
    for thread in [thread for thread in enumerate_threads() if thread.name == "stops"]:
        thread.join(5)
    stand_in.end()
    assert [event["event"] for event in told] == ["alarm"]
    assert str(told[0]["text"]).startswith("the watch for stops has broken off")

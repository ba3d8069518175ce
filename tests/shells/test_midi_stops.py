"""Stops by MIDI show control while nobody conducts: obeyed at once, and heard by who conducts next all the same."""

import os
from collections.abc import Iterator

import pytest

from cuefocus.engine.midi_desk import MidiDesk
from cuefocus.engine.peers import DeskRules
from cuefocus.engine.ports import Command
from cuefocus.shells.cue_input import CueInput
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.midi_pipe import MidiInlet, MidiPipe, MidiWriter
from cuefocus.shells.midi_stops import MidiStops
from cuefocus.shells.orders import Answer, Order
from cuefocus.shells.source_config import CuesConfig
from cuefocus.shells.stops_watch import LOOK_TAKES_NS, SILENT_NS, StopsWatch
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.midi_show import Msc, MscAddress, MscCommand
from cuefocus.wire.midi_show_bytes import msc_message

PORT, DEVICE = "midi:desk", 1
ALL_OFF, STOP = Msc(MscCommand.ALL_OFF), Msc(MscCommand.STOP)
ADDRESS = MscAddress(DEVICE, (), (0x7F,))


class Gap:
    """Ears that write, whoever watches, and a conductor that may read."""

    def __init__(self) -> None:
        self.pipe = MidiPipe()
        self.ears = MidiWriter(os.dup(self.pipe.write_fd))
        self.silent_ns = SILENT_NS + 9 * NS_PER_MS
        self.orders: list[tuple[Order, str]] = []
        self.takes_ns = self.ahead_ns = self.looked_ns = 0
        self.alarms: list[str] = []
        config = CuesConfig(PORT, self.pipe.read_fd, DEVICE, (), ADDRESS.formats, 0)
        self.watch = StopsWatch(
            lambda: [],
            DeskRules(),
            midi=[MidiStops(config)],
            beat_ns=lambda: self.looked_ns - self.silent_ns,
            obeys=self._obey,
            tell=lambda event: self.alarms.append(f"{event['source']}: {event['text']}"),
            clock_ns=self._look,
        )

    def _look(self) -> int:
        """The clock. What is silent was so long when it was looked at last, however slow the machine."""
        self.looked_ns = now_ns() + self.ahead_ns
        return self.looked_ns

    def _obey(self, order: Order, source: str, timeout_ns: int) -> Answer:
        del timeout_ns
        self.ahead_ns += self.takes_ns
        self.orders.append((order, source))
        return Answer(True, f"{order.verb} obeyed")

    def come(self, *messages: Msc | bytes) -> None:
        for one in messages:
            self.ears.put(msc_message(one, device=DEVICE) if isinstance(one, Msc) else one, now_ns())

    def conducts(self) -> list[str]:
        """What a conductor hears of all that waits."""
        desk = MidiDesk(PORT, ADDRESS, 0, {("note", "60"): ("1",)}, {"1": "A.focus"})
        heard = CueInput(PORT, MidiInlet(self.pipe.dup_reader()), desk)
        words = [word.verb if isinstance(word, Command) else type(word).__name__ for word in heard.pump()]
        heard.close()
        return words


@pytest.fixture
def gap() -> Iterator[Gap]:
    made = Gap()
    yield made
    made.watch.close()
    made.ears.close()
    made.pipe.close()


def test_a_stop_of_everything_is_obeyed_once_told_and_left_for_who_conducts_next(gap: Gap) -> None:
    note = bytes.fromhex("903C40")
    gap.come(Msc(MscCommand.GO, "1"), note, ALL_OFF, Msc(MscCommand.RESUME))
    for _ in range(3):
        gap.watch.look()
    assert gap.orders == [(Order("panic"), PORT)]
    [alarm] = gap.alarms
    assert alarm.startswith(f"{PORT}: the conductor was silent for 6")
    assert alarm.endswith(f"when show control by {PORT} came: panic obeyed")
    gap.come(STOP)
    gap.watch.look()
    assert [order.verb for order, _ in gap.orders] == ["panic", "hold"]
    assert gap.conducts() == ["go", "Trigger", "panic", "disarm", "resume", "hold"]


def test_a_look_that_takes_its_time_leaves_none_of_the_stops_of_a_message(gap: Gap) -> None:
    gap.takes_ns = 2 * LOOK_TAKES_NS
    gap.come(msc_message(STOP, device=DEVICE) + msc_message(ALL_OFF, device=DEVICE))
    gap.come(STOP)
    gap.watch.look()
    assert [order.verb for order, _ in gap.orders] == ["hold", "panic"]


def test_in_the_next_gap_only_what_came_since_is_obeyed(gap: Gap) -> None:
    gap.come(STOP, ALL_OFF)
    gap.watch.look()
    gap.come(STOP)
    assert gap.conducts() == ["hold", "panic", "disarm", "hold"]
    gap.orders.clear()
    gap.watch.look()
    assert gap.orders == []
    gap.come(ALL_OFF)
    gap.watch.look()
    assert [order.verb for order, _ in gap.orders] == ["panic"]


def test_the_rest_of_another_message_ends_none_that_was_seen_to_begin(gap: Gap) -> None:
    """Of what comes in parts a conductor took the one that the watch saw begin, and the first part of another."""
    stop = msc_message(ALL_OFF, device=DEVICE)
    gap.come(stop[:5])
    gap.watch.look()
    gap.come(stop[5:], b"\xf0\x43\x10\x4c")
    assert gap.conducts() == ["panic", "disarm"]
    gap.come(stop[5:])
    gap.watch.look()
    assert gap.orders == []


def test_a_port_that_goes_and_comes_back_in_the_middle_makes_no_stop_of_two_halves(gap: Gap) -> None:
    stop = msc_message(ALL_OFF, device=DEVICE)
    gap.come(stop[:5])
    gap.ears.tell(is_open=False, text="unplugged", opening=1)
    gap.ears.tell(is_open=True, text="desk", opening=2)
    gap.come(stop[5:])
    gap.watch.look()
    assert gap.orders == []
    assert gap.conducts() == ["Glitch"]


def test_a_stop_in_parts_is_whole_though_the_ears_say_between_them_that_the_port_is_open(gap: Gap) -> None:
    stop = msc_message(ALL_OFF, device=DEVICE)
    gap.come(stop[:5])
    gap.ears.tell(is_open=True, text="desk", opening=1)
    gap.come(stop[5:])
    gap.watch.look()
    assert [order.verb for order, _ in gap.orders] == ["panic"]
    assert gap.conducts() == ["panic", "disarm"]


def test_while_somebody_conducts_nothing_is_looked_at(gap: Gap) -> None:
    gap.silent_ns = SILENT_NS - 20 * NS_PER_MS
    gap.come(ALL_OFF)
    gap.watch.look()
    assert gap.orders == []
    assert gap.conducts() == ["panic", "disarm"]


def test_what_is_not_for_us_and_a_stop_of_one_cue_are_none(gap: Gap) -> None:
    gap.come(msc_message(ALL_OFF, device=DEVICE + 1), Msc(MscCommand.STOP, "1"), b"\xf0\x7f\x01", b"\xff")
    gap.watch.look()
    assert gap.orders == []

"""A MIDI cue input: what comes is passed on with its stamps; that it is gone, or useless, is said in plain words."""

import os
from collections import deque

import pytest

from cuefocus.engine.midi_desk import MidiDesk
from cuefocus.engine.outcome import Reply
from cuefocus.engine.ports import Command, Trigger
from cuefocus.shells.cue_filter import CueFilter
from cuefocus.shells.cue_input import CueInput, Heard
from cuefocus.shells.message_turns import MOST_A_TURN, Counted, Message, Standing
from cuefocus.shells.midi_pipe import LONGEST_MESSAGE, MidiInlet, MidiPipe, MidiWriter
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch
from cuefocus.wire.midi_show import Msc, MscAddress, MscCommand
from cuefocus.wire.midi_show_bytes import msc_message

BEGIN_NS = 5 * NS_PER_S
GO = msc_message(Msc(MscCommand.GO, "4"))
WANTED = {("note", "60"): ("4",)}


class Queue:
    """An inlet that hands out what was put into it."""

    next_due_ns: int | None = None

    def __init__(self) -> None:
        self.came: deque[Message | Standing | Counted] = deque()

    def fileno(self) -> int:
        return -1

    def receive(self) -> Message | Standing | Counted | None:
        return self.came.popleft() if self.came else None

    def close(self) -> None:
        self.came.clear()


class Rig:
    """An input with its queue, and a clock turned by hand."""

    def __init__(self) -> None:
        self.now_ns, self.queue = BEGIN_NS, Queue()
        desk = MidiDesk("midi:desk", MscAddress(0), 127, WANTED, {"4": "A.focus"})
        self.input = CueInput("midi:desk", self.queue, desk, clock_ns=lambda: self.now_ns)
        self.told: list[str] = []

    def turn(self, *came: Message | Standing, after_ms: int = 0) -> list[Heard]:
        self.now_ns += after_ms * NS_PER_MS
        self.queue.came.extend(came)
        heard = self.input.pump()
        news = self.input.news(self.now_ns)
        self.told += [str(fields["text"]) for fields in news if fields["event"] == "alarm"]
        return heard


def test_words_and_triggers_keep_the_moment_they_came_at() -> None:
    rig = Rig()
    found = rig.turn(Message(GO, BEGIN_NS - 7), Message(b"\x90\x3c\x40", BEGIN_NS - 3))
    assert found == [
        Command("go", BEGIN_NS - 7, target="4", source="midi:desk"),
        Trigger("note", "60", BEGIN_NS - 3, "midi:desk"),
    ]
    assert rig.told == []
    assert rig.input.worst_late_ns == 7


def test_a_flood_is_taken_in_turns() -> None:
    rig = Rig()
    found = rig.turn(*[Message(b"\x90\x3c\x40", BEGIN_NS)] * (3 * MOST_A_TURN))
    assert len(found) == MOST_A_TURN
    assert rig.turn() == []
    assert rig.input.next_due_ns == BEGIN_NS + 4 * NS_PER_MS
    assert len(rig.turn(after_ms=4)) == MOST_A_TURN


def test_a_port_that_goes_and_comes_back_is_said_once_each() -> None:
    rig = Rig()
    here, gone = Standing(True, "MIDI input 'desk'", 1), Standing(False, "midi:desk: the port is gone; plug it in", 1)
    assert rig.turn(here, here) == []
    assert rig.told == [], "that it is there at the start is no alarm"
    rig.turn(gone, gone, Standing(False, "no MIDI input 'desk'", 2))
    rig.turn(Standing(True, "MIDI input 'desk'", 3))
    assert rig.told == [
        "midi:desk: the port is gone; plug it in; no cue is heard from it until it is back",
        "midi:desk: it is back, its cues are heard again",
    ]


def test_a_torn_message_does_not_join_what_comes_after_the_port_was_away() -> None:
    rig = Rig()
    rig.turn(Standing(True, "port", 1), Message(GO[:4], BEGIN_NS), Standing(False, "gone", 1))
    found = rig.turn(Standing(True, "port", 2), Message(GO[4:], BEGIN_NS))
    assert [type(one) for one in found] == [Glitch]


def test_that_the_port_is_open_as_ever_tears_no_message_for_a_conductor_that_hears_it_first() -> None:
    rig = Rig()
    found = rig.turn(Message(GO[:4], BEGIN_NS), Standing(True, "port", 1), Message(GO[4:], BEGIN_NS))
    assert found == [Command("go", BEGIN_NS, target="4", source="midi:desk")]


def test_what_leads_nowhere_is_one_line_a_second() -> None:
    rig = Rig()
    unknown, torn = msc_message(Msc(MscCommand.GO, "99")), GO[:-1] + b"?\xf7"
    glitches: list[Heard] = []
    for _ in range(20):
        glitches += rig.turn(*[Message(unknown, rig.now_ns)] * 3, Message(torn, rig.now_ns), after_ms=100)
    assert [type(one) for one in glitches] == [Glitch, Glitch]
    assert len(rig.told) == 4
    assert rig.told[0] == "midi:desk: MIDI Show Control: '4?' is no cue number; it is not obeyed"
    assert rig.told[1] == "midi:desk: MSC GO 99: ignored, no cue of the show has that number or waits for it"
    assert "10 like it or worse" in rig.told[2]
    assert "and 26 more" in rig.told[3]


def test_a_word_that_is_refused_is_told_because_midi_has_no_answers() -> None:
    rig = Rig()
    rig.input.heard_back(Reply(0, "midi:desk", True, "cue 4 lands in 600 ms"))
    rig.input.heard_back(Reply(0, "midi:desk", False, "cue 4 heard, but nothing is armed"))
    rig.input.heard_back(Reply(0, "midi:desk", False, "cue 4 is refused: too fast", alarmed=True))
    rig.turn()
    assert rig.told == ["midi:desk: cue 4 heard, but nothing is armed"]


def test_messages_that_were_lost_on_the_way_are_told() -> None:
    rig = Rig()
    rig.turn(Standing(True, "port", 1, dropped=3))
    rig.turn(Standing(True, "port", 1, dropped=10))
    assert rig.told == ["midi:desk: 7 messages lost: more came than can be heard"]


def through(voices: bytes, *messages: bytes, every_ns: int = NS_PER_MS) -> tuple[list[bytes], int]:
    """What comes out of the ears' filter, and how much it counted as lost."""
    pipe = MidiPipe()
    writer, inlet = MidiWriter(os.dup(pipe.write_fd)), MidiInlet(pipe.dup_reader())
    cues = CueFilter(writer, voices)
    passed: list[bytes] = []
    for number, message in enumerate(messages):
        cues.put(message, BEGIN_NS + number * every_ns)
        while isinstance(came := inlet.receive(), Message):
            passed.append(came.data)
    for end in (inlet, writer, pipe):
        end.close()
    return passed, writer.dropped


def test_ears_pass_on_what_may_be_a_cue() -> None:
    note, off, pedal, clock, quarter = b"\x99\x3c\x40", b"\x89\x3c\x40", b"\xb0\x40\x7f", b"\xf8", b"\xf1\x04"
    assert through(b"\x90", note, off, pedal, clock, quarter, b"", GO) == ([note, GO], 0)
    assert through(b"", note, pedal, GO) == ([GO], 0)
    parts = [GO[:5], clock, GO[5:7], GO[7:], GO[5:7]]
    assert through(b"", *parts) == ([GO[:5], GO[5:7], GO[7:]], 0)


@pytest.mark.parametrize("between", [b"\x99\x3c\x40", b"\xf1\x04", b"\xf6", b"\xf4", b"\x99"])
def test_what_ends_a_message_of_several_parts_ends_it_though_it_is_no_cue_itself(between: bytes) -> None:
    """Else `GO 1`, torn by a note, and a stray `2` behind it would be heard as `GO 12`."""
    assert through(b"", GO[:5], between, GO[5:]) == ([GO[:5]], 0)


def test_a_part_that_begins_with_a_clock_is_none_the_less_a_part() -> None:
    parts = [GO[:5], b"\xf8" + GO[5:6], b"\xfe\xf8", GO[6:] + b"\xf8"]
    assert through(b"", *parts, GO[5:]) == ([parts[0], parts[1], parts[3]], 0)
    assert through(b"", b"\xf8" + GO, GO[5:]) == ([b"\xf8" + GO], 0)


def test_a_message_of_which_a_part_is_lost_is_not_put_together_without_it() -> None:
    long = b"1" * (LONGEST_MESSAGE + 1)
    assert through(b"", GO[:-1], long, GO[-2:], b"\xf7", GO) == ([GO[:-1], GO], 0)
    assert through(b"", GO[:-1] + long, GO[-2:], GO) == ([GO], 0)


def test_nor_of_which_a_part_found_no_room() -> None:
    pipe = MidiPipe()
    writer, inlet = MidiWriter(os.dup(pipe.write_fd)), MidiInlet(pipe.dup_reader())
    cues = CueFilter(writer, b"")
    cues.put(GO[:-1], BEGIN_NS)
    while not writer.dropped:
        cues.put(b"9", BEGIN_NS)
    came = [inlet.receive()]
    cues.put(b"\xf7", BEGIN_NS)
    while (more := inlet.receive()) is not None:
        came.append(more)
    assert came[0] == Message(GO[:-1], BEGIN_NS)
    assert {one.data for one in came[1:] if isinstance(one, Message)} == {b"9"}, "nothing ends it"
    for end in (inlet, writer, pipe):
        end.close()


def test_a_flood_of_notes_leaves_room_for_a_stop() -> None:
    stop = msc_message(Msc(MscCommand.ALL_OFF))
    flood = [b"\x90\x3c\x40"] * 5000 + [stop]
    passed, lost = through(b"\x90", *flood, every_ns=10_000)
    assert passed[-1] == stop
    assert lost > 4000
    assert len(passed) + lost == len(flood)


def test_a_cable_full_of_notes_is_passed_on_whole() -> None:
    passed, lost = through(b"\x90", *[b"\x90\x3c\x40"] * 3000, every_ns=960_000)
    assert (len(passed), lost) == (3000, 0)

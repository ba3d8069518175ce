"""MIDI out: each message at its moment, none in a burst; the conductor never waits, and hears when the port is gone."""

import os
import tty
from pathlib import Path

import pytest

from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.midi_mouth import LATEST_NS, MOST_WAITING, MidiMouth, Outbox
from cuefocus.shells.midi_pipe import MidiPipe
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.midi_mouths import speaking, standing

BEGIN_NS = 5 * NS_PER_S


def taken(outbox: Outbox, at_ns: int) -> list[bytes]:
    return list(iter(lambda: outbox.take(at_ns), None))


def test_messages_leave_in_the_order_of_their_moments() -> None:
    outbox = Outbox()
    for name, due_ms in ((b"c", 30), (b"a", 10), (b"b", 10), (b"d", 40)):
        outbox.put(name, BEGIN_NS + due_ms * NS_PER_MS)
    assert outbox.next_due_ns == BEGIN_NS + 10 * NS_PER_MS
    assert taken(outbox, BEGIN_NS) == []
    assert taken(outbox, BEGIN_NS + 30 * NS_PER_MS) == [b"a", b"b", b"c"]
    assert outbox.next_due_ns == BEGIN_NS + 40 * NS_PER_MS


def test_what_is_too_late_is_lost_and_not_sent_in_a_burst() -> None:
    outbox = Outbox()
    for number in range(100):
        outbox.put(bytes((number,)), BEGIN_NS + number * 10 * NS_PER_MS)
    at_ns = BEGIN_NS + 99 * 10 * NS_PER_MS
    sent = taken(outbox, at_ns)
    assert sent == [bytes((number,)) for number in range(99 - LATEST_NS // NS_PER_MS // 10, 100)]
    assert outbox.lost == 100 - len(sent)


@pytest.mark.parametrize("release", [b"\x99\x3c\x00", b"\x89\x3c\x40"])
def test_a_note_that_was_struck_is_let_go_however_late_and_no_other(release: bytes) -> None:
    outbox = Outbox()
    outbox.put(b"\x99\x3c\x7f", BEGIN_NS)
    outbox.put(release, BEGIN_NS + 50 * NS_PER_MS)
    assert taken(outbox, BEGIN_NS) == [b"\x99\x3c\x7f"]
    for never_struck in (b"\x99\x3e\x7f", b"\x99\x3e\x00"):
        outbox.put(never_struck, BEGIN_NS + 60 * NS_PER_MS)
    assert taken(outbox, BEGIN_NS + 10 * NS_PER_S) == [release], "the process stood still meanwhile"
    assert outbox.lost == 2


def test_more_than_can_wait_is_counted() -> None:
    outbox = Outbox()
    for _ in range(MOST_WAITING + 3):
        outbox.put(b"x", BEGIN_NS)
    assert outbox.lost == 3
    assert outbox.give_up() == MOST_WAITING + 3
    assert outbox.next_due_ns is None


def test_the_conductor_never_waits_though_nobody_listens() -> None:
    pipe = MidiPipe()
    mouth = MidiMouth(pipe.read_fd)
    sent = [mouth.send(b"\x90\x3c\x40", BEGIN_NS) for _ in range(20_000)]
    assert sent[0]
    assert not sent[-1]
    assert mouth.dropped == sent.count(False)
    mouth.close()
    pipe.close()


def arrivals(fd: int, count: int) -> list[tuple[bytes, int]]:
    """Messages of three bytes, and when they came."""
    wait, until_ns = DescriptorWait(), now_ns() + 10 * NS_PER_S
    wait.watch(fd)
    came: list[tuple[bytes, int]] = []
    while len(came) < count and now_ns() < until_ns:
        if wait.wait_until(until_ns):
            at_ns, data = now_ns(), os.read(fd, 3)
            came.append((data, at_ns))
    return came


@pytest.mark.serial
def test_a_message_is_on_the_wire_at_its_moment(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    with speaking(f"raw:{os.ttyname(theirs)}") as mouth:
        assert "MIDI output raw:" in standing(mouth, is_open=True).text
        begin_ns = now_ns() + 50 * NS_PER_MS
        due = {bytes((0x90, number, 64)): begin_ns + (20 - number) * 10 * NS_PER_MS for number in range(20)}
        for data, due_ns in due.items():
            assert mouth.send(data, due_ns)
        mouth.send(b"\x90\x7f\x01", now_ns() - 2 * LATEST_NS)
        came = arrivals(ours, len(due))
        assert [data for data, _ in came] == sorted(due, key=lambda data: due[data])
        late_ms = sorted((at_ns - due[data]) / NS_PER_MS for data, at_ns in came)
        assert late_ms[0] >= 0.0, "never early"
        assert late_ms[len(late_ms) // 2] < 5.0
        until_ns = now_ns() + 5 * NS_PER_S
        while (said := standing(mouth, is_open=True)).dropped != 1:
            assert now_ns() < until_ns, said
    os.close(ours)
    os.close(theirs)


@pytest.mark.serial
def test_a_port_that_is_away_is_said_and_nothing_old_is_sent_when_it_is_back(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    port = tmp_path / "midi"
    with speaking(f"raw:{port}") as mouth:
        assert "cannot be opened" in standing(mouth, is_open=False).text
        for _ in range(10):
            mouth.send(b"\x90\x01\x40", now_ns())
        wait = DescriptorWait()
        wait.wait_until(now_ns() + 2 * LATEST_NS)
        port.symlink_to(os.ttyname(theirs))
        standing(mouth, is_open=True)
        mouth.send(b"\x90\x02\x40", now_ns())
        assert [data for data, _ in arrivals(ours, 1)] == [b"\x90\x02\x40"]
        port.unlink()
        assert "it is gone" in standing(mouth, is_open=False).text
    os.close(ours)
    os.close(theirs)

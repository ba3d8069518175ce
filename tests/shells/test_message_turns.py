"""What is new in how an inlet stands."""

import os
import select

import pytest

from cuefocus.shells.message_turns import Message, MessageTurns, Standing, WayIn
from tests.shells.crowded import Crowd


def test_comings_and_goings_are_new_and_what_goes_on_is_not() -> None:
    way = WayIn()
    said = [
        Standing(False, "not there"), Standing(False, "still not there"), Standing(True, "port", 2),
        Standing(True, "port", 2), Standing(True, "port", 3), Standing(False, "gone", 3), Standing(False, "gone", 4),
    ]  # fmt: skip
    assert not way.known
    assert [way.changed(standing) for standing in said] == [True, False, True, False, True, True, False]
    assert way.known


def test_lost_messages_are_counted_from_what_was_said_before() -> None:
    way = WayIn()
    counts = [way.lost_messages(Standing(True, "port", dropped=dropped)) for dropped in (7, 7, 12, 0, 3)]
    assert counts == [0, 0, 5, 0, 3], "a new conductor does not count what its predecessor told; new ears begin at 0"


class Inlet:
    """An event descriptor, each of whose events is a message."""

    next_due_ns = None

    def __init__(self) -> None:
        self._fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_SEMAPHORE)

    def fileno(self) -> int:
        return self._fd

    def come(self) -> None:
        os.eventfd_write(self._fd, 1)

    def receive(self) -> Message | None:
        try:
            os.eventfd_read(self._fd)
        except BlockingIOError:
            return None
        return Message(b"\xf8", 0)

    def close(self) -> None:
        os.close(self._fd)


def test_an_inlet_that_the_system_cannot_watch_is_looked_at_all_the_same_and_rings_once_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowd, inlet = Crowd(monkeypatch, 0), Inlet()
    turns, rings = MessageTurns(inlet), select.poll()
    rings.register(turns.fileno(), select.POLLIN)
    for _ in range(2):
        inlet.come()
        assert len(list(turns.take(0))) == 1
        inlet.come()
        assert rings.poll(0) == []
        assert len(list(turns.take(0))) == 1
    crowd.most = 1
    assert list(turns.take(0)) == []
    inlet.come()
    assert rings.poll(0)
    turns.close()

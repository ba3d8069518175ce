"""Events reach `run` whole and in order, and never hold the conductor up."""

import os

import pytest

from cuefocus.shells import event_pipe
from cuefocus.shells.event_pipe import EventReader, EventWriter, event_pair


def _both() -> tuple[EventReader, EventWriter]:
    reading, writing = event_pair()
    return EventReader(reading), EventWriter(writing.detach())


def test_events_arrive_whole_and_in_order() -> None:
    reader, writer = _both()
    sent: list[dict[str, object]] = [{"event": "state", "host_ns": n, "text": "é" * n} for n in range(50)]
    assert all(writer.put(event) for event in sent)
    assert reader.take() == sent
    assert reader.take() == []
    writer.close()
    reader.close()


def test_a_reader_that_does_not_read_costs_events_not_time_and_the_loss_is_counted() -> None:
    reader, writer = _both()
    accepted = 0
    while writer.put({"event": "state", "n": accepted, "pad": "x" * 1000}):
        accepted += 1
    assert not writer.put({"event": "state"})
    assert accepted > 100
    assert len(reader.take()) == accepted
    assert writer.put({"event": "alarm"})
    assert reader.take() == [{"event": "alarm"}]
    assert reader.dropped == 2
    writer.close()
    reader.close()


def test_a_long_event_arrives_whole_and_one_that_is_too_long_is_lost_and_counted() -> None:
    reader, writer = _both()
    long = {"event": "state", "waiting": [{"cue": str(number), "for": "pre-wait"} for number in range(3000)]}
    assert writer.put(long)
    assert reader.take() == [long]
    assert not writer.put({"event": "state", "pad": "x" * (4 << 20)})
    assert writer.put({"event": "alarm"})
    assert reader.take() == [{"event": "alarm"}]
    assert reader.dropped == 1
    writer.close()
    reader.close()


def test_what_a_reader_has_no_room_for_is_counted_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_pipe, "_MESSAGE_BYTES", 100)
    reader, writer = _both()
    assert writer.put({"event": "state", "pad": "x" * 200})
    assert writer.put({"event": "alarm"})
    assert reader.take() == [{"event": "alarm"}]
    assert reader.dropped == 1
    writer.close()
    reader.close()


def test_a_reader_that_went_away_is_noticed_and_harms_nothing() -> None:
    reader, writer = _both()
    reader.close()
    assert not writer.put({"event": "state"})
    assert writer.gone
    writer.close()


def test_nobody_listening_is_allowed() -> None:
    writer = EventWriter(-1)
    assert not writer.put({"event": "state"})
    assert os.getpid()
    writer.close()


def test_what_is_no_unicode_harms_nobody() -> None:
    """JSON from elsewhere may hold half a surrogate pair."""
    reader, writer = _both()
    assert writer.put({"event": "alarm", "text": "badpass \ud800"})
    assert reader.take() == [{"event": "alarm", "text": "badpass ?"}]
    writer.close()
    reader.close()

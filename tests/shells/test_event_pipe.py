"""Events reach `run` whole and in order, and never hold the conductor up."""

import os

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

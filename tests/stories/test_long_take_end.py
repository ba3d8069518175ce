"""A take that ends with thousands of racks still to come: each is told of, and no step is long for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cuefocus.engine.commands import LAST_WORDS
from cuefocus.engine.jury import FATES_AT_ONCE
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.ports import Command, InboxEvent, SourceEvent
from cuefocus.engine.session import TICK_NS
from tests.stories.test_long_setup import RACKS, Running

TAKE_ENDS_STEPS = 200
SPREAD_STEPS = RACKS // FATES_AT_ONCE + 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ends")


@pytest.fixture
def show(folder: Path) -> Running:
    """One that has run for two seconds, and whose sound has ended two seconds ago."""
    running = Running(folder)
    for _ in range(200):
        running.step()
    for number in range(TAKE_ENDS_STEPS):
        silent(running, *([SourceEvent("deck", running.now_ns + TICK_NS, "ended", "")] if number == 0 else []))
    assert running.session.book.armed
    return running


def silent(running: Running, *inbox: InboxEvent) -> Outcome:
    """10 ms more without timecode."""
    running.now_ns += TICK_NS
    running.outcome = running.session.step(running.now_ns, inbox)
    return running.outcome


def told(outcome: Outcome) -> Iterator[tuple[str, object]]:
    """Rows and takes in the order they are told."""
    for event in outcome.events:
        if event.kind == "landing":
            yield str(event.fields["cue"]), event.fields["take"]
        elif event.kind == "take":
            yield str(event.fields["state"]), event.fields["take"]


def all_cues() -> list[str]:
    return [str(number) for number in range(RACKS)]


def test_every_rack_is_told_a_few_at_a_time_and_the_take_ends_after_them(show: Running) -> None:
    heard: list[tuple[str, object]] = []
    for _ in range(SPREAD_STEPS):
        outcome = silent(show)
        assert len(outcome.rows) <= FATES_AT_ONCE + 1
        heard += told(outcome)
        assert not show.session.book.armed
    assert sorted(cue for cue, _ in heard[:RACKS]) == sorted(all_cues())
    assert heard[RACKS:] == [("ended", 1)]  # no other take begins by itself: the sound is over


def test_a_take_that_is_armed_meanwhile_begins_after_the_end_of_the_last(show: Running) -> None:
    heard = [*told(silent(show)), *told(silent(show))]
    assert heard
    heard += told(silent(show, Command("arm", show.now_ns)))
    states = [state for state, _ in heard if state in ("begins", "ended")]
    assert states == ["ended", "begins"]
    for _ in range(SPREAD_STEPS):
        heard += told(silent(show))
    rows = [(cue, take) for cue, take in heard if cue.isdecimal()]
    assert sorted(rows) == sorted((cue, 1) for cue in all_cues())


def test_at_the_end_of_the_run_nothing_is_left_to_be_told(show: Running) -> None:
    heard = [*told(silent(show))]
    heard += told(silent(show, Command("disarm", show.now_ns, source=LAST_WORDS)))
    assert len(heard) == RACKS + 1
    assert heard[-1] == ("ended", 1)

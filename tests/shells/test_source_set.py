"""All sources of a run as one: who is fetched from first, when files play, what becomes of one that is gone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from cuefocus.engine.plan import Plan
from cuefocus.engine.ports import InboxEvent, SourceEvent
from cuefocus.shells.conductor_sources import GoneFile, open_sources
from cuefocus.shells.file_source import FileSource
from cuefocus.shells.playlist import Playlist
from cuefocus.shells.sound_file import SoundFile, write_sound_file
from cuefocus.shells.source_config import FileConfig
from cuefocus.shells.source_set import LONGEST_PUMP_NS, Heard, SourceSet, TurnClock
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.events import Glitch, Reading
from cuefocus.wire.ltc.encoder import LtcSound, render_ltc


class Hand:
    """A clock turned by hand."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


class Slow:
    """A live source whose every fetch takes some time."""

    worst_late_ns = 0

    def __init__(self, source: str, hand: Hand, takes_ns: int, due_ns: int | None = None) -> None:
        self.source, self._hand, self._takes_ns, self.next_due_ns = source, hand, takes_ns, due_ns

    def fileno(self) -> int:
        return -1

    def pump(self) -> Sequence[InboxEvent]:
        self._hand.now_ns += self._takes_ns
        return [Glitch(self.source, "", self._hand.now_ns)]

    def news(self, at_ns: int) -> Sequence[dict[str, object]]:
        return [{"source": self.source, "host_ns": at_ns}]

    def close(self) -> None:
        self.source = ""


def _names(events: Sequence[InboxEvent]) -> list[str]:
    return [event.source for event in events if isinstance(event, Glitch)]


def test_sources_that_all_have_a_backlog_are_fetched_from_in_turns() -> None:
    hand = Hand()
    slow = [Slow(name, hand, LONGEST_PUMP_NS) for name in "abc"]
    every = SourceSet(slow, clock=TurnClock(hand))
    assert [_names(every.pump()) for _ in range(3)] == [list("ab"), list("ca"), list("bc")]
    quick = SourceSet([Slow(name, hand, 1) for name in "abc"], clock=TurnClock(hand))
    assert [_names(quick.pump()) for _ in range(2)] == [["a", "b", "c"]] * 2


def test_the_earliest_is_due_next_and_everybody_is_heard() -> None:
    hand = Hand()
    every = SourceSet([Slow("a", hand, 0, 30), Slow("b", hand, 0, None), Slow("c", hand, 0, 20)])
    assert every.next_due_ns == 20
    assert [fields["source"] for fields in every.news(7)] == ["a", "b", "c"]
    assert SourceSet().next_due_ns is None
    assert not SourceSet().finished(0, in_take=False)


def _played(every: SourceSet, playlist: Playlist, hand: Hand) -> list[InboxEvent]:
    heard: list[InboxEvent] = []
    every.play(hand.now_ns, Plan(0), motion_there=True)
    while playlist.playback is not None and (due_ns := every.next_due_ns) is not None:
        hand.now_ns = max(hand.now_ns, due_ns)
        events = every.pump()
        every.observe(events)
        heard += events
    return heard


def _stamps(events: Sequence[InboxEvent], source: str) -> dict[Timecode, int]:
    return {event.label: event.stamp_ns for event in events if isinstance(event, Reading) and event.source == source}


@pytest.fixture
def pair(tmp_path: Path) -> list[SoundFile]:
    """The same timecode twice, the second file half as long."""
    files = []
    for name, frames in {"a": 100, "b": 50}.items():
        position = np.arange(frames * 48_000 // 25) * (25 / 48_000)
        write_sound_file(tmp_path / name, 48_000, [render_ltc(LtcSound(RATES["25"], Timecode(1, 0, 0, 0)), position)])
        files.append(SoundFile.open(tmp_path / name))
    return files


def test_files_play_from_the_same_origin_and_are_stamped_alike(pair: list[SoundFile]) -> None:
    hand = Hand()
    clock, playlist = TurnClock(hand), Playlist(("a", "b"), 1, wait_for_axes=False)
    files = [FileSource(name, file, 0, clock) for name, file in zip("ab", pair, strict=True)]
    heard = _played(SourceSet(files, playlist, clock=clock), playlist, hand)
    first, second = _stamps(heard, "a"), _stamps(heard, "b")
    assert (len(first), len(second)) == (100, 50)
    assert all(first[label] == stamp_ns for label, stamp_ns in second.items())
    kinds = [(event.source, event.kind) for event in heard if isinstance(event, SourceEvent)]
    assert kinds == [("a", "opened"), ("b", "opened"), ("b", "ended"), ("a", "ended")]
    assert playlist.played == 1


def test_a_file_that_is_gone_is_a_source_lost_and_the_other_plays(pair: list[SoundFile]) -> None:
    hand = Hand()
    clock, playlist = TurnClock(hand), Playlist(("a", "b"), 1, wait_for_axes=False)
    files: list[Heard] = [GoneFile("a", "there is no such file", clock), FileSource("b", pair[1], 0, clock)]
    heard = _played(SourceSet(files, playlist, clock=clock), playlist, hand)
    kinds = [(event.source, event.kind) for event in heard if isinstance(event, SourceEvent)]
    assert kinds == [("a", "lost"), ("b", "opened"), ("b", "ended")]
    assert playlist.played == 1


def test_of_files_that_are_gone_when_a_successor_comes_back_none_holds_the_run(tmp_path: Path) -> None:
    playlist = Playlist(("a",), 1, wait_for_axes=False)
    playlist.observe([SourceEvent("a", 1, "opened")])
    every = open_sources([FileConfig("a", str(tmp_path / "gone.wav"), 0)], playlist, resumed=True)
    (lost,) = every.pump()
    every.observe([lost])
    assert isinstance(lost, SourceEvent)
    assert (lost.kind, playlist.played) == ("lost", 1)

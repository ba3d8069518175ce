"""A sound plays once a take, when the axes stand ready, and a successor knows where it was."""

import pytest

from cuefocus.engine.plan import AxisPlan, Latch, Plan, Splice
from cuefocus.engine.ports import Latched, SourceEvent
from cuefocus.motion.track import Track
from cuefocus.shells.file_source import Playback
from cuefocus.shells.playlist import LEAD_NS, PATIENCE_NS, PAUSE_NS, TAKE_ENDS_NS, Playlist
from cuefocus.timebase.units import NS_PER_S

NOW_NS = 100 * NS_PER_S


def _plan(*, follow: bool, settled_ns: int = 0) -> Plan:
    splice = Splice(Track(0.5), 0, settled_ns) if settled_ns else None
    return Plan(1, {"A.focus": AxisPlan(follow=follow, track=Track(0.5), splice=splice)})


def _opened(at_ns: int) -> SourceEvent:
    return SourceEvent("ltc", at_ns, "opened")


def _ended(at_ns: int) -> SourceEvent:
    return SourceEvent("ltc", at_ns, "ended")


def test_the_sound_waits_for_motion_and_for_axes_that_stand_where_they_must() -> None:
    playlist = Playlist(("ltc",), 1, wait_for_axes=True)
    assert playlist.next_playback(NOW_NS, _plan(follow=True), motion_there=False) is None
    assert playlist.next_playback(NOW_NS, _plan(follow=False), motion_there=True) is None
    settling = _plan(follow=True, settled_ns=NOW_NS + NS_PER_S)
    assert playlist.next_playback(NOW_NS, settling, motion_there=True) is None
    later_ns = NOW_NS + NS_PER_S
    assert playlist.next_playback(later_ns, settling, motion_there=True) == Playback(1, later_ns + LEAD_NS)
    assert playlist.next_playback(later_ns + 1, settling, motion_there=True) is None


def test_axes_that_never_get_ready_do_not_hold_the_sound_up_for_ever() -> None:
    playlist = Playlist(("ltc",), 1, wait_for_axes=True)
    assert playlist.next_playback(NOW_NS, _plan(follow=False), motion_there=True) is None
    assert playlist.next_playback(NOW_NS + PATIENCE_NS, _plan(follow=False), motion_there=True) is not None


def test_a_rehearsal_waits_for_nobody() -> None:
    playlist = Playlist(("ltc",), 0, wait_for_axes=False)
    assert playlist.next_playback(NOW_NS, Plan(0), motion_there=True) is not None


def test_takes_follow_one_another_with_a_pause_and_then_it_is_over() -> None:
    playlist = Playlist(("ltc",), 2, wait_for_axes=False)
    plan = _plan(follow=True)
    for number in (1, 2):
        start_ns = NOW_NS * number
        assert playlist.next_playback(start_ns, plan, motion_there=True) == Playback(number, start_ns + LEAD_NS)
        playlist.observe([_opened(start_ns + LEAD_NS)])
        end_ns = start_ns + 50 * NS_PER_S
        playlist.observe([_ended(end_ns)])
        assert playlist.next_playback(end_ns + TAKE_ENDS_NS, plan, motion_there=True) is None
        assert playlist.finished(end_ns + TAKE_ENDS_NS, in_take=False) == (number == 2)
        assert not playlist.finished(end_ns + TAKE_ENDS_NS, in_take=True)
    assert playlist.next_playback(end_ns + TAKE_ENDS_NS + PAUSE_NS, plan, motion_there=True) is None


def test_a_successor_that_saw_the_same_inbox_knows_what_plays() -> None:
    seen = [_opened(NOW_NS), _ended(2 * NOW_NS), _opened(3 * NOW_NS)]
    playlist = Playlist(("ltc",), 5, wait_for_axes=True)
    playlist.observe(seen)
    assert playlist.playback == Playback(2, 3 * NOW_NS)
    assert playlist.played == 1


def test_other_sources_are_none_of_its_business() -> None:
    playlist = Playlist(("ltc",), 1, wait_for_axes=False)
    playlist.observe([SourceEvent("mtc", NOW_NS, "opened"), SourceEvent("mtc", NOW_NS, "ended")])
    assert (playlist.played, playlist.playback) == (0, None)


def _stopped(latch: Latch) -> Latched:
    return Latched("A.focus", NOW_NS, latch)


@pytest.mark.parametrize("latch", [Latch.PANIC, Latch.RELEASE, Latch.PANIC | Latch.HOLD])
def test_what_a_panic_cut_short_counts_for_none_and_plays_again_only_for_an_operator(latch: Latch) -> None:
    playlist = Playlist(("ltc",), 1, wait_for_axes=True)
    playlist.observe([_opened(NOW_NS), _stopped(latch), _ended(NOW_NS + NS_PER_S)])
    for later_s in (4, 400):
        now_ns = NOW_NS + later_s * NS_PER_S
        assert not playlist.finished(now_ns, in_take=False)
        assert playlist.next_playback(now_ns, _plan(follow=True), motion_there=True) is None, "the stop holds"
    playlist.observe([_stopped(Latch.NONE)])
    assert playlist.next_playback(now_ns, _plan(follow=False), motion_there=True) is None
    assert playlist.next_playback(now_ns + 9 * PATIENCE_NS, _plan(follow=False), motion_there=True) is None
    again = playlist.next_playback(now_ns, _plan(follow=True), motion_there=True)
    assert again == Playback(1, now_ns + LEAD_NS)
    playlist.observe([_opened(again.origin_ns), _ended(again.origin_ns + NS_PER_S)])
    assert playlist.finished(again.origin_ns + NS_PER_S + TAKE_ENDS_NS, in_take=False)


@pytest.mark.parametrize("latch", [Latch.HOLD, Latch.HAND])
def test_a_hold_cuts_no_take_short_but_is_not_left_behind(latch: Latch) -> None:
    playlist = Playlist(("ltc",), 1, wait_for_axes=True)
    playlist.observe([_opened(NOW_NS), _stopped(latch), _ended(NOW_NS + NS_PER_S)])
    assert not playlist.finished(NOW_NS + 400 * NS_PER_S, in_take=False)
    playlist.observe([_stopped(Latch.NONE)])
    assert playlist.finished(NOW_NS + 400 * NS_PER_S, in_take=False)


def _of(source: str, kind: str, at_ns: int) -> SourceEvent:
    return SourceEvent(source, at_ns, kind)


def test_of_several_files_the_last_to_end_ends_the_take_s_sound() -> None:
    playlist = Playlist(("deck", "spare"), 1, wait_for_axes=False)
    playlist.observe([_of("deck", "opened", NOW_NS), _of("deck", "ended", NOW_NS + 1), _of("spare", "opened", NOW_NS)])
    assert playlist.playback == Playback(1, NOW_NS)
    assert playlist.played == 0
    playlist.observe([_of("spare", "ended", NOW_NS + NS_PER_S)])
    assert playlist.played == 1
    assert playlist.finished(NOW_NS + NS_PER_S + TAKE_ENDS_NS, in_take=False)


@pytest.mark.parametrize("order", [1, -1])
def test_a_file_that_is_gone_before_it_begins_does_not_hold_the_take_open(order: int) -> None:
    playlist = Playlist(("deck", "spare"), 1, wait_for_axes=False)
    playlist.observe([_of("deck", "lost", NOW_NS), _of("spare", "opened", NOW_NS)][::order])
    assert playlist.playback == Playback(1, NOW_NS)
    playlist.observe([_of("spare", "ended", NOW_NS + NS_PER_S)])
    assert playlist.played == 1
    assert playlist.finished(NOW_NS + NS_PER_S + TAKE_ENDS_NS, in_take=False)

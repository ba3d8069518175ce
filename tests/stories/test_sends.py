"""Others are told when racks leave and land and when timecode passes: in time, once a pass, and only while armed."""

from pathlib import Path

import pytest

from cuefocus.app.check import check
from cuefocus.app.job import job_of_journal
from cuefocus.app.rehearsal_rig import start_rings
from cuefocus.engine.job import Seed
from cuefocus.engine.journal import decode_journal
from cuefocus.engine.plan import Latch
from cuefocus.engine.sends import LATEST_NS, Send
from cuefocus.engine.session import Session
from cuefocus.engine.takebook import CueRecord
from cuefocus.files.durations import Duration
from cuefocus.rig.loader import load_rig
from cuefocus.timebase.frames import rate_named
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import ArtNetDecoder, ArtTimeCode
from cuefocus.wire.osc import read_packet
from tests.stories.kit import Hand, Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import SOLO_RIG, cue, show_text
from tests.stories.told import ORIGIN_NS, Told

RECEIVERS = (
    "network:\n  receivers:\n"
    '    - {id: eos, osc: "127.0.0.1:8001", latency_ms: 12}\n'
    '    - {id: slow, osc: "127.0.0.1:8002", latency_ms: 900}\n'
    "    - {id: desk, midi: any}\n"
)
RELAY = "    - {id: lights, artnet: 127.0.0.1, timecode: true, latency_ms: 7, stream: 3}\n"
RIG = SOLO_RIG + RECEIVERS
LANDS = "tell: {to: eos, osc: /landed}"
LEAVES = "tell: {when: departure, to: eos, osc: /left}"
GO = "on: {manual: GO}"
LATENCY_NS = 12 * NS_PER_MS


def story(folder: Path, cues: str, playback: Playback, *, sends: str = "", act: str = "", takes: int = 1) -> Story:
    return Story(folder, show_text(cues, act=act) + sends, playback, rig=RIG, takes=takes)


def words(told: Told) -> list[Send]:
    return [send for moment in told.moments for send in moment.outcome.sends if not send.frame]


def addresses(told: Told) -> list[str]:
    return [send.word.what for send in words(told)]


def due_s(send: Send) -> float:
    """Host seconds after the sound began."""
    return (send.due_ns - ORIGIN_NS) / NS_PER_S


def at_go(rig: StoryRig) -> None:
    rig.say("go")


def hear(key: str) -> Hand:
    return lambda rig: rig.hear("osc", key)


# --- with racks ---


@pytest.mark.parametrize("speed", [1, 2])
def test_a_landings_word_leaves_its_receivers_latency_before_the_clock_shows_it(tmp_path: Path, speed: int) -> None:
    both = "tell: [{to: eos, osc: /landed}, {when: departure, to: eos, osc: /left, offset: -40 ms}]"
    playback = Playback(at_s=-2.0).play(9.0 / speed, speed=speed)
    told = story(tmp_path, cue("1", 4, "far", both), playback, act=f"speed: {speed}").tell()
    assert told.verdicts() == {"1": "landed"}
    rack = told.records[1, 1, "1", told.starts_show_ns].rack
    shown = {"/landed": rack.land_ns, "/left": rack.depart_ns - 40 * NS_PER_MS}
    assert sorted(addresses(told)) == sorted(shown)
    for moment in told.moments:
        for send in moment.outcome.sends:
            assert send.due_ns == moment.outcome.clock.host_at(shown[send.word.what]) - LATENCY_NS
            assert 0 < send.due_ns - moment.now_ns <= 20 * NS_PER_MS, "a tick or two ahead, and no more"
            truly_s = (shown[send.word.what] - told.starts_show_ns) / NS_PER_S
            assert due_s(send) == pytest.approx((truly_s + 2.0) / speed - 0.012, abs=2e-4)


def test_the_bytes_are_the_receivers(tmp_path: Path) -> None:
    both = 'tell: [{to: eos, osc: /landed, args: [1, 2.5, true, "s:7"]}, {to: desk, note: C4@10}, {to: desk, msc: 5/1}]'
    told = story(tmp_path, cue("1", 3, "far", both), Playback().play(6.0)).tell()
    osc, note, msc = (send.word for send in words(told))
    (message,) = read_packet(osc.parts[0][1]).messages
    assert (message.address, message.arguments) == ("/landed", (1, 2.5, True, "7"))
    assert note.parts == ((0, b"\x99\x3c\x7f"), (50 * NS_PER_MS, b"\x99\x3c\x00"))
    assert msc.parts == ((0, bytes.fromhex("f07f7f020101350031f7")),)


def test_a_jump_back_is_a_pass_in_which_all_is_told_again(tmp_path: Path) -> None:
    playback = Playback().play(6.0).locate(-1.0).play(6.0)
    told = story(tmp_path, cue("1", 3, "far", LANDS), playback, sends=SENDS).tell()
    assert told.verdicts() == {"1": "landed", "2/1": "landed"}
    assert addresses(told) == ["/at-two", "/landed"] * 2


def test_a_jump_over_a_rack_and_a_place_tells_nothing_of_them(tmp_path: Path) -> None:
    playback = Playback().play(2.0).locate(4.0).play(4.0)
    told = story(tmp_path, cue("1", 3, "far", LANDS) + cue("2", 6, "near", LEAVES), playback, sends=SENDS).tell()
    assert told.verdicts() == {"1": "skipped", "2": "landed"}
    assert addresses(told) == ["/left"]


def test_into_a_rack_its_landing_is_told_and_its_departure_is_not(tmp_path: Path) -> None:
    both = "tell: [{to: eos, osc: /landed}, {when: departure, to: eos, osc: /left}], pull: 2 s"
    playback = Playback().play(2.0).locate(4.0).play(5.0)
    told = story(tmp_path, cue("1", 5, "far", both), playback).tell()
    assert addresses(told) == ["/landed"]


def test_a_small_dropout_changes_nothing(tmp_path: Path) -> None:
    playback = Playback().play(3.7).cut(0.45).play(4.0)
    told = story(tmp_path, cue("1", 3, "far", LANDS), playback, sends=SENDS).tell()
    assert told.verdicts() == {"1": "landed"}
    assert addresses(told) == ["/at-two", "/landed"]


def test_a_rack_under_way_lands_and_tells_though_timecode_is_lost_for_good(tmp_path: Path) -> None:
    playback = Playback().play(3.0).cut(4.0)
    told = story(tmp_path, cue("1", 3.5, "far", f"{LANDS}, pull: 2 s"), playback).tell()
    assert told.verdicts() == {"1": "landed"}
    (send,) = words(told)
    assert due_s(send) == pytest.approx(4.5 - 0.012, abs=2e-3)


@pytest.mark.parametrize("latch", [Latch.HOLD, Latch.PANIC])
def test_a_rack_that_is_stopped_tells_nothing_more(tmp_path: Path, latch: Latch) -> None:
    both = "tell: [{to: eos, osc: /landed}, {when: departure, to: eos, osc: /left}]"
    told = story(tmp_path, cue("1", 3, "far", both), Playback().play(6.0)).at(3.8, lambda rig: rig.latch(latch)).tell()
    assert told.verdicts() == {"1": "held"}
    assert addresses(told) == ["/left"]


def test_a_rack_that_may_not_leave_tells_nothing(tmp_path: Path) -> None:
    both = "tell: [{to: eos, osc: /landed}, {when: departure, to: slow, osc: /left}]"
    told = (
        story(tmp_path, cue("1", 4, "far", both), Playback().play(6.0)).at(0.5, lambda rig: rig.say("disengage")).tell()
    )
    assert told.verdicts() == {"1": "refused"}
    assert addresses(told) == []


@pytest.mark.parametrize("scrub", ["false", "true"])
def test_in_reverse_nothing_is_told(tmp_path: Path, scrub: str) -> None:
    playback = Playback().play(2.5).play(2.0, speed=-1.0)
    told = story(
        tmp_path, cue("1", 5, "far", LANDS), playback, sends=SENDS.replace("+2", "+1"), act=f"scrub: {scrub}"
    ).tell()
    assert addresses(told) == ["/at-two"], "on the way there, and not on the way back"


def test_unarmed_nothing_is_told_and_what_was_passed_before_arming_is_not_either(tmp_path: Path) -> None:
    shows = SENDS + '  - {act: song, at: "+4.000 s", to: eos, osc: /at-four}\n'
    told = (
        story(tmp_path, cue("1", 9, "far", LANDS), Playback().play(7.0), sends=shows, takes=0)
        .at(3.05, lambda rig: rig.say("arm"))
        .tell()
    )
    assert addresses(told) == ["/at-four"]


def test_a_word_longer_before_its_moment_than_the_pull_leaves_before_the_departure(tmp_path: Path) -> None:
    told = story(tmp_path, cue("1", 4, "far", "tell: {to: slow, osc: /early}"), Playback().play(7.0)).tell()
    (send,) = words(told)
    assert due_s(send) == pytest.approx(5.0 - 0.9, abs=2e-4)


@pytest.mark.parametrize(("when", "offset_s"), [("departure", 2.5), ("departure", 5), ("landing", 4), ("landing", 9)])
@pytest.mark.parametrize("speed", [1, 2])
def test_a_word_far_ahead_of_a_rack_is_told_at_its_moment(
    tmp_path: Path, when: str, offset_s: float, speed: int
) -> None:
    tell = f"tell: {{when: {when}, to: eos, osc: /warn, offset: -{offset_s} s}}"
    playback = Playback(at_s=-2.0).play(16.0 / speed, speed=speed)
    told = story(tmp_path, cue("1", 11, "far", tell), playback, act=f"speed: {speed}").tell()
    (send,) = words(told)
    rack = told.records[1, 1, "1", told.starts_show_ns].rack
    moment_s = ((rack.land_ns if when == "landing" else rack.depart_ns) - told.starts_show_ns) / NS_PER_S - offset_s
    assert due_s(send) == pytest.approx((moment_s + 2.0) / speed - 0.012, abs=5e-4)
    assert not [alarm for alarm in told.alarms if "not told" in alarm]


def test_a_word_far_ahead_of_a_rack_that_cannot_leave_as_it_stands_is_not_told(tmp_path: Path) -> None:
    tell = "tell: {when: departure, to: eos, osc: /warn, offset: -5 s}"
    tale = story(tmp_path, cue("1", 9, "far", tell), Playback().play(12.0)).at(1.5, lambda rig: rig.say("disengage"))
    assert addresses(tale.tell()) == []


def test_a_word_may_come_after_the_landing(tmp_path: Path) -> None:
    told = story(
        tmp_path, cue("1", 3, "far", "tell: {to: eos, osc: /later, offset: 1.8 s}"), Playback().play(8.0)
    ).tell()
    (send,) = words(told)
    assert due_s(send) == pytest.approx(4.0 + 1.8 - 0.012, abs=2e-4)


# --- triggers ---


def test_a_triggered_racks_words_go_by_the_trigger_in_host_time(tmp_path: Path) -> None:
    three = (
        "tell: [{when: fire, to: eos, osc: /fired}, {when: departure, to: eos, osc: /left},"
        " {to: eos, osc: /landed, offset: 5 ms}, {when: fire, to: slow, osc: /late}]"
    )
    told = story(tmp_path, cue("T", None, "far", f"{GO}, {three}"), Playback().play(6.0)).at(2.0, at_go).tell()
    rack = next(record for key, record in told.records.items() if key[2] == "T").rack
    stamp_ns = ORIGIN_NS + 2 * NS_PER_S
    assert {send.word.what: send.due_ns for send in words(told)} == {
        "/fired": stamp_ns,
        "/late": stamp_ns,
        "/left": max(stamp_ns, rack.depart_ns - LATENCY_NS),
        "/landed": rack.land_ns - LATENCY_NS + 5 * NS_PER_MS,
    }


def test_a_fired_rack_that_waits_for_its_moment_says_at_once_that_it_was_fired(tmp_path: Path) -> None:
    both = (
        "land_after: 3 s, tell: [{when: fire, to: eos, osc: /fired}, {to: eos, osc: /landed},"
        " {when: departure, to: slow, osc: /left}]"
    )
    told = story(tmp_path, cue("T", None, "far", f"{GO}, {both}"), Playback().play(8.0)).at(2.0, at_go).tell()
    assert told.verdicts() == {"T": "landed"}
    due = {send.word.what: due_s(send) for send in words(told)}
    rack = next(record for key, record in told.records.items() if key[2] == "T").rack
    left_s = (rack.depart_ns - ORIGIN_NS) / NS_PER_S - 0.9
    assert due == {"/fired": 2.0, "/landed": 5.0 - 0.012, "/left": pytest.approx(left_s, abs=0.02)}


def test_a_rack_stopped_on_its_way_and_resumed_lands_and_says_so_once_and_was_fired_once(tmp_path: Path) -> None:
    both = "pull: 1 s, tell: [{when: fire, to: eos, osc: /fired}, {to: eos, osc: /landed}]"
    told = (
        story(tmp_path, cue("T", None, "far", f"{GO}, {both}"), Playback().play(8.0))
        .at(2.0, at_go)
        .at(2.5, lambda rig: rig.say("hold"))
        .at(3.5, lambda rig: rig.say("resume"))
        .tell()
    )
    assert addresses(told) == ["/fired", "/landed"]


def test_a_rack_that_goes_on_after_it_was_held_says_what_it_has_not_said_and_nothing_twice(tmp_path: Path) -> None:
    words_ = (
        "{when: fire, to: eos, osc: /fired}, {when: fire, to: eos, osc: /fired-later, offset: 1 s},"
        " {when: departure, to: eos, osc: /left}, {when: departure, to: eos, osc: /left-later, offset: 500 ms},"
        " {to: slow, osc: /soon}, {to: eos, osc: /landed}"
    )
    cues = cue("T", None, "far", f"{GO}, pull: 1 s, tell: [{words_}]")
    tale = story(tmp_path, cues, Playback().play(12.0)).at(2.0, at_go)
    for held_s in (2.5, 4.3):
        tale.at(held_s, lambda rig: rig.say("hold")).at(held_s + 1.0, lambda rig: rig.say("resume"))
    told = tale.tell()
    assert told.verdicts() == {"T": "held", "T'": "held", "T''": "landed"}
    first, second, third = sorted((one.rack for one in told.records.values()), key=lambda rack: rack.depart_ns)
    assert {send.word.what: send.due_ns for send in words(told)} == {
        "/fired": ORIGIN_NS + 2 * NS_PER_S,
        "/left": first.depart_ns - LATENCY_NS,
        "/soon": first.land_ns - 900 * NS_PER_MS,
        "/left-later": second.depart_ns + 500 * NS_PER_MS - LATENCY_NS,
        "/fired-later": pytest.approx(ORIGIN_NS + 6.3 * NS_PER_S - LATENCY_NS, abs=NS_PER_MS),
        "/landed": third.land_ns - LATENCY_NS,
    }
    assert len(words(told)) == 6, "each once"


def test_a_cue_fired_again_tells_again_and_one_replaced_tells_no_landing(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"on: {{osc: /a}}, {LANDS}")
    cues += cue("2", None, "near", "on: {osc: /b}, tell: {to: eos, osc: /second}")
    told = Story(tmp_path, show_text(cues), Playback().play(8.0), rig=RIG)
    for at_s, key in ((1.0, "/a"), (1.3, "/b"), (3.0, "/a"), (5.0, "/b")):
        told.at(at_s, hear(key))
    done = told.tell()
    assert addresses(done) == ["/second", "/landed", "/second"]


def test_a_refused_trigger_tells_nothing(tmp_path: Path) -> None:
    told = (
        story(tmp_path, cue("T", None, "far", f"{GO}, {LANDS}"), Playback().play(5.0))
        .at(1.5, lambda rig: rig.say("disengage"))
        .at(2.0, at_go)
        .tell()
    )
    assert told.verdicts() == {"T": "refused"}
    assert addresses(told) == []


# --- by timecode alone ---

SENDS = 'sends:\n  - {act: song, at: "+2.000 s", to: eos, osc: /at-two}\n'


def test_a_place_is_told_when_the_clock_shows_it_the_acts_offset_in_it(tmp_path: Path) -> None:
    told = story(tmp_path, cue("1", 5, "far"), Playback().play(7.0), sends=SENDS, act="offset: 30 ms").tell()
    for moment in told.moments:
        for send in moment.outcome.sends:
            shown_ns = told.starts_show_ns + 2 * NS_PER_S + 30 * NS_PER_MS
            assert send.due_ns == moment.outcome.clock.host_at(shown_ns) - LATENCY_NS
    assert addresses(told) == ["/at-two"]


@pytest.mark.parametrize(
    ("rate", "starts", "at", "shown_s"),
    [
        ("25", "23:59:58:00", "00:00:01:13", 3.52),
        ("29.97df", "23:59:58;00", "00:00:01;00", 3.003),
        ("29.97df", "01:08:58;00", "01:09:00;02", 2.002),
        ("23.976", "00:59:58:00", "01:00:00:00", 2.002),
    ],
)
def test_a_place_is_told_over_midnight_and_at_every_minute_of_any_rate(
    tmp_path: Path, rate: str, starts: str, at: str, shown_s: float
) -> None:
    show = show_text(cue("1", 6, "far"), rate=rate, starts=starts)
    sends = f'sends: [{{act: song, at: "{at}", to: eos, osc: /x}}]\n'
    deck = Playback(rate=rate, starts=starts).play(8.0)
    told = Story(tmp_path, show + sends, deck, rig=RIG).tell()
    assert addresses(told) == ["/x"]
    assert due_s(words(told)[0]) == pytest.approx(1.0 + shown_s - 0.012, abs=5e-4)


def test_a_place_where_playback_begins_is_told_at_once(tmp_path: Path) -> None:
    told = story(tmp_path, cue("1", 6, "far"), Playback(at_s=2.0).play(6.0), sends=SENDS).tell()
    (send,) = words(told)
    assert 0.0 < due_s(send) < LATEST_NS / NS_PER_S


def test_what_a_conductor_slept_over_is_told_as_lost_and_not_made_up_for(tmp_path: Path) -> None:
    sends = "sends:\n" + "".join(
        f'  - {{act: song, at: "+{at / 10:.3f} s", to: eos, osc: /{at}}}\n' for at in range(20, 40)
    )
    told = (
        story(tmp_path, cue("1", 6, "far"), Playback().play(9.0), sends=sends)
        .at(3.05, StoryRig.kill_conductor)
        .at(3.8, StoryRig.wake_conductor)
        .tell()
    )
    assert addresses(told) == ["/20", *(f"/{at}" for at in range(26, 40))]
    (lost,) = (alarm for alarm in told.alarms if alarm.startswith("not told"))
    assert "eos /21, eos /22, eos /23 and 2 more" in lost


def test_a_place_over_which_timecode_was_lost_is_told_as_lost_and_one_jumped_over_is_not(tmp_path: Path) -> None:
    playback = Playback().play(2.5).cut(2.0).play(1.0).locate(8.0).play(2.0)
    sends = (
        SENDS + '  - {act: song, at: "+2.900 s", to: eos, osc: /lost}\n  - {act: song, at: "+7 s", to: eos, osc: /x}\n'
    )
    told = story(tmp_path, cue("1", 9.5, "far"), playback, sends=sends).tell()
    assert addresses(told) == ["/at-two"]
    assert [alarm.partition(": ")[2] for alarm in told.alarms if alarm.startswith("not told")] == ["eos /lost"]


# --- timecode, sent on ---


@pytest.mark.parametrize("rate", ["24", "25", "29.97df", "30", "50"])
@pytest.mark.parametrize("speed", [1, 2])
def test_each_frame_is_sent_on_once_at_its_moment_and_none_once_the_clock_stands(
    tmp_path: Path, rate: str, speed: int
) -> None:
    show = show_text(cue("1", 20, "far"), rate=rate, act=f"speed: {speed}")
    playback = Playback(rate=rate).play(2.0 / speed, speed=speed).pause(3.0)
    told = Story(tmp_path, show, playback, rig=RIG + RELAY, takes=0).tell()
    decoder, frames = ArtNetDecoder("x", stream=3), list[tuple[int, int]]()
    for moment in told.moments:
        clock = moment.outcome.clock
        for send in moment.outcome.sends:
            found = decoder.feed(send.word.parts[0][1], send.due_ns)
            assert isinstance(found, ArtTimeCode)
            count = found.label.frame_number(found.rate)
            frames.append((count, send.due_ns))
            shown_ns = playback.rate.show_ns(count * playback.rate.pair)
            assert send.due_ns == clock.host_at(shown_ns) - 7 * NS_PER_MS
            assert -NS_PER_MS < send.due_ns - moment.now_ns <= 20 * NS_PER_MS
    counts = [count for count, _ in frames]
    assert counts == list(range(counts[0], counts[0] + len(counts))), "each once, none left out"
    assert len(counts) > 0.7 * 2.0 * float(playback.rate.fps) / playback.rate.pair
    stopped_ns = ORIGIN_NS + round(2.0 / speed * NS_PER_S)
    assert max(due_ns for _, due_ns in frames) < stopped_ns + 1.1 * NS_PER_S, "freewheel, and no more"


# --- again ---


def test_a_replay_sends_the_same(tmp_path: Path) -> None:
    tale = Story(
        tmp_path,
        show_text(cue("1", 3, "far", LANDS) + cue("T", None, "near", f"{GO}, {LANDS}")) + SENDS,
        Playback().play(4.5).locate(-1.0).play(6.0),
        rig=RIG + RELAY,
    )
    tale.journal = tmp_path / "journal"
    told = tale.at(5.0, at_go).tell()
    header, steps, _ = decode_journal(tale.journal.read_bytes(), version=None)
    rings = start_rings(load_rig(tmp_path / "rig.yaml").rig.value)
    session = Session(job_of_journal(header), Seed(rings=rings, auto_arm=True, takes=1))
    again = [session.step(step.now_ns, step.inbox).sends for step in steps]
    assert again == [moment.outcome.sends for moment in told.moments]
    assert len([send for sends in again for send in sends if not send.frame]) == 5


# --- what check says of them ---

#: Marks to fire a cue to `far` from, each with where to come from so that no slack is taken up.
FIRED_FROM = {"near": "0.8 m", "mid": "0.8 m", "back": "20 m"}


@pytest.mark.parametrize(
    ("when", "offset", "latency_ms", "more"),
    [
        ("departure", "", 20, ""),
        ("departure", "", 70, ""),
        ("departure", "", 75, ""),
        ("departure", "", 120, ""),
        ("departure", "", 10, "land_after: 480 ms"),
        ("departure", "", 11, "land_after: 480 ms"),
        ("departure", "", 200, "land_after: 700 ms, landing: stopped"),
        ("departure", "", 80, "pull: 400 ms, land_after: 12 frames"),
        ("departure", "2 frames", 150, ""),
        ("departure", "2 frames", 160, ""),
        ("landing", "", 610, ""),
        ("landing", "", 900, ""),
        ("landing", "-3 frames", 500, ""),
        ("landing", "", 900, "land_after: 880 ms, pull: {speed: 80 %/s}"),
        ("landing", "", 900, "land_after: 920 ms, pull: {speed: 80 %/s}"),
        ("fire", "", 29, ""),
        ("fire", "1 frame", 29, ""),
        ("fire", "29 ms", 29, "pre_wait: 200 ms"),
        ("fire", "10 ms", 29, "pre_wait: 200 ms"),
    ],
)
def test_check_warns_of_a_triggered_cues_word_just_where_it_comes_too_late(
    tmp_path: Path, when: str, offset: str, latency_ms: int, more: str
) -> None:
    tell = f"{{to: it, osc: /x, when: {when}{offset and f', offset: {offset}'}}}"
    places = dict.fromkeys((*FIRED_FROM, *FIRED_FROM.values()))
    hot = {place: f"/{number}" for number, place in enumerate(places)}
    cues = "".join(cue(f"to {place}", None, place, f"on: {{osc: {key}}}") for place, key in hot.items())
    cues += cue("T", None, "far", f"on: {{osc: /go}}, tell: {tell}{more and f', {more}'}")
    rig = SOLO_RIG + f'network: {{receivers: [{{id: it, osc: "127.0.0.1:8001", latency_ms: {latency_ms}}}]}}\n'
    tale = Story(tmp_path, show_text(cues), rig=rig)
    for number, (mark, by) in enumerate(FIRED_FROM.items()):
        for at_s, key in ((1.0, hot[by]), (3.0, hot[mark]), (5.0, "/go")):
            tale.at(7.0 * number + at_s, hear(key))
    told = tale.tell(until_s=22.0)
    offset_ns = Duration.parse(offset or "0 ms").ns(rate_named("25")) or 0
    fired = sorted((one for one in told.records.values() if one.rack.cue == "T"), key=lambda one: one.base_ns)
    late_ns = [
        send.due_ns + latency_ms * NS_PER_MS - (moment_ns(record, when) + offset_ns)
        for send, record in zip(words(told), fired, strict=True)
    ]
    found = [one.problem for one in check(tmp_path / "show.yaml", tmp_path / "rig.yaml").complaints]
    said = [one for one in found if "takes effect" in one]
    assert len(said) == (max(late_ns) > 0), f"{said}, and it is {late_ns} late"
    after = "its moment" if offset else {"fire": "the trigger"}.get(when, f"its {when}")
    assert all(f"this takes effect {max(late_ns) / NS_PER_MS:.0f} ms after {after}" in one for one in said), late_ns


def moment_ns(record: CueRecord, when: str) -> int:
    return {"fire": record.base_ns, "departure": record.rack.depart_ns, "landing": record.rack.land_ns}[when]

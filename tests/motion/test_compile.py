import json
from itertools import pairwise
from pathlib import Path

import pytest

from cuefocus.app.check import Checked, check
from cuefocus.motion.compiled import CompiledAct
from cuefocus.motion.live import Live
from cuefocus.timebase.frames import parse_timecode, rate_named
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

ROOT = Path(__file__).parents[2]
RIG = ROOT / "config" / "demo.yaml"
HEAD = """\
schema: cuefocus-show/1
title: t
rate: "{rate}"
defaults: {{act: song, camera: A, pull: 700 ms}}
marks:
  A: {{ana: 1.20 m, ben: 2.40 m, door: "5'6\\"", near: 70 cm}}
acts:
  - act: song
    starts: "01:00:00:00"
{act}
    opening: {{A: ana}}
cues:
{cues}
"""


def checked(tmp_path: Path, cues: str, *, act: str = "    speed: 1", rate: str = "25", **live: Live) -> Checked:
    """A show of these cues on the demo rig."""
    show = tmp_path / "show.yaml"
    show.write_text(HEAD.format(cues=cues, act=act, rate=rate), encoding="utf-8")
    return check(show, RIG, live=live)


def song(found: Checked) -> CompiledAct:
    assert found.compiled is not None, [str(one) for one in found.complaints]
    return found.compiled.acts["song"]


def said(found: Checked) -> list[tuple[str, str, str]]:
    return [(one.where, one.severity, one.problem) for one in found.complaints if one.file.endswith("show.yaml")]


@pytest.mark.parametrize(
    ("show", "rig"), [("duet", "demo"), ("dance", "stage"), ("talkshow", "stage"), ("repeat-pass", "moco")]
)
def test_every_example_can_be_done(show: str, rig: str) -> None:
    found = check(ROOT / "cues" / f"{show}.yaml", ROOT / "config" / f"{rig}.yaml")
    assert [str(one) for one in found.complaints if one.severity == "error"] == []
    assert found.compiled is not None
    assert all(not act.infeasible for act in found.compiled.acts.values())


def test_a_chain_of_racks_each_leaves_where_the_last_one_ended(tmp_path: Path) -> None:
    cues = """\
  - {cue: "1", land: {at: "01:00:04:00"}, to: ben}
  - {cue: "3", land: {at: "01:00:12:00"}, to: ana}
  - {cue: "2", land: {at: "+8 s"}, to: door}
"""
    found = checked(tmp_path, cues)
    racks = song(found).racks["A.focus"]
    assert [rack.cue for rack in racks] == ["1", "2", "3"]
    assert racks[0].from_ring == song(found).opening["A.focus"]
    for before, after in pairwise(racks):
        assert after.from_ring == before.band.target_ring
        assert before.stop_ns <= after.depart_ns
    assert [rack.land_ns - song(found).start_show_ns for rack in racks] == [4 * NS_PER_S, 8 * NS_PER_S, 12 * NS_PER_S]
    assert racks[0].target_mm == 2400.0


def test_offsets_of_act_camera_and_cue_add_up(tmp_path: Path) -> None:
    cues = '  - {cue: "1", land: {at: "+4 s", offset: -3 frames}, nudge: 15 ms, to: ben}'
    rack = song(checked(tmp_path, cues, act="    offset: 100 ms")).racks["A.focus"][0]
    start_ns = 3600 * NS_PER_S
    assert rack.land_ns == start_ns + 4 * NS_PER_S - 120 * NS_PER_MS + 115 * NS_PER_MS
    assert rack.offset_ns == 115 * NS_PER_MS


@pytest.mark.parametrize(
    ("rate", "label"),
    [("29.97df", "01:00:59;29"), ("50", "01:00:34:49"), ("59.94", "01:00:34:59"), ("23.976", "01:00:34:23")],
)
def test_labels_count_at_the_act_s_rate(tmp_path: Path, rate: str, label: str) -> None:
    found = checked(tmp_path, f'  - {{cue: "1", land: {{at: "{label}"}}, to: ben}}', rate=rate)
    frame_rate = rate_named(rate)
    assert song(found).racks["A.focus"][0].land_ns == parse_timecode(label, frame_rate).show_ns(frame_rate)


def test_an_act_may_count_at_another_rate_than_the_show(tmp_path: Path) -> None:
    found = checked(
        tmp_path, '  - {cue: "1", land: {at: "01:00:10:23"}, to: ben, pull: 24 frames}', act='    rate: "24"'
    )
    rack = song(found).racks["A.focus"][0]
    assert rack.stop_ns - rack.depart_ns == NS_PER_S
    assert rack.land_ns == parse_timecode("01:00:10:23", rate_named("24")).show_ns(rate_named("24"))


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("counts: 8000, lens: sp40#2, calibrated: 2018-03-27", ""),
        ("counts: 8000, lens: sp40, calibrated: monday", ""),
        ("counts: 8000, lens: prime75#2071, calibrated: 2026-01-01",
         "8000 counts holds only for prime75#2071, camera A wears sp40#2"),
        ("counts: 10000, lens: sp40#2, calibrated: 2018-03-27", "10000 counts lies outside the motor's travel"),
        ("counts: 8000, lens: sp40#2, calibrated: 2018-03-26",
         "8000 counts are of 2018-03-26, sp40#2 was measured again on 2018-03-27"),
    ],
)  # fmt: skip
def test_raw_counts_hold_for_one_lens_as_it_was_measured(tmp_path: Path, raw: str, problem: str) -> None:
    found = checked(tmp_path, f'  - {{cue: "1", land: {{at: "01:00:04:00"}}, to: {{{raw}}}}}\n')
    assert [text for _, severity, text in said(found) if severity == "error"] == [problem] * bool(problem)
    assert bool(song(found).infeasible) is bool(problem)


def test_tolerance_counts_frames_of_the_camera(tmp_path: Path) -> None:
    cues = '  - {cue: "1", land: {at: "01:00:10:00"}, to: ben, tolerance: 0.5 frame}'
    found = checked(tmp_path, cues, rate="50")
    assert song(found).racks["A.focus"][0].tolerance_ns == 20 * NS_PER_MS  # the demo's camera A runs at 25


def test_words_and_beats_are_found_on_the_media(tmp_path: Path) -> None:
    words = {
        "words": [{"word": "good", "start_s": 3.0, "end_s": 3.4}, {"word": "Goodbye", "start_s": 9.48, "end_s": 9.9}]
    }
    beats = {"beats": [{"bar": 1 + n // 4, "beat": 1 + n % 4, "time_s": 0.5 * n} for n in range(60)]}
    (tmp_path / "w.json").write_text(json.dumps(words), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps(beats), encoding="utf-8")
    cues = """\
  - {cue: "1", leave: {word: good}, land: {bar: 3, beat: 1, offset: 1 beat}, to: ben}
  - {cue: "2", land: {word: goodbye, edge: end}, to: ana, pull: 2 beats}
"""
    racks = song(checked(tmp_path, cues, act="    media: {words: w.json, beats: b.json}")).racks["A.focus"]
    start_ns = 3600 * NS_PER_S
    assert racks[0].leave_ns == racks[0].depart_ns == start_ns + 3 * NS_PER_S
    assert racks[0].land_ns == racks[0].sharp_ns == start_ns + round(4.5 * NS_PER_S)
    assert racks[1].land_ns == start_ns + round(9.9 * NS_PER_S)
    assert racks[1].stop_ns - racks[1].depart_ns == NS_PER_S
    assert (racks[1].anchor, racks[0].leave_anchor) == ('end of "goodbye"', '"good"')


def test_what_cannot_be_done_says_where_why_and_what_would_go(tmp_path: Path) -> None:
    cues = """\
  - {cue: "1", land: {at: "01:00:04:00"}, to: ben, pull: 80 ms}
  - {cue: "2", land: {at: "01:00:08:00"}, to: 30 cm}
  - {cue: "3", land: {word: hello}, to: ben}
  - {cue: "4", land: {at: "01:00:12:00"}, to: near}
  - {cue: "5", land: {at: "01:00:12:10"}, to: ben}
  - {cue: "6", land: {at: "01:00:20:00"}, to: ana, from: door}
"""
    found = checked(tmp_path, cues, act="    media: {words: w.json}")
    assert found.refused
    complaints = {where: problem for where, _, problem in said(found)}
    assert "earliest landing 01:00:04:04" in complaints["cues.1.pull"]
    assert "0.300 m cannot be reached: the lens map runs from" in complaints["cues.2.to"]
    assert complaints["acts.song.media.words"].startswith("w.json: cannot be read")
    assert "while cue '4' moves until" in complaints["cues.5"]
    assert "is not where A.focus stands" in complaints["cues.6.from"]
    assert "cues.3.land" not in complaints  # the missing file is said once
    assert set(song(found).infeasible) == {"1", "2", "3", "5"}
    lines = {one.where: one.line for one in found.complaints}
    assert lines["cues.2.to"] == 14


def test_a_rack_before_the_act_rolls_is_an_error_and_the_pre_roll_a_note(tmp_path: Path) -> None:
    early = checked(tmp_path, '  - {cue: "1", land: {at: "01:00:00:05"}, to: ben, pull: 4 s}')
    assert ("cues.1", "error") in [one[:2] for one in said(early)]
    assert "1" in song(early).infeasible
    first = checked(tmp_path, '  - {cue: "1", land: {at: "01:00:01:00"}, to: ben}')
    assert not first.refused
    assert any(
        "timecode must run from 00:59:58:" in problem for _, severity, problem in said(first) if severity == "note"
    )


def test_the_highest_declared_speed_counts(tmp_path: Path) -> None:
    cue = '  - {cue: "1", land: {at: "01:00:10:00"}, to: ben, pull: 300 ms}'
    assert not checked(tmp_path, cue).refused
    assert checked(tmp_path, cue, act="    speed: 0.9..2").refused


def test_little_in_hand_is_a_warning(tmp_path: Path) -> None:
    severities = [
        {
            severity
            for where, severity, _ in said(
                checked(tmp_path, f'  - {{cue: "1", land: {{at: "01:00:10:00"}}, to: ben, pull: {pull} ms}}')
            )
            if where == "cues.1.pull"
        }
        for pull in range(80, 300)
    ]
    assert severities[0] == {"error"}
    assert severities[-1] == set()
    assert {"warning"} in severities


def test_nothing_to_pull_is_a_warning(tmp_path: Path) -> None:
    found = checked(tmp_path, '  - {cue: "1", land: {at: "01:00:10:00"}, to: 1.2002 m}')
    assert [one[:2] for one in said(found) if "nothing to pull" in one[2]] == [("cues.1.to", "warning")]
    assert song(found).racks["A.focus"][0].sharp_ns == song(found).racks["A.focus"][0].land_ns


def test_stop_and_focal_length_come_live_then_from_the_setup_then_from_the_rig(tmp_path: Path) -> None:
    cue = '  - {cue: "1", land: {at: "01:00:10:00"}, to: ben}'
    setup = "    setup: {A: {stop: T4}}"
    rig = song(checked(tmp_path, cue)).racks["A.focus"][0]
    own = song(checked(tmp_path, cue, act=setup)).racks["A.focus"][0]
    told = song(checked(tmp_path, cue, act=setup, A=Live(stop=8.0))).racks["A.focus"][0]
    assert (rig.stop, own.stop, told.stop) == (2.8, 4.0, 8.0)
    assert rig.band.blur_coc_per_dioptre > own.band.blur_coc_per_dioptre > told.band.blur_coc_per_dioptre


def test_focus_knows_the_stop_of_its_own_iris_track() -> None:
    found = check(ROOT / "cues" / "repeat-pass.yaml", ROOT / "config" / "moco.yaml")
    assert found.compiled is not None
    racks = found.compiled.acts["pass"].racks
    pulled = racks["M.iris"][0]
    before = [rack for rack in racks["M.focus"] if rack.land_ns < pulled.depart_ns]
    after = [rack for rack in racks["M.focus"] if rack.land_ns > pulled.stop_ns]
    assert after[-1].stop == pytest.approx(8.0)
    assert before[0].stop is not None
    assert before[0].stop < 8.0
    assert all(rack.landing == "stopped" and rack.stop_ns == rack.land_ns for rack in racks["M.iris"])


def test_marks_of_a_setup_stand_elsewhere_in_that_act(tmp_path: Path) -> None:
    cue = '  - {cue: "1", land: {at: "01:00:10:00"}, to: ben}'
    moved = checked(tmp_path, cue, act="    setup: {A: {marks: {ben: 3 m}}}")
    assert song(moved).racks["A.focus"][0].target_mm == 3000.0


def test_a_triggered_cue_is_ready_to_be_planned_from_anywhere(tmp_path: Path) -> None:
    cues = """\
  - {cue: "1", on: {manual: GO}, to: ben}
  - {cue: "2", on: {osc: /x}, to: door, pull: 90 ms}
  - {cue: "3", on: {osc: /y}, to: door, land_after: 100 ms}
"""
    found = checked(tmp_path, cues)
    assert found.compiled is not None
    planner = found.compiled.planner
    spec = found.compiled.specs["A.focus"]
    rack = planner.triggered("1", (0.4, 0.0, 0.0), 10 * NS_PER_S, 10 * NS_PER_S, 1)
    assert rack.land_ns == 10 * NS_PER_S + 700 * NS_PER_MS + spec.lead_ns
    assert planner.track("A.focus", [rack], 0.4, 1).landings[0].at_ns == rack.land_ns
    assert {where for where, severity, _ in said(found) if severity == "warning"} == {
        "cues.2.pull",
        "cues.3.land_after",
    }


def test_the_run_time_planner_keeps_moments(tmp_path: Path) -> None:
    cues = """\
  - {cue: "1", land: {at: "01:00:04:00"}, to: ben}
  - {cue: "2", land: {at: "01:00:08:00"}, to: door}
"""
    found = checked(tmp_path, cues)
    assert found.compiled is not None
    planner, racks = found.compiled.planner, song(found).racks["A.focus"]
    assert planner.replan("A.focus", racks, racks[0].from_ring, 0) == racks
    moved = planner.replan("A.focus", racks, 0.9, 0)
    assert (moved[0].land_ns, moved[0].from_ring, moved[1]) == (racks[0].land_ns, 0.9, racks[1])
    assert planner.problem("A.focus", moved[0]) == ""
    short = planner.compress(racks[0], racks[0].from_ring, 1, racks[0].depart_ns + 200 * NS_PER_MS)
    assert short is not None
    assert short.depart_ns == racks[0].depart_ns + 200 * NS_PER_MS
    assert short.sharp_ns == racks[0].land_ns
    assert planner.compress(racks[0], racks[0].from_ring, 1, racks[0].land_ns - 20 * NS_PER_MS) is None
    late = planner.late(racks[0], racks[0].from_ring, 1, racks[0].land_ns)
    assert late.depart_ns == racks[0].land_ns
    assert late.stop_ns - late.depart_ns == racks[0].stop_ns - racks[0].depart_ns


def test_files_that_cannot_be_used_are_complaints_too(tmp_path: Path) -> None:
    found = check(tmp_path / "none.yaml", RIG)
    assert found.refused
    assert found.compiled is None
    (tmp_path / "bad.yaml").write_text("schema: cuefocus-show/1\nrate: 25\ncues: [{cue: 1\n", encoding="utf-8")
    assert check(tmp_path / "bad.yaml", tmp_path / "none.yaml").refused
    keys = {"file", "line", "column", "where", "severity", "problem", "hint"}
    assert all(set(row) == keys for row in found.as_json())


def test_ten_thousand_cues_are_checked_in_two_seconds(tmp_path: Path) -> None:
    import time

    lines = []
    for n in range(10_000):
        seconds, frames = divmod(100 + n * 25, 25)
        label = f"{1 + seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames:02d}"
        lines.append(f'  - {{cue: "{n}", land: {{at: "{label}"}}, to: {("ben", "door", "ana")[n % 3]}}}')
    show = tmp_path / "show.yaml"
    show.write_text(HEAD.format(cues="\n".join(lines), act="    speed: 1", rate="25"), encoding="utf-8")
    began = time.process_time()
    found = check(show, RIG)
    took_s = time.process_time() - began
    assert len(song(found).racks["A.focus"]) == 10_000
    assert took_s < 6.0  # of the processor: measured 1.0 s alone; other programs may share its caches

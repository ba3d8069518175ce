"""The example shows and rigs: they load, their words and beats are there, and their marks lie within their lenses."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import pytest

from cuefocus.anchors.beat_grid import BeatMap
from cuefocus.anchors.beats import load_beats
from cuefocus.anchors.spoken import Words
from cuefocus.anchors.words import load_words
from cuefocus.optics.lens_map import LensMap
from cuefocus.rig.loader import LoadedRig, load_lens, load_rig
from cuefocus.show.loader import load_show
from cuefocus.show.models import Act, Cue, Show
from cuefocus.show.moment import Moment

ROOT = Path(__file__).parents[2]
PAIRS = [("duet", "demo"), ("dance", "stage"), ("talkshow", "demo"), ("repeat-pass", "moco")]


def of(show: str, rig: str) -> tuple[Show, LoadedRig]:
    return load_show(ROOT / "cues" / f"{show}.yaml").value, load_rig(ROOT / "config" / f"{rig}.yaml")


def test_no_example_is_left_out() -> None:
    assert {path.stem for path in (ROOT / "cues").glob("*.yaml")} == {show for show, _ in PAIRS}
    assert {path.stem for path in (ROOT / "config").glob("*.yaml")} == {rig for _, rig in PAIRS}


@pytest.mark.parametrize(("show", "rig"), PAIRS)
def test_an_example_loads_without_a_complaint(show: str, rig: str) -> None:
    assert load_show(ROOT / "cues" / f"{show}.yaml").complaints == ()
    assert load_rig(ROOT / "config" / f"{rig}.yaml").complaints == ()


@pytest.mark.parametrize(("show_name", "rig_name"), PAIRS)
def test_every_cue_is_on_a_camera_that_can_reach_its_mark(show_name: str, rig_name: str) -> None:
    show, rig = of(show_name, rig_name)
    axes = rig.rig.value.axis_specs()
    for cue in show.cues:
        assert cue.axis_name in axes
        lens = rig.lens_of(cue.camera)
        if cue.axis == "focus":
            distance = show.distance_of(cue.to, cue.camera, show.act_by_id.get(cue.act or ""))
            assert distance is not None
            lens_map = LensMap([(ring, 1000 / mm) for ring, mm in lens.focus_points()])
            assert lens_map.reaches(distance.dioptres), f"{cue.cue}: {lens_map.reach_text}"
        else:
            assert lens.iris_points() if cue.axis == "iris" else lens.zoom_points()


@pytest.mark.parametrize("show_name", [show for show, _ in PAIRS])
def test_every_word_and_beat_is_there(show_name: str) -> None:
    show = load_show(ROOT / "cues" / f"{show_name}.yaml").value
    for act in show.acts:
        words, beats = anchors_of(act)
        for cue in show.cues:
            for moment in (cue.land, cue.leave):
                if cue.act == act.act and moment is not None:
                    assert 0 <= seconds_of(moment, show, act, words, beats) < 60


def anchors_of(act: Act) -> tuple[Words | None, BeatMap | None]:
    media = act.media
    words = load_words(ROOT / "cues" / media.words) if media.words else None
    beats = load_beats(ROOT / "cues" / media.beats, first_bar=media.first_bar) if media.beats else None
    return words, beats


def seconds_of(moment: Moment, show: Show, act: Act, words: Words | None, beats: BeatMap | None) -> float:
    if moment.word is not None:
        assert words is not None
        return words.find(moment.word, moment.nth, moment.edge).time_s
    if moment.bar is not None:
        assert beats is not None
        return beats.find(moment.bar, moment.beat).time_s
    assert moment.at is not None
    if moment.at.label is None:
        return (moment.at.media_ns or 0) / 1e9
    return (show.label_show_ns(act, moment.at.label) - show.start_show_ns(act)) / 1e9


def test_the_duet_shows_every_way_of_writing_a_timed_rack() -> None:
    show, rig = of("duet", "demo")
    cues = show.cues
    assert 12 <= len(cues) <= 24
    assert {cue.camera for cue in cues} == {"A", "B", "C"}
    assert {motor.driver for motor in rig.rig.value.motors.values()} == {"tilta", "dji", "bridge"}
    assert {cue.form for cue in cues} == {"land", "leave", "leave-land"}
    kinds = {"foreground-to-background", "background-to-foreground", "reveal", "dialogue", "dual-plane"}
    assert {cue.kind for cue in cues} == kinds
    assert {"minimum-jerk", "s-curve", "ease-in", "ease-out", "bezier", "recorded"} <= {cue.shape.name for cue in cues}
    assert {_spelling(cue) for cue in cues} >= {"ms", "frames", "beats", "speed"}
    moments = [cue.land for cue in cues if cue.land is not None]
    assert any(moment.word for moment in moments)
    assert any(moment.bar is not None for moment in moments)
    assert any(moment.at is not None and moment.at.label for moment in moments)
    assert any(moment.at is not None and moment.at.media_ns for moment in moments)


def _spelling(cue: Cue) -> str:
    if cue.pull is None:
        return "leave and land"
    return cue.pull.duration.unit if cue.pull.duration is not None else "speed"


def test_the_talk_show_has_a_stand_in_for_every_trigger_from_outside() -> None:
    show = load_show(ROOT / "cues" / "talkshow.yaml").value
    outside = {cue.cue for cue in show.cues if cue.triggered and any(on.kind != "after" for on in cue.on)}
    assert {stand_in.cue for stand_in in show.rehearse} == outside


def test_the_repeat_pass_holds_when_timecode_is_lost() -> None:
    (act,) = load_show(ROOT / "cues" / "repeat-pass.yaml").value.acts
    assert (act.repeat, act.loss_policy, act.rejoin) == (True, "hold", "operator")


def test_the_measured_lens_keeps_to_its_travel() -> None:
    lens = load_lens(ROOT / "config" / "lenses" / "sp40.yaml").value
    points = lens.focus_points()
    steps = [1000 / near - 1000 / far for (_, near), (_, far) in pairwise(points)]
    assert len(points) == 9
    assert points[-1] == (1.0, float("inf"))
    assert max(steps) < 1.4 * min(steps), "evenly spaced in dioptres"


def test_the_media_are_what_their_tool_writes() -> None:
    spec = importlib.util.spec_from_file_location("make_example_media", ROOT / "tools" / "make_example_media.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for name, data in tool.media().items():
        assert (ROOT / "cues" / "media" / name).read_bytes() == data, f"run tools/make_example_media.py for {name}"

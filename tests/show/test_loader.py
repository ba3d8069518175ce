"""Show files: every way of writing a cue; whatever is written, nothing but a complaint is raised."""

import time
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuefocus.errors import InputError
from cuefocus.show.loader import parse_show
from cuefocus.show.models import Cue
from tests.show.written import HEAD, TIMED, cue_with, load


def test_a_whole_cue() -> None:
    cue = cue_with("from: ana\n    nudge: -1 frame\n    kind: reveal")
    assert cue.from_ is not None
    assert (cue.from_.text, cue.nudge.text, cue.kind) == ("ana", "-1 frame", "reveal")


def test_what_a_cue_does_not_say_comes_from_defaults_and_then_from_the_format() -> None:
    cue = load(TIMED).value.cues[0]
    assert (cue.act, cue.camera, cue.axis_name, cue.form) == ("song", "A", "A.focus", "land")
    assert cue.pull is not None
    assert cue.pull.duration is not None
    assert cue.pull.duration.fixed_ns == 600_000_000
    assert (cue.shape.name, cue.landing, cue.on_jump, cue.tolerance.text) == (
        "minimum-jerk", "sharp", "settle", "0.5 frame",
    )  # fmt: skip
    assert cue.land is not None
    assert cue.land.text == '"goodbye"'


def test_iris_and_zoom_land_stopped() -> None:
    show = load("""\
      - {cue: i, axis: iris, land: {at: "01:00:10:00"}, to: T2.8}
      - {cue: z, axis: zoom, land: {at: "+12.480 s"}, to: 35 mm}
    """).value
    assert [cue.landing for cue in show.cues] == ["stopped", "stopped"]
    iris, zoom = show.cues
    assert iris.to.stop is not None
    assert iris.to.stop.t_number == 2.8
    assert zoom.to.focal is not None
    assert zoom.to.focal.mm == 35
    assert zoom.land is not None
    assert zoom.land.at is not None
    assert zoom.land.at.media_ns == 12_480_000_000


def test_pulls() -> None:
    assert str(cue_with("pull: 15 frames").pull) == "15 frames"
    by_speed = cue_with("pull: {speed: 40 %/s}").pull
    assert by_speed is not None
    assert by_speed.speed is not None
    assert by_speed.speed.ring_per_s == pytest.approx(0.4)
    leave_land = load("  - {cue: a, leave: {word: alone}, land: {bar: 21, beat: 1}, to: ben}\n").value.cues[0]
    assert (leave_land.form, leave_land.pull) == ("leave-land", None)
    assert load("  - {cue: a, leave: {word: alone, edge: end}, to: ben}\n").value.cues[0].form == "leave"


def test_shapes() -> None:
    assert cue_with("shape: {bezier: [0.4, 0, 0.2, 1]}").shape.bezier == (0.4, 0.0, 0.2, 1.0)
    assert cue_with("shape: s-curve").shape.name == "s-curve"
    recorded = cue_with("shape: {recorded: hand}", HEAD.replace("cues:", "recordings: {hand: [0, 0.5, 1]}\ncues:"))
    assert recorded.shape.recorded == "hand"


def test_triggers_in_their_one_spelling() -> None:
    cue = load("""\
      - cue: a
        on: [{osc: /go, args: [1.0]}, {osc: /go, args: [x y]}, {msc: 12.5/2}, {msc: fire 7}, {note: C4}, {note: 60@10},
          {manual: GO}, {after: b}]
        to: ben
      - {cue: b, on: {manual: GO}, to: 1.5 m}
    """).value.cues[0]
    assert [(on.kind, on.key) for on in cue.on] == [
        ("osc", "/go 1"), ("osc", '/go "x y"'), ("msc", "go 12.5/2"), ("msc", "fire 7"), ("note", "60"),
        ("note", "60@10"),
        ("manual", "GO"), ("after", "b"),
    ]  # fmt: skip
    assert (cue.act, cue.triggered, cue.form) == (None, True, "on")


@pytest.mark.parametrize(
    ("kind", "written", "key"),
    [
        ("msc", "12", "go 12"), ("msc", "go 12.5 / 2", "go 12.5/2"), ("msc", "timed-go 3", "timed-go 3"),
        ("msc", "fire 7", "fire 7"), ("mmc", "play", "play"), ("note", "C4", "60"), ("note", "Bb3 @ 10", "58@10"),
        ("cc", "64", "64 >= 64"), ("cc", "64@1", "64@1 >= 64"), ("cc", "7@2>=100", "7@2 >= 100"),
        ("cc", "20 = 0", "20 = 0"), ("program", "5", "5"), ("program", "5@1", "5@1"),
    ],
)  # fmt: skip
def test_what_midi_carries_has_one_spelling(kind: str, written: str, key: str) -> None:
    found = load(f'  - {{cue: a, on: {{{kind}: "{written}"}}, to: ben}}').value.cues[0].on[0]
    assert (found.kind, found.key) == (kind, key)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("1", 1, 1), ("2", 2, 2), ("1/2", "1/2", "1/2"), ("25/24", "25/24", "25/24"),
     ("1000/1001", "1000/1001", "1000/1001"), ("0.9..1.1", "9/10", "11/10")],
)  # fmt: skip
def test_act_speeds(text: str, low: str, high: str) -> None:
    speed = load(TIMED, HEAD.replace("    media", f"    speed: {text}\n    media")).value.acts[0].speed
    assert (speed.low, speed.high) == (Fraction(low), Fraction(high))


def test_marks_may_stand_elsewhere_in_an_act() -> None:
    head = HEAD.replace("    media", "    setup: {A: {stop: T2, marks: {ana: 2 m}}}\n    media")
    show = load(TIMED, head).value
    act = show.acts[0]
    assert {name: mark.mm for name, mark in show.marks_of("A", act).items()} == {"ana": 2000, "ben": 2400}
    assert show.marks_of("A")["ana"].mm == 1200


def test_labels_are_counted_near_their_act() -> None:
    head = HEAD.replace("01:00:00:00", "23:59:50:00")
    show = load('  - {cue: a, land: {at: "00:00:10:00"}, to: ben}\n', head).value
    act = show.acts[0]
    assert show.label_show_ns(act, "00:00:10:00") - show.start_show_ns(act) == 20_000_000_000


def test_ten_thousand_cues_are_read_in_a_moment() -> None:
    rest = "    land: {word: goodbye, nth: 2}\n    to: ben\n    shape: s-curve\n    kind: dialogue\n    nudge: 20 ms\n"
    cues = "".join(f'  - cue: "{n}"\n    name: number {n}\n{rest}' for n in range(10_000))
    begin = time.process_time()
    show = load(cues).value
    assert len(show.cues) == 10_000
    assert time.process_time() - begin < 3.0, "0.5 s of processor time on a quiet machine"


PIECES = st.sampled_from(
    ["ana", "ben", "600 ms", "-1 frame", "2 beats", "01:00:10:00", "+1 s", "", "∞", "1", "{}", "[]", "{word: a}", "GO",
     "{bar: 1}", "{speed: 4 %/s}", "{bezier: [0,0,1,1]}", "{recorded: r}", "{after: a}", "[{manual: GO}, {osc: /a}]",
     "{counts: 1, lens: l, calibrated: d}", "true", "iris", "1e999", "9" * 40, "A", "song", '"\\0"', "{land: {}}"]
)  # fmt: skip
FIELDS = st.sampled_from([field.alias or name for name, field in Cue.model_fields.items()])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.dictionaries(FIELDS, PIECES, max_size=8), max_size=4), st.dictionaries(FIELDS, PIECES, max_size=3))
def test_no_cue_raises_anything_but_input_errors(cues: list[dict[str, str]], defaults: dict[str, str]) -> None:
    def written(fields: dict[str, str]) -> str:
        return "{" + ", ".join(f"{key}: {value}" for key, value in fields.items()) + "}"

    text = "".join(f"  - {written(cue)}\n" for cue in cues) or "  []\n"
    head = HEAD.replace("{act: song, camera: A, pull: 600 ms}", written(defaults)) if defaults else HEAD
    with suppress(InputError):
        load(text, head)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_damage_raises_anything_but_input_errors(data: st.DataObject) -> None:
    whole = bytearray((HEAD + TIMED).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with suppress(InputError):
        parse_show(bytes(whole), "x.yaml")

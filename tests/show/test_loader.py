"""Show files: every way of writing a cue, and every mistake at its line and column."""

import textwrap
import time
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuefocus.errors import InputError, ShowFileError
from cuefocus.files.load import Loaded
from cuefocus.show.loader import ShowRefused, parse_show
from cuefocus.show.models import Cue, Show

HEAD = """\
schema: cuefocus-show/1
rate: "25"
defaults: {act: song, camera: A, pull: 600 ms}
marks:
  A: {ana: 1.20 m, ben: 2.40 m}
acts:
  - act: song
    starts: "01:00:00:00"
    media: {words: w.json, beats: b.mid}
cues:
"""
TIMED = """\
  - cue: "1"
    land: {word: goodbye}
    to: ben
"""


def load(cues: str, head: str = HEAD) -> Loaded[Show]:
    return parse_show((head + textwrap.indent(textwrap.dedent(cues), "  ")).encode(), "x.yaml")


def complaints(cues: str, head: str = HEAD) -> list[str]:
    with pytest.raises(ShowRefused) as refused:
        load(cues, head)
    return [str(complaint) for complaint in refused.value.complaints]


def cue_with(line: str, head: str = HEAD) -> Cue:
    return load(TIMED + f"    {line}\n", head).value.cues[0]


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


def test_an_unknown_mark_is_said_as_the_design_says_it() -> None:
    found = complaints("""\
      - cue: "1"
        land: {word: goodbye}
        to: bn
    """)
    assert found == ["x.yaml:13:9: cues.1.to: no mark 'bn'; have ana, ben; did you mean 'ben'?"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("pul: 1 s", "x.yaml:14:5: cues.1.pul: unknown key 'pul'; did you mean 'pull'?"),
        ("pull: 600", "x.yaml:14:11: cues.1.pull: '600' has no unit; write 600 ms, or s, frames, beats"),
        ("pull: 40 %/s", "x.yaml:14:11: cues.1.pull: '40 %/s' is a speed; write {speed: 40 %/s}"),
        ("pull: 0 ms", "x.yaml:14:11: cues.1.pull: '0 ms' is no time to move in; write more than 0 ms"),
        ("pull: {sped: 1}", "x.yaml:14:11: cues.1.pull: a pull has speed here, found sped"),
        ("shape: linar", "x.yaml:14:12: cues.1.shape: no shape 'linar'; write linear, ease-in, ease-out, s-curve,"),
        ("shape: {bezier: [0, 2, 1, 1]}", "x.yaml:14:12: cues.1.shape: a bezier's numbers run from 0 to 1 (outside, "),
        ("shape: {recorded: x}", "x.yaml:14:12: cues.1.shape: no recording 'x'; have none"),
        ("kind: dialog", "background-to-foreground, reveal, dialogue, dual-plane; did you mean 'dialogue'?"),
        ("axis: tilt", "x.yaml:14:11: cues.1.axis: 'tilt' is not one of focus, iris, zoom"),
        ("axis: iris", "x.yaml:13:9: cues.1.to: 'ben' is not a stop; write e.g. T2.8"),
        ("act: sng", "x.yaml:14:10: cues.1.act: no act 'sng'; have song; did you mean 'song'?"),
        ("from: 1.2", "x.yaml:14:11: cues.1.from: no mark '1.2'; have ana, ben; write 1.2 m"),
        ("tolerance: 1 beat", "x.yaml:14:16: cues.1.tolerance: 1 beat is no tolerance; write e.g. 0.5 frame or 20 ms"),
        ("on: {manual: GO}", "x.yaml:12:11: cues.1.land: a triggered rack cannot also have land; write land; leave"),
        ("leave: {bar: 1, word: x}", "x.yaml:14:12: cues.1.leave: word and bar in one moment; write one of word, at"),
        ("to: ana", "x.yaml:14:5: key 'to' is here twice; it stands on line 13 already; keep one"),
        ("camera: A.iris", "x.yaml:14:13: cues.1.camera: a camera cannot be called 'A.iris'; write the axis"),
        ("land_after: 5", "x.yaml:14:17: cues.1.land_after: '5' has no unit; write 5 ms, or s, frames, beats"),
        ("name: {a: b}", "x.yaml:14:11: cues.1.name: expected text, found a mapping; put it in quotes"),
        ("on_jump:", "x.yaml:14:13: cues.1.on_jump: nothing is written here"),
    ],
)  # fmt: skip
def test_each_mistake_in_a_cue_has_its_place(line: str, complaint: str) -> None:
    assert any(complaint in found for found in complaints(TIMED + f"    {line}\n"))


@pytest.mark.parametrize(
    ("cue", "complaint"),
    [
        ("{cue: a, to: ben}", "cues.a: nothing says when this rack happens"),
        ("{cue: a, land: {at: 1:30}, to: ben}", "cues.a.land.at: '1:30' is neither a label nor media time"),
        ('{cue: a, land: {at: "01:00:10:25"}, to: ben}', "01:00:10:25 does not exist at 25 fps; frames run"),
        ('{cue: a, land: {at: "00:10:00:00"}, to: ben}', "00:10:00:00 is before act 'song' starts (01:00:00:00)"),
        ('{cue: a, land: {at: "+3 frames"}, to: ben}', "'+3 frames' is not media time; write seconds"),
        ("{cue: a, land: {at: +12.480 s, nth: 2}, to: ben}", "cues.a.land.nth: nth belongs to word"),
        ("{cue: a, land: {}, to: ben}", "cues.a.land: nothing says when; write one of word, at, bar"),
        ("{cue: a, land: {bar: 1, beat: 0}, to: ben}", "cues.a.land.beat: must be at least 1, found 0"),
        ("{cue: a, land: {bar: one}, to: ben}", "cues.a.land.bar: expected a whole number, found 'one'"),
        ("{cue: a, leave: {bar: 1}, land: {bar: 2}, pull: 1 s, to: ben}", "leave and land already say how long"),
        ("{cue: a, on: {after: b}, to: ben}", "cues.a.on.after: no cue 'b'"),
        ("{cue: a, on: {after: a}, to: ben}", "cue 'a' waits for itself"),
        ("{cue: a, on: {}, to: ben}", "cues.a.on: nothing fires this rack"),
        ("{cue: a, on: {osc: go}, to: ben}", "cues.a.on.osc: 'go' is not an OSC address"),
        ("{cue: a, on: {osc: /a/*}, to: ben}", "holds a space or pattern character"),
        ("{cue: a, on: {note: H4}, to: ben}", "cues.a.on.note: 'H4' is not a MIDI note"),
        ("{cue: a, on: {note: C4@17}, to: ben}", "outside MIDI"),
        ("{cue: a, on: {msc: twelve}, to: ben}", "'twelve' is not an MSC cue"),
        ("{cue: a, on: {msc: 12.}, to: ben}", "'12.' is not an MSC cue; write an MSC cue such as 12.5, go 12.5/2"),
        ("{cue: a, on: {msc: fire 200}, to: ben}", "'fire 200' is outside MIDI; macros run from 0 to 127"),
        ("{cue: a, on: {msc: 12345678901234567890123456789012}, to: ben}", "is longer than a cue number can be"),
        ("{cue: a, on: {mmc: plya}, to: ben}", "cues.a.on.mmc: no MMC command 'plya'; have stop, play, deferred-play"),
        ("{cue: a, on: {cc: pedal}, to: ben}", "'pedal' is not a MIDI controller; write a MIDI controller such as 64"),
        ("{cue: a, on: {cc: 120}, to: ben}", "'120' is no controller; controllers run from 0 to 119"),
        ("{cue: a, on: {cc: 64 >= 0}, to: ben}", "'64 >= 0' would never be reached from below; write = 0, or a value"),
        ("{cue: a, on: {cc: 64 = 128}, to: ben}", "'64 = 128' is outside MIDI; values run from 0 to 127"),
        ("{cue: a, on: {cc: 64@0}, to: ben}", "channels run from 1 to 16"),
        ("{cue: a, on: {program: 128}, to: ben}", "'128' is outside MIDI; programs run from 0 to 127"),
        ("{cue: a, on: {program: A1}, to: ben}", "'A1' is not a MIDI program; write a MIDI program such as 5"),
        ("{cue: a, on: {manual: GO}, pull: 2 beats, to: ben}", "a triggered rack runs in host time"),
        ("{cue: a, on: {manual: GO}, pre_wait: -1 s, to: ben}", "cues.a.pre_wait: -1 s is no time to wait"),
        ("{cue: a, on: {manual: GO}, continue: auto-follow, post_wait: 2 beats, to: ben}", "no time to wait; write ms"),
        ("{cue: a, on: {manual: GO}, continue: follow, to: ben}", "'follow' is not one of auto-continue, auto-follow"),
        ("{cue: a, on: {note: 60}, continue: auto-follow, to: ben}", "a.continue: only cues of a GO list have"),
        ("{cue: a, on: {manual: GO}, land_on: {}, to: ben}", "a.land_on: nothing says on what; write {next:"),
        ("{cue: a, on: {manual: GO}, land_on: {next: bar, word: x}, to: ben}", "next and word in one landing"),
        ("{cue: a, on: {manual: GO}, land_after: 1 s, land_on: {next: bar}, to: ben}", "both say when it lands"),
        ("{cue: a, on: {manual: GO}, land_on: {next: bar, offset: 1 beat}, to: ben}", "is a length of music"),
        ('{cue: a, on: {at: "02:00:10:25"}, to: ben}', "cues.a.on.at: 02:00:10:25 does not exist at 25 fps"),
        ('{cue: a, on: {at: "00:10:00:00"}, to: ben}', "cues.a.on.at: no act holds 00:10:00:00; correct the label"),
        ("{cue: a, on: {at: +5 s}, to: ben}", "cues.a.on.at: +5 s is media time of no act; add act: to the cue"),
        ('{cue: a, act: sung, on: {at: "01:00:10:00"}, to: ben}', "no act 'sung'; have song"),
        ("{cue: a, land: {word: x}, to: {counts: 5}}", "raw counts hold only for one lens"),
        ("{cue: a, land: {word: x}}", "cues.a.to: to is missing; write to: a mark, a distance such as 1.20 m"),
        ("{cue: a, land: {word: x}, to: ''}", "cues.a.to: nothing is named here"),
        ("[a, b]", "cues.0: expected a mapping (key: value), found a list"),
    ],
)  # fmt: skip
def test_each_impossible_cue_is_refused(cue: str, complaint: str) -> None:
    assert any(complaint in line for line in complaints(f"  - {cue}\n"))


def test_cues_that_fire_each_other_are_a_ring_by_whichever_route() -> None:
    def of_cues(cues: str) -> list[str]:
        try:
            load(cues)
        except ShowRefused as refused:
            return [str(complaint) for complaint in refused.complaints]
        return []

    def rings(*routes: str) -> list[str]:
        cues = "".join(f"  - {{cue: {name}, on: {on}, to: ben}}\n" for name, on in zip("abcd", routes, strict=False))
        text = [line.partition(": ")[2].partition(";")[0] for line in of_cues(cues)]
        return [line for line in text if "itself" in line]

    assert rings("{after: b}", "{after: a}", "{after: a}") == [
        "cues.a.on: cue 'a' waits for itself", "cues.b.on: cue 'b' waits for itself",
    ]  # fmt: skip
    assert rings("[{after: c}, {after: b}]", "{manual: GO}", "[{after: a}, {manual: GO}]") == [
        "cues.a.on: cue 'a' fires itself again, for ever", "cues.c.on: cue 'c' fires itself again, for ever",
    ]  # fmt: skip
    assert rings("{manual: GO}", "{after: a}", "[{after: a}, {after: b}]", "{after: c}") == []


def test_a_list_whose_cues_follow_by_themselves_may_not_come_back_to_where_it_began() -> None:
    cues = "  - {cue: a, on: [{manual: GO}, {after: b}], continue: auto-follow, to: ben}\n"
    found = complaints(cues + "  - {cue: b, on: {manual: GO}, to: ana}\n")
    assert [line.partition(": ")[2].partition(";")[0] for line in found] == [
        "cues.a.on: cue 'a' fires itself again, for ever",
        "cues.b.on: cue 'b' fires itself again, for ever",
    ]


@pytest.mark.parametrize(
    ("cue", "warning"),
    [
        ("{cue: a, on: {manual: GO}, post_wait: 1 s, to: ben}", "warning: nothing comes after this cue by itself"),
        ("{cue: a, on: {manual: GO}, continue: auto-follow, to: ben}", "cue 'a' is the last of list GO: nothing comes"),
        (
            "{cue: a, land: {at: +9 s}, land_on: {next: beat}, to: ben}",
            "warning: land_on says nothing for a timed rack",
        ),
        ("{cue: a, land: {at: +9 s}, pre_wait: 1 s, to: ben}", "warning: pre_wait says nothing for a timed rack"),
        ("{cue: a, land: {at: +9 s}, continue: auto-follow, to: ben}", "warning: continue says nothing for a timed"),
    ],
)
def test_waits_that_say_nothing_are_warned_of(cue: str, warning: str) -> None:
    assert any(warning in str(line) for line in load(f"  - {cue}\n").complaints)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('rate: "25"', "rate: 29.97", "x.yaml:2:7: rate: no frame rate '29.97'; write 29.97df or 29.97ndf"),
        ('rate: "25"', "rat: 25", "x.yaml:2:1: rat: unknown key 'rat'; did you mean 'rate'?"),
        ("cuefocus-show/1", "cuefocus-rig/1", "expected cuefocus-show/1, found 'cuefocus-rig/1'"),
        ("schema: cuefocus-show/1\n", "", "the file does not say what it is; start with schema: cuefocus-show/1"),
        (
            "schema: cuefocus-show/1",
            "title: a\nschema: cuefocus-show/1",
            "x.yaml:2:1: schema: schema is not the first",
        ),
        ("ana: 1.20 m", "ana: 1.20", "x.yaml:5:12: marks.A.ana: '1.20' has no unit; write 1.20 m, or cm, mm, ft"),
        ("ana: 1.20 m", "2 m: 1.20 m", "a mark cannot be called '2 m', which is a distance"),
        ('"01:00:00:00"', "01:00:00:25", "x.yaml:8:13: acts.song.starts: 01:00:00:25 does not exist at 25 fps"),
        ('"01:00:00:00"', '"01:00:00;00"', "is a drop-frame label, but the rate is 25"),
        ('"01:00:00:00"', '"1 o\'clock"', "is not a timecode"),
        ("    media: {words: w.json, beats: b.mid}", "    media: {}", "cues.1.land.word: act 'song' has no words file"),
        ("    media", "    speed: fast\n    media", "x.yaml:9:12: acts.song.speed: 'fast' is not a speed"),
        ("    media", "    speed: 1.1..0.9\n    media", "runs backwards; write 9/10..11/10"),
        ("    media", "    speed: 100\n    media", "speeds run from 0.03 to 8"),
        ("    media", "    speed: 1/0\n    media", "'1/0' divides by zero"),
        ("    media", "    repeat: yes\n    media", "'yes' is neither true nor false"),
        ("    media", "    opening: {A: bn}\n    media", "acts.song.opening.A: no mark 'bn'; have ana, ben"),
        ("    media", "    opening: {A.tilt: ben}\n    media", "no axis 'tilt'"),
        ("    media", "    offset: 2 beats\n    media", "2 beats is a length of music; write ms, s or frames here"),
        ("    media", "    ends: 00:59:00:00\n    media", "the act ends at 00:59:00:00, before it starts"),
        ("    media", "    freewheel_ms: 1 s\n    media", "expected a number without a unit, found '1 s'"),
        ("cues:", "recordings: {r: [0, 0.5, 0.9]}\ncues:", "recordings.r: a recorded shape runs from 0 to 1"),
        ("cues:", "rehearse: [{cue: '9', at: 01:00:00:00}]\ncues:", "rehearse.9.cue: no cue '9'"),
        ("cues:", "rehearse: [{cue: '1', at: 01:00:00:00}]\ncues:", "cue '1' is timed and needs no stand-in"),
    ],
)
def test_each_mistake_in_the_rest_of_the_show_has_its_place(old: str, new: str, complaint: str) -> None:
    head = HEAD.replace(old, new, 1)
    assert head != HEAD
    assert any(complaint in line for line in complaints(TIMED, head))


def test_acts_may_not_overlap() -> None:
    first = 'acts:\n  - {act: intro, starts: "00:59:00:00", ends: "01:00:00:01"}'
    found = complaints(TIMED, HEAD.replace("acts:", first))
    assert found == [
        "x.yaml:9:13: acts.song.starts: act 'song' starts while act 'intro' still runs; "
        "acts may not overlap: move a start, or correct `ends` or the last label"
    ]
    assert load(TIMED, HEAD.replace("acts:", first.replace("00:01", "00:00"))).complaints == ()


def test_every_act_within_a_long_one_is_an_overlap() -> None:
    long = 'acts:\n  - {act: long, starts: "00:10:00:00", ends: "02:00:00:00"}'
    short = '\n  - {act: short, starts: "00:20:00:00", ends: "00:30:00:00"}'
    found = complaints(TIMED, HEAD.replace("acts:", long + short))
    assert [line.partition("; ")[0].split(": ", 2)[2] for line in found] == [
        "act 'short' starts while act 'long' still runs", "act 'song' starts while act 'long' still runs",
    ]  # fmt: skip


def test_two_cues_of_one_name() -> None:
    assert complaints(TIMED + TIMED) == ["x.yaml:14:10: cues.1.cue: two cues are called '1'; give each its own id"]


def test_all_complaints_at_once_also_where_one_cue_cannot_be_read() -> None:
    found = complaints("""\
      - {cue: a, land: {word: x}, to: bn}
      - {cue: b, land: {word: x}, to: ben, pul: 1 s}
      - {cue: c, on: {after: b}, to: ann}
      - {cue: d, land: {at: 9}, to: ben}
    """)
    assert [(line.split(":")[1], line.split(":")[3].strip()) for line in found] == [
        ("11", "cues.a.to"), ("12", "cues.b.pul"), ("13", "cues.c.to"), ("14", "cues.d.land.at"),
    ]  # fmt: skip


def test_warnings_do_not_refuse() -> None:
    loaded = load(TIMED + "    conflict: track\n")
    (warning,) = loaded.complaints
    assert (warning.severity, warning.line) == ("warning", 14)
    assert load("  []\n").complaints[0].problem == "the show has no cues"


def test_an_error_is_an_input_error_with_fields() -> None:
    with pytest.raises(ShowFileError) as refused:
        load(TIMED + "    pul: 1 s\n")
    assert isinstance(refused.value, InputError)
    assert refused.value.where == "x.yaml:14:5"
    complaint = refused.value.complaints[0] if isinstance(refused.value, ShowRefused) else None
    assert complaint is not None
    assert list(complaint.as_json()) == ["file", "line", "column", "where", "severity", "problem", "hint"]


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


@pytest.mark.parametrize("what", ["active/cue/1/12", "pending/cue/1/12", "previous/cue/1/12"])
def test_an_address_that_eos_repeats_is_warned_of(what: str) -> None:
    (warning,) = load(f"- {{cue: a, on: {{osc: /eos/out/{what}}}, to: ben}}\n").complaints
    assert (warning.severity, warning.where) == ("warning", "cues.a.on.osc")
    assert f"/eos/out/{what} never fires" in warning.problem
    assert "/eos/out/event/cue/" in warning.hint
    assert load("- {cue: a, on: {osc: /eos/out/event/cue/1/12/fire}, to: ben}\n").complaints == ()


@pytest.mark.parametrize(
    ("on", "says"),
    [
        ("{osc: /cuefocus/disarm}", "/cuefocus/disarm never fires: it is CueFocus' own word for disarm"),
        ("{osc: /cuefocus/arm, args: [0]}", "never fires: it is CueFocus' own word for disarm"),
        ("{osc: /cuefocus/panic}", "never fires: it is CueFocus' own word for panic"),
        ("{osc: /stop}", "/stop never fires: it is QLab's word for hold"),
        ("{osc: /go}", "/go fires this cue and no more does what it says: it is QLab's word"),
        ("{osc: /cue/7/start}", "no more does what it says: it is QLab's word"),
        ("{osc: /cuefocus/cue/7/fire}", "no more does what it says: it is CueFocus' own word"),
        ("{osc: /eos/ping}", "no more does what it says: it is Eos' word"),
    ],
)
def test_a_trigger_on_a_word_that_means_something_already_is_warned_of(on: str, says: str) -> None:
    (warning,) = load(f"- {{cue: a, on: {on}, to: ben}}\n").complaints
    assert (warning.severity, warning.where) == ("warning", "cues.a.on.osc")
    assert says in warning.problem
    assert "/show/laugh" in warning.hint


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ("land: {at: +3 s, offset: 11 s}, act: song", "land.offset"),
        ("land: {at: +30 s, offset: -251 frames}, act: song", "land.offset"),
        ("land: {at: +3 s}, act: song, tell: {to: eos, osc: /x, offset: 10001 ms}", "tell.offset"),
        ("on: {osc: /x}, pre_wait: 3601 s", "pre_wait"),
        ("on: {manual: GO}, continue: auto-follow, post_wait: 90001 frames", "post_wait"),
    ],
)
def test_an_offset_or_a_wait_without_measure_is_warned_of(more: str, where: str) -> None:
    found = load(f"- {{cue: a, {more}, to: ben}}\n").complaints
    (warning,) = [one for one in found if "were ms meant?" in one.hint]
    assert (warning.severity, warning.where) == ("warning", f"cues.a.{where}")


def test_an_act_s_offset_without_measure_is_warned_of() -> None:
    head = HEAD.replace("  - act: song\n", "  - act: song\n    offset: -11 s\n")
    (warning,) = load("- {cue: a, on: {osc: /x}, to: ben}\n", head).complaints
    assert (warning.severity, warning.where) == ("warning", "acts.song.offset")


@pytest.mark.parametrize("more", ["land: {at: +30 s, offset: -10 s}, act: song", "on: {osc: /x}, pre_wait: 3600 s"])
def test_an_offset_of_ten_seconds_and_a_wait_of_an_hour_are_not(more: str) -> None:
    assert not [one for one in load(f"- {{cue: a, {more}, to: ben}}\n").complaints if "were ms" in one.hint]


@pytest.mark.parametrize("on", ["{osc: /stop, args: [1]}", "{osc: /cuefocus/laugh}", "{osc: /qlab/event/cue/7/start}"])
def test_a_trigger_on_a_word_of_the_show_s_own_is_not(on: str) -> None:
    assert load(f"- {{cue: a, on: {on}, to: ben}}\n").complaints == ()


@pytest.mark.parametrize(
    ("landing", "media", "complaint"),
    [
        (
            "land_on: {next: beat}",
            "words: w.json",
            "cues.a.land_on.next: no act has a tempo map; write media: {beats: …}",
        ),
        (
            "land_on: {next: word}",
            "beats: b.mid",
            "cues.a.land_on.next: no act has a words file; write media: {words: …}",
        ),
        ("land_on: {word: x}", "beats: b.mid", "cues.a.land_on.word: no act has a words file"),
        ("land_after: 2 beats", "words: w.json", "cues.a.land_after: no act has a tempo map"),
    ],
)
def test_landing_on_what_no_act_has_is_refused(landing: str, media: str, complaint: str) -> None:
    head = HEAD.replace("words: w.json, beats: b.mid", media)
    assert any(
        complaint in line for line in complaints(f"  - {{cue: a, on: {{manual: GO}}, {landing}, to: ben}}\n", head)
    )


def test_landing_on_what_one_of_the_acts_has_is_noted_with_the_others() -> None:
    head = HEAD.replace("cues:\n", '  - {act: talk, starts: "02:00:00:00"}\ncues:\n')
    found = load("  - {cue: a, on: {manual: GO}, land_on: {next: beat}, to: ben}\n", head).complaints
    assert any("note: refused in act talk, without a tempo map" in str(line) for line in found)

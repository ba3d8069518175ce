"""What is wrong in a show file is refused, every mistake at its line and column."""

import pytest

from cuefocus.errors import InputError, ShowFileError
from cuefocus.show.loader import ShowRefused
from tests.show.written import HEAD, TIMED, complaints, load


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
        ("camera: AA", "x.yaml:13:9: cues.1.to: camera 'AA' has no marks, so no 'ben'; cameras with marks are A"),
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
        (
            "    media",
            "    opening: {Q: ben}\n    media",
            "camera 'Q' has no marks, so no 'ben'; cameras with marks are A",
        ),
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


def test_an_error_is_an_input_error_with_fields() -> None:
    with pytest.raises(ShowFileError) as refused:
        load(TIMED + "    pul: 1 s\n")
    assert isinstance(refused.value, InputError)
    assert refused.value.where == "x.yaml:14:5"
    complaint = refused.value.complaints[0] if isinstance(refused.value, ShowRefused) else None
    assert complaint is not None
    assert list(complaint.as_json()) == ["file", "line", "column", "where", "severity", "problem", "hint"]


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


@pytest.mark.parametrize(
    ("ends", "label", "warned"),
    [
        ("01:00:10:00", "01:00:10:00", True),
        ("01:00:09:20", "01:00:10:07", True),
        ("01:00:10:00", "01:00:10:08", False),
        ("01:00:09:00", "01:00:10:00", False),
    ],
)
def test_what_timecode_fires_at_a_seam_of_two_acts_is_warned_of(ends: str, label: str, warned: bool) -> None:
    acts = f'acts:\n  - {{act: intro, starts: "01:00:00:00", ends: "{ends}"}}'
    head = HEAD.replace('starts: "01:00:00:00"', 'starts: "01:00:10:00"').replace("acts:", acts, 1)
    cues = f'  - {{cue: T, camera: A, on: {{at: "{label}"}}, to: ben}}\n'
    found = load(cues, head).complaints
    assert any("comes from the act before" in one.problem for one in found) is warned, found

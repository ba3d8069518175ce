"""What check says of words to others, and what is sent of those that are sound."""

from pathlib import Path

import pytest

from cuefocus.app.check import check
from cuefocus.app.job import build_job
from cuefocus.app.ltc import generate_ltc
from cuefocus.app.rehearse import rehearse
from cuefocus.app.replay import replay
from cuefocus.app.sends import sends_of
from cuefocus.rig.loader import load_rig
from cuefocus.show.loader import load_show
from tests.stories.scenes import LENS, SOLO_RIG, cue, show_text

RECEIVERS = """network:
  receivers:
    - {id: eos, osc: "10.0.0.5:8001", latency_ms: 12}
    - {id: slow, osc: "10.0.0.5:8002", latency_ms: 1500}
    - {id: desk, midi: any, msc_device: 5, msc_format: sound}
    - {id: web, http: "http://10.0.0.9:8000"}
    - {id: lights, artnet: 10.0.0.255, timecode: true}
"""
TIMED = '  - {{cue: "1", act: song, land: {{at: "+3 s"}}, to: far, tell: {tell}}}\n'


def files(folder: Path, cues: str, sends: str = "", network: str = RECEIVERS) -> tuple[Path, Path]:
    (folder / "lens.yaml").write_text(LENS, encoding="utf-8")
    (folder / "rig.yaml").write_text(SOLO_RIG + network, encoding="utf-8")
    (folder / "show.yaml").write_text(show_text(cues) + sends, encoding="utf-8")
    return folder / "show.yaml", folder / "rig.yaml"


def said(folder: Path, cues: str, sends: str = "", network: str = RECEIVERS) -> list[str]:
    found = check(*files(folder, cues, sends, network)).complaints
    return [f"{one.severity}: {one.where}: {one.problem}; {one.hint}" for one in found if "any" not in one.problem]


@pytest.mark.parametrize(
    ("tell", "expected"),
    [
        ("{to: eos, osc: /go}", ""),
        ("{to: web, http: POST /press}", ""),
        ("{to: desk, msc: go 5/1}", ""),
        ("{to: ios, osc: /go}", "no receiver 'ios' in the rig; have eos, slow, desk, web, lights; did you mean"),
        ("{to: desk, osc: /go}", "desk is told by midi, and cannot be told osc; name one by osc"),
        ("{to: eos, note: 60}", "eos is told by osc, and cannot be told note; name one by midi"),
        ("{to: lights, osc: /go}", "lights is sent timecode by Art-Net, and no osc"),
        ("{to: eos}", "nothing says what is told; write one of osc, msc"),
        ("{to: eos, osc: /go, note: 60}", "osc and note in one; write one of"),
        ("{to: eos, osc: go}", "'go' is not an OSC address"),
        ("{to: eos, osc: /a b}", "holds a space or pattern character"),
        ("{to: eos, osc: /x, args: [nan]}", "nan is no number that can be sent; write s:nan if the text is meant"),
        ("{to: eos, osc: /x, args: [-.Inf]}", "-.Inf is no number that can be sent"),
        ("{to: eos, osc: /x, args: [1, 1e309]}", "1e309 is more than OSC's numbers hold, 1.8e308; write s:1e309 if"),
        ("{to: eos, osc: /x, args: [9223372036854775808]}", "is more than OSC's whole numbers hold, 64 bits; write s:"),
        ("{to: eos, osc: /x, args: [9223372036854775807, 1e300, s:nan, nana, 1e, infinite]}", ""),
        ("{to: desk, note: 60, args: [1]}", "args belongs to osc; take it out"),
        ("{to: eos, osc: /go, body: x}", "body belongs to http"),
        ("{to: eos, osc: /go, when: fire}", "nothing fires a timed rack; write departure, or landing"),
        ("{to: eos, osc: /go, offset: 1 beat}", "1 beat is a length of music"),
        ("{to: web, http: /press}", "does not begin with a method; write a method and a path"),
        ("{to: web, http: POST press}", "is no path of an HTTP call; it begins with /"),
        ("{to: desk, msc: bogus 5}", "no MSC command 'bogus' that can be sent"),
        ("{to: desk, msc: fire}", "'fire' is not an MSC command"),
        ("{to: desk, cc: 64 = 200}", "is outside MIDI"),
        ("{to: desk, mmc: pla}", "no MMC command 'pla'"),
    ],
)
def test_a_word_that_cannot_be_told_is_an_error_with_its_cure(tmp_path: Path, tell: str, expected: str) -> None:
    errors = [one for one in said(tmp_path, TIMED.format(tell=tell)) if one.startswith("error")]
    assert len(errors) == bool(expected), errors
    assert all(expected in one for one in errors), errors


@pytest.mark.parametrize(
    ("tell", "late"),
    [
        ("{to: slow, osc: /x}", "after its landing"),
        ("{when: departure, to: slow, osc: /x}", "after its departure"),
        ("{when: fire, to: eos, osc: /x}", "eos takes 12 ms: this takes effect 12 ms after the trigger"),
        ("{when: fire, to: eos, osc: /x, offset: 12 ms}", ""),
        ("{to: eos, osc: /x}", ""),
    ],
)
def test_a_latency_longer_than_a_trigger_gives_is_warned_of(tmp_path: Path, tell: str, late: str) -> None:
    warnings = [
        one for one in said(tmp_path, cue("T", None, "far", f"on: {{osc: /t}}, tell: {tell}")) if "takes" in one
    ]
    assert len(warnings) == bool(late), warnings
    assert all(late in one and one.startswith("warning") for one in warnings)


@pytest.mark.parametrize(
    ("rate", "frame_ms"), [("23.976", 42), ("24", 42), ("25", 40), ("29.97df", 33), ("30", 33), ("59.94", 17)]
)
@pytest.mark.parametrize("beyond_ms", [0, 2])
def test_an_offset_in_frames_counts_for_the_latency(tmp_path: Path, rate: str, frame_ms: int, beyond_ms: int) -> None:
    show, rig = files(tmp_path, "", network=RECEIVERS.replace("latency_ms: 12", f"latency_ms: {frame_ms + beyond_ms}"))
    tell = "tell: {when: fire, to: eos, osc: /x, offset: 1 frame}"
    show.write_text(show_text(cue("T", None, "far", f"on: {{osc: /t}}, {tell}"), rate=rate), encoding="utf-8")
    late = [one.problem for one in check(show, rig).complaints if "takes" in one.problem]
    assert len(late) == (beyond_ms > 0), late
    assert all("2 ms after its moment" in one for one in late), late


@pytest.mark.parametrize(
    ("lands", "late"),
    [
        ("land_after: 900 ms", ["slow takes 1500 ms: this takes effect 600 ms after its landing"]),
        ("land_on: {next: beat}", ["slow takes 1500 ms: this may take effect 885 ms after its landing"]),
        ("land_after: 4 beats", []),
    ],
)
def test_of_what_lands_in_the_music_check_says_no_more_than_it_knows(
    tmp_path: Path, lands: str, late: list[str]
) -> None:
    (tmp_path / "song.json").write_text(
        '{"beats": [{"bar": 1, "beat": 1, "time_s": 0}, {"bar": 1, "beat": 2, "time_s": 1}]}'
    )
    show, rig = files(tmp_path, "")
    triggered = cue("T", None, "far", f"on: {{osc: /t}}, {lands}, tell: {{to: slow, osc: /x}}")
    show.write_text(show_text(triggered, act="media: {beats: song.json}"), encoding="utf-8")
    assert [one.problem for one in check(show, rig).complaints if "takes" in one.problem] == late


@pytest.mark.parametrize(
    ("send", "expected"),
    [
        ('{act: song, at: "+2 s", to: eos, osc: /x}', ""),
        ('{act: sing, at: "+2 s", to: eos, osc: /x}', "no act 'sing'; have song"),
        ('{at: "+2 s", to: eos, osc: /x}', "nothing says in which act"),
        ("{act: song, to: eos, osc: /x}", "nothing says when"),
        ('{act: song, at: "01:00:02:30", to: eos, osc: /x}', "01:00:02:30"),
        ("{act: song, bar: 3, to: eos, osc: /x}", "has no tempo map"),
        ('{act: song, at: "+2 s", to: nobody, osc: /x}', "no receiver 'nobody'"),
    ],
)
def test_what_goes_by_timecode_alone_is_checked_too(tmp_path: Path, send: str, expected: str) -> None:
    errors = [one for one in said(tmp_path, cue("1", 3, "far"), f"sends: [{send}]\n") if one.startswith("error")]
    assert bool(errors) == bool(expected), errors
    assert any(expected in one for one in errors) or not expected, errors


@pytest.mark.parametrize(
    ("receiver", "expected"),
    [
        ("{id: a}", "nothing says where it is; write one of osc, midi, http, artnet"),
        ('{id: a, osc: "10.0.0.5:1", http: "http://10.0.0.5"}', "osc and http in one receiver"),
        ('{id: a, osc: "10.0.0.5:0"}', "names no port"),
        ("{id: a, midi: X, tcp: slip}", "tcp says nothing to a receiver by midi; take it out"),
        ("{id: a, artnet: 10.0.0.255}", "nothing is sent to it; write timecode: true"),
        ('{id: a, artnet: "[::1]"}', "is not an address"),
        ("{id: a, http: 10.0.0.5}", "is not an HTTP address; write an address such as http://10.0.0.9:8000"),
        ("{id: eos, midi: X}", "two receivers are called 'eos'"),
        ('{id: a, osc: "10.0.0.5:1", latency_ms: 5000}', "latency_ms"),
    ],
)
def test_a_receiver_that_cannot_be_is_said_with_its_cure(tmp_path: Path, receiver: str, expected: str) -> None:
    found = said(tmp_path, cue("1", 3, "far"), network=f"{RECEIVERS}    - {receiver}\n")
    assert any(expected in one for one in found), found


@pytest.mark.parametrize(
    ("told", "heard", "back"),
    [
        ("Midi Through", "midi: {inputs: [midi through]}", "network.midi.inputs"),
        ("Midi Through", 'midi: {inputs: ["Midi Through:Midi Through Port-0 14:0"]}', "network.midi.inputs"),
        ("midi:Midi Through Port-1", "midi: {inputs: [Midi Through Port-1]}", "network.midi.inputs"),
        ("Midi Through Port-1", "midi: {inputs: [Midi Through Port-0]}", ""),
        ("Midi Through", "midi: {inputs: [mio]}", ""),
        ("mio", "midi: {inputs: [Midi Through]}", ""),
        ("mio", "midi: {inputs: [mio]}", ""),
    ],
)
def test_a_midi_output_that_comes_back_to_an_input_is_warned_of(
    tmp_path: Path, told: str, heard: str, back: str
) -> None:
    network = f'network:\n  receivers: [{{id: lx, midi: "{told}"}}]\n  {heard}\n'
    found = [one for one in said(tmp_path, cue("1", 3, "far"), network=network) if "our own words" in one]
    expected = f"warning: network.receivers.lx.midi: receiver lx at {told!r} gives all that it is told to {back}: we "
    assert len(found) == bool(back)
    assert all(one.startswith(expected) and one.endswith("give one of the two another port") for one in found), found


def test_midi_that_comes_back_to_a_source_of_timecode_is_warned_of(tmp_path: Path) -> None:
    show, rig = files(tmp_path, cue("1", 3, "far"), network="network: {receivers: [{id: lx, midi: Midi Through}]}\n")
    source = "  - {id: deck, kind: mtc, device: Midi Through}"
    rig.write_text(rig.read_text(encoding="utf-8").replace("  - {id: deck, kind: file}", source), encoding="utf-8")
    warnings = [one.problem for one in check(show, rig).complaints if one.severity == "warning"]
    assert any("gives all that it is told to source deck: we hear our own words" in one for one in warnings), warnings


def test_midi_is_for_the_device_and_in_the_format_of_its_receiver(tmp_path: Path) -> None:
    tell = "[{to: desk, msc: go 5/1}, {to: desk, mmc: play}, {to: desk, cc: 20@2 = 5}, {to: desk, program: 7@3}]"
    job = build_job(check(*files(tmp_path, TIMED.format(tell=tell))))
    sent = [one.word.parts[0][1].hex(" ") for one in job.sends.cues["1"]]
    assert sent == ["f0 7f 05 02 10 01 35 00 31 f7", "f0 7f 7f 06 02 f7", "b1 14 05", "c2 07"]


def test_a_rehearsal_lists_what_would_be_sent_and_a_replay_the_same(tmp_path: Path) -> None:
    tell = "[{when: departure, to: slow, osc: /early}, {to: eos, osc: /landed, args: [1]}]"
    sends = 'sends: [{act: song, at: "01:00:01:00", to: web, http: GET /one}]\n'
    show, rig = files(tmp_path, TIMED.format(tell=tell), sends)
    sound, journal = tmp_path / "tc.wav", tmp_path / "journal"
    generate_ltc(sound, rate="25", start="00:59:58:00", seconds=7.0)
    rehearsed = rehearse(show, rig, [sound], journal=journal)
    assert [str(one) for one in rehearsed.sends] == [
        "01:00:00:24  to slow: /early  (cue 1 departure, 1500 ms ahead)",
        "01:00:01:00  to web: GET /one  (01:00:01:00, 0 ms ahead)",
        "01:00:02:24  to eos: /landed 1  (cue 1 landing, 12 ms ahead)",
    ]
    assert replay(journal).sends == rehearsed.sends


@pytest.mark.parametrize(
    ("word", "packet"),
    [
        ("osc: /eos/cue/2/12.5/fire", b"/eos/cue/2/12.5/fire\0\0\0\0,\0\0\0"),
        ("osc: /eos/key/go_0", b"/eos/key/go_0\0\0\0,\0\0\0"),
        ('osc: /cmd, args: ["Go+ Sequence 5"]', b"/cmd\0\0\0\0,s\0\0Go+ Sequence 5\0\0"),
        ("osc: /gma3/cmd, args: [Go+]", b"/gma3/cmd\0\0\0,s\0\0Go+\0"),
        ("osc: /Page1/Key201, args: [1]", b"/Page1/Key201\0\0\0,i\0\0\0\0\0\1"),
        ("osc: /Page1/Fader201, args: [100]", b"/Page1/Fader201\0,i\0\0\0\0\0\x64"),
        ("osc: /x, args: [1e300]", b"/x\0\0,d\0\0\x7e\x37\xe4\x3c\x88\x00\x75\x9c"),
        ("osc: /x, args: [5e-1]", b"/x\0\0,f\0\0\x3f\0\0\0"),
        ("osc: /x, args: [s:1e300]", b"/x\0\0,s\0\x001e300\0\0\0"),
        ("osc: /location/1/0/3/press", b"/location/1/0/3/press\0\0\0,\0\0\0"),
        ("osc: /cue/7/start", b"/cue/7/start\0\0\0\0,\0\0\0"),
    ],
)
def test_a_desk_is_told_these_bytes(tmp_path: Path, word: str, packet: bytes) -> None:
    show, rig = files(tmp_path, TIMED.format(tell=f"{{to: eos, {word}}}"))
    (told,) = sends_of(load_show(show).value, load_rig(rig).rig.value, {}).cues["1"]
    assert told.word.parts == ((0, packet),)

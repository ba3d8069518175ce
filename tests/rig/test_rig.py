"""Rig and lens files: what they become, and every mistake at its line and column."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuefocus.errors import InputError, RigFileError
from cuefocus.optics.lens_map import LensMap
from cuefocus.rig.loader import RigRefused, load_rig, parse_lens, parse_rig

RIG = """\
schema: cuefocus-rig/1
lenses: [l.yaml]
sources: [{id: ltc, kind: ltc, device: hw:1, channel: 2, latency_ms: 1.5}]
cameras:
  A:
    lens: sp40#1234
    stop: T1.8
    sensor: super-35
    fps: "25"
    axes: {focus: {motor: m}}
motors:
  m:
    driver: tilta
    port: sim
    setpoints_hz: 50
    travel: 0..9999
    limits: {speed: 200 %/s, acceleration: 3000 %/s2, jerk: 8e4 %/s3}
    backlash_counts: 20
    residual_backlash_counts: 5
    dead_ms: 22
    lag_ms: 14.5
""".replace("8e4", "80000")
LENS = """\
schema: cuefocus-lens/1
name: sp40
serial: "1234"
focal_length: 40 mm
t_stop: T1.8
close_focus: 0.60 m
travel: 100..1100
marks:
  - {distance: 0.60 m, counts: 100}
  - {distance: 1 m, counts: 400}
  - {distance: 2 m, counts: 800}
  - {distance: ∞, ring: 1.0}
"""


def of_rig(text: str) -> list[str]:
    with pytest.raises(RigRefused) as refused:
        parse_rig(text.encode(), "r.yaml")
    return [str(complaint) for complaint in refused.value.complaints]


def of_lens(text: str) -> list[str]:
    with pytest.raises(RigRefused) as refused:
        parse_lens(text.encode(), "l.yaml")
    return [str(complaint) for complaint in refused.value.complaints]


def test_an_axis_in_plain_numbers() -> None:
    spec = parse_rig(RIG.encode(), "r.yaml").value.axis_spec("A.focus")
    assert (spec.name, spec.motor, spec.feedback) == ("A.focus", "m", False)
    assert (spec.speed_ring_per_s, spec.accel_ring_per_s2, spec.jerk_ring_per_s3) == (2.0, 30.0, 800.0)
    assert (spec.counts_near, spec.counts_far) == (0, 9999)
    assert spec.settle_fraction == pytest.approx(0.3)
    assert (spec.period_ns, spec.dead_ns, spec.lag_ns) == (20_000_000, 22_000_000, 14_500_000)
    assert spec.line_ns == pytest.approx(17 * 10 / 115_200 * 1e9, abs=1), "17 characters of 10 bits at 115200 baud"
    assert spec.backlash_ring == pytest.approx(20 / 9999)
    assert spec.residual_backlash_ring == pytest.approx(5 / 9999)


def test_a_reversed_motor_counts_down_towards_infinity() -> None:
    rig = parse_rig(
        RIG.replace("travel: 0..9999", "travel: 10..9000\n    direction: reversed").encode(), "r.yaml"
    ).value
    spec = rig.axis_spec("A.focus")
    assert (spec.counts_near, spec.counts_far) == (9000, 10)
    assert spec.counts_at(0.0) == 9000


def test_families_know_their_lines_and_whether_they_answer() -> None:
    dji = RIG.replace("driver: tilta", "driver: dji").replace("0..9999", "0..4095")
    assert parse_rig(dji.encode(), "r.yaml").value.axis_spec("A.focus").feedback
    bridge = RIG.replace("driver: tilta", "driver: bridge")
    spec = parse_rig(bridge.encode(), "r.yaml").value.axis_spec("A.focus")
    assert (spec.feedback, spec.line_ns) == (True, 0)
    blind = bridge.replace("port: sim", "port: sim\n    feedback: none")
    assert not parse_rig(blind.encode(), "r.yaml").value.axis_spec("A.focus").feedback


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("0..9999", "0..20000", "r.yaml:16:13: motors.m.travel: 20000 counts cannot be sent to a tilta motor; "
                                "its counts run from 0 to 9999"),
        ("0..9999", "9999..0", "9999..0 runs downwards; write 0..9999 and direction: reversed"),
        ("0..9999", "5..5", "r.yaml:16:13: motors.m.travel: '5..5' leaves no travel"),
        ("0..9999", "0-9999", "'0-9999' is not a range of counts"),
        ("port: sim", "port: COM3", "r.yaml:14:11: motors.m.port: 'COM3' is not a port"),
        ("port: sim", "port: udp:10.0.0.7:9100", "a Tilta motor hangs on a serial line"),
        ("port: sim", "port: sim\n    address: 9", "r.yaml:15:14: motors.m.address: no motor 9 on a Tilta line"),
        ("port: sim", "port: sim\n    feedback: read", "tilta motors do not report positions; write feedback: none"),
        ("driver: tilta", "driver: arri", "motors.m.driver: 'arri' is not one of tilta, dji, bridge"),
        ("speed: 200 %/s", "speed: 200", "r.yaml:17:21: motors.m.limits.speed: '200' has no unit; write 200 %/s"),
        ("speed: 200 %/s", "speed: 200 %/s2", "'200 %/s2' has the wrong power of seconds"),
        ("residual_backlash_counts: 5", "residual_backlash_counts: 50", "more is left than there was"),
        ("dead_ms: 22", "dead_ms: 22 ms", "motors.m.dead_ms: expected a number without a unit, found '22 ms'"),
        ("dead_ms: 22", "dead_ms: -1", "motors.m.dead_ms: must be at least 0, found -1"),
        ("dead_ms: 22", "dead_ms: nan", "motors.m.dead_ms: expected a number without a unit, found 'nan'"),
        ("setpoints_hz: 50", "setpoints: 50", "unknown key 'setpoints'; did you mean 'setpoints_hz'?"),
        ("motor: m", "motor: n", "r.yaml:10:27: cameras.A.axes.focus.motor: no motor 'n'; have m"),
        ("focus: {motor: m}", "focus: {motor: m}, iris: {motor: m}", "motor 'm' already turns A.focus"),
        ("focus: {motor: m}", "tilt: {motor: m}", "r.yaml:10:12: cameras.A.axes.tilt: 'tilt' is no key here"),
        ("    sensor: super-35\n", "", "cameras.A: sharpness needs either sensor or circle_of_confusion_mm"),
        ("stop: T1.8", "stop: 1.8", "r.yaml:7:11: cameras.A.stop: '1.8' is not a stop; write T1.8"),
        ('fps: "25"', "fps: 26", "cameras.A.fps: no frame rate '26'"),
        ("kind: ltc", "kind: artne", "r.yaml:3:27: sources.ltc.kind: 'artne' is not one of ltc, mtc, artnet, file, "
                                   "midi-clock, reaper, ableton, link; did you mean 'artnet'?"),
        ("kind: ltc", 'kind: ltc, starts: "01:00:00:00"', "sources.ltc.starts: a source of kind ltc has no such label"),
        ("channel: 2", "channel: 0", "sources.ltc.channel: must be at least 1, found 0"),
        ("motors:", "network: {page: {listen: 0.0.0.0:80}}\nmotors:", "a page beyond loopback needs a token"),
        ("motors:", "network: {page: {listen: 127.example.org:80}}\nmotors:", "a page beyond loopback needs a token"),
        ("motors:", "network: {midi: {inputs: [mio, mio]}}\nmotors:", "MIDI input 'mio' is named twice"),
        ("motors:", "network: {midi: {msc_device: 112}}\nmotors:", "must be at most 111, found 112"),
        ("motors:", "network: {midi: {msc_groups: [127]}}\nmotors:", "must be at most 126, found 127"),
        ("motors:", "network: {osc: {listen: 8000}}\nmotors:", "'8000' is not an address; write an address such as"),
        ("cuefocus-rig/1", "cuefocus-show/1", "schema: expected cuefocus-rig/1, found 'cuefocus-show/1'"),
    ],
)  # fmt: skip
def test_each_mistake_in_a_rig_has_its_place(old: str, new: str, complaint: str) -> None:
    text = RIG.replace(old, new, 1)
    assert text != RIG
    assert any(complaint in line for line in of_rig(text))


def test_what_a_rig_only_warns_about() -> None:
    text = (
        RIG.replace("port: sim", "port: /dev/ttyUSB0")
        + "  spare: {driver: dji, port: sim, setpoints_hz: 100, "
        + ("travel: 0..4095, limits: {speed: 1 ring/s, acceleration: 9 ring/s2, jerk: 99 ring/s3}}\n")
    )
    found = parse_rig(text.encode(), "r.yaml").complaints
    assert [(complaint.severity, complaint.where) for complaint in found] == [
        ("warning", "motors.m.measured"), ("warning", "motors.m.port"), ("note", "motors.spare"),
    ]  # fmt: skip


def test_what_nothing_goes_by_yet_is_said() -> None:
    text = RIG.replace("motors:", "safety: {conductor_silence_ms: 80, hand: absolute}\nmotors:", 1)
    found = parse_rig(text.encode(), "r.yaml").complaints
    assert [str(complaint) for complaint in found if complaint.where.startswith("safety")] == [
        "r.yaml:11:32: safety.conductor_silence_ms: warning: motion holds after 50 ms of silence, "
        "whatever is written here; take it out",
        "r.yaml:11:42: safety.hand: warning: a hand always drives relative to where it grabbed; take it out",
    ]


def test_a_simulated_motor_has_no_report_rate() -> None:
    text = RIG.replace("port: sim", "port: sim\n    simulated: {report_hz: 50}", 1)
    found = [str(complaint) for complaint in parse_rig(text.encode(), "r.yaml").complaints]
    assert any("motors.m.simulated.report_hz: warning: a simulated motor reports when" in line for line in found)


def test_a_lens_becomes_a_map() -> None:
    lens = parse_lens(LENS.encode(), "l.yaml").value
    assert (lens.key, lens.focal_mm, lens.focal_length[0].text) == ("sp40#1234", 40.0, "40 mm")
    assert lens.focus_points() == ((0.0, 600.0), (0.3, 1000.0), (0.7, 2000.0), (1.0, float("inf")))
    assert LensMap([(ring, 1000 / mm) for ring, mm in lens.focus_points()]).reach_text == "0.600 m to ∞"


def test_a_lens_whose_counts_fall_towards_infinity() -> None:
    text = LENS.replace("100..1100", "1100..100").replace("counts: 100}", "counts: 1100}")
    text = text.replace("counts: 400", "counts: 800").replace("2 m, counts: 800", "2 m, counts: 400")
    rings = [ring for ring, _ in parse_lens(text.encode(), "l.yaml").value.focus_points()]
    assert rings == pytest.approx([0.0, 0.3, 0.7, 1.0])


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("counts: 800", "counts: 300",
         "l.yaml:10:5: marks.1: the scale turns back from 2 m (ring 0.2) to 1 m (ring 0.3); nearer marks stand nearer"),
        ("counts: 800", "counts: 400", "l.yaml:11:5: marks.2: two marks at one ring position"),
        ("counts: 800", "counts: 1101", "l.yaml:11:29: marks.2.counts: 1101 counts lie outside travel 100..1100"),
        ("counts: 800", "counts: 8.5", "marks.2.counts: expected a whole number, found '8.5'"),
        (", counts: 800", "", "marks.2: a mark has either counts or ring"),
        ("travel: 100..1100\n", "", "counts mean nothing without travel"),
        ("distance: 1 m", "distance: 1", "l.yaml:10:16: marks.1.distance: '1' has no unit"),
        ("distance: 0.60 m", "distance: 0.50 m", "0.50 m is nearer than close focus 0.60 m"),
        ("ring: 1.0", "ring: 1.2", "marks.3.ring: must be at most 1, found 1.2"),
        ("  - {distance: 1 m, counts: 400}\n", "", "l.yaml:9:3: marks: the list needs at least 4 items, found 3"),
        ("40 mm", "[70 mm, 24 mm]", "a zoom runs from wide to tele"),
        ("40 mm", "40", "'40' has no unit; write 40 mm"),
    ],
)  # fmt: skip
def test_each_mistake_in_a_lens_has_its_place(old: str, new: str, complaint: str) -> None:
    text = LENS.replace(old, new, 1)
    assert text != LENS
    assert any(complaint in line for line in of_lens(text))


def test_a_scale_that_is_the_wrong_way_round_is_one_mistake() -> None:
    text = LENS.replace("100..1100", "1100..100").replace("ring: 1.0", "counts: 1100")
    problem = "l.yaml:9:3: marks: the marks run from ∞ to 0.60 m, but ring 0 is close focus"
    assert of_lens(text) == [f"{problem}; write travel: 100..1100"]


def test_a_rig_is_loaded_with_its_lenses(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RIG)
    (tmp_path / "l.yaml").write_text(LENS)
    assert load_rig(tmp_path / "r.yaml").lens_of("A").key == "sp40#1234"


@pytest.mark.parametrize(
    ("rig", "lens", "complaint"),
    [
        (RIG, None, "r.yaml:2:10: lenses.0: l.yaml: cannot be read: No such file or directory"),
        (RIG, LENS.replace("1 m,", "1,"), "l.yaml:10:16: marks.1.distance: '1' has no unit"),
        (
            RIG,
            LENS.replace("1234", "99"),
            "r.yaml:6:11: cameras.A.lens: no lens 'sp40#1234'; have sp40#99; did you mean",
        ),
        (RIG.replace("[l.yaml]", "[l.yaml, l.yaml]"), LENS, "r.yaml:2:18: lenses.1: lens sp40#1234 is in two files"),
    ],
)
def test_lens_files_that_do_not_fit(tmp_path: Path, rig: str, lens: str | None, complaint: str) -> None:
    (tmp_path / "r.yaml").write_text(rig)
    if lens is not None:
        (tmp_path / "l.yaml").write_text(lens)
    with pytest.raises(RigFileError) as refused:
        load_rig(tmp_path / "r.yaml")
    assert complaint in str(refused.value)


def test_a_folder_is_not_a_rig(tmp_path: Path) -> None:
    with pytest.raises(RigFileError, match="cannot be read"):
        load_rig(tmp_path)
    with pytest.raises(RigFileError, match="cannot be read"):
        load_rig(tmp_path / "a\0b")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([RIG, LENS]), st.data())
def test_no_damage_raises_anything_but_input_errors(text: str, data: st.DataObject) -> None:
    whole = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 8))] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"9", b"-", b"{}"])
        )
    with suppress(InputError):
        parse_rig(bytes(whole), "r.yaml")
    with suppress(InputError):
        parse_lens(bytes(whole), "l.yaml")

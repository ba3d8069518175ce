import csv
import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.landing.dot_plot import dot_plot
from cuefocus.landing.export import rows_csv
from cuefocus.landing.page import html_page
from cuefocus.landing.report import Column, make_report, repeatability, spoilt
from cuefocus.landing.rows import LANDING_KEYS, LEAVE_KEYS, LandingRow, row_from_dict
from cuefocus.landing.sentences import lateness, sentence, signed_ms
from cuefocus.landing.verdict import FATES, Verdict

ROW = LandingRow(
    1,
    1,
    "1",
    "Ana to Ben",
    "A",
    "focus",
    "ben",
    '"goodbye"',
    "01:00:34:12",
    "landed",
    measured_at="motor",
    arrived_s=34.48,
    sharp_s=34.48,
    stopped_s=34.53,
    error_ms=0.5,
    uncertainty_ms=0.8,
    error_frames=0.0125,
    error_dioptres=0.004,
    error_mm=18.0,
)

numbers = st.none() | st.floats(-1e4, 1e4)
rows = st.builds(
    LandingRow,
    take=st.integers(1, 3),
    pass_=st.integers(1, 2),
    cue=st.sampled_from(["1", "2", "12.10", "<b>"]),
    name=st.none() | st.text(max_size=10),
    camera=st.sampled_from(["A", "B"]),
    axis=st.sampled_from(["focus", "iris"]),
    target=st.text(max_size=6),
    anchor=st.none() | st.text(max_size=6),
    land_at=st.none() | st.just("01:00:00:00"),
    verdict=st.sampled_from([verdict.value for verdict in Verdict]),
    reason=st.none() | st.text(max_size=20),
    estimated=st.booleans(),
    measured_at=st.sampled_from(["motor", "lens", "none"]),
    error_ms=numbers,
    error_frames=numbers,
    uncertainty_ms=st.none() | st.floats(0, 100),
    error_dioptres=numbers,
    leave_planned_s=st.none() | st.just(3.0),
    leave_error_ms=numbers,
)


# Rows


def test_the_landing_keys_are_the_contract() -> None:
    assert " ".join(LANDING_KEYS) == (
        "take pass cue name camera axis target anchor land_at verdict reason estimated measured_at planned_s "
        "arrived_s sharp_s stopped_s error_ms uncertainty_ms error_frames error_dioptres error_mm blur_coc "
        "overshoot_counts held_s speed source offset_ms stop focal_mm"
    )
    assert tuple(ROW.as_dict()) == LANDING_KEYS
    assert tuple(replace(ROW, leave_planned_s=1.0).as_dict()) == LANDING_KEYS + LEAVE_KEYS


@given(rows)
def test_a_rounded_row_reads_back_and_rounds_no_further(row: LandingRow) -> None:
    keys = row.as_dict()
    assert row_from_dict(json.loads(json.dumps(keys))).as_dict() == keys


@given(st.floats())
def test_numbers_are_rounded_and_what_is_no_number_is_nothing(number: float) -> None:
    error = replace(ROW, error_ms=number).as_dict()["error_ms"]
    assert error is None or (error == round(number, 3) and str(error) != "-0.0")


def test_a_row_without_a_key_it_needs_is_refused() -> None:
    with pytest.raises(KeyError, match="pass"):
        row_from_dict({key: value for key, value in ROW.as_dict().items() if key != "pass"})


# Sentences


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, 'Cue 1, Ben sharp on "goodbye" (measured at the motor, +0.5 ms ±0.8 ms).'),
        (
            {
                "verdict": "late",
                "error_ms": 40.4,
                "error_frames": 1.01,
                "uncertainty_ms": 4.2,
                "reason": "playback jumped",
            },
            'Cue 1, Ben sharp 1 frame late on "goodbye" (measured at the motor, ±4 ms): playback jumped.',
        ),
        (
            {"verdict": "early", "error_ms": -22.0, "error_frames": -0.55, "estimated": True, "measured_at": "none"},
            'Cue 1, Ben sharp 0.6 frames early on "goodbye" (estimated, ±0.8 ms).',
        ),
        (
            {"verdict": "late", "error_ms": 6.0, "error_frames": 0.15, "measured_at": "lens"},
            'Cue 1, Ben sharp 6.0 ms late on "goodbye" (measured at the lens, ±0.8 ms).',
        ),
        (
            {"verdict": "late", "error_ms": None, "uncertainty_ms": None},
            'Cue 1, Ben sharp late on "goodbye" (measured at the motor).',
        ),
        (
            {"verdict": "over", "reason": "went 20 counts past the far edge of the band"},
            'Cue 1, Ben overshot on "goodbye" (measured at the motor, ±0.8 ms): '
            "went 20 counts past the far edge of the band.",
        ),
        ({"verdict": "skipped", "reason": "playback jumped"}, 'Cue 1, Ben skipped on "goodbye": playback jumped.'),
        ({"anchor": None}, "Cue 1, Ben sharp at 01:00:34:12 (measured at the motor, +0.5 ms ±0.8 ms)."),
        ({"anchor": None, "land_at": None}, "Cue 1, Ben sharp (measured at the motor, +0.5 ms ±0.8 ms)."),
        (
            {"axis": "iris", "target": "T2.8"},
            'Cue 1, iris T2.8 there on "goodbye" (measured at the motor, +0.5 ms ±0.8 ms).',
        ),
        (
            {"arrived_s": 34.53},
            'Cue 1, Ben at rest on "goodbye" (measured at the motor, +0.5 ms ±0.8 ms).',
        ),
        (
            {"leave_anchor": '"alone"', "leave_error_ms": -12.0, "leave_error_frames": -0.3},
            'Cue 1, Ben sharp on "goodbye" (measured at the motor, +0.5 ms ±0.8 ms). It left on "alone" 12.0 ms early.',
        ),
    ],
)
def test_a_landing_can_be_read_aloud(changes: dict[str, object], text: str) -> None:
    assert sentence(replace(ROW, **changes)) == text  # type: ignore[arg-type]


@given(rows)
def test_every_row_is_a_sentence(row: LandingRow) -> None:
    text = sentence(row)
    assert text.startswith(f"Cue {row.cue}, ")
    assert text.endswith(".")


def test_lateness_has_words() -> None:
    assert [lateness(*pair) for pair in ((0.0, 0.0), (40.0, 1.0), (-80.0, -2.0), (3.0, None), (None, None))] == [
        "on time",
        "1 frame late",
        "2 frames early",
        "3.0 ms late",
        "",
    ]
    assert [signed_ms(error) for error in (0.04, 0.5, -12.0)] == ["0.0", "+0.5", "−12.0"]


# Report


def test_takes_stand_side_by_side() -> None:
    many = [replace(ROW, take=take, pass_=pass_, cue=cue) for take in (1, 2) for pass_ in (1, 2) for cue in ("1", "2")]
    made = make_report(many[:-1])
    assert [column.label for column in made.columns] == [
        "take 1, pass 1",
        "take 1, pass 2",
        "take 2, pass 1",
        "take 2, pass 2",
    ]
    assert [(rack.cue, len(rack.rows), rack.rows[-1] is None) for rack in made.racks] == [
        ("1", 4, False),
        ("2", 4, True),
    ]


def test_a_cue_that_was_triggered_twice_has_two_lines() -> None:
    made = make_report([ROW, replace(ROW, error_ms=1.0), replace(ROW, take=2)])
    assert [[row and row.error_ms for row in rack.rows] for rack in made.racks] == [[0.5, 0.5], [1.0, None]]


def test_two_takes_of_one_number_in_different_scenes_keep_apart() -> None:
    columns = [Column(1, 1, "12 A take 1"), Column(2, 1, "12 B take 1")]
    made = make_report([ROW, replace(ROW, error_ms=1.0)], columns)
    assert [len(rack.rows) for rack in made.racks] == [2]
    assert [column.label for column in made.columns] == ["12 A take 1", "12 B take 1"]


def test_repeatability_leaves_out_what_a_person_or_the_playback_spoilt() -> None:
    fair = [replace(ROW, error_ms=error, error_dioptres=error / 100, error_mm=error) for error in (1.0, 2.0, 3.0)]
    bad = [
        replace(ROW, verdict="late", error_ms=40.0, reason="playback jumped"),
        replace(ROW, verdict="late", error_ms=90.0, reason="limited by speed; playback ran at 2.000×"),
        *(replace(ROW, verdict=fate.value, error_ms=None) for fate in FATES),
    ]
    found = repeatability(fair + bad)
    assert (found.count, found.excluded) == (3, len(bad))
    assert (found.mean_ms, found.std_ms, found.worst_ms) == (2.0, 1.0, 3.0)
    assert found.std_dioptres == pytest.approx(0.01)
    assert found.std_mm == 1.0
    assert all(spoilt(row) for row in bad)
    assert not any(spoilt(row) for row in fair)


def test_a_motor_that_was_late_by_itself_counts() -> None:
    assert not spoilt(replace(ROW, verdict="late", reason="limited by speed"))
    assert not spoilt(replace(ROW, verdict="hunted"))


def test_the_summary_says_the_whole() -> None:
    made = make_report(
        [ROW, replace(ROW, take=2, error_ms=1.5), replace(ROW, cue="2", verdict="missed", error_ms=None)]
    )
    assert made.summary == (
        "3 landings: 2 landed, 1 missed; median error +1.0 ms, worst +1.5 ms (cue 1); repeats within 0.7 ms."
    )
    assert make_report([]).summary == "No racks."


# Files


@given(st.lists(rows, max_size=6))
def test_csv_and_json_hold_every_key_and_are_the_same_every_time(many: list[LandingRow]) -> None:
    again = json.loads(json.dumps([row.as_dict() for row in many], allow_nan=False))
    assert [row_from_dict(keys).as_dict() for keys in again] == [row.as_dict() for row in many]
    read = list(csv.DictReader(io.StringIO(rows_csv(many), newline="")))
    assert len(read) == len(many)
    for keys, row in zip(read, many, strict=True):
        assert set(keys) >= set(row.as_dict())
        assert keys["verdict"] == row.verdict
        assert keys["cue"] == row.cue
        assert keys["error_ms"] == ("" if row.as_dict()["error_ms"] is None else str(row.as_dict()["error_ms"]))
    assert rows_csv(many) == rows_csv([row_from_dict(keys) for keys in again])


@given(st.lists(rows, max_size=6))
def test_any_rows_make_a_page_that_is_well_formed_and_loads_nothing(many: list[LandingRow]) -> None:
    made = make_report(many)
    page = html_page(made)
    assert page == html_page(make_report(list(many)))
    assert "http" not in page
    assert "<script" not in page
    assert "<b>·" not in page
    svg = dot_plot(made)
    if not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", svg):
        ET.fromstring(svg)  # noqa: S314 - our own text


def test_the_page_shows_each_landing_where_it_was() -> None:
    late = replace(ROW, take=2, verdict="late", error_ms=40.0, error_frames=1.0, reason="playback jumped")
    page = html_page(make_report([ROW, late]))
    assert page.count('class="v-landed faint"') == 1
    assert 'class="v-late"' in page
    assert "playback jumped" in page
    assert "half a frame" in page

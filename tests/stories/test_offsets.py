"""How much later (or earlier) things land, said while the show runs: what has not departed is planned for it."""

import json
from pathlib import Path

import pytest

from cuefocus.app.job import job_of_journal
from cuefocus.engine.job import Seed
from cuefocus.engine.journal import decode_journal
from cuefocus.engine.session import Session
from tests.stories.kit import Hand, Story
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, cue, show_text
from tests.stories.told import Told

CUES = cue("1", 3, "far") + cue("2", 5, "near") + cue("3", 7, "back")
GO = "on: {manual: GO}"
LEAD_S = 1.0


def says(value: str, target: str = "") -> Hand:
    return lambda rig: rig.say("offset", target, value)


def go(rig: object) -> None:
    rig.say("go")  # type: ignore[attr-defined]


def played(tmp_path: Path, *hands: tuple[float, Hand], cues: str = CUES, **more: object) -> Told:
    story = Story(tmp_path, show_text(cues, cameras=str(more.pop("cameras", "A"))), Playback().play(9.5), **more)  # type: ignore[arg-type]
    for at_s, hand in hands:
        story.at(LEAD_S + at_s, hand)
    return story.tell()


def landings(told: Told) -> dict[str, float]:
    """Song seconds at which each cue arrived."""
    return {row.cue: round(float(row.arrived_s or 0.0), 2) for row in told.rows if row.verdict == "landed"}


@pytest.mark.parametrize("told_ms", [120.0, -150.0, 1500.0])
def test_everything_that_has_not_departed_lands_so_much_later(tmp_path: Path, told_ms: float) -> None:
    told = played(tmp_path, (1.0, says(f"{told_ms:+g}")))
    by_s = told_ms / 1000
    assert landings(told) == pytest.approx({"1": 3 + by_s, "2": 5 + by_s, "3": 7 + by_s}, abs=0.02)
    assert {row.offset_ms for row in told.rows} == {told_ms}
    assert told.replies == [f"everything lands {told_ms:+g} ms"]
    assert told.happenings("state")[-1]["offset_ms"] == {"all": told_ms, "cameras": {}, "cues": {}}


def test_a_rack_under_way_is_never_bent(tmp_path: Path) -> None:
    told, plain = played(tmp_path, (2.7, says("+100"))), played(tmp_path)
    assert landings(told) == pytest.approx({"1": 3.0, "2": 5.1, "3": 7.1}, abs=0.02)
    assert told.lens("A.focus", LEAD_S + 2.9) == pytest.approx(plain.lens("A.focus", LEAD_S + 2.9), abs=1e-6)


def test_offsets_of_all_a_camera_and_a_cue_add_up_and_each_is_cleared(tmp_path: Path) -> None:
    hands = (0.5, says("+100")), (0.6, says("+50", "A")), (0.7, says("-30", "2")), (5.5, says("clear", "A"))
    told = played(tmp_path, *hands)
    assert landings(told) == pytest.approx({"1": 3.15, "2": 5.12, "3": 7.1}, abs=0.02)
    assert [row.offset_ms for row in told.rows] == [150.0, 120.0, 100.0]
    assert told.replies[2] == "everything lands +100 ms, A lands +50 ms, cue 2 lands -30 ms"
    assert told.replies[3] == "everything lands +100 ms, cue 2 lands -30 ms"


def test_clear_without_a_name_clears_all(tmp_path: Path) -> None:
    told = played(tmp_path, (0.5, says("+100")), (0.6, says("+50", "A")), (1.0, says("clear")), (1.2, says("")))
    assert landings(told) == pytest.approx({"1": 3.0, "2": 5.0, "3": 7.0}, abs=0.01)
    assert told.replies[-1] == "no offset is set; all lands as written"


def test_only_the_camera_that_is_named(tmp_path: Path) -> None:
    cues = CUES + cue("B1", 3, "far", "camera: B")
    told = played(tmp_path, (1.0, says("+200", "B")), cues=cues, rig=RIG, cameras="AB")
    assert told.row("1").offset_ms == 0.0
    assert told.row("B1").offset_ms == 200.0
    assert landings(told)["1"] == pytest.approx(3.0, abs=0.01)


def test_a_rack_that_would_have_to_leave_earlier_than_now_is_shortened_or_refused_in_words(tmp_path: Path) -> None:
    told = played(tmp_path, (2.3, says("-200")))
    assert told.verdicts()["1"] == "landed"
    refused = played(tmp_path, (2.3, says("-600")))
    assert refused.reason("1") in " ".join(refused.alarms)
    assert any("cue 1 cannot land: " in text for text in refused.alarms)
    assert [row.verdict for row in refused.rows] == ["refused", "landed", "landed"]
    assert landings(refused)["3"] == pytest.approx(6.4, abs=0.02)


def test_a_cue_moved_onto_the_next_keeps_the_next_from_landing_and_that_is_told(tmp_path: Path) -> None:
    told = played(tmp_path, (1.0, says("+1900", "1")))
    assert any(text.startswith("cue 2 cannot land: it must leave at ") for text in told.alarms)


@pytest.mark.parametrize(
    ("landing", "lands_s"),
    [("", 0.0), ("land_after: 1 s", 1.0), ("land_on: {next: bar}", 1.5), ("land_after: 2 beats", 2.0)],
)
def test_a_triggered_rack_lands_so_much_later_too(tmp_path: Path, landing: str, lands_s: float) -> None:
    beats = json.dumps({"beats": [{"bar": 1 + n // 4, "beat": 1 + n % 4, "time_s": n} for n in range(24)]})
    (tmp_path / "b.json").write_text(beats, encoding="utf-8")
    cues = cue("T", None, "far", ", ".join(filter(None, (GO, landing))))
    told: list[Told] = []
    for value in ("+0", "+300"):
        story = Story(tmp_path, show_text(cues, act="media: {beats: b.json}"), Playback().play(8.0))
        story.at(LEAD_S + 1.0, says(value, "T")).at(LEAD_S + 2.5, go)
        told.append(story.tell())
    plain, later = told[0].row("T"), told[1].row("T")
    assert (plain.verdict, later.verdict) == ("landed", "landed")
    assert float(later.arrived_s or 0) - float(plain.arrived_s or 0) == pytest.approx(0.3, abs=0.006)
    assert float(plain.arrived_s or 0) == pytest.approx(lands_s, abs=0.01) or not lands_s
    assert (plain.offset_ms, later.offset_ms) == (0.0, 300.0)


def test_a_knob_that_wavers_leaves_what_it_said_last(tmp_path: Path) -> None:
    def turned(value: str, source: str) -> Hand:
        return lambda rig: rig.say("offset", "", value, source=source)

    knob, copy = "osc:desk", "osc:by another network"
    hands = [(1.0, "+40", knob), (1.001, "+40", copy), (1.004, "+41", knob), (1.005, "+41", copy)]
    hands += [(1.008, "+40", knob), (1.009, "+40", copy)]
    told = played(tmp_path, *((at_s, turned(value, source)) for at_s, value, source in hands))
    assert {row.offset_ms for row in told.rows} == {40.0}
    assert sum("suppressed" in one for one in told.happenings("state")) == 3, "each copy"


@pytest.mark.parametrize(
    ("value", "target", "says_so"),
    [
        ("+10001", "", "+10001 ms is too far: an offset is at most 10 s either way"),
        ("-10000.5", "A", "-10000.5 ms is too far: an offset is at most 10 s either way"),
        ("soon", "", "'soon' is no offset; say milliseconds, + = later, such as +40, or clear"),
        ("nan", "", "'nan' is no offset; say milliseconds, + = later, such as +40, or clear"),
        ("+5", "Z", "no camera or cue 'Z'; have cameras A, and the show's cues; +40 alone is for all"),
    ],
)
def test_what_is_no_offset_is_refused_in_plain_words(tmp_path: Path, value: str, target: str, says_so: str) -> None:
    told = played(tmp_path, (1.0, says(value, target)))
    assert told.replies == [says_so]
    assert landings(told) == pytest.approx({"1": 3.0, "2": 5.0, "3": 7.0}, abs=0.01)


def test_the_same_steps_give_the_same_offsets(tmp_path: Path) -> None:
    tale = Story(tmp_path, show_text(CUES), Playback().play(9.5)).at(LEAD_S + 1.0, says("+120"))
    tale.at(LEAD_S + 3.3, says("-80", "3"))
    tale.journal = tmp_path / "story.journal"
    told = tale.tell()
    header, steps, _ = decode_journal(tale.journal.read_bytes(), version=None)
    session = Session(job_of_journal(header), Seed(rings=header.options["rings"], auto_arm=True, takes=1))
    again = [event for step in steps for event in session.step(step.now_ns, step.inbox).events]
    assert again == [event for moment in told.moments for event in moment.outcome.events]

"""Rows are made a few at a time, wherever a motor says it stands, and one that cannot be made ends no take."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.engine.job import Job
from cuefocus.engine.ports import Feedback
from cuefocus.errors import PlanError
from cuefocus.landing.estimate import ripple_ns
from cuefocus.landing.evidence import Circumstances, Evidence, RackLike
from cuefocus.landing.rows import LandingRow
from cuefocus.landing.verdict import judge
from tests.landing.racks import LAND_HOST_NS, MS, circumstances, evidence, rack
from tests.stories.kit import Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text
from tests.stories.told import Told

RACKS = 300


def test_racks_skipped_by_a_locate_are_told_a_few_at_a_time_and_the_next_one_lands(tmp_path: Path) -> None:
    cues = "".join(cue(str(n), 3.0 + n, "far" if n % 2 else "near") for n in range(1, RACKS + 2))
    story = Story(tmp_path, show_text(cues), Playback().locate(2.0 + RACKS - 0.5).play(4.0))
    told = story.tell()
    verdicts = told.verdicts()
    assert [verdicts[str(n)] for n in range(1, RACKS - 1)] == ["skipped"] * (RACKS - 2)
    assert verdicts[str(RACKS)] == verdicts[str(RACKS + 1)] == "landed"
    rows = [len(moment.outcome.rows) for moment in told.moments]
    assert max(rows) <= 64
    first = next(index for index, count in enumerate(rows) if count)
    assert sum(rows[first : first + 30]) >= RACKS - 2, "but all of them within a moment"
    assert [row.cue for row in told.rows[: RACKS - 2]] == [str(n) for n in range(1, RACKS - 1)]


HOUSE = (
    'schema: cuefocus-show/1\nrate: "25"\nmarks: {A: {close: 0.70 m, mid: 1.50 m, horizon: ∞}}\n'
    "defaults: {camera: A, pull: 600 ms}\ncues:\n"
)
HORIZON, CLOSE = 0.985, 0.0


def fired_twice(tmp_path: Path, to: str, beyond_counts: int) -> Told:
    """The first firing lands; while the second is watched the motor names a place beyond the end of the lens map."""
    end = HORIZON if to == "horizon" else CLOSE

    def stray(rig: StoryRig) -> None:
        spec = rig.session.job.axes["A.focus"].spec
        rig.virtual.tell(Feedback("A.focus", rig.clock.now_ns, spec.counts_at(end) + beyond_counts))

    story = Story(tmp_path, HOUSE + cue("1", None, to, "on: {manual: GO}, land_after: 900 ms"), takes=1)
    for at_s in (1.0, 3.0):
        story.at(at_s, lambda rig: rig.say("go", "1"))
        for tenth in range(1, 14):
            story.at(at_s + tenth / 10, stray)
    return story.tell(until_s=6.0)


@pytest.mark.parametrize("beyond_counts", [1, 2, 40])
@pytest.mark.parametrize(("to", "outwards"), [("horizon", 1), ("close", -1)])
def test_a_motor_that_names_a_place_beyond_the_lens_map_is_judged(
    tmp_path: Path, to: str, outwards: int, beyond_counts: int
) -> None:
    told = fired_twice(tmp_path, to, outwards * beyond_counts)
    assert len(told.rows) == 2
    assert not any("not judged" in alarm for alarm in told.alarms)
    assert all(row.error_dioptres is not None for row in told.rows)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    cues = cue("1", 3.0, "far")
    return Story(tmp_path_factory.mktemp("jury"), show_text(cues)).stage().session.job


@given(at=st.floats(-0.1, 1.1), target=st.floats(0.05, 0.95), beyond=st.floats(-0.1, 1.1))
def test_no_measured_ring_keeps_a_row_from_being_made(job: Job, at: float, target: float, beyond: float) -> None:
    samples = [(LAND_HOST_NS + step * 20 * MS, at if step < 20 else beyond) for step in range(-20, 50)]
    for lens in (job.axes["A.focus"].dioptres_at, *(act.dioptres_at["A.focus"] for act in job.acts.values())):
        row = judge(rack(0.5, target) if target != 0.5 else rack(), circumstances(dioptres_at=lens), evidence(samples))
        assert row.error_dioptres is not None


def test_a_rack_to_infinity_fired_again_and_again_lands(tmp_path: Path) -> None:
    story = Story(tmp_path, HOUSE + cue("1", None, "horizon", "on: {manual: GO}"))
    for at_s in (1.0, 2.5, 4.0):
        story.at(at_s, lambda rig: rig.say("go", "1"))
    told = story.tell(until_s=6.0)
    assert [row.verdict for row in told.rows] == ["landed"] * 3
    assert not any("not judged" in alarm for alarm in told.alarms)


@pytest.mark.parametrize("failure", [PlanError("ring 2.0 lies outside"), ValueError("not a ring"), OverflowError("∞")])
def test_a_landing_that_cannot_be_judged_says_so_and_the_take_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fails_for_one(planned: RackLike, around: Circumstances, seen: Evidence) -> LandingRow:
        if planned.cue == "1" and seen.fate is None:
            raise failure
        return judge(planned, around, seen)

    monkeypatch.setattr("cuefocus.engine.jury.judge", fails_for_one)
    cues = cue("1", 3.0, "far") + cue("2", 6.0, "near")
    told = Story(tmp_path, show_text(cues), Playback().play(9.0)).tell()
    assert told.verdicts() == {"1": "missed", "2": "landed"}
    assert str(failure) in told.reason("1")
    assert any("cue 1 is not judged" in alarm for alarm in told.alarms)


def test_the_steps_of_its_set_points_count_as_uncertainty_of_a_motor_that_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Evidence] = []

    def noted(planned: RackLike, around: Circumstances, evidence: Evidence) -> LandingRow:
        seen.append(evidence)
        return judge(planned, around, evidence)

    monkeypatch.setattr("cuefocus.engine.jury.judge", noted)
    told = (
        Story(tmp_path, HOUSE + cue("1", None, "mid", "on: {manual: GO}"))
        .at(1.0, lambda rig: rig.say("go"))
        .tell(until_s=3.0)
    )
    assert told.verdicts() == {"1": "landed"}
    spec = told.specs["A.focus"]
    assert [evidence.other_uncertainty_ns for evidence in seen] == [ripple_ns(spec.period_ns, spec.lag_ns)]
    assert seen[0].measured_at == "motor"

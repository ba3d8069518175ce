"""Scrubbing as the motion process sees it: through the shared memory, and in motion's own hands."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cuefocus.engine.plan import AxisPlan, OnLoss
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.shm_codec import decode_clock, encode_clock
from cuefocus.shells.shm_layout import SPLICE_SEGMENTS
from cuefocus.shells.shm_plan import AxisPlanReader, AxisPlanWriter
from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text
from tests.stories.told import Told

EVERYTHING = 1 << 20
AXIS = "A.focus"


@pytest.fixture
def memory() -> Iterator[SharedMemory]:
    made = SharedMemory.create([AXIS])
    yield made
    for fd in made.handed_down:
        os.close(fd)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Play, shuttle, reverse over two racks, play."""
    playback = Playback().play(2.0).play(1.2, speed=4.0).play(3.0, speed=-1.0).play(1.0, speed=-8.0).play(2.0)
    show = show_text(cue("1", 3, "far") + cue("2", 5, "near"), act="scrub: true")
    return Story(tmp_path_factory.mktemp("scrub"), show, playback).tell()


def test_every_plan_of_a_scrubbed_take_comes_back_exactly(told: Told, memory: SharedMemory) -> None:
    writer = AxisPlanWriter(memory.view, memory.layout, 0)
    reader = AxisPlanReader(memory.view, memory.layout, 0)
    spliced = 0
    for moment in told.moments:
        plan = moment.outcome.plan.axes.get(AXIS)
        if plan is None or not moment.outcome.plan_changed:
            continue
        writer.write(plan, 0)
        reader.refresh(EVERYTHING)
        assert reader.plan is not None
        read = replace(reader.plan, track=plan.track, splice=plan.splice)
        assert read == plan
        if plan.splice is not None:
            assert reader.plan.splice is not None
            assert reader.plan.splice.track.segments == plan.splice.track.segments
            assert len(plan.splice.track.segments) < SPLICE_SEGMENTS // 4
            spliced += 1
        assert decode_clock(encode_clock(moment.outcome.clock)) == moment.outcome.clock
    assert spliced > 100
    assert reader.torn == 0


def test_a_plan_that_scrubs_is_followed_under_no_clock(told: Told) -> None:
    """Motion has nothing to follow but the splice; should the conductor die, that ends at rest."""
    plans: list[AxisPlan] = []
    for moment in told.moments:
        events = [event for event in moment.outcome.events if event.fields.get("scrubbing")]
        if events:
            plans.append(moment.outcome.plan.axes[AXIS])
    assert plans
    for plan in plans:
        assert plan.on_loss is OnLoss.HOLD
        if plan.splice is not None and plan.splice.track.segments:
            _, speed, _ = plan.splice.track.segments[-1].at(plan.splice.until_ns)
            assert abs(speed) < 1e-3

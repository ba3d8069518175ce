"""Stop and focal length set in a show of thousands of racks, while the clock runs and motion follows."""

import os
from pathlib import Path
from typing import Any

import pytest

from cuefocus.app.check import Checked, check
from cuefocus.app.job import build_job
from cuefocus.engine.job import Seed
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.plan import AxisPlan
from cuefocus.engine.ports import Command, Feedback, InboxEvent, SourceEvent
from cuefocus.engine.session import TICK_NS, Session
from cuefocus.motion import compile_track
from cuefocus.motion.compile_track import Piece
from cuefocus.motion.live import Live
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.room import room_for
from cuefocus.motion.track import Track
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.shm_plan import AxisPlanWriter
from cuefocus.timebase.frames import rate_named, timecode_at
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Reading
from tests.stories.scenes import LENS, SOLO_RIG, cue, show_text

AXIS, RATE = "A.focus", rate_named("25")
RACKS, EVERY_S = 2_000, 2.0
MARKS = ("far", "mid", "back", "near")
LABEL_LESS_HOST_NS = 3600 * NS_PER_S - 10 * NS_PER_S
#: As many pieces as motion decodes between two of its deadlines.
A_LOOK = 400


class Running:
    """A long show on one axis, armed and engaged, that runs from its beginning; no motor is simulated."""

    def __init__(self, folder: Path) -> None:
        cues = "".join(cue(str(n), 3 + EVERY_S * n, MARKS[n % 4]) for n in range(RACKS))
        for name, text in (("show", show_text(cues)), ("rig", SOLO_RIG), ("lens", LENS)):
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        self.files = folder / "show.yaml", folder / "rig.yaml"
        self.checked = check(*self.files)
        self.job = build_job(self.checked)
        self.spec = self.job.axes[AXIS].spec
        self.session = Session(self.job, Seed(rings={AXIS: 0.3673}, auto_arm=True))
        self.now_ns, self._ticks = 10 * NS_PER_S, 0
        start: list[InboxEvent] = [Feedback(AXIS, self.now_ns, self.spec.counts_at(0.3673))]
        self.outcome = self.session.step(self.now_ns, [*start, SourceEvent("deck", self.now_ns, "opened", "")])

    def step(self, *more: InboxEvent) -> Outcome:
        """10 ms more, with a reading every 40 ms."""
        self.now_ns += TICK_NS
        self._ticks += 1
        inbox = list(more)
        if self._ticks % 4 == 0:
            label = timecode_at(self.now_ns + LABEL_LESS_HOST_NS, RATE)
            stamp_ns = label.show_ns(RATE) - LABEL_LESS_HOST_NS
            inbox.append(Reading("deck", label, False, stamp_ns, 40e6, 1, 500.0))
        self.outcome = self.session.step(self.now_ns, inbox)
        return self.outcome

    def sets(self, value: str) -> Outcome:
        """An assistant says what the lens is set to."""
        return self.step(Command("setup", self.now_ns, "A", value))

    @property
    def plan(self) -> AxisPlan:
        """What motion is told."""
        return self.outcome.plan.axes[AXIS]

    def compiled(self, live: Live) -> Checked:
        """The whole show compiled with the camera set so from the beginning."""
        return check(*self.files, live={"A": live})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("long")


@pytest.fixture
def running(files: Path) -> Running:
    show = Running(files)
    for _ in range(200):
        show.step()
    assert show.outcome.clock.running
    assert show.plan.follow
    return show


def same(one: Track, other: Track) -> bool:
    return (one.rest_ring, one.segments, one.landings) == (other.rest_ring, other.segments, other.landings)


def test_four_settings_under_way_leave_what_a_full_compile_leaves(running: Running) -> None:
    for value in ("stop=11", "stop=4", "clear", "stop=8"):
        running.sets(value)
        for _ in range(90):
            running.step()
    orders = running.session.stage.orders[AXIS]
    wanted = running.compiled(Live(stop=8.0)).compiled
    assert wanted is not None
    begun = sum(rack.depart_ns <= running.outcome.clock.show_at(running.now_ns) for rack in orders.racks)
    assert 0 < begun < 10
    assert orders.racks[begun + 1 :] == wanted.acts["song"].racks[AXIS][-len(orders.racks) + begun + 1 :]
    assert len(orders.racks) == RACKS
    anew = running.session.settings.planner.track(AXIS, orders.racks, orders.rest_lens, orders.direction)
    assert same(running.plan.track, anew)
    assert orders.by_cue == {rack.cue: rack for rack in orders.racks}


def test_a_step_plans_and_lays_a_bounded_number_of_racks(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    laid = list[str]()

    def counted(rack: PlannedRack, *rest: Any) -> Piece:
        laid.append(rack.cue)
        return Piece(rack, *rest)

    monkeypatch.setattr(compile_track, "Piece", counted)
    laid_after: list[int] = []
    for value in ("stop=11", "stop=4"):
        running.sets(value)
        for _ in range(90):
            before = len(laid)
            running.step()
            laid_after.append(len(laid) - before)
    assert max(laid_after) <= 258
    assert len(laid) < 2 * (RACKS + 2 * 40), "no rack is laid over and over"


def test_motion_has_every_track_within_two_looks_and_never_half_of_one(running: Running) -> None:
    assert running.checked.compiled is not None
    memory = SharedMemory.create((AXIS,), room_for(running.checked.compiled))
    try:
        writer, reader = AxisPlanWriter(memory.view, memory.layout, 0), memory.plan_reader(0)
        writer.write(running.plan, 0)
        while reader.stale:
            reader.refresh(A_LOOK)
        published, late = [running.plan.track], 0
        for number in range(360):
            outcome = (
                running.sets(("stop=11", "stop=4", "clear", "stop=8")[number // 90])
                if number % 90 == 0
                else running.step()
            )
            if outcome.plan_changed:
                writer.write(running.plan, 0)
                published.append(running.plan.track)
            for _ in range(4):
                reader.refresh(A_LOOK)
            assert reader.plan is not None
            seen = reader.plan.track
            late = late + 1 if not same(seen, published[-1]) else 0
            assert late <= 1
            if late:
                assert any(same(seen, track) for track in published[-3:])
        assert len(published) > 30
        assert reader.torn == 0
        assert same(reader.plan.track, running.plan.track) if reader.plan is not None else False
    finally:
        for fd in memory.handed_down:
            os.close(fd)

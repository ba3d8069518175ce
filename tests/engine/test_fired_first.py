"""A step in which a rack is fired does that first: verdicts and news come with the next, which is due at once."""

from pathlib import Path

import pytest

from cuefocus.app.check import check
from cuefocus.app.job import build_job
from cuefocus.engine.job import Seed
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.ports import Command, Feedback, InboxEvent, Sent, Trigger
from cuefocus.engine.session import TICK_NS, Session
from tests.stories.scenes import LENS, RIG

MS = 1_000_000
START_NS = 10_000 * MS
SHOW = (
    'schema: cuefocus-show/1\nrate: "25"\nmarks: {A: {near: 1.15 m, far: 3 m}, B: {near: 1.15 m, far: 3 m}}\n'
    "defaults: {pull: 600 ms}\ncues:\n"
    '  - {cue: "1", camera: A, on: {osc: /one}, to: far}\n'
    '  - {cue: "2", camera: A, on: {osc: /two}, to: near}\n'
    '  - {cue: "3", camera: B, on: {osc: /three}, to: far}\n'
)


class Desk:
    """A session, armed and engaged, with motors that stand at 0.5, and the time it is."""

    def __init__(self, folder: Path) -> None:
        for name, text in (("lens.yaml", LENS), ("rig.yaml", RIG + "safety: {repeat_guard_ms: 0}\n"), ("s.yaml", SHOW)):
            (folder / name).write_text(text)
        job = build_job(check(folder / "s.yaml", folder / "rig.yaml"))
        self.now_ns = START_NS
        self.session = Session(job, Seed(rings=dict.fromkeys(job.axes, 0.5)))
        stand: list[InboxEvent] = []
        for name, axis in job.axes.items():
            counts = axis.spec.counts_at(0.5)
            stand += [Sent(name, self.now_ns, 0.5, counts), Feedback(name, self.now_ns, counts)]
        self.step(*stand)
        self.step(Command("arm", self.now_ns), Command("engage", self.now_ns, value="confirm"))

    def step(self, *inbox: InboxEvent, after_ns: int = TICK_NS) -> Outcome:
        self.now_ns += after_ns
        return self.session.step(self.now_ns, inbox)

    def fire(self, address: str, after_ns: int = TICK_NS) -> Outcome:
        return self.step(Trigger("osc", address, self.now_ns + after_ns, "desk"), after_ns=after_ns)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def kinds(outcome: Outcome) -> set[str]:
    return {event.kind for event in outcome.events}


def test_a_rack_goes_before_the_verdict_on_the_one_it_displaces(desk: Desk) -> None:
    desk.fire("/one")
    desk.step(after_ns=100 * MS)
    fired = desk.fire("/two")
    assert fired.plan_changed
    assert not fired.rows
    assert fired.next_due_ns == desk.now_ns
    after = desk.step(after_ns=300_000)
    assert [(row.cue, row.verdict) for row in after.rows] == [("1", "replaced")]
    assert after.next_due_ns > desk.now_ns


def test_verdicts_do_not_wait_twice_however_often_racks_are_fired(desk: Desk) -> None:
    told = 0
    for number in range(20):
        told += len(desk.fire(("/one", "/two")[number % 2], after_ns=20 * MS).rows)
    assert told >= 18


def test_a_step_that_fires_nothing_tells_its_news_at_once(desk: Desk) -> None:
    stopped = desk.step(Command("disarm", desk.now_ns))
    assert "state" in kinds(stopped)
    assert stopped.next_due_ns == desk.now_ns + TICK_NS


def test_a_word_with_a_time_is_to_be_stepped_to_when_that_comes(desk: Desk) -> None:
    due_ns = desk.now_ns + TICK_NS + 3 * MS
    waiting = desk.step(Trigger("osc", "/one", desk.now_ns, "desk", due_ns))
    assert (waiting.next_due_ns, waiting.punctual_ns) == (due_ns, due_ns)
    assert not waiting.plan_changed
    fired = desk.step(after_ns=3 * MS)
    assert fired.plan_changed
    assert fired.punctual_ns is None

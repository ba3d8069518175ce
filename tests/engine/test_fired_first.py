"""A step in which a rack is fired does that first: verdicts and news come with the next, which is due at once."""

from pathlib import Path

import pytest

from cuefocus.app.check import check
from cuefocus.app.job import build_job
from cuefocus.engine.job import Seed
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import Command, Feedback, InboxEvent, Latched, Sent, Trigger
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
    '  - {cue: "4", camera: B, on: {osc: /four}, to: far, pre_wait: 1 s}\n'
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


def seen(desk: Desk, also: Trigger | None = None) -> Outcome:
    """The step in which a landing has been watched to its end; something else may be fired before."""
    desk.fire("/one")
    for _ in range(400):
        sent = Sent("A.focus", desk.now_ns, 0.5, desk.session.job.axes["A.focus"].spec.counts_at(0.5))
        now = also is not None and desk.now_ns < also.stamp_ns <= desk.now_ns + TICK_NS
        outcome = desk.step(sent, *([also] if also is not None and now else []))
        if desk.session.jury.hurries:
            return outcome
    raise AssertionError("no landing was judged")


def test_a_landing_is_seen_judged_and_told_in_three_steps_and_the_latter_two_do_nothing_else(desk: Desk) -> None:
    outcome = seen(desk)
    moved_ns = desk.now_ns
    assert (outcome.next_due_ns, outcome.rows) == (moved_ns, ())
    outcome = desk.step(after_ns=MS)
    assert (outcome.next_due_ns, outcome.rows, kinds(outcome)) == (desk.now_ns, (), set())
    outcome = desk.step(after_ns=MS)
    assert [row.cue for row in outcome.rows] == ["1"]
    assert kinds(outcome) == {"landing"}
    assert outcome.next_due_ns == moved_ns + TICK_NS, "all else is looked at no later for it"


def test_what_is_heard_between_the_parts_of_a_verdict_has_all_its_consequences_at_once(desk: Desk) -> None:
    seen(desk)
    outcome = desk.step(Command("disarm", desk.now_ns), after_ns=MS)
    assert "state" in kinds(outcome)
    rows = [*outcome.rows, *(row for _ in range(3) for row in desk.step(after_ns=MS).rows)]
    assert [row.cue for row in rows] == ["1"]


def test_what_waits_for_a_rack_does_not_wait_for_a_verdict_as_well(desk: Desk) -> None:
    seen(desk)
    gone = Command("disengage", desk.now_ns, "B.focus")
    assert kinds(desk.step(gone, Trigger("osc", "/two", desk.now_ns + MS, "desk"), after_ns=MS)) == {"departure"}
    assert "state" in kinds(desk.step(after_ns=MS))


def test_what_goes_by_itself_does_not_wait_for_a_verdict(desk: Desk, tmp_path: Path) -> None:
    seen(desk)
    due_ns, another = desk.now_ns + MS, Desk(tmp_path)
    seen(another, Trigger("osc", "/four", due_ns - 1000 * MS, "desk"))
    outcome = another.step(after_ns=MS)
    assert another.now_ns == due_ns
    assert [event.fields["cue"] for event in outcome.events if event.kind == "departure"] == ["4"]


def test_without_timecode_a_track_that_changes_under_a_splice_is_told_when_the_splice_is_over(desk: Desk) -> None:
    before = desk.step().plan.axes["A.focus"]
    fired = desk.fire("/one").plan.axes["A.focus"]
    orders = desk.session.stage.orders["A.focus"]
    assert fired.splice is not None
    assert fired.track is before.track is not orders.track
    held = desk.step(Latched("A.focus", desk.now_ns, Latch.HOLD)).plan.axes["A.focus"]
    assert (held.splice, held.track) == (None, orders.track)


def test_a_step_that_ends_a_take_tells_of_few_racks_and_the_next_ones_of_the_rest(desk: Desk) -> None:
    desk.fire("/one")
    desk.fire("/three")
    for _ in range(72):
        desk.step()  # both have landed, and are watched
    outcome = desk.step(Command("panic", desk.now_ns))
    assert (outcome.rows, [reply.ok for reply in outcome.replies]) == ((), [True])
    told: list[str] = []
    for _ in range(3):
        assert not [event for event in outcome.events if event.kind == "take"], "a take ends after its rows"
        outcome = desk.step()
        told += [row.cue for row in outcome.rows]
        if len(told) == 2:
            break
    assert told == ["1", "3"]
    ends = [event for one in (outcome, desk.step()) for event in one.events if event.kind == "take"]
    assert [event.fields["state"] for event in ends] == ["ended"]


def test_a_rack_is_not_fired_on_an_axis_that_was_told_to_stop_though_motion_has_not_said_so_yet(desk: Desk) -> None:
    steps = [desk.step(Command("hold", desk.now_ns, "A"), Trigger("osc", "/one", desk.now_ns, "desk"), after_ns=MS)]
    steps += [desk.fire(address, after_ns=MS) for address in ("/two", "/three")]
    told = [row for outcome in (*steps, desk.step(after_ns=MS)) for row in outcome.rows]
    assert "departure" in kinds(steps[-1]), "the other axis was not"
    assert [(row.cue, row.reason) for row in told] == [(cue, "A.focus is stopped by HOLD") for cue in "12"]
    desk.step(Command("resume", desk.now_ns))
    assert "departure" in kinds(desk.fire("/one"))


def test_a_stop_that_motion_has_told_of_and_that_was_taken_back_elsewhere_stops_no_more(desk: Desk) -> None:
    desk.step(Command("hold", desk.now_ns))
    for latch in (Latch.HOLD, Latch.NONE):
        desk.step(Latched("A.focus", desk.now_ns, latch))
    desk.step(Command("engage", desk.now_ns))
    assert "departure" in kinds(desk.fire("/one"))

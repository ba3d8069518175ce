"""A running show behind a fuzzed line: its session takes in what was heard, and is made ready again once stopped."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from scale import rig_text

from cuefocus.app.check import check
from cuefocus.app.job import build_job
from cuefocus.engine.job import Seed
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.ports import Command, Feedback, InboxEvent, Latched, SourceEvent
from cuefocus.engine.session import Session
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

SOURCE = "playback"
_RING = 0.5
_STEP_NS = NS_PER_MS


class FuzzShow:
    """A show on cameras `c0` and `c1`, armed and engaged; its motors never report but at the start.

    Args:
        cues: the text of its cues; marks are `a`, `b` and `c`.
        rate: how its timecode counts.
    """

    def __init__(self, cues: str, rate: str = "25") -> None:
        marks = "".join(f"  {camera}: {{a: 2 m, b: 3 m, c: 5 m}}\n" for camera in ("c0", "c1"))
        acts = 'acts:\n  - {act: song, starts: "01:00:00:00", opening: {c0: a, c1: a}}\n'
        head = f'schema: cuefocus-show/1\nrate: "{rate}"\ndefaults: {{act: song, pull: 300 ms}}\nmarks:\n'
        with tempfile.TemporaryDirectory() as folder:
            show, rig = Path(folder, "show.yaml"), Path(folder, "rig.yaml")
            show.write_text(f"{head}{marks}{acts}cues:\n{cues}", encoding="utf-8")
            rig.write_text(rig_text(2), encoding="utf-8")
            checked = check(show, rig)
            errors = [str(complaint) for complaint in checked.complaints if complaint.severity == "error"]
            if errors:
                raise SystemExit(f"the show of this benchmark is at fault: {errors[0]}")
            self.job = build_job(checked)
        self.session = Session(self.job, Seed(rings=dict.fromkeys(self.job.axes, _RING), auto_arm=True))
        self.now_ns = NS_PER_S
        self._latched: list[Latched] = []
        there = [Feedback(name, self.now_ns, axis.spec.counts_at(_RING)) for name, axis in self.job.axes.items()]
        self.step([*there, SourceEvent(SOURCE, self.now_ns, "opened", "")])
        self.step([])
        if not self.ready:
            raise SystemExit("the show of this benchmark does not run")

    @property
    def ready(self) -> bool:
        """Whether a rack may be fired on every axis."""
        every = self.session.stage.orders.values()
        return self.session.book.armed and all(orders.engaged and not orders.latch for orders in every)

    def step(self, inbox: Sequence[InboxEvent], *, after_ns: int = _STEP_NS) -> Outcome:
        """One step of the session, so much later. What it latches motion has latched at its next."""
        self.now_ns += after_ns
        outcome = self.session.step(self.now_ns, [*self._latched, *inbox])
        self._latched = []
        for named, latch, on in outcome.latches:
            for axis in [named] if named else self.job.axes:
                if on:
                    self._latched.append(Latched(axis, self.now_ns, self.session.stage.orders[axis].latch | latch))
        return outcome

    def fired(self, inbox: Sequence[InboxEvent]) -> set[str]:
        """The same step; the cues that it fired."""
        before = {id(record) for record in self.session.book.fired}
        self.step(inbox)
        after = self.session.book.fired
        return {record.rack.cue for record in after if id(record) not in before and not record.resumed}

    def make_ready(self) -> None:
        """An operator takes back what has stopped it."""
        if not self.ready:
            self.step([])  # motion has stopped by now
            for verb in ("resume", "arm", "engage"):
                self.step([Command(verb, self.now_ns)])
        if not self.ready:
            raise AssertionError("the show cannot be made ready again")

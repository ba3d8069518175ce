"""Which cue goes by itself after another, along the list by which that one was fired; and whether it does."""

from typing import TYPE_CHECKING, Final

from cuefocus.engine.cue_lists import CueLists
from cuefocus.engine.job import Job, TriggerJob
from cuefocus.engine.takebook import CueRecord
from cuefocus.engine.triggers import TriggerLedger
from cuefocus.engine.waits import Wait, Waits

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

AUTO_CONTINUE: Final = "auto-continue"
AUTO_FOLLOW: Final = "auto-follow"


class Chains:
    """The cues that follow others.

    Args:
        job: the show.
        lists: its GO lists.
        waits: where one waits that is to follow.
        ledger: what was fired when.
    """

    def __init__(self, job: Job, lists: CueLists, waits: Waits, ledger: TriggerLedger) -> None:
        self._job, self._lists, self._waits, self._ledger = job, lists, waits, ledger
        self._through: dict[str, str] = {}  # the list whose GO fired a cue last, where it was a GO
        self._before: dict[str, str] = {}  # the cue after which one went by itself, or is to

    def begin_take(self) -> None:
        """A take begins: nothing was fired in it."""
        self._through.clear()
        self._before.clear()

    def begun(self, cue: str, *, by_go: str) -> None:
        """Somebody fires a cue, by the GO of a list or (empty) otherwise."""
        self._through[cue] = by_go

    def taken(self, session: "Session", cue: str, *, by_itself: bool) -> None:
        """A cue goes, or begins to wait: what was still to follow when it went before does so after this time only."""
        if not by_itself:
            self._before.pop(cue, None)
        for wait in self._waits:
            if wait.record is None and cue in self._line(wait.cue):
                self._waits.drop(wait)
                self._not_now(session, wait.cue, wait.route, f"cue {cue} was fired anew")

    def follower(self, job: TriggerJob) -> str | None:
        """The cue that goes by itself after another; None where none does."""
        return self._lists.after(job.cue, self._through.get(job.cue, "")) if job.follow else None

    def go_on(self, session: "Session", job: TriggerJob, from_ns: int) -> None:
        """The next cue of the list goes by itself once this one's post-wait is over, and the one after it in turn.

        Not where somebody has fired it since this one was fired: then it does not go once more.
        """
        after = self.follower(job)
        if after is None:
            return
        route = f"{job.follow} of {job.cue}"
        if self._fired_since(job.cue, after):
            self._not_now(session, after, route, "it was fired meanwhile")
            return
        self._through[after], self._before[after] = self._through.get(job.cue, ""), job.cue
        axis, due_ns = self._job.triggered[after].axis, from_ns + job.post_wait_ns
        self._waits.add(Wait(after, axis, due_ns, route, job.follow))

    def landed(self, session: "Session", record: CueRecord, job: TriggerJob, land_ns: int) -> None:
        """A cue has landed after which another goes; not where its chain was begun anew, and will come to it again."""
        line, after = (job.cue, *self._line(job.cue)), self.follower(job)
        anew = next((one for one in line if (self._ledger.fired_ns(one) or 0) > record.base_ns), None)
        if anew is None:
            self.go_on(session, job, land_ns)
        elif after is not None:
            self._not_now(session, after, f"{job.follow} of {job.cue}", f"cue {anew} was fired anew")

    def break_off(self, session: "Session", job: TriggerJob, verdict: str) -> None:
        """What was to go by itself after a cue does not; after one that was held, not before that goes on."""
        after = self.follower(job)
        if after is not None:
            text = f"cue {after} does not follow: cue {job.cue} was {verdict}; go {after} fires it"
            if session.halted.axis_of(job.cue) is not None:
                text += ", resume lets both go on"
            session.alarm(text)

    def _line(self, cue: str) -> list[str]:
        """The cues before one in its chain, the nearest first."""
        line: list[str] = []
        before = self._before.get(cue)
        while before is not None and before not in line:
            line.append(before)
            before = self._before.get(before)
        return line

    def _not_now(self, session: "Session", cue: str, heard: str, why: str) -> None:
        session.tell("state", unfired=cue, heard=heard, route="", why=why)

    def _fired_since(self, cue: str, after: str) -> bool:
        """Whether a cue was fired when another had been, or with it."""
        first_ns, then_ns = self._ledger.fired_ns(cue), self._ledger.fired_ns(after)
        return first_ns is not None and then_ns is not None and then_ns >= first_ns

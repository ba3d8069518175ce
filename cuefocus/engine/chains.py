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
        self._broke_ns: dict[str, int] = {}  # when it was told last that nothing follows a cue

    def begin_take(self) -> None:
        """A take begins: nothing was fired in it."""
        self._through.clear()
        self._broke_ns.clear()

    def begun(self, cue: str, *, by_go: str) -> None:
        """Somebody fires a cue, by the GO of a list or (empty) otherwise."""
        self._through[cue] = by_go

    def follower(self, job: TriggerJob) -> str | None:
        """The cue that goes by itself after another; None where none does."""
        return self._lists.after(job.cue, self._through.get(job.cue, "")) if job.follow else None

    def go_on(self, job: TriggerJob, from_ns: int) -> None:
        """The next cue of the list goes by itself once this one's post-wait is over, and the one after it in turn."""
        after = self.follower(job)
        if after is not None:
            self._through[after] = self._through.get(job.cue, "")
            axis, due_ns = self._job.triggered[after].axis, from_ns + job.post_wait_ns
            self._waits.add(Wait(after, axis, due_ns, f"{job.follow} of {job.cue}", job.follow))

    def landed(self, session: "Session", record: CueRecord, job: TriggerJob, land_ns: int) -> None:
        """A cue has landed after which another goes; not where it was held, and that was fired meanwhile."""
        if not (record.resumed and self._fired_meanwhile(session, job)):
            self.go_on(job, land_ns)

    def break_off(self, session: "Session", job: TriggerJob, verdict: str) -> None:
        """What was to go by itself after a cue does not; after one that was held, not before that goes on."""
        after = self.follower(job)
        if after is not None:
            self._broke_ns[job.cue] = session.now_ns
            text = f"cue {after} does not follow: cue {job.cue} was {verdict}; go {after} fires it"
            if session.halted.axis_of(job.cue) is not None:
                text += ", resume lets both go on"
            session.alarm(text)

    def _fired_meanwhile(self, session: "Session", job: TriggerJob) -> bool:
        """Whether what was to follow a cue that was held has been fired since: then it does not go once more."""
        after, broke_ns = self.follower(job), self._broke_ns.pop(job.cue, None)
        fired_ns = self._ledger.fired_ns(after) if after is not None else None
        if after is None or broke_ns is None or fired_ns is None or fired_ns < broke_ns:
            return False
        session.tell("state", unfired=after, heard=f"{job.follow} of {job.cue}", route="", why="it was fired meanwhile")
        return True

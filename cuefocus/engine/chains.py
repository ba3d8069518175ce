"""Which cue goes by itself after another, along the list by which that one was fired; and whether it does."""

from typing import TYPE_CHECKING, Final

from cuefocus.engine.cue_lists import CueLists
from cuefocus.engine.job import Job, TriggerJob
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

    def begin_take(self) -> None:
        """A take begins: nothing was fired in it."""
        self._through.clear()

    def begun(self, cue: str, *, by_go: str) -> None:
        """Somebody fires a cue, by the GO of a list or (empty) otherwise."""
        self._through[cue] = by_go

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
            session.tell("state", unfired=after, heard=route, route="", why="it was fired meanwhile")
            return
        self._through[after] = self._through.get(job.cue, "")
        axis, due_ns = self._job.triggered[after].axis, from_ns + job.post_wait_ns
        self._waits.add(Wait(after, axis, due_ns, route, job.follow))

    def break_off(self, session: "Session", job: TriggerJob, verdict: str) -> None:
        """What was to go by itself after a cue does not; after one that was held, not before that goes on."""
        after = self.follower(job)
        if after is not None:
            text = f"cue {after} does not follow: cue {job.cue} was {verdict}; go {after} fires it"
            if session.halted.axis_of(job.cue) is not None:
                text += ", resume lets both go on"
            session.alarm(text)

    def _fired_since(self, cue: str, after: str) -> bool:
        """Whether a cue was fired when another had been, or with it."""
        first_ns, then_ns = self._ledger.fired_ns(cue), self._ledger.fired_ns(after)
        return first_ns is not None and then_ns is not None and then_ns >= first_ns

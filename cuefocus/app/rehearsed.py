"""What came of a rehearsal or a replay."""

from dataclasses import dataclass, field

from cuefocus.engine.outcome import Outcome
from cuefocus.landing.rows import LandingRow


@dataclass(slots=True)
class Rehearsed:
    """What came of a rehearsal.

    Args:
        take: its number.
        alarms: what the operator would have been told.
        troubles: what went wrong with a file of ours, e.g. a journal on a full disk.
    """

    take: int
    rows: list[LandingRow] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    @property
    def wrong_timecode(self) -> str:
        """Why the timecode is another show's, where every rack was refused for its labels; empty otherwise."""
        reasons = {row.reason or "" for row in self.rows}
        refused = all(row.verdict == "refused" for row in self.rows)
        return reasons.pop() if refused and len(reasons) == 1 and min(reasons).startswith("timecode ") else ""

    def hear(self, outcome: Outcome) -> None:
        """Keep what a step told."""
        self.rows.extend(outcome.rows)
        self.alarms.extend(str(event.fields["text"]) for event in outcome.events if event.kind == "alarm")

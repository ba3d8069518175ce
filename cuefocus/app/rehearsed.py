"""What came of a rehearsal or a replay."""

from dataclasses import asdict, dataclass, field

from cuefocus.engine.outcome import Outcome
from cuefocus.landing.rows import LandingRow
from cuefocus.timebase.frames import FrameRate, timecode_at
from cuefocus.timebase.units import ms_from_ns


@dataclass(frozen=True, slots=True)
class WouldSend:
    """What a run would have sent.

    Args:
        leaves_at: the label on air as it leaves; None where no timecode runs.
        leaves_host_ns: that moment on the rehearsal's own clock.
        cue, moment: whose it is, and which moment of it; no cue for a word by timecode alone.
        ahead_ms: how long before its moment it leaves, for its receiver's latency.
    """

    leaves_at: str | None
    leaves_host_ns: int
    to: str
    what: str
    cue: str
    moment: str
    ahead_ms: float

    def __str__(self) -> str:
        whose = f"cue {self.cue} {self.moment}" if self.cue else self.moment
        return f"{self.leaves_at or '--:--:--:--'}  to {self.to}: {self.what}  ({whose}, {self.ahead_ms:g} ms ahead)"

    def as_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return asdict(self)


@dataclass(slots=True)
class Rehearsed:
    """What came of a rehearsal.

    Args:
        take: its number.
        alarms: what the operator would have been told.
        sends: what would have been sent, in order.
        troubles: what went wrong with a file of ours, e.g. a journal on a full disk.
    """

    take: int
    rows: list[LandingRow] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    sends: list[WouldSend] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    @property
    def wrong_timecode(self) -> str:
        """Why the timecode is another show's, where every rack was refused for its labels; empty otherwise."""
        reasons = {row.reason or "" for row in self.rows}
        refused = all(row.verdict == "refused" for row in self.rows)
        return reasons.pop() if refused and len(reasons) == 1 and min(reasons).startswith("timecode ") else ""

    def hear(self, outcome: Outcome, rate: FrameRate) -> None:
        """Keep what a step told, in an act that counts so."""
        clock = outcome.clock
        for send in outcome.sends:
            if not send.frame:
                label = timecode_at(clock.show_at(send.due_ns), rate).text(rate) if clock.running else None
                ahead_ms, word = ms_from_ns(send.word.latency_ns), send.word
                self.sends.append(WouldSend(label, send.due_ns, word.to, word.what, send.cue, send.moment, ahead_ms))
        self.rows.extend(outcome.rows)
        self.alarms.extend(str(event.fields["text"]) for event in outcome.events if event.kind == "alarm")

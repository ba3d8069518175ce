"""Several sources for one act: the first in order leads, the others stand by (design §4).

A standby may take over only if it has been seen to say the same: its difference to the leader stayed below half a frame
for two seconds while both were good. The hand-over makes no step: what the two differ by goes into the published
clock's rest and is let out slowly. The constant part of the difference is shown, never taken off unasked. A source that
comes back stands by; it does not take the lead away from one that works.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cuefocus.chase.clock import Clock, ClockState
from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.events import ChaseEvent, ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.chase.slew import Slew
from cuefocus.chase.state import ADVANCING, RUNNING
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Reading

_QUALIFY_NS = 2 * NS_PER_S
_QUALIFY_FRAMES = 0.5
# The shown difference is a mean over about this long.
_LEARN_NS = NS_PER_S
# Before anything has run, the sources above are waited for this long.
_COURTESY_NS = NS_PER_S // 2


@dataclass(slots=True)
class Standby:
    """What is known of a source against the leader.

    Args:
        agreed_since_ns: since when both were good and less than half a frame apart; None if they are not.
        difference_ns: the mean of its show time less the leader's.
        qualified: it agreed for two seconds, and nothing has spoken against it since.
    """

    agreed_since_ns: int | None = None
    difference_ns: float = 0.0
    qualified: bool = False


class Arbiter:
    """Followers in order of priority, one of which leads.

    Args:
        sources: source ids, the best first.
        config: the act.
        latencies_ns: what to take off each source's stamps beside the act's own, by source id.
        epoch: the first clock's epoch.
    """

    def __init__(
        self,
        sources: Sequence[str],
        config: ChaseConfig,
        *,
        latencies_ns: dict[str, int] | None = None,
        epoch: int = 0,
    ) -> None:
        late = latencies_ns or {}
        self.config = config
        self.followers = {
            source: Follower(replace(config, latency_ns=config.latency_ns + late.get(source, 0))) for source in sources
        }
        self.leader = sources[0]
        self.standbys = {source: Standby() for source in sources}
        self.epoch = epoch
        self._leader_epoch = 0
        self._slew = Slew()
        self._now_ns = 0
        self._disagree = False
        self._first_good_ns: int | None = None

    @property
    def follower(self) -> Follower:
        """The leader's follower."""
        return self.followers[self.leader]

    def feed(self, reading: Reading) -> None:
        """Give a reading to its source's follower; sources that are not the act's are ignored."""
        follower = self.followers.get(reading.source)
        if follower is not None:
            follower.feed(reading)

    def notice(self, source: str, kind: str, stamp_ns: int, reason: str = "") -> None:
        """Give a source's own event to its follower."""
        follower = self.followers.get(source)
        if follower is not None:
            follower.notice(kind, stamp_ns, reason)

    def set_run(self, *, departed: bool, in_take: bool) -> None:
        """Tell all followers whether a rack has departed in this run, and whether a take runs."""
        for follower in self.followers.values():
            follower.departed, follower.in_take = departed, in_take

    def step(self, now_ns: int) -> tuple[Clock, list[ChaseEvent]]:
        """The leader's clock, without a step across hand-overs, and what happened to it."""
        elapsed_ns = max(now_ns - self._now_ns, 0)
        self._now_ns = max(now_ns, self._now_ns)
        if len(self.followers) == 1 and not self._slew.rest_ns:
            clock, events = self.follower.step(now_ns)
            return self._numbered(clock, events)
        stepped = {source: follower.step(now_ns) for source, follower in self.followers.items()}
        self._compare({source: clock for source, (clock, _) in stepped.items()}, elapsed_ns)
        clock, events = self._numbered(*stepped[self.leader])
        handed = self._hand_over(clock, {source: other for source, (other, _) in stepped.items()})
        if handed is not None:
            clock, event = handed
            events = [*events, event]
        clock, disagreement = self._check_agreement(clock, {source: other for source, (other, _) in stepped.items()})
        events += disagreement
        if self._slew.rest_ns and not clock.running:
            self._slew.forget()
        elif self._slew.rest_ns:
            self._slew.let_out(elapsed_ns, clock.speed)
            clock = replace(clock, show_ns=clock.show_ns + round(self._slew.rest_ns))
        return clock, events

    def choose(self, source: str) -> None:
        """Let `source` lead because the operator says so, qualified or not; its clock begins a new epoch."""
        if source == self.leader or source not in self.followers:
            return
        self.leader, self._leader_epoch = source, self.followers[source].epoch
        self.epoch += 1
        self._slew.forget()
        self._disagree = False
        for standby in self.standbys.values():
            standby.agreed_since_ns, standby.qualified = None, False

    def uncertainty_at(self, host_ns: int) -> int:
        """As the leader's follower's."""
        return self.follower.uncertainty_at(host_ns) + round(abs(self._slew.rest_ns))

    def predicted_uncertainty(self, show_ns: int) -> int:
        """As the leader's follower's."""
        return self.follower.predicted_uncertainty(show_ns) + round(abs(self._slew.rest_ns))

    def _numbered(self, clock: Clock, events: list[ChaseEvent]) -> tuple[Clock, list[ChaseEvent]]:
        """Count epochs across leaders: a follower's own number means nothing outside it."""
        if clock.epoch != self._leader_epoch:
            self.epoch += clock.epoch - self._leader_epoch
            self._leader_epoch = clock.epoch
            self._slew.forget()
        off = self.epoch - self._leader_epoch
        if not off:
            return clock, events
        return replace(clock, epoch=self.epoch), [replace(event, epoch=event.epoch + off) for event in events]

    def _compare(self, clocks: dict[str, Clock], elapsed_ns: int) -> None:
        """Keep the standbys' differences to the leader, and whether they still qualify."""
        lead = clocks[self.leader]
        limit_ns = _QUALIFY_FRAMES * self.config.rate.frame_ns
        for source, standby in self.standbys.items():
            clock = clocks[source]
            if source == self.leader:
                continue
            if clock.state not in ADVANCING or lead.state not in ADVANCING:
                # Not both good: nothing can be learnt. A standby that is gone, or was reset, must qualify anew.
                standby.agreed_since_ns = None
                standby.qualified = standby.qualified and clock.state in RUNNING
                continue
            difference_ns = clock.show_ns - lead.show_ns
            if abs(difference_ns) >= limit_ns:
                standby.agreed_since_ns, standby.qualified = None, False
                continue
            if standby.agreed_since_ns is None:
                standby.agreed_since_ns, standby.difference_ns = self._now_ns, float(difference_ns)
            share = min(elapsed_ns / _LEARN_NS, 1.0)
            standby.difference_ns += share * (difference_ns - standby.difference_ns)
            if self._now_ns - standby.agreed_since_ns >= _QUALIFY_NS:
                standby.qualified = True

    def _hand_over(self, lead: Clock, clocks: dict[str, Clock]) -> tuple[Clock, ChaseEvent] | None:
        """Let the first qualified standby take over while the leader's clock still runs but hears nothing."""
        if lead.state is not ClockState.FREEWHEELING:
            return None
        for source, clock in clocks.items():
            standby = self.standbys[source]
            if source == self.leader or not standby.qualified or clock.state not in ADVANCING:
                continue
            reason = f"{self.leader} is gone, {source} leads ({standby.difference_ns / 1e6:+.3f} ms apart)"
            self._slew.take(lead.show_ns + self._slew.rest_ns - clock.show_ns)
            self.leader, self._leader_epoch = source, clock.epoch
            for other in self.standbys.values():
                other.agreed_since_ns, other.qualified = None, False
            event = ChaseEvent(ChaseKind.HANDED_OVER, self._now_ns, reason, epoch=self.epoch)
            return replace(clock, epoch=self.epoch), event
        return None

    def _check_agreement(self, lead: Clock, clocks: dict[str, Clock]) -> tuple[Clock, list[ChaseEvent]]:
        """Say when the leader is lost, others are there, and none of them may take over."""
        if lead.state in RUNNING or lead.state is ClockState.LOCATING:
            self._disagree = False
            return lead, []
        others = [source for source, clock in clocks.items() if source != self.leader and clock.state in ADVANCING]
        if lead.state is not ClockState.NO_SIGNAL or not others or self._never_led(lead):
            self._disagree = False
            return self._first_good(lead, clocks, others)
        clock = replace(lead, state=ClockState.DISAGREE)
        if self._disagree:
            return clock, []
        self._disagree = True
        reason = f"{self.leader} is gone and {', '.join(others)} did not agree with it"
        return clock, [ChaseEvent(ChaseKind.DISAGREE, self._now_ns, reason, epoch=self.epoch)]

    def _never_led(self, lead: Clock) -> bool:
        return lead.good_until_ns == 0

    def _first_good(self, lead: Clock, clocks: dict[str, Clock], others: list[str]) -> tuple[Clock, list[ChaseEvent]]:
        """Before anything has run, the first source that is good leads."""
        if not others or not self._never_led(lead):
            return lead, []
        if self._first_good_ns is None:
            self._first_good_ns = self._now_ns
        if self._now_ns - self._first_good_ns < _COURTESY_NS:
            return lead, []
        source = others[0]
        clock = clocks[source]
        reason = f"{self.leader} has no timecode, {source} leads"
        self.leader, self._leader_epoch = source, clock.epoch
        self._slew.forget()
        event = ChaseEvent(ChaseKind.HANDED_OVER, self._now_ns, reason, epoch=self.epoch)
        return replace(clock, epoch=self.epoch), [event]

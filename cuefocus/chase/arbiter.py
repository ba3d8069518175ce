"""Several sources for one act: one leads, the others stand by (design §4).

A run is begun by the best source that is good: the first in order at once, another when those above it have had half
a second to come. While the run lasts, a standby takes over only from a leader that has fallen silent, and only if it
was seen to say the same: less than half a frame apart for two seconds while both were good. Such a hand-over makes no
step: what the two differ by goes into the published clock's rest and is let out slowly. A source that comes back stands
by; it does not take the lead away from one that works. The constant part of a difference is learnt and shown; only an
operator has it taken off.

When the leader's run has ended, by an explicit stop or because nobody qualified, whoever still goes on disagrees: it
may begin nothing before it has been still.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import hypot

from cuefocus.chase.agreement import COURTESY_NS, Agreement, barred_by_rate
from cuefocus.chase.clock import Clock, ClockState
from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.events import ChaseEvent, ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.chase.slew import Slew
from cuefocus.chase.standby import AGREEING_FRAMES, Standby
from cuefocus.chase.state import ADVANCING, RUNNING
from cuefocus.timebase.units import NS_PER_S, ms_from_ns
from cuefocus.wire.events import Reading

# With nothing running for this long, whatever led is forgotten: the first in order is waited for again.
_IDLE_NS = NS_PER_S
# A standby is heard for so long after the leader, or both have stopped: readings lie up to two frames apart.
_PROOF_FRAMES = 3
_STARTS = frozenset({ChaseKind.CHECKING, ChaseKind.LOCKED, ChaseKind.JUMP, ChaseKind.RETURNED})


class Arbiter:
    """Followers in order of priority, one of which leads.

    Args:
        sources: source ids, the best first.
        config: the act.
        latencies_ns: what to take off each source's stamps beside the act's own, by source id.
        common_ns: standard error that all stamps of a source share beside the act's own, by source id.
        epoch: the first clock's epoch.
    """

    def __init__(
        self,
        sources: Sequence[str],
        config: ChaseConfig,
        *,
        latencies_ns: Mapping[str, int] | None = None,
        common_ns: Mapping[str, float] | None = None,
        epoch: int = 0,
    ) -> None:
        late, common = latencies_ns or {}, common_ns or {}
        self.config = config
        self.followers = {
            source: Follower(
                replace(
                    config,
                    latency_ns=config.latency_ns + late.get(source, 0),
                    common_ns=hypot(config.common_ns, common.get(source, 0.0)),
                )
            )
            for source in sources
        }
        self.standbys = {source: Standby() for source in sources}
        self._agreement = Agreement(self.standbys, config.rate.frame_ns)
        self.leader = sources[0]
        self.epoch = epoch
        self.clocks: dict[str, Clock] = {}
        self.order = list(sources)
        self._leader_epoch = 0
        self._slew = Slew()
        self._now_ns = 0
        self._ran: str | None = None  # who led the last run
        self._heard_ns: int | None = None  # where that was last seen, show time
        self._running = False
        self._idle_since_ns: int | None = None
        self._others_since_ns: int | None = None
        self._chosen = False

    @property
    def follower(self) -> Follower:
        """The leader's follower."""
        return self.followers[self.leader]

    # --- what comes in ---

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

    def set_run(self, *, departed: bool | None = None, in_take: bool | None = None) -> None:
        """Tell all followers whether a rack has departed in this run, and whether a take runs; None leaves it."""
        for follower in self.followers.values():
            follower.departed = follower.departed if departed is None else departed
            follower.in_take = follower.in_take if in_take is None else in_take

    def begin_take(self) -> None:
        """A take begins: who disagreed before it may begin a run in it."""
        for standby in self.standbys.values():
            standby.barred = False

    def choose(self, source: str) -> bool:
        """Let a source lead because the operator says so, and be the first in order from now on.

        Where it agrees with the leader the clock goes on without a step, else it begins a new epoch with the next step;
        a source that is not good waits for the end of the run that is on.

        Args:
            source: one of `followers`.

        Returns: whether it is good now.
        """
        self.order = [source, *(one for one in self.order if one != source)]
        self.standbys[source].barred = False
        self._chosen = source != self.leader
        clock = self.clocks.get(source)
        return clock is not None and clock.state in ADVANCING

    def confirm(self, source: str) -> float | None:
        """Take off a standby's stamps what it is seen to differ from the leader by; returns that, ms, + = it was late.

        None where nothing has been learnt of it.
        """
        standby, lead = self.standbys.get(source), self.clocks.get(self.leader)
        if standby is None or lead is None or source == self.leader or not lead.speed:
            return None
        if standby.difference_ns is None or not standby.qualified:
            return None
        late_ns = -standby.difference_ns / lead.speed
        standby.correction_ns += late_ns
        standby.difference_ns = 0.0
        return late_ns / 1e6

    def inherit(self, other: "Arbiter") -> None:
        """Begin with the order, the leader and the corrections of another act's arbiter."""
        self.order, self.leader = list(other.order), other.leader
        for source, standby in self.standbys.items():
            if source in other.standbys:
                standby.correction_ns = other.standbys[source].correction_ns

    # --- what goes out ---

    def step(self, now_ns: int) -> tuple[Clock, list[ChaseEvent]]:
        """The leader's clock, without a step across hand-overs, and what happened to it."""
        elapsed_ns = max(now_ns - self._now_ns, 0)
        self._now_ns = max(now_ns, self._now_ns)
        if len(self.followers) == 1:
            clock, events = self.follower.step(now_ns)
            self.clocks[self.leader] = clock
            return self._numbered(clock, events)
        stepped = {source: follower.step(now_ns) for source, follower in self.followers.items()}
        self.clocks = {source: self._corrected(source, clock) for source, (clock, _) in stepped.items()}
        told = self._differing(elapsed_ns, {source: events for source, (_, events) in stepped.items()})
        self._run_ends(self.clocks[self.leader])  # before anybody else may lead: an explicit stop is a stop
        clock, events = self._numbered(self.clocks[self.leader], stepped[self.leader][1])
        if self._chosen or clock.state not in ADVANCING:
            clock, events = self._led_on(clock, events)
        clock, events = self._begun(clock, events)
        clock, events = self._let_out(clock, elapsed_ns), [*events, *told]
        self._run_goes_on(clock)
        refused = bool(self.follower.refusal)
        clock, why = self._agreement.checked(self.leader, clock, self.clocks, refused=refused, now_ns=self._now_ns)
        return clock, [*events, *([self._event(ChaseKind.DISAGREE, why)] if why else [])]

    # --- what may be asked ---

    def may_begin(self, source: str) -> bool:
        """Whether a source may begin a run while none is on: it has not gone on when the leader's had ended."""
        return source not in self.standbys or not self.standbys[source].barred

    @property
    def depart_until_ns(self) -> int:
        """As the leader's follower's."""
        return self.follower.depart_until_ns

    @property
    def scrub_until_ns(self) -> int | None:
        """As the leader's follower's."""
        return self.follower.scrub_until_ns

    @property
    def rest_ns(self) -> float:
        """How far the published clock is ahead of what the leader says, and is being led back; show ns."""
        return self.follower.rest_ns + self._slew.rest_ns

    def uncertainty_at(self, host_ns: int) -> int:
        """As the leader's follower's, and what a hand-over has left to be let out."""
        return self.follower.uncertainty_at(host_ns) + round(abs(self._slew.rest_ns))

    def predicted_uncertainty(self, show_ns: int) -> int:
        """As the leader's follower's, and what a hand-over has left to be let out."""
        return self.follower.predicted_uncertainty(show_ns) + round(abs(self._slew.rest_ns))

    # --- the leader's clock as one ---

    def _corrected(self, source: str, clock: Clock) -> Clock:
        correction_ns = self.standbys[source].correction_ns
        return replace(clock, show_ns=clock.show_ns + round(correction_ns * clock.speed)) if correction_ns else clock

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

    def _let_out(self, clock: Clock, elapsed_ns: int) -> Clock:
        """What a hand-over has left, let out slowly."""
        if not clock.running:
            self._slew.forget()
        if not self._slew.rest_ns:
            return clock
        self._slew.let_out(elapsed_ns, clock.speed)
        return replace(clock, show_ns=clock.show_ns + round(self._slew.rest_ns))

    # --- who leads ---

    def _led_on(self, lead: Clock, events: list[ChaseEvent]) -> tuple[Clock, list[ChaseEvent]]:
        """Another leader where the operator says so, or the present one has no clock to lead by."""
        if self._chosen:
            self._chosen = False
            if not lead.running or self.clocks[self._first].state in ADVANCING:
                return self._hand_to(self._first, lead, events, "the operator chose it")
        if lead.state is ClockState.FREEWHEELING:
            for source in self.order:
                if self._goes_on(source):
                    return self._hand_to(source, lead, events, f"{self.leader} is gone")
        elif lead.state not in RUNNING and not self.follower.refusal:
            source = self._next_leader(lead)
            if source != self.leader:
                return self._take_lead(source), events
        return lead, events

    def _goes_on(self, source: str) -> bool:
        """Whether a standby may take over from a leader that has fallen silent: playback itself has not stopped."""
        proof_ns = _PROOF_FRAMES * self.config.rate.frame_ns
        heard_since = self.followers[source].good_ns - self.follower.good_ns >= proof_ns
        return heard_since and self.standbys[source].qualified and self.clocks[source].state in ADVANCING

    def _hand_to(self, source: str, lead: Clock, events: list[ChaseEvent], why: str) -> tuple[Clock, list[ChaseEvent]]:
        """Let another lead: without a step where both run and say the same, else from a new epoch on."""
        clock, standby = self.clocks[source], self.standbys[source]
        apart_ns = clock.show_at(self._now_ns) - lead.show_at(self._now_ns)
        same = abs(apart_ns) < AGREEING_FRAMES * self.config.rate.frame_ns
        if not (lead.running and clock.state in ADVANCING and (standby.qualified or same)):
            return self._take_lead(source), []
        rest_ns = lead.show_at(self._now_ns) + self._slew.rest_ns - clock.show_at(self._now_ns)
        self._take_lead(source)
        self._slew.take(rest_ns)
        self._ran = source
        reason = f"{why}, {source} leads ({ms_from_ns(apart_ns)} ms apart)"
        return replace(clock, epoch=self.epoch), [*events, self._event(ChaseKind.HANDED_OVER, reason)]

    def _take_lead(self, source: str) -> Clock:
        self.leader, self._leader_epoch = source, self.followers[source].epoch
        self._slew.forget()
        self._others_since_ns = None
        self._agreement.tell_anew()
        for standby in self.standbys.values():
            standby.begin_anew()
        return replace(self.clocks[source], epoch=self.epoch)

    def _next_leader(self, lead: Clock) -> str:
        """Who may begin a run, while none is on."""
        free = [source for source in self.order if not self.standbys[source].barred]
        heard = [source for source in free if self.clocks[source].state in (*ADVANCING, ClockState.LOCATING)]
        if lead.state is ClockState.LOCATING or not heard:
            self._others_since_ns = None
            waits = heard or self.standbys[self._first].barred or not self._idle()
            return self.leader if waits else self._first
        if self._others_since_ns is None:
            self._others_since_ns = self._now_ns
        best = next((source for source in heard if self.clocks[source].state in ADVANCING), heard[0])
        waited = self._now_ns - self._others_since_ns >= COURTESY_NS
        return best if waited or best == self._first else self.leader

    @property
    def _first(self) -> str:
        return self.order[0]

    def _idle(self) -> bool:
        return self._idle_since_ns is not None and self._now_ns - self._idle_since_ns >= _IDLE_NS

    def _begun(self, clock: Clock, events: list[ChaseEvent]) -> tuple[Clock, list[ChaseEvent]]:
        """A run that another source begins than led the last one: to those who hear it, playback goes on elsewhere."""
        if clock.state not in ADVANCING or self._ran == self.leader:
            return clock, events
        if self._ran is None and self.leader == self._first and any(event.kind in _STARTS for event in events):
            self._ran = self.leader
            return clock, events
        before, self._ran = self._ran or self._first, self.leader
        self.epoch += 1
        kept = [event for event in events if event.kind not in _STARTS]
        reason = f"{before} has no timecode, {self.leader} leads" if before != self.leader else f"{self.leader} leads"
        begun = ChaseEvent(
            ChaseKind.HANDED_OVER,
            self._now_ns,
            reason,
            epoch=self.epoch,
            from_show_ns=self._heard_ns,
            to_show_ns=clock.show_ns,
            heard_show_ns=self._heard_ns,
        )
        return replace(clock, epoch=self.epoch), [*kept, begun]

    def _run_ends(self, lead: Clock) -> None:
        """Notice where the leader's run ends: whoever goes on then speaks against it."""
        for source, standby in self.standbys.items():
            standby.watch(self.clocks[source], self._now_ns)
        if lead.running or not self._running:
            return
        self._running = False
        for source, standby in self.standbys.items():
            standby.barred = source != self.leader and self.clocks[source].state in RUNNING

    def _run_goes_on(self, clock: Clock) -> None:
        """Notice that a run is on, and how far it is, or since when none is."""
        if clock.state in ADVANCING:
            self._heard_ns = clock.show_ns
        if clock.running:
            self._running, self._idle_since_ns = True, None
        elif self._idle_since_ns is None:
            self._idle_since_ns = self._now_ns

    # --- what is told ---

    def _differing(self, elapsed_ns: int, happened: Mapping[str, Sequence[ChaseEvent]]) -> list[ChaseEvent]:
        """Who turns out to say something else than the leader, or to run at a rate or speed that is not the act's."""
        refused = {source: bool(follower.refusal) for source, follower in self.followers.items()}
        reasons = self._agreement.differing(self.leader, self.clocks, self._now_ns, elapsed_ns)
        reasons += barred_by_rate(happened, self.leader, refused)
        return [self._event(ChaseKind.DIFFERS, reason) for reason in reasons]

    def _event(self, kind: ChaseKind, reason: str) -> ChaseEvent:
        return ChaseEvent(kind, self._now_ns, reason, epoch=self.epoch)

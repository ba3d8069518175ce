"""What the chase's news mean: which act is played, where a pass begins, when the loss policy applies."""

from typing import TYPE_CHECKING

from cuefocus.chase.arbiter import Arbiter
from cuefocus.chase.clock import NO_CLOCK, Clock
from cuefocus.chase.events import ChaseEvent, ChaseKind
from cuefocus.engine.acts import ActChooser
from cuefocus.engine.cues import Happening, Life
from cuefocus.engine.job import ActJob, Job
from cuefocus.engine.lives import heard_ns, moves_ns
from cuefocus.engine.plan import OnLoss
from cuefocus.engine.ports import SourceEvent
from cuefocus.engine.scrubbing import Scrubbing
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.events import Reading

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

_STOPPED = frozenset({ChaseKind.LOST, ChaseKind.STOPPED, ChaseKind.REVERSE, ChaseKind.SHUTTLE})
_REFUSED = frozenset({ChaseKind.WRONG_RATE, ChaseKind.WRONG_SPEED})
_ALARMS = frozenset({ChaseKind.HANDED_OVER, ChaseKind.DISAGREE, ChaseKind.DIFFERS})
#: A deck that starts again within this of where it was last heard goes on at the same place: what the decoder and the
#: chase need before they believe it, and a little rollback of the machine.
_SAME_PLACE_NS = 600 * NS_PER_MS
#: A clock that ran on without playback is no farther from it than this when it goes on as if nothing had been.
_LITTLE_AHEAD_NS = 80 * NS_PER_MS


class Chasing:
    """The timecode of the act that is played.

    `refusal` is why it is not followed, or empty; `trouble` what was wrong with playback when it was followed no
    longer, until it is again. That it fell silent or stopped is no trouble: so every take ends.
    """

    def __init__(self, job: Job) -> None:
        self._chooser = ActChooser(job)
        self._job = job
        self.sources = self._arbiter(epoch=0)
        self.clock = NO_CLOCK
        self.refusal = ""
        self.trouble = ""
        self.scrub = Scrubbing()
        self._playing: set[str] = set()
        self._was_running = False
        self._wound_about = False  # axes were scrubbed since they were last placed
        self._placed_epoch: int | None = None

    @property
    def act(self) -> ActJob:
        """The act being followed."""
        return self._chooser.act

    def _arbiter(self, *, epoch: int) -> Arbiter:
        job = self._job
        return Arbiter(job.sources, self.act.chase, latencies_ns=job.latencies_ns, common_ns=job.common_ns, epoch=epoch)

    def read(self, session: "Session", reading: Reading) -> None:
        """Take a reading; enough of another act's change the act: of whoever leads, or may begin a run now."""
        heeded = reading.source == self.sources.leader or (
            not self.clock.running and self.sources.may_begin(reading.source)
        )
        act = self._chooser.offer(reading) if heeded else None
        if act is not None:
            session.taking.abandon_pass(session, "playback went to another act")
            session.stage.clock_gone(session, OnLoss.HOLD)
            self.scrub.end()
            before, self.sources = self.sources, self._arbiter(epoch=self.clock.epoch + 1)
            self.sources.inherit(before)
            self._placed_epoch, self.refusal, self.trouble = None, "", ""
        self.sources.feed(reading)

    def notice(self, session: "Session", event: SourceEvent) -> None:
        """Take a source's own event. The sound is over when the last of those that played has ended."""
        self.sources.notice(event.source, event.kind, event.stamp_ns, event.reason)
        if event.kind == "opened":
            self._playing.add(event.source)
            session.taking.source_ended(None)
        elif event.kind in ("ended", "lost"):
            self._playing.discard(event.source)
            if event.kind == "ended" and not self._playing:
                session.taking.source_ended(event.stamp_ns)

    def step(self, session: "Session", now_ns: int) -> Clock:
        """Move the clock on and carry out what its news mean."""
        self.sources.set_run(in_take=session.taking.has_run)
        self._was_running = self.clock.running
        self.clock, happenings = self.sources.step(now_ns)
        for happening in happenings:
            self._happened(session, happening)
        self.scrub.step(session, self.sources.scrub_until_ns)
        self._wound_about = self._wound_about or self.scrub.active
        return self.clock

    def _happened(self, session: "Session", event: ChaseEvent) -> None:
        kind = event.kind
        if kind in (ChaseKind.CHECKING, ChaseKind.LOCKED):
            self._goes_on()
            if self._placed_epoch != self.clock.epoch:
                self._place(session, jumped=False, backwards=True)
        elif kind is ChaseKind.JUMP:
            self._goes_on()
            self._jumped(session, event)
        elif kind is ChaseKind.RETURNED:
            self._goes_on()
            self._rejoin(session)
        elif kind in _STOPPED:
            self._stopped(session, event)
        elif kind in _REFUSED:
            self._refuse(session, event)
        elif kind is ChaseKind.ACCEPTED:
            self.refusal = ""
        elif kind is ChaseKind.HANDED_OVER and event.to_show_ns is not None:
            self._goes_on()
            if event.heard_show_ns is None:
                self._place(session, jumped=False, backwards=True)
            else:
                self._jumped(session, event)
        if kind in _ALARMS:
            session.alarm(event.reason)
        if event.reason and kind not in _REFUSED:
            session.tell("state", chase=str(kind), reason=event.reason)

    def _goes_on(self) -> None:
        self.refusal = self.trouble = ""
        self.scrub.end()

    def _jumped(self, session: "Session", event: ChaseEvent) -> None:
        """Elsewhere: in mid-run that is a jump; after a stop it counts from where playback was last heard."""
        to_ns, heard_ns = event.to_show_ns, event.heard_show_ns
        if self._was_running or to_ns is None or heard_ns is None:
            self._place(session, jumped=True, backwards=event.backwards)
        elif 0 <= to_ns - heard_ns <= _SAME_PLACE_NS:
            self._rejoin(session)
        else:
            self._place(session, jumped=True, backwards=to_ns < heard_ns)

    def _rejoin(self, session: "Session") -> None:
        if self._wound_about:
            # Back at the same place, but the axes are not: they have been led elsewhere meanwhile.
            self._place(session, jumped=True, backwards=False)
            return
        if session.book.armed and (not session.taking.has_run or self._lies_ahead_again(session)):
            self._place(session, jumped=False, backwards=False)  # this take, or this pass, has not seen it run yet
            return
        session.stage.rejoin(session, "timecode was lost over its departure")
        self._placed_epoch = self.clock.epoch

    def _place(self, session: "Session", *, jumped: bool, backwards: bool) -> None:
        """The clock runs somewhere new: open a pass if it is one, and put every axis where it belongs."""
        if session.book.armed:
            taking = session.taking
            if session.book.pass_ == 0 or (taking.has_run and (backwards or self._lies_ahead_again(session))):
                taking.abandon_pass(session, "playback jumped")
                taking.open_pass(session)
                session.stage.forget_cast(session)
            taking.has_run = True
        session.stage.place_all(session, "playback jumped" if jumped else "playback began after it")
        self._placed_epoch, self._wound_about = self.clock.epoch, False
        self.sources.set_run(departed=False)

    def _lies_ahead_again(self, session: "Session") -> bool:
        """Whether a rack of this pass that has had its turn would be pulled once more.

        The clock had run on without playback, or playback was wound back a little. A cue has its turn once in a pass:
        what comes is another one.
        """
        clock = self.clock
        if not clock.running:
            return False
        for record in session.book.timed.values():
            rack, show_ns = record.rack, clock.show_ns
            if record.land_host_ns is not None:
                again_ns = rack.land_ns
            elif record.departed_ns is not None:
                again_ns = moves_ns(rack)
            elif record.life.over and record.life is not Life.REPLACED:  # what was fired may cut off what is far ahead
                again_ns = moves_ns(rack)
                show_ns = clock.show_at(session.now_ns + heard_ns(session.stage.orders[record.axis].job.spec))
            else:
                continue
            if again_ns > show_ns + _LITTLE_AHEAD_NS:
                return True
        return False

    def _refuse(self, session: "Session", event: ChaseEvent) -> None:
        """Playback that may not be followed: refused before it has run in this take, else an alarm and the policy."""
        if event.refused:
            self.refusal = event.reason
            if session.book.armed and session.book.pass_ == 0:
                session.taking.open_pass(session)
        session.alarm(event.reason)
        if not self.clock.running:
            self.trouble = event.reason
            self._clock_gone(session, event.reason, _ended(self.act.on_loss), lands=True)
        else:
            for record in session.book.busy_records():
                record.note(event.reason)

    def _stopped(self, session: "Session", event: ChaseEvent) -> None:
        """Freewheel is over, playback says it stopped, or it is wound: the act's loss policy."""
        policy = self.act.on_loss
        if event.kind is ChaseKind.LOST:
            self._clock_gone(session, event.reason, policy, lands=True)
        elif event.kind is ChaseKind.STOPPED:
            self._clock_gone(session, event.reason, _ended(policy), lands=False)
        else:
            backwards = event.kind is ChaseKind.REVERSE
            self._wound(session, "playback runs backwards" if backwards else "playback is shuttled")

    def _wound(self, session: "Session", reason: str) -> None:
        """Reverse or shuttle: racks under way are held; axes hold too, or scrub where the act says so."""
        scrubs = self.act.chase.scrub
        if session.book.armed and self._was_running:
            session.alarm(f"{reason}; the axes {'follow it, no cue fires' if scrubs else 'hold'}")
        self.trouble = reason
        if self.scrub.active:
            return
        casts = [(orders, orders.cast, orders.cast_after) for orders in session.stage.orders.values()]
        self._clock_gone(session, reason, OnLoss.HOLD, lands=False)
        for orders, cast, after in casts if scrubs else ():
            orders.cast, orders.cast_after = cast, after  # a triggered target is held while the track is scrubbed

    def _clock_gone(self, session: "Session", reason: str, policy: OnLoss, *, lands: bool) -> None:
        """Racks under way end by `policy`; `lands` says whether playback may be taken to have gone on to `land_at`."""
        for record in session.book.busy_records():
            if record.rack.triggered or record.life is not Life.PULLING or record.land_host_ns is not None:
                continue
            if policy is OnLoss.HOLD:
                record.happen(Happening.STOPPED, reason)
            elif lands:
                record.note(reason)
            else:
                record.happen(Happening.LOST, f"{reason} before it was to land")
        session.stage.clock_gone(session, policy)


def _ended(policy: OnLoss) -> OnLoss:
    """The policy once playback itself has stopped: no internal clock goes on for it."""
    return OnLoss.FINISH if policy is OnLoss.RUN else policy

"""One source followed for one act: readings in, clock and happenings out (design §4).

Pure: the same readings and steps give the same clocks. The tracker decides which readings move the line, the judge
whether the act may be played at its speed, the table in `state` what that means, and `published` what others are shown
of it; here they meet.
"""

from cuefocus.chase.candidate import Word, word_of
from cuefocus.chase.clock import Clock, ClockState
from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.events import ChaseEvent, ChaseKind
from cuefocus.chase.heard_rate import HeardRate, heard_rate
from cuefocus.chase.judge import Judge, Verdict
from cuefocus.chase.labels import LabelCheck, word_rate
from cuefocus.chase.line import Line
from cuefocus.chase.published import Published
from cuefocus.chase.scrub import Freshness
from cuefocus.chase.silence import Silence
from cuefocus.chase.state import ADVANCING, RUNNING, Sign, next_state
from cuefocus.chase.tracker import JUMP_WORDS, Fit, Tracker
from cuefocus.timebase.frames import unwrap_near
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Reading

_FEW = 4  # readings
_RUN_ON_NS = 24 * 3600 * NS_PER_S


class Follower:
    """Follows one source.

    The clock has speed 0 where it is not followed (no_signal, holding); in locating it shows what the source does.
    Whenever its epoch changes, a JUMP, RETURNED or LOCATED carries the new one.

    Args:
        config: the act.
        epoch: the first clock's epoch (one above the last follower's, when acts change).

    The session sets `departed` once a rack has left in this run, and `in_take` while a take runs: a wrong measured
    rate, or a wrong speed, is refused before and an alarm after.
    """

    def __init__(self, config: ChaseConfig, *, epoch: int = 0) -> None:
        self.config = config
        self.departed = False
        self.in_take = False
        self.refusal = ""
        self.ignored = 0
        self.state = ClockState.NO_SIGNAL
        self.epoch = epoch
        self._labels = LabelCheck(config.rate)
        self._judge = Judge(config)
        self._tracker = Tracker(config.speeds, word_rate(config.rate).frame_ns)
        self._published = Published(config, self._tracker)
        self._events: list[ChaseEvent] = []
        self._now_ns = 0
        self._last: Word | None = None
        self._silence = Silence()
        self._fresh = Freshness()
        self._good_ns = 0
        self._good_until_ns = 0
        self._patience_ns = _RUN_ON_NS if config.on_loss == "run" else config.freewheel_ns
        # Where the last run ended (None: there was none), and its last good reading.
        self._held_ns: int | None = None
        self._heard_ns: int | None = None
        self._unbroken = False  # the line is the last run's own
        self._lost = False
        self._sure = False
        self._alarmed = False
        self._refused_for: ChaseKind | None = None
        self._off: Verdict | None = None

    # --- what comes in ---

    def feed(self, reading: Reading) -> None:
        """Take a reading. Its effect shows in the next `step`."""
        if reading.direction == 0:
            self._locate(reading)
            return
        stamp_ns = reading.stamp_ns - self.config.latency_ns
        last = self._last
        if last is not None and stamp_ns <= last.point.host_ns:
            self.ignored += 1
            return
        count = self._labels.count(reading)
        if self._labels.refusal:
            self._refuse(ChaseKind.WRONG_RATE, stamp_ns, self._labels.refusal, refused=True)
        if count is None:
            self.ignored += 1
            return
        line = self._tracker.line
        near_ns = self.config.starts_show_ns if line is None else line.show_at(stamp_ns)
        word = word_of(reading, count, stamp_ns, near_ns, self.config.rate)
        self._silence.heard()
        if last is not None and last.count == word.count and last.direction == word.direction:
            if stamp_ns - last.point.host_ns > 0.5 * self._tracker.length_ns(last):
                self._last = word
                self._stop(stamp_ns, word.point.show_ns, f"label {reading.label.text(self.config.rate)} twice")
            return
        self._last = word
        self._track(word)

    def notice(self, kind: str, stamp_ns: int, reason: str = "") -> None:
        """Take a source's own event: `opened`, `lost`, `ended`, `stopped`; others change nothing."""
        if kind == "stopped":
            self._stop(stamp_ns, self._published.show_at(stamp_ns), reason or "playback says it stopped")
        elif kind in ("lost", "ended"):
            if kind == "ended":
                self._emit(ChaseKind.ENDED, stamp_ns, reason)
            if self.state in ADVANCING:
                self._freewheel(stamp_ns, reason or f"source {kind}")
            else:
                self._move(Sign.GONE)
        elif kind == "opened":
            self._tracker.restart()
            self._labels.restart()
            self._last = None

    def step(self, now_ns: int) -> tuple[Clock, list[ChaseEvent]]:
        """The clock at `now_ns`, and what happened since the last step."""
        now_ns = max(now_ns, self._now_ns)
        self._fresh.step(now_ns)
        self._watch_silence(now_ns)
        elapsed_ns, self._now_ns = now_ns - self._now_ns, now_ns
        self._published.let_out(elapsed_ns)
        clock = self._published.clock(now_ns, self.state, self._good_until_ns, self.epoch)
        events, self._events = self._events, []
        return clock, events

    # --- what may be asked ---

    @property
    def heard_rate(self) -> HeardRate | None:
        """Which rate it is heard to run at; None before a few readings lie on one line, and in reverse."""
        line = self._tracker.line
        if line is None or line.readings < _FEW or line.speed <= 0.0:
            return None
        rate, speeds = self.config.rate, self.config.speeds
        return heard_rate(line.speed, line.speed_sigma, rate, speeds, stated_sigma=line.stated_speed_sigma)

    @property
    def rest_ns(self) -> float:
        """How far the published clock is ahead of what is heard, and is being led back; show ns."""
        return self._published.rest_ns

    @property
    def good_ns(self) -> int:
        """Host time of the last reading that was believed."""
        return self._good_ns

    @property
    def depart_until_ns(self) -> int:
        """Host time until which racks may depart on what has been heard so far."""
        if self.state not in RUNNING:
            return self._good_ns
        return self._good_until_ns if self.config.on_loss == "run" else self._good_ns + self.config.depart_ns

    @property
    def scrub_until_ns(self) -> int | None:
        """Host time until which the clock may be scrubbed along; None where it is not wound, or may not be."""
        off = self.config.scrub and self._off is not None and self.state is ClockState.LOCATING
        return self._fresh.until_ns if off and not self._labels.refusal else None

    @property
    def jitter_ns(self) -> float:
        """How much the source's stamps are seen to scatter."""
        return self._tracker.pulse.jitter_ns

    @property
    def outliers(self) -> int:
        """Readings that did not fit the line, so far."""
        return self._tracker.outliers

    def uncertainty_at(self, host_ns: int) -> int:
        """One standard deviation of the clock's show time at `host_ns` if no reading came any more, ns."""
        return self._published.uncertainty_at(host_ns)

    def predicted_uncertainty(self, show_ns: int) -> int:
        """What the uncertainty will be when the clock shows `show_ns`, for the ready rule.

        While readings come they are expected to go on; in freewheel they are not.
        """
        line = self._tracker.line
        if line is None or line.speed == 0.0:
            return round(self.config.common_ns)
        ahead_ns = round((show_ns - self._published.show_at(self._now_ns)) / line.speed)
        if self.state in ADVANCING:
            ahead_ns = min(ahead_ns, round(self._tracker.pulse.interval_ns))
        return self.uncertainty_at(self._now_ns + max(ahead_ns, 0))

    # --- readings ---

    def _track(self, word: Word) -> None:
        """Let the word move the line, and the line the state."""
        tied = self.state in RUNNING
        waiting = self._lost or self.state is ClockState.FREEWHEELING
        published_ns, old = self._published.show_at(self._now_ns), self._tracker.line
        fit = self._tracker.feed(word, tied=tied, waiting=waiting)
        line = self._tracker.line
        if fit is not Fit.DOUBTED and line is not None:
            self._lost = False
            if fit is Fit.FAR or (self._unbroken and self._published.is_apart(published_ns, line, self._now_ns)):
                self._unbroken = False
                self._judge.restart()
                if tied and old is not None and old.speed * line.speed > 0.0:
                    self._jump(old, word)
            elif self._unbroken:
                self._published.lead_back(published_ns, line, self._now_ns)
            self._good_ns = word.point.host_ns
            self._fresh.heard(self._tracker.length_ns(word))
            self._weigh(line, word)
            if self.state in RUNNING:
                self._good_until_ns = self._good_ns + self._patience_ns
                self._heard_ns = word.point.show_ns
        ending = self._tracker.pulse.running_down(self._slowest_word_ns, self._tracker.noise(word))
        if self.state in RUNNING and ending:
            self._stop(word.point.host_ns, word.point.show_ns, "the timecode ran down")

    def _locate(self, reading: Reading) -> None:
        """Take a position without motion: it ends any run, and is shown."""
        rate = self._labels.rate
        if not reading.label.exists_in(rate):
            self.ignored += 1
            return
        show_ns = unwrap_near(reading.label.show_ns(rate), self.config.starts_show_ns, self.config.rate)
        self._stop(reading.stamp_ns, self._published.show_at(reading.stamp_ns), "playback located")
        self._move(Sign.STOPPED)
        if show_ns != self._published.still_ns:
            self._published.still_ns = show_ns
            self.epoch += 1
            self._emit(ChaseKind.LOCATED, reading.stamp_ns, to_ns=show_ns)

    # --- what the line is worth ---

    def _weigh(self, line: Line, word: Word) -> None:
        running, stamp_ns = self.state in RUNNING, word.point.host_ns
        noise_ns = self._tracker.noise(word)
        verdict = self._judge.verdict(line, self._tracker.pulse, running=running, noise_ns=noise_ns)
        if self.state is ClockState.NO_SIGNAL:
            self._move(Sign.HEARD)
        if verdict is Verdict.REVERSE or verdict is Verdict.SHUTTLE:
            self._go_off(stamp_ns, verdict)
            return
        if verdict is not Verdict.OUTSIDE or not self.config.scrub:
            self._off = None
        if self._labels.refusal:
            return
        if verdict is Verdict.WRONG_SPEED:
            self._refuse(ChaseKind.WRONG_SPEED, stamp_ns, self._judge.reason, refused=not self.in_take)
        elif verdict is Verdict.WRONG_RATE and not self.departed:
            self._refuse(ChaseKind.WRONG_RATE, stamp_ns, self._judge.reason, refused=True)
        elif verdict is not Verdict.OUTSIDE:
            if verdict is Verdict.WRONG_RATE and not self._alarmed:
                self._alarmed = True
                self._emit(ChaseKind.WRONG_RATE, stamp_ns, self._judge.reason)
            self._follow(line, word, sure=verdict is Verdict.SURE)

    def _follow(self, line: Line, word: Word, *, sure: bool) -> None:
        before, stamp_ns = self.state, word.point.host_ns
        if before not in RUNNING and not self._start(line, word):
            return
        self._sure = self._sure or sure
        self._move(Sign.CONFIRMED if self._sure else Sign.FOLLOWED)
        if self.state is not before and before is not ClockState.FREEWHEELING:
            kind = ChaseKind.LOCKED if self.state is ClockState.LOCKED else ChaseKind.CHECKING
            self._emit(kind, stamp_ns)

    def _start(self, line: Line, word: Word) -> bool:
        """Begin to run; or not yet, where the clock would come back elsewhere and more readings must bear that out."""
        held_ns, stamp_ns = self._held_ns, word.point.host_ns
        if held_ns is not None and not self._unbroken:
            near = abs(line.history[0].show_ns - held_ns) <= self._tracker.near_ns
            if not near and line.readings < JUMP_WORDS:
                return False
            self.epoch += 1
            kind = ChaseKind.RETURNED if near else ChaseKind.JUMP
            self._emit(kind, stamp_ns, from_ns=held_ns, to_ns=word.point.show_ns, heard_ns=self._heard_ns)
        elif held_ns is not None:
            to_ns = word.point.show_ns
            self._emit(
                ChaseKind.RETURNED, stamp_ns, from_ns=line.show_at(stamp_ns), to_ns=to_ns, heard_ns=self._heard_ns
            )
        if not self._unbroken:
            self._published.forget()
            self._sure = self._alarmed = False
        if self.refusal:
            self.refusal = ""
            self._emit(ChaseKind.ACCEPTED, stamp_ns)
        self._unbroken, self._lost = True, False
        return True

    def _jump(self, old: Line, word: Word) -> None:
        """A running clock is elsewhere now."""
        self.epoch += 1
        self._published.forget()
        self._unbroken = True
        stamp_ns, to_ns = word.point.host_ns, word.point.show_ns
        self._emit(ChaseKind.JUMP, stamp_ns, from_ns=old.show_at(stamp_ns), to_ns=to_ns, heard_ns=self._heard_ns)

    # --- the ends of a run ---

    def _halt(self, show_ns: int, sign: Sign) -> bool:
        """End the run if there is one: what is shown stays at `show_ns`. Returns whether there was one."""
        running = self.state in RUNNING
        if running:
            self._published.still_ns = self._held_ns = show_ns
        self._unbroken = self._lost = False
        self._move(sign)
        return running

    def _stop(self, stamp_ns: int, show_ns: int, reason: str) -> None:
        self._tracker.forget()
        if self._halt(show_ns, Sign.STOPPED):
            self._good_until_ns = min(self._good_until_ns, stamp_ns)
            self._emit(ChaseKind.STOPPED, stamp_ns, reason, to_ns=show_ns)

    def _go_off(self, stamp_ns: int, verdict: Verdict) -> None:
        self._halt(self._published.run_at(stamp_ns, unbroken=self._unbroken), Sign.OFF_SPEED)
        if self._off is not verdict:
            self._off = verdict
            self._emit(ChaseKind.REVERSE if verdict is Verdict.REVERSE else ChaseKind.SHUTTLE, stamp_ns)

    def _refuse(self, kind: ChaseKind, stamp_ns: int, reason: str, *, refused: bool) -> None:
        if self._halt(self._published.run_at(stamp_ns, unbroken=self._unbroken), Sign.REFUSED):
            self._good_until_ns = min(self._good_until_ns, stamp_ns)
        if not self.refusal or (kind is ChaseKind.WRONG_RATE and kind is not self._refused_for):
            self._emit(kind, stamp_ns, reason, refused=refused)
            self._refused_for = kind
        if kind is self._refused_for:
            self.refusal = reason

    def _freewheel(self, now_ns: int, reason: str) -> None:
        self._published.coast(self._now_ns)
        self._move(Sign.GAP)
        if reason:
            self._emit(ChaseKind.DROPOUT, now_ns, reason)

    def _watch_silence(self, now_ns: int) -> None:
        """Notice that readings have stopped coming (or that none fits), and for how long."""
        last = self._last
        if last is None:
            return
        self._silence.learn(now_ns, last.point.host_ns)
        state = self.state
        if state in ADVANCING:
            pulse = self._tracker.pulse
            gap_ns = self._silence.longest_ns(pulse.interval_ns, self.config.freewheel_ns)
            if now_ns - self._good_ns > gap_ns or now_ns > self._good_until_ns:
                silent = now_ns - last.point.host_ns > gap_ns
                if silent and pulse.ended_slow(self._slowest_word_ns, self._tracker.noise(last)):
                    self._stop(now_ns, last.point.show_ns, "the timecode ran down")
                else:
                    self._freewheel(now_ns, "no timecode" if silent else "")
        if self.state is ClockState.FREEWHEELING and now_ns > self._good_until_ns:
            self._expire(now_ns)
        elif state is ClockState.LOCATING and now_ns > (self.scrub_until_ns or 0):
            if now_ns - last.point.host_ns > self.config.freewheel_ns:
                self._halt(self._published.still_ns, Sign.EXPIRED)

    def _expire(self, now_ns: int) -> None:
        """The freewheel is over. The line is kept: a return is measured against it."""
        self._published.still_ns = self._held_ns = self._published.show_at(self._good_until_ns)
        self._lost = True
        self._tracker.restart()
        self._move(Sign.EXPIRED)
        self._emit(ChaseKind.LOST, now_ns, "no timecode")

    # --- what goes out ---

    @property
    def _slowest_word_ns(self) -> float:
        return self._tracker.word_ns / self.config.speeds.slowest

    def _move(self, sign: Sign) -> None:
        self.state = next_state(self.state, sign)

    def _emit(
        self,
        kind: ChaseKind,
        stamp_ns: int,
        reason: str = "",
        *,
        refused: bool = False,
        from_ns: int | None = None,
        to_ns: int | None = None,
        heard_ns: int | None = None,
    ) -> None:
        self._events.append(ChaseEvent(kind, stamp_ns, reason, refused, self.epoch, from_ns, to_ns, heard_ns))

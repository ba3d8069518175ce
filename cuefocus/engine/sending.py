"""When others are told: each word once in its pass, at the moment the clock will show it less its receiver's latency.

A word is handed out a tick or two before it is due, so that the shell can send it on time; from then on it cannot be
taken back. Who is armed and follows tells; scrubbing, reverse and shuttle tell nothing. Pure.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cuefocus.chase.clock import Clock
from cuefocus.engine.cues import Life
from cuefocus.engine.lives import kept_still, leaves_as_planned
from cuefocus.engine.plan import OnLoss
from cuefocus.engine.sends import LATEST_NS, CueWord, Send, Sends, TimedWord
from cuefocus.engine.takebook import CueRecord
from cuefocus.timebase.units import NS_PER_MS

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

AHEAD_NS: Final = 20 * NS_PER_MS
"""Two ticks: what is due before this is handed out."""
#: Frames that pass before it is believed that playback runs, or has jumped; what they said was shown.
_BELIEVED_AFTER_FRAMES: Final = 4
#: Playback that comes back this near to where it had to be was not heard for a while, and did not jump.
_SAME_LINE_NS: Final = 80 * NS_PER_MS
_SPEAKING: Final = (Life.READY, Life.PULLING, Life.DONE)


class Sending:
    """The words of a show that are still to be said.

    Args:
        sends: all of them.
    """

    def __init__(self, sends: Sends) -> None:
        self._sends = sends
        self._longest_ns = max(
            (one.word.latency_ns - min(0, one.offset_ns) for words in sends.cues.values() for one in words), default=0
        )
        self._latest_latency_ns = max(
            (one.word.latency_ns for words in sends.timed.values() for one in words), default=0
        )
        self._open: list[CueRecord] = []
        self._place: tuple[int, int, str] = (0, 0, "")
        self._said: set[int] = set()
        self._first = 0  # of the act's timed words, the first that may still be said
        self._epoch: int | None = None
        self._begun_show_ns = self._begun_ns = 0
        self._line: Clock | None = None  # the clock as it ran last in this pass
        self._out: list[Send] = []
        self._too_late: list[str] = []

    def step(self, session: "Session") -> list[Send]:
        """What is to be sent now, in order of its moments."""
        self._out, self._too_late = [], []
        clock = self._clock(session)
        if session.book.armed:
            self._mark_run(session, clock)
            if self._sends.cues:
                self._cues(session, clock)
            if clock is not None:
                self._timed(session, clock)
                self._line = clock
        else:
            self._open, self._epoch, self._line = [], None, None
        if self._too_late:
            late = f"it would have been more than {LATEST_NS // NS_PER_MS} ms late"
            session.alarm(f"not told, for {late}: {_listed(self._too_late)}")
        return sorted(self._out, key=lambda send: send.due_ns)

    def _clock(self, session: "Session") -> Clock | None:
        """The clock, while it runs forward and is followed."""
        clock = session.clock
        return clock if clock.running and clock.speed > 0.0 and not session.chasing.scrub.active else None

    def _mark_run(self, session: "Session", clock: Clock | None) -> None:
        """Note from where on the clock shows moments: what lies before has not been shown, and is not told."""
        if clock is None:
            self._epoch = None
            return
        book, act, now_ns = session.book, session.act, session.now_ns
        place = book.take, book.pass_, act.name
        if place == self._place and self._epoch == clock.epoch:
            return
        if self._epoch != clock.epoch:
            armed_in_mid_run = book.begun_ns == now_ns
            believed_ns = 0 if armed_in_mid_run else act.chase.rate.show_ns(_BELIEVED_AFTER_FRAMES)
            self._epoch, self._begun_ns = clock.epoch, now_ns
            self._begun_show_ns = clock.show_at(now_ns) - believed_ns
        if place != self._place:
            self._place, self._said, self._line = place, set(), None
        self._miss(session, clock)
        self._first = bisect_left(self._sends.timed.get(act.name, ()), self._begun_show_ns, key=_shown_at)

    def _miss(self, session: "Session", clock: Clock) -> None:
        """What lay where timecode was lost and then came back is given up; what a jump passes over is none of it."""
        line, now_ns = self._line, session.now_ns
        if line is None or abs(line.show_at(now_ns) - clock.show_at(now_ns)) > _SAME_LINE_NS:
            return
        for index, one in enumerate(self._sends.timed.get(session.act.name, ())[self._first :], self._first):
            if one.show_ns >= self._begun_show_ns:
                return
            if index not in self._said:
                self._too_late.append(f"{one.word.to} {one.word.what}")

    # --- with cues ---

    def _cues(self, session: "Session", clock: Clock | None) -> None:
        self._open = [record for record in self._records(session, clock) if self._speak(session, record, clock)]

    def _records(self, session: "Session", clock: Clock | None) -> Iterator[CueRecord]:
        """Each that may have something to say: fired, about to leave, under way, or landed with words after that."""
        found = {id(record): record for record in self._open}
        found |= {id(record): record for record in session.book.busy_records()}
        waits = (session.casting.waits.for_moment(axis) for axis in session.stage.orders)
        found |= {id(wait.record): wait.record for wait in waits if wait is not None and wait.record is not None}
        if clock is not None:
            until_ns = clock.show_at(session.now_ns + AHEAD_NS + self._longest_ns)
            for axis in session.stage.orders:
                for record in session.book.coming(axis):
                    if record.rack.depart_ns > until_ns:
                        break
                    found[id(record)] = record
        for record in found.values():
            if record.rack.cue in self._sends.cues:
                yield record

    def _speak(self, session: "Session", record: CueRecord, clock: Clock | None) -> bool:
        """Say what of a cue is due; whether it may have more to say."""
        book = session.book
        current = record.take == book.take and (record.rack.triggered or record.pass_ == book.pass_)
        waits = _waits(record)
        far = clock is not None and not record.rack.triggered and record.life is Life.STANDING_BY
        if not (record.life in _SPEAKING or waits or far) or not current:
            return False
        still = waits and kept_still(session.stage.orders[record.axis])[0] is not None
        words, more = self._sends.cues[record.rack.cue], False
        for index, one in enumerate(words):
            if record.said >> index & 1:
                continue
            if still and one.when != "fire":
                more = True
                continue
            due_ns = self._due_ns(session, record, one, clock)
            if due_ns is not None and due_ns > session.now_ns + AHEAD_NS:
                due_ns, more = None, True
            if due_ns is None:
                more = True
                continue
            if far and not leaves_as_planned(session, session.stage.orders[record.axis], record):
                continue
            record.said |= 1 << index
            if not self._not_shown(record, one):
                self._say(session, Send(due_ns, one.word, record.rack.cue, one.when))
        return more

    def _due_ns(self, session: "Session", record: CueRecord, one: CueWord, clock: Clock | None) -> int | None:
        """When a word is to leave, host ns; None while nobody can say."""
        rack, latency_ns = record.rack, one.word.latency_ns
        if rack.triggered:
            from_ns = {"fire": record.base_ns, "departure": rack.depart_ns, "landing": rack.land_ns}[one.when]
            return max(from_ns + one.offset_ns - latency_ns, record.base_ns)
        if one.when == "landing" and record.land_host_ns is not None:
            return record.land_host_ns + round(one.offset_ns / (record.speed or 1.0)) - latency_ns
        line = clock if clock is not None else self._line_of(session, record)
        if line is None:
            return None
        moment_ns = (rack.depart_ns if one.when == "departure" else rack.land_ns) + one.offset_ns
        return max(line.host_at(moment_ns) - latency_ns, self._begun_ns)

    def _line_of(self, session: "Session", record: CueRecord) -> Clock | None:
        """The line along which a rack under way lands though the clock has gone."""
        orders = session.stage.orders[record.axis]
        lands = record.life is Life.PULLING and not orders.loose and orders.on_loss is not OnLoss.HOLD
        return orders.line if lands and orders.line.speed > 0.0 else None

    def _not_shown(self, record: CueRecord, one: CueWord) -> bool:
        """Whether playback came in behind a timed rack's moment."""
        rack = record.rack
        if rack.triggered or one.when == "landing":
            return False
        return rack.depart_ns + one.offset_ns < self._begun_show_ns

    # --- by timecode alone ---

    def _timed(self, session: "Session", clock: Clock) -> None:
        words = self._sends.timed.get(session.act.name, ())
        if not words or not session.book.pass_:
            return
        until_ns = clock.show_at(session.now_ns + AHEAD_NS + self._latest_latency_ns)
        while self._first in self._said:
            self._first += 1
        for index in range(self._first, len(words)):
            one = words[index]
            if one.show_ns > until_ns:
                return
            due_ns = max(clock.host_at(one.show_ns) - one.word.latency_ns, self._begun_ns)
            if index not in self._said and due_ns <= session.now_ns + AHEAD_NS:
                self._said.add(index)
                self._say(session, Send(due_ns, one.word, moment=one.at))

    def _say(self, session: "Session", send: Send) -> None:
        if session.now_ns - send.due_ns > LATEST_NS:
            self._too_late.append(f"{send.word.to} {send.word.what}")
        else:
            self._out.append(send)


def _waits(record: CueRecord) -> bool:
    """Whether a rack was fired and has not taken its axis yet, for its landing is far."""
    return record.rack.triggered and record.life is Life.STANDING_BY


def _shown_at(word: TimedWord) -> int:
    return word.show_ns


def _listed(words: list[str], most: int = 3) -> str:
    rest = f" and {len(words) - most} more" if len(words) > most else ""
    return f"{', '.join(words[:most])}{rest}"

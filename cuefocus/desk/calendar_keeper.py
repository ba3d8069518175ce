"""Keeps the calendar: APScheduler says what is due, judged anew at every turn by what the wall clock shows now.

Turned by the desk's own loop instead of a thread of its own, so that no wait was begun before the clock was set. A
trigger of ours says when an entry is due, because once a date is meant: `CronTrigger` (APScheduler 3.11.3) runs a daily
02:30 twice on the day the clocks are put back.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Final
from zoneinfo import ZoneInfo

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    EVENT_JOB_SUBMITTED,
    JobEvent,
)
from apscheduler.executors.base import BaseExecutor
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger

from cuefocus.desk.kept_calendar import KeptCalendar, entry_id
from cuefocus.desk.wall_clock import Step, WallWatch, at_home, for_a_person, zone_said
from cuefocus.rig.calendar import Chore, Coming, Entry, in_order
from cuefocus.timebase.units import NS_PER_S

PROMPT: Final = "prompt"
SLOW: Final = "slow"
_PROMPT_CHORES: Final[tuple[Chore, ...]] = ("remind", "disarm")
_PROMPT_WORKERS: Final = 2
"""A disarm that waits for a rack holds no reminder up."""
_NEXT_SAID: Final = 3
_HEARD: Final = EVENT_JOB_SUBMITTED | EVENT_JOB_EXECUTED | EVENT_JOB_MISSED | EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES


@dataclass(frozen=True, slots=True)
class Told:
    """What the calendar has to say.

    Args:
        do: the chore, or `plan`.
        text: for a person.
        alarm: somebody should do something.
    """

    do: str
    text: str
    alarm: bool = False


class TurnedScheduler(BaseScheduler):  # type: ignore[misc]  # APScheduler 3 has no types
    """APScheduler without a thread: `turn` starts what is due by now."""

    def wakeup(self) -> None:
        """Nothing to wake: the next turn looks."""

    def shutdown(self, wait: bool = True) -> None:
        """Start nothing more."""
        super().shutdown(wait)

    def turn(self) -> None:
        """Start what is due."""
        self._process_jobs()


class EntryTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 has no types
    """When an entry is due, without the moments at which it was done."""

    def __init__(self, name: str, entry: Entry, zone: ZoneInfo, kept: KeptCalendar) -> None:
        self._name, self._entry, self._zone, self._kept = name, entry, zone, kept

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The first moment after the previous one, or after now (UTC)."""
        after = previous_fire_time or now
        return next(due for due in self._entry.due_after(after, self._zone) if not self._kept.was_done(self._name, due))


class CalendarKeeper:
    """Keeps the entries until it is closed.

    Args:
        entries: what is to be done, and when.
        zone: by which clock on the wall.
        kept: what has been done in this run.
        do: does a chore; called in a thread of its own, `remind` and `disarm` in another than the others.
        watch: the wall clock beside the host clock.
        executors: where chores run, `prompt` and `slow`; default: threads.
    """

    def __init__(
        self,
        entries: tuple[Entry, ...],
        zone: ZoneInfo,
        kept: KeptCalendar,
        do: Callable[[Entry], None],
        *,
        watch: WallWatch,
        executors: Mapping[str, BaseExecutor] | None = None,
    ) -> None:
        self._entries = {entry_id(index, entry): entry for index, entry in enumerate(entries)}
        self._zone, self._kept, self._watch = zone, kept, watch
        self._happened: SimpleQueue[JobEvent] = SimpleQueue()
        self._scheduler = TurnedScheduler(
            timezone=zone,
            executors=executors or {PROMPT: ThreadPoolExecutor(_PROMPT_WORKERS), SLOW: ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1},
        )
        self._scheduler.add_listener(self._happened.put, _HEARD)
        for name, entry in self._entries.items():
            trigger = EntryTrigger(name, entry, zone, kept)
            self._scheduler.add_job(
                do,
                trigger,
                args=(entry,),
                id=name,
                executor=PROMPT if entry.do in _PROMPT_CHORES else SLOW,
                misfire_grace_time=entry.late_s,
                next_run_time=trigger.get_next_fire_time(kept.settled(name), kept.settled(name)),
            )
        self._scheduler.start()

    def next(self, moment: datetime) -> list[Coming]:
        """The next time of every entry at which it was not done yet, the soonest first."""
        jobs = self._scheduler.get_jobs()
        return in_order(Coming(self._entries[job.id], job.trigger.get_next_fire_time(None, moment)) for job in jobs)

    def plan_said(self, moment: datetime) -> str:
        """The coming entries in a sentence."""
        lines = "; ".join(
            f"{one.entry.said.partition(' at ')[0]} {at_home(one.due, self._zone)}" for one in self.next(moment)
        )
        return f"by {zone_said(self._zone)}: {lines or 'nothing'}"

    def turn(self) -> list[Told]:
        """Start what is due; returns what there is to say."""
        step = self._watch.look()
        told = [] if step is None else [self._plan_anew(step)]
        self._scheduler.turn()
        return told + self._settled()

    def close(self) -> list[Told]:
        """Start nothing more, and wait for what is being done; returns what there is to say of it."""
        self._scheduler.shutdown()
        return self._settled()

    def _settled(self) -> list[Told]:
        happened = list[JobEvent]()
        with suppress(Empty):
            while True:
                happened.append(self._happened.get_nowait())
        # a thread may have found a chore too late before we were told that it was handed over
        happened.sort(key=lambda event: event.code != EVENT_JOB_SUBMITTED)
        return [said for event in happened for said in self._settle(event)]

    def _plan_anew(self, step: Step) -> Told:
        """After a step forward, what lay between is judged by how late it is; after one back, nothing is done twice."""
        if step.back:
            self._kept.put_back(step.now)
            for job in self._scheduler.get_jobs():
                job.modify(next_run_time=job.trigger.get_next_fire_time(None, step.now))
            what = "what was done is not done again"
        else:
            between = [one.entry.said for one in self.next(step.before) if one.due <= step.now]
            what = f"between lay {', '.join(between)}" if between else "nothing lay between"
        ahead = self.next(step.now)[:_NEXT_SAID]
        coming_up = ", ".join(f"{one.entry.said} on {at_home(one.due, self._zone)}" for one in ahead)
        shown = at_home(step.now, self._zone)
        text = f"{step.said}; it is {shown}: {what}; the calendar is planned anew, next {coming_up}"
        return Told("plan", text, alarm=True)

    def _settle(self, event: JobEvent) -> list[Told]:
        entry = self._entries[event.job_id]
        if event.code == EVENT_JOB_SUBMITTED:
            self._kept.note_begun(event.job_id, event.scheduled_run_times)
            return []
        if event.code == EVENT_JOB_EXECUTED:
            self._kept.note_done(event.job_id, [event.scheduled_run_time])
            return []
        if event.code == EVENT_JOB_MAX_INSTANCES:
            return [Told(entry.do, f"{entry.said} is still being done since the last time: left out", alarm=True)]
        if event.code == EVENT_JOB_ERROR:
            self._kept.note_done(event.job_id, [event.scheduled_run_time])
            return [Told(entry.do, f"{entry.said} failed: {event.exception}", alarm=True)]
        self._kept.note_missed(event.job_id, event.scheduled_run_time)
        late_ns = round((datetime.now(UTC) - event.scheduled_run_time).total_seconds() * NS_PER_S)
        due, at_most = at_home(event.scheduled_run_time, self._zone), for_a_person(entry.late_s * NS_PER_S)
        text = (
            f"{entry.said} was missed: due {due}, {for_a_person(late_ns)} ago, worth doing for {at_most}; do it by hand"
        )
        return [Told(entry.do, text, alarm=True)]

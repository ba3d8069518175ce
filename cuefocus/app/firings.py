"""Triggered cues of a rehearsal: each with the moment of the clock at which it is fired."""

from collections.abc import Sequence
from dataclasses import dataclass

from cuefocus.engine.job import ActJob, Job
from cuefocus.errors import InputError, TimecodeError
from cuefocus.show.models import Show
from cuefocus.timebase.frames import parse_timecode, unwrap_near


@dataclass(frozen=True, slots=True)
class Firing:
    """A cue to be fired when the clock shows a moment."""

    cue: str
    show_ns: int
    act: str


def firings_of(show: Show, job: Job, fire: Sequence[str]) -> list[Firing]:
    """What is fired when: from `--fire`, else from the show's `rehearse:` list.

    Raises: InputError for a firing that names no triggered cue or no moment.
    """
    firings: list[Firing] = []
    for text in fire:
        cue, mark, label = text.rpartition("@")
        if not mark:
            raise InputError(f"{text!r} is no firing", where="--fire", hint="write CUE@HH:MM:SS:FF")
        try:
            firings.append(_firing(job, cue, label, None))
        except TimecodeError as error:
            raise TimecodeError(error.sentence, where=f"--fire {text}", hint=error.hint) from None
    if fire:
        return firings
    for item in show.rehearse:
        if item.at.label is not None:
            firings.append(_firing(job, item.cue, item.at.label, item.act))
        else:
            act = job.acts[item.act or next(iter(job.acts))]
            firings.append(Firing(item.cue, act.chase.starts_show_ns + (item.at.media_ns or 0), act.name))
    return firings


def _firing(job: Job, cue: str, label: str, act_name: str | None) -> Firing:
    if cue not in job.triggered:
        known = ", ".join(job.triggered) or "none"
        raise InputError(f"no triggered cue {cue!r} to fire", hint=f"have {known}")
    candidates = [job.acts[act_name]] if act_name is not None else list(job.acts.values())
    act = next((one for one in candidates if _holds(one, label)), candidates[0])
    return Firing(cue, _show_ns(act, label), act.name)


def _holds(act: ActJob, label: str) -> bool:
    return act.chase.starts_show_ns - act.chase.preroll_ns <= _show_ns(act, label) <= act.chase.end_show_ns


def _show_ns(act: ActJob, label: str) -> int:
    rate = act.chase.rate
    return unwrap_near(parse_timecode(label, rate).show_ns(rate), act.chase.starts_show_ns, rate)

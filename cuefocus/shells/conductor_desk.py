"""The conductor's front desk: who is heard by its config, and what of the show desks may ask for."""

from collections.abc import Callable

from cuefocus.engine.front_desk import FrontDesk
from cuefocus.engine.job import Job
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.osc_desk import OscDesk
from cuefocus.timebase.units import s_from_ns
from cuefocus.wire.dialects.dialect import CueView, ShowView
from cuefocus.wire.osc_triggers import TriggerTable


def open_desk(config: FrontDeskConfig, job: Job, number: Callable[[], int]) -> OscDesk:
    """Listen for desks. A port that cannot be opened, UDP or TCP, is told and tried again; nothing is raised for it."""
    front = FrontDesk(config.rules, TriggerTable(osc_triggers(job)), number)
    front.view = show_of(job)
    return OscDesk(config, front)


def osc_triggers(job: Job) -> tuple[str, ...]:
    """The show's own triggers by OSC, each in its one spelling, in show order."""
    return tuple(key for kind, key in job.wanted() if kind == "osc")


def show_of(job: Job) -> ShowView:
    """The show as desks may ask for it before anything is told of it."""
    return ShowView(title=job.title, cues=cues_of(job))


def cues_of(job: Job) -> dict[str, CueView]:
    """The show's cues as desks may ask for them: triggered ones, then timed ones, each in the show's order."""
    cues = {
        cue.cue: CueView(
            cue.cue,
            cue.name,
            cue.camera,
            cue.axis.rpartition(".")[2],
            triggered=True,
            pull_s=s_from_ns(cue.pull_ns or 0),
            pre_wait_s=s_from_ns(cue.pre_wait_ns),
            follow=cue.follow,
            post_wait_s=s_from_ns(cue.post_wait_ns),
        )
        for cue in job.triggered.values()
    }
    for act in job.acts.values():
        for name, racks in act.racks.items():
            camera, _, axis = name.rpartition(".")
            for rack in racks:
                pull_s = s_from_ns(rack.stop_ns - rack.depart_ns)
                cues.setdefault(rack.cue, CueView(rack.cue, rack.name, camera, axis, pull_s=pull_s))
    return cues

"""A cue as it is written to a rack as it is asked for: numbers, but for where it leaves from."""

from collections.abc import Callable

from cuefocus.errors import PlanError
from cuefocus.motion.moments import ActTime
from cuefocus.motion.optics_of import CameraInAct
from cuefocus.motion.profile import Profile, bezier_profile, named_profile, recorded_profile
from cuefocus.motion.requests import RackRequest
from cuefocus.show.models import Act, Cue, Show


def shape_profile(show: Show, cue: Cue) -> Profile:
    """The cue's shape. Raises: PlanError."""
    shape = cue.shape
    if shape.bezier is not None:
        return bezier_profile(*shape.bezier)
    if shape.recorded is not None:
        samples = show.recordings.get(shape.recorded)
        if samples is None:
            raise PlanError(f"no recording {shape.recorded!r}", hint=f"have {', '.join(show.recordings) or 'none'}")
        return recorded_profile(shape.recorded, tuple(enumerate(samples)))
    return named_profile(shape.name)


def timed_request(
    show: Show,
    time: ActTime,
    camera: CameraInAct,
    cue: Cue,
    *,
    top_speed: float,
    reading: Callable[[str], None],
) -> RackRequest:
    """A timed cue; `reading` is told which of its fields is being looked at.

    Raises: CueFocusError about that field.
    """
    offset_ns = time.offset_ns(cue, camera.offset_ns)
    land_ns = leave_ns = None
    if cue.land is not None:
        reading("land")
        land_ns = time.show_ns(cue.land)
    if cue.leave is not None:
        reading("leave")
        leave_ns = time.show_ns(cue.leave)
    pull_ns = None
    if cue.pull is not None and cue.pull.duration is not None and cue.form != "leave-land":
        reading("pull")
        at_ns = land_ns if land_ns is not None else leave_ns or 0
        pull_ns = time.pull_ns(cue.pull.duration, at_ns, before=land_ns is not None)
    speed = cue.pull.speed if cue.pull is not None and cue.form != "leave-land" else None
    land_ns = None if land_ns is None else land_ns + offset_ns
    leave_ns = None if leave_ns is None else leave_ns + offset_ns
    if pull_ns is None and speed is None and (land_ns is None or leave_ns is None):
        reading("pull")
        raise PlanError("pull is missing", hint="write pull: 600 ms here or under defaults")
    return _request(
        show,
        time.act,
        camera,
        cue,
        reading,
        moment_ns=land_ns if land_ns is not None else leave_ns,
        land_ns=land_ns,
        leave_ns=leave_ns,
        pull_ns=pull_ns,
        pull_ring_per_s=speed.ring_per_s if speed is not None else None,
        top_speed=top_speed,
        offset_ns=offset_ns,
        land_after_ns=None,
    )


def triggered_request(show: Show, camera: CameraInAct, cue: Cue, act: Act | None = None) -> RackRequest:
    """A triggered cue, in host time from its trigger, by the marks of `act` or the show's. Raises: CueFocusError."""
    duration = cue.pull.duration if cue.pull is not None else None
    pull_ns = duration.ns(show.rate) if duration is not None else None
    speed = cue.pull.speed if cue.pull is not None else None
    if pull_ns is None and speed is None:
        raise PlanError("a triggered rack needs a pull in host time", hint="write pull: 600 ms")
    return _request(
        show,
        act,
        camera,
        cue,
        lambda key: None,
        moment_ns=None,
        land_ns=None,
        leave_ns=None,
        pull_ns=pull_ns,
        pull_ring_per_s=speed.ring_per_s if speed is not None else None,
        top_speed=1.0,
        offset_ns=0,
        land_after_ns=cue.land_after.ns(show.rate) if cue.land_after is not None else None,
    )


def _request(
    show: Show,
    act: Act | None,
    camera: CameraInAct,
    cue: Cue,
    reading: Callable[[str], None],
    *,
    moment_ns: int | None,
    land_ns: int | None,
    leave_ns: int | None,
    pull_ns: int | None,
    pull_ring_per_s: float | None,
    top_speed: float,
    offset_ns: int,
    land_after_ns: int | None,
) -> RackRequest:
    reading("shape")
    profile = shape_profile(show, cue)
    if profile.overshoot > 1e-6:
        raise PlanError(
            f"the shape passes its mark by {profile.overshoot:.1%} of the travel", hint="no commanded move may"
        )
    reading("to")
    aim = camera.aim(show, act, cue.axis, cue.to, moment_ns)
    distance = show.distance_of(cue.to, cue.camera, act) if cue.axis == "focus" else None
    eye = camera.eye_at(moment_ns)
    tolerance_ns = cue.tolerance.ns(camera.camera.fps)
    return RackRequest(
        cue=cue.cue,
        name=cue.name,
        camera=cue.camera,
        axis=cue.axis_name,
        act=act.act if act is not None else "",
        aim=aim,
        profile=profile,
        land_ns=land_ns,
        leave_ns=leave_ns,
        pull_ns=pull_ns,
        pull_ring_per_s=pull_ring_per_s,
        landing="stopped" if cue.axis != "focus" else cue.landing,
        tolerance_ns=tolerance_ns if tolerance_ns is not None else 0,
        top_speed=top_speed,
        on_jump=cue.on_jump,
        kind=cue.kind or "",
        target=cue.to.text,
        anchor=cue.land.text if cue.land is not None else "",
        leave_anchor=cue.leave.text if cue.leave is not None else "",
        target_mm=None if distance is None or distance.at_infinity else distance.mm,
        stop=eye.stop,
        focal_mm=eye.focal_mm,
        offset_ns=offset_ns,
        triggered=cue.triggered,
        land_after_ns=land_after_ns,
        stop_tracked=camera.iris is not None and moment_ns is not None,
        focal_tracked=camera.zoom is not None and moment_ns is not None,
    )

"""Checked files to a job: what the session is given to do, and the files as the journal keeps them."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from cuefocus.anchors.act_anchors import NO_ANCHORS, ActAnchors
from cuefocus.anchors.spoken import Words
from cuefocus.app.check import Checked, check
from cuefocus.app.sends import sends_of
from cuefocus.app.songs import songs_of
from cuefocus.app.stated_doubt import COMMON_NS
from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.speeds import Speeds, speeds_between
from cuefocus.engine.job import ActJob, AxisJob, CueCard, Job, LandOn, TriggerJob
from cuefocus.engine.journal import JournalFile, JournalHeader
from cuefocus.engine.plan import OnLoss
from cuefocus.errors import InputError, JournalError, RigFileError, ShowFileError
from cuefocus.files.complaint import Complaint
from cuefocus.motion.compiled import CompiledAct, CompiledShow
from cuefocus.motion.requests import RackRequest
from cuefocus.rig.models import Rig
from cuefocus.show.models import Act, Cue, Show
from cuefocus.show.values import ActSpeed
from cuefocus.timebase.frames import FrameRate
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_AFTER_LAST_RACK_NS = 600 * NS_PER_S
_HOUSE_ACT = "house"
_ROLES = ("show", "rig", "lens", "words", "beats")


SourcesInUse = Sequence[tuple[str, str]]
"""Ids and kinds of the sources that are listened to, in order of priority."""


def build_job(checked: Checked, sources: SourcesInUse | None = None) -> Job:
    """The job of a show on a rig that have been checked.

    Args:
        checked: what `check` found.
        sources: those that are listened to; None for all the rig's.

    Raises: ShowFileError or RigFileError when a file could not be used at all. Cues that cannot land are refused in the
    take, not here.
    """
    if checked.show is None or checked.rig is None or checked.compiled is None:
        raise _refusal(checked, [complaint for complaint in checked.complaints if complaint.severity == "error"])
    show, rig, compiled = checked.show.value, checked.rig.rig.value, checked.compiled
    requests = compiled.requests
    acts = {
        act.act: _act_job(show, act, compiled.acts[act.act], requests, checked.anchors.get(act.act, NO_ANCHORS))
        for act in show.acts
        if act.act in compiled.acts
    }
    if sources is None:
        sources = [(source.id, source.kind) for source in sorted(rig.sources, key=lambda source: source.priority)]
    used = dict(sources) or {"timecode": "file"}
    triggered = _triggered(show, rig, compiled)
    return Job(
        title=show.title or Path(checked.show.file).stem,
        axes=_axes(rig, compiled),
        acts=acts or {_HOUSE_ACT: _house_act(show.rate)},
        triggered=triggered,
        planner=compiled.planner,
        lists=_fired_by(triggered.values(), "manual"),
        after=_fired_by(triggered.values(), "after"),
        sources=tuple(used),
        latencies_ns={
            source.id: round(source.latency_ms * NS_PER_MS)
            for source in rig.sources
            if source.latency_ms and source.id in used
        },
        songs=songs_of(show, checked.anchors, acts),
        common_ns={source: common_ns for source, kind in used.items() if (common_ns := COMMON_NS.get(kind))},
        repeat_guard_ns=round(rig.safety.repeat_guard_ms * NS_PER_MS),
        go_guard_ns=round(rig.safety.go_guard_ms * NS_PER_MS),
        stale_ns=round(rig.safety.stale_ms * NS_PER_MS),
        glass=compiled.glass,
        sends=sends_of(show, rig, checked.anchors),
    )


def refuse_mistakes(checked: Checked) -> None:
    """Raise: ShowFileError or RigFileError where a file is in error, but for cues that cannot land as written."""
    cannot_land = checked.compiled.cannot_land if checked.compiled is not None else frozenset()
    errors = [one for one in checked.complaints if one.severity == "error" and one not in cannot_land]
    if errors:
        raise _refusal(checked, errors)


def _refusal(checked: Checked, errors: Sequence[Complaint]) -> InputError:
    more = f" (and {len(errors) - 1} more; `cuefocus check` tells all)" if len(errors) > 1 else ""
    sentence = f"{errors[0]}{more}" if errors else "the show cannot be used"
    return RigFileError(sentence) if checked.rig is None else ShowFileError(sentence)


def _axes(rig: Rig, compiled: CompiledShow) -> dict[str, AxisJob]:
    axes: dict[str, AxisJob] = {}
    for name, spec in compiled.specs.items():
        camera_id, _, axis = name.rpartition(".")
        lens_map = compiled.lens_maps.get(camera_id) if axis == "focus" else None
        dioptres_at = lens_map.dioptres_near if lens_map is not None else None
        axes[name] = AxisJob(spec, camera_id, rig.cameras[camera_id].fps.fps, dioptres_at)
    return axes


def _act_job(
    show: Show, act: Act, compiled: CompiledAct, requests: Mapping[str, RackRequest], anchors: ActAnchors
) -> ActJob:
    rate = show.rate_of(act)
    last_ns = max((rack.stop_ns for racks in compiled.racks.values() for rack in racks), default=compiled.start_show_ns)
    end_ns = show.label_show_ns(act, act.ends) if act.ends is not None else last_ns + _AFTER_LAST_RACK_NS
    chase = ChaseConfig(
        rate=rate,
        starts_show_ns=compiled.start_show_ns,
        end_show_ns=max(end_ns, last_ns),
        name=act.act,
        speeds=_speeds(act.speed),
        preroll_ns=act.preroll.ns(rate) or 0,
        depart_ns=round(act.depart_ms * NS_PER_MS),
        freewheel_ns=round(act.freewheel_ms * NS_PER_MS),
        on_loss=act.loss_policy,
        scrub=act.scrub,
    )
    return ActJob(
        name=act.act,
        chase=chase,
        racks=compiled.racks,
        opening=compiled.opening,
        infeasible=compiled.infeasible,
        cards={cue.cue: _card(cue, requests.get(cue.cue)) for cue in show.cues if cue.cue in compiled.infeasible},
        dioptres_at={f"{camera}.focus": lens_map.dioptres_near for camera, lens_map in compiled.lens_maps.items()},
        on_loss=OnLoss[act.loss_policy.upper()],
        rejoin=act.rejoin,
        take_end_ns=round(act.take_end_s * NS_PER_S),
        chains=compiled.chains,
        glass=compiled.glass,
        beats=anchors.beats,
        said_s=_said_s(show, anchors.words),
        offset_ns=act.offset.ns(rate) or 0,
        crossings=tuple(sorted(_crossings(show, act))),
    )


def _said_s(show: Show, words: Words | None) -> dict[str, tuple[float, ...]]:
    """When what racks are fired to land on is said."""
    phrases = {cue.land_on.word or "" for cue in show.cues if cue.land_on is not None}
    return {phrase: words.onsets_s(phrase) for phrase in sorted(phrases)} if words is not None else {}


def _crossings(show: Show, act: Act) -> Iterator[tuple[int, str]]:
    """When timecode of an act fires which cues, with the act's offset."""
    for cue in show.cues:
        for on in cue.on:
            found = show.crossing_of(cue, on.at) if on.at is not None else None
            if found is not None and found[0] is act:
                yield found[1] + (act.offset.ns(show.rate_of(act)) or 0), cue.cue


def _card(cue: Cue, timed: RackRequest | None = None) -> CueCard:
    moment = cue.land or cue.leave
    anchor, land_ns = moment.text if moment is not None else "", timed.wanted_ns if timed is not None else None
    return CueCard(cue.name, cue.camera, cue.axis, str(cue.to), anchor, land_ns)


def _house_act(rate: FrameRate) -> ActJob:
    """The whole day, for a show of triggered cues only: no timecode that stops ends a take of it."""
    chase = ChaseConfig(rate=rate, starts_show_ns=0, end_show_ns=rate.day_ns, name=_HOUSE_ACT)
    return ActJob(_HOUSE_ACT, chase, {}, {}, {}, {}, {}, OnLoss.FINISH, "next-cue", rate.day_ns)


def _speeds(speed: ActSpeed) -> Speeds:
    return Speeds((speed.low,)) if speed.low == speed.high else speeds_between(float(speed.low), float(speed.high))


def _triggered(show: Show, rig: Rig, compiled: CompiledShow) -> dict[str, TriggerJob]:
    return {
        cue.cue: TriggerJob(
            cue=cue.cue,
            name=cue.name,
            camera=cue.camera,
            axis=cue.axis_name,
            keys=tuple((on.kind, on.key) for on in cue.on),
            conflict=cue.conflict,
            card=_card(cue),
            refusal=compiled.refused.get(cue.cue, ""),
            pre_wait_ns=cue.pre_wait.ns(show.rate) or 0,
            follow=cue.continue_ or "",
            post_wait_ns=cue.post_wait.ns(show.rate) or 0,
            land_on=_land_on(show, rig, cue),
            pull_ns=request.pull_ns if (request := compiled.requests.get(cue.cue)) is not None else None,
        )
        for cue in show.cues
        if cue.triggered and (cue.cue in compiled.requests or cue.cue in compiled.refused)
    }


def _land_on(show: Show, rig: Rig, cue: Cue) -> LandOn | None:
    camera = rig.cameras.get(cue.camera)
    offsets = [
        cue.nudge,
        *([camera.offset] if camera is not None else []),
        *([cue.land_on.offset] if cue.land_on else []),
    ]
    offset_ns = sum(offset.ns(show.rate) or 0 for offset in offsets)
    if cue.land_on is not None:
        return LandOn(next=cue.land_on.next or "", word=cue.land_on.word or "", offset_ns=offset_ns)
    if cue.land_after is not None and cue.land_after.unit == "beats":
        return LandOn(beats=float(cue.land_after.amount), offset_ns=offset_ns)
    return None


def _fired_by(jobs: Iterable[TriggerJob], kind: str) -> dict[str, tuple[str, ...]]:
    """The cues that wait for triggers of a kind, in show order, by its key: a GO list's name, another cue."""
    found: dict[str, tuple[str, ...]] = {}
    for job in jobs:
        for key in dict.fromkeys(key for one, key in job.keys if one == kind):
            found[key] = (*found.get(key, ()), job.cue)
    return found


def files_of(show_path: Path, rig_path: Path, checked: Checked) -> list[tuple[str, Path]]:
    """Every file a take is made from, each once: its role, and where it is."""
    paths: list[tuple[str, Path]] = [("show", show_path), ("rig", rig_path)]
    if checked.rig is not None:
        paths += [("lens", rig_path.parent / name) for name in checked.rig.rig.value.lenses]
    if checked.show is not None:
        for act in checked.show.value.acts:
            for role, name in (("words", act.media.words), ("beats", act.media.beats)):
                if name is not None:
                    paths.append((role, show_path.parent / name))
    return list(dict.fromkeys((role, path.resolve()) for role, path in paths))


def journal_files(show_path: Path, rig_path: Path, checked: Checked) -> tuple[JournalFile, ...]:
    """Every file a take is made from, named from the folder they all lie under.

    Raises: ShowFileError when one has gone since it was checked.
    """
    unique = files_of(show_path, rig_path, checked)
    base = os.path.commonpath([path.parent for _, path in unique])
    files: list[JournalFile] = []
    for role, path in unique:
        try:
            content = path.read_bytes()
        except OSError as problem:
            raise ShowFileError(f"cannot be read: {problem.strerror}", where=str(path)) from None
        files.append(JournalFile(role, os.path.relpath(path, base), content))
    return tuple(files)


@contextmanager
def files_of_journal(header: JournalHeader) -> Iterator[tuple[Path, Path]]:
    """The journal's own show and rig, laid out in a folder for the time being: (show, rig) paths.

    Raises: JournalError when it holds no show or rig, or names a path outside its folder.
    """
    with tempfile.TemporaryDirectory(prefix="cuefocus-replay-") as folder:
        base = Path(folder)
        found: dict[str, Path] = {}
        for file in header.files:
            path = base / file.name
            if file.role not in _ROLES or Path(file.name).is_absolute() or ".." in Path(file.name).parts:
                raise JournalError(f"the journal names a file it may not: {file.name!r}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
            found.setdefault(file.role, path)
        if "show" not in found or "rig" not in found:
            raise JournalError("the journal holds no show or no rig", hint="it was not written by run or rehearse")
        yield found["show"], found["rig"]


def job_of_journal(header: JournalHeader) -> Job:
    """The job a journal was recorded with. Raises: JournalError."""
    with files_of_journal(header) as (show_path, rig_path):
        return build_job(check(show_path, rig_path), _sources_of(header.options))


def _sources_of(options: Mapping[str, object]) -> SourcesInUse | None:
    """What a journal says was listened to; None where it says nothing."""
    listed = options.get("sources")
    return [(str(source), str(kind)) for source, kind in listed] if isinstance(listed, list | tuple) else None


def options_of(options: Mapping[str, object]) -> tuple[bool, int]:
    """Whether the run armed by itself, and how many takes it was to have."""
    takes = options.get("takes", 0)
    return bool(options.get("auto_arm", False)), takes if isinstance(takes, int) else 0

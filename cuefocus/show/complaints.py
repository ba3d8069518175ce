"""What only the whole show can know: marks and acts that are not there, racks without a moment, acts that overlap."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from cuefocus.errors import TimecodeError
from cuefocus.files.complaint import Loc
from cuefocus.files.durations import Duration
from cuefocus.files.strict import Finding, Findings
from cuefocus.files.validate import did_you_mean
from cuefocus.show.cue_complaints import CueChecker, no_mark
from cuefocus.show.long_times import far_offset
from cuefocus.show.models import Act, Show
from cuefocus.show.tell_complaints import send_findings, tell_findings
from cuefocus.show.values import distance_or_none
from cuefocus.timebase.frames import parse_timecode

AXIS_NAMES = ("focus", "iris", "zoom")


def show_complaints(raw: Show, complete: Show, cue_ids: Collection[str]) -> Findings:
    """Everything wrong with a show that pydantic has accepted, and what deserves a warning.

    Args:
        raw: as the file says it: what a cue itself sets.
        complete: the same with defaults filled in.
        cue_ids: every cue id of the file, also of cues that were left out of `raw` because they cannot be read.
    """
    yield from _marks(raw)
    yield from _recordings(raw)
    sound_acts = list[Act]()
    for index, act in enumerate(raw.acts):
        before = [other.act for other in raw.acts[:index]]
        if act.act in before:
            yield ("acts", index, "act"), "error", f"two acts are called {act.act!r}", "give each its own id"
        findings = list(_act(raw, index, act))
        yield from findings
        if not any(finding[1] == "error" for finding in findings):
            sound_acts.append(act)
    checker = CueChecker(complete, frozenset(act.act for act in sound_acts), cue_ids)
    for index, (cue, whole) in enumerate(zip(raw.cues, complete.cues, strict=True)):
        yield from checker.findings(index, cue, whole)
        yield from tell_findings(("cues", index), whole, raw.rate)
    yield from checker.chains()
    yield from checker.loops()
    yield from send_findings(complete, checker)
    yield from _overlaps(raw, sound_acts, checker.last_label_show_ns)
    yield from _rehearsed(raw, cue_ids, frozenset(act.act for act in sound_acts))
    if not raw.cues and not cue_ids:
        yield ("cues",), "warning", "the show has no cues", ""


def offset_findings(loc: Loc, offset: Duration) -> Iterator[Finding]:
    """An offset is a length of time, not of music."""
    if offset.unit == "beats":
        yield loc, "error", f"{offset} is a length of music", "write ms, s or frames here"


def _marks(show: Show) -> Findings:
    scopes: list[tuple[Loc, dict[str, object]]] = [(("marks", cam), dict(marks)) for cam, marks in show.marks.items()]
    for index, act in enumerate(show.acts):
        scopes += [(("acts", index, "setup", cam, "marks"), dict(setup.marks)) for cam, setup in act.setup.items()]
    for loc, marks in scopes:
        for name in marks:
            if distance_or_none(name) is not None:
                yield (*loc, name), "error", f"a mark cannot be called {name!r}, which is a distance", "rename it"


def _recordings(show: Show) -> Findings:
    for name, samples in show.recordings.items():
        if samples[0] != 0.0 or samples[-1] != 1.0:
            hint = "scale the recording to the share of travel done"
            yield ("recordings", name), "error", "a recorded shape runs from 0 to 1", hint


def _act(show: Show, index: int, act: Act) -> Findings:
    loc: Loc = ("acts", index)
    labels = {"starts": act.starts} | ({"ends": act.ends} if act.ends is not None else {})
    sound = True
    for key, label in labels.items():
        try:
            parse_timecode(label, show.rate_of(act))
        except TimecodeError as error:
            sound = False
            yield (*loc, key), "error", error.sentence, error.hint
    if sound and act.ends is not None and show.label_show_ns(act, act.ends) <= show.start_show_ns(act):
        yield (*loc, "ends"), "error", f"the act ends at {act.ends}, before it starts at {act.starts}", "swap them"
    for key, length in (("offset", act.offset), ("preroll", act.preroll)):
        yield from offset_findings((*loc, key), length)
    yield from far_offset((*loc, "offset"), act.offset, show.rate_of(act))
    if act.preroll.amount < 0:
        yield (*loc, "preroll"), "error", "a pre-roll cannot be negative", "write e.g. 2 s"
    for name, target in act.opening.items():
        here = (*loc, "opening", name)
        camera, _, axis = name.partition(".")
        axis = axis or "focus"
        if axis not in AXIS_NAMES:
            yield here, "error", f"no axis {axis!r}", "write A for focus, A.iris or A.zoom"
        elif axis == "focus" and target.counts is None and show.distance_of(target, camera, act) is None:
            yield here, "error", *no_mark(show, camera, act, target)
        elif axis == "iris" and target.counts is None and target.stop is None:
            yield here, "error", f"{target.text!r} is not a stop", "write e.g. T2.8"
        elif axis == "zoom" and target.counts is None and target.focal is None:
            yield here, "error", f"{target.text!r} is not a focal length", "write e.g. 35 mm"


def _overlaps(show: Show, acts: list[Act], last_label_show_ns: dict[str, int]) -> Findings:
    spans = list[_Span]()
    for act in acts:
        start = show.start_show_ns(act)
        ends = [start, last_label_show_ns.get(act.act, start)]
        if act.ends is not None:
            ends.append(show.label_show_ns(act, act.ends))
        spans.append(_Span(start, max(ends), act))
    spans.sort()
    index_of = {id(act): index for index, act in enumerate(show.acts)}
    for before, after in zip(accumulate(spans, _Span.later), spans[1:], strict=False):
        if after.start_show_ns < before.end_show_ns or after.start_show_ns == before.start_show_ns:
            problem = f"act {after.act.act!r} starts while act {before.act.act!r} still runs"
            hint = "acts may not overlap: move a start, or correct `ends` or the last label"
            yield ("acts", index_of[id(after.act)], "starts"), "error", problem, hint


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    """What is known of an act's range."""

    start_show_ns: int
    end_show_ns: int
    act: Act = field(compare=False)

    def later(self, other: "_Span") -> "_Span":
        """The one that ends later."""
        return other if other.end_show_ns > self.end_show_ns else self


def _rehearsed(show: Show, cue_ids: Collection[str], sound_acts: Collection[str]) -> Findings:
    for index, stand_in in enumerate(show.rehearse):
        loc: Loc = ("rehearse", index)
        if stand_in.cue not in cue_ids:
            hint = did_you_mean(stand_in.cue, cue_ids)
            yield (*loc, "cue"), "error", f"no cue {stand_in.cue!r}", hint
        elif (cue := show.cue_by_id.get(stand_in.cue)) is not None and not cue.triggered:
            yield (*loc, "cue"), "error", f"cue {cue.cue!r} is timed and needs no stand-in", "take it out"
        if stand_in.act is not None and stand_in.act not in show.act_by_id:
            yield (*loc, "act"), "error", f"no act {stand_in.act!r}", did_you_mean(stand_in.act, show.act_by_id)
        elif stand_in.at.label is None:
            if stand_in.act is None:
                yield (*loc, "at"), "error", f"{stand_in.at} is media time of no act", "add act:, or write a label"
        elif stand_in.act is None or stand_in.act in sound_acts:
            act = show.act_by_id.get(stand_in.act or "")
            try:
                parse_timecode(stand_in.at.label, show.rate_of(act) if act is not None else show.rate)
            except TimecodeError as error:
                yield (*loc, "at"), "error", error.sentence, error.hint

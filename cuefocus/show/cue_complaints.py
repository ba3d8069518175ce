"""What is wrong with one cue in its show."""

from collections.abc import Collection, Mapping
from typing import Final

from cuefocus.errors import TimecodeError
from cuefocus.files.complaint import Loc
from cuefocus.files.quantities import is_bare_number
from cuefocus.files.strict import Findings
from cuefocus.files.validate import did_you_mean
from cuefocus.show.long_times import far_offset, long_wait
from cuefocus.show.models import Act, Cue, Show
from cuefocus.show.moment import Moment
from cuefocus.show.triggers import KINDS
from cuefocus.show.values import At, Target
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.dialects.taken import TAKEN_HINT, why_taken
from cuefocus.wire.osc_triggers import EVENT_HINT, why_never

_FORMS = "write land; leave and pull; leave and land; or on"
_PULL_HINT = "write pull: 600 ms here or under defaults"

_KNOWN_BY_NS: Final = 300 * NS_PER_MS
"""So long after playback has come into an act it is followed: three labels, and what the clock needs to lock."""


class CueChecker:
    """Goes through the cues of one show in order.

    Args:
        show: with defaults filled in.
        sound_acts: ids of acts whose labels can be counted.
        cue_ids: every cue id of the file.
    """

    def __init__(self, show: Show, sound_acts: Collection[str], cue_ids: Collection[str]) -> None:
        self._show, self._sound_acts, self._cue_ids = show, sound_acts, cue_ids
        self._acts = show.act_by_id
        self._seen: dict[str, int] = {}
        self._index: dict[str, int] = {}
        self._after: dict[str, list[str]] = {}
        self._otherwise: set[str] = set()
        self._continues: dict[str, list[str]] = {}
        self.last_label_show_ns: dict[str, int] = {}

    def findings(self, index: int, raw: Cue, cue: Cue) -> Findings:
        """Everything about one cue: `raw` as written, `cue` with defaults."""
        loc: Loc = ("cues", index)
        if cue.cue in self._seen:
            yield (*loc, "cue"), "error", f"two cues are called {cue.cue!r}", "give each its own id"
        self._seen.setdefault(cue.cue, index)
        if not cue.camera:
            yield loc, "error", "camera is missing", "write camera: A here or under defaults"
        elif "." in cue.camera:
            yield (*loc, "camera"), "error", f"a camera cannot be called {cue.camera!r}", "write the axis under axis:"
        act = None
        if cue.triggered:
            yield from self._triggered(loc, raw, cue, index)
        else:
            act = self._acts.get(cue.act or "")
            yield from self._timed(loc, raw, cue, act)
        yield from self._motion(loc, raw, cue, act)
        if cue.camera:
            if cue.act is None or act is not None or cue.triggered:
                yield from self._target((*loc, "to"), cue, cue.to, act)
                if cue.from_ is not None:
                    yield from self._target((*loc, "from"), cue, cue.from_, act)

    def loops(self) -> Findings:
        """Cues that fire each other in a ring: none of them is ever fired, or, once one is, there is no end to it."""
        ring = _rings(self._after)
        endless = not ring.isdisjoint(self._otherwise)
        for cue in self._after:
            if cue in ring:
                problem = f"cue {cue!r} fires itself again, for ever" if endless else f"cue {cue!r} waits for itself"
                hint = "take an `after` out of the ring"
                if not endless:
                    hint = "let a person, a desk or timecode fire one of them"
                yield ("cues", self._index[cue], "on"), "error", problem, hint

    def _timed(self, loc: Loc, raw: Cue, cue: Cue, act: Act | None) -> Findings:
        if cue.land is None and cue.leave is None:
            yield loc, "error", "nothing says when this rack happens", _FORMS
        elif cue.act is None:
            yield loc, "error", "a timed rack needs its act", "write act: here or under defaults"
        elif act is None:
            known = ", ".join(self._acts) or "none"
            yield (*loc, "act"), "error", f"no act {cue.act!r}; have {known}", did_you_mean(cue.act, self._acts)
        if cue.form == "leave-land":
            if "pull" in raw.model_fields_set:
                yield (*loc, "pull"), "error", "leave and land already say how long the pull is", "take pull out"
        elif cue.pull is None:
            yield loc, "error", "pull is missing", _PULL_HINT
        for key, moment in (("land", cue.land), ("leave", cue.leave)):
            if moment is not None:
                yield from self.moment((*loc, key), moment, act)
        for key in ("land_after", "land_on", "conflict", "pre_wait", "continue", "post_wait"):
            if (f"{key}_" if key == "continue" else key) in raw.model_fields_set:
                yield (*loc, key), "warning", f"{key} says nothing for a timed rack", "take it out"

    def _triggered(self, loc: Loc, raw: Cue, cue: Cue, index: int) -> Findings:
        for key in ("land", "leave"):
            if key in raw.model_fields_set:
                yield (*loc, key), "error", f"a triggered rack cannot also have {key}", _FORMS
        if cue.pull is None:
            yield loc, "error", "pull is missing", _PULL_HINT
        elif cue.pull.duration is not None and cue.pull.duration.unit == "beats":
            yield (*loc, "pull"), "error", "a triggered rack runs in host time, which has no beats", "write ms or s"
        if "on_jump" in raw.model_fields_set:
            yield (*loc, "on_jump"), "warning", "on_jump says nothing for a triggered rack", "take it out"
        if cue.land_after is not None and cue.land_after.amount <= 0:
            yield (*loc, "land_after"), "error", f"{cue.land_after} is no time after a trigger", "write e.g. 800 ms"
        if cue.land_after is not None:
            yield from long_wait((*loc, "land_after"), cue.land_after, self._show.rate)
        yield from self._landing(loc, raw, cue)
        yield from self._waits(loc, raw, cue)
        if any(on.after is None for on in cue.on):
            self._otherwise.add(cue.cue)
        for number, on in enumerate(cue.on):
            here = (*loc, "on", number)
            if len(on.kinds) != 1:
                problem = "nothing fires this rack" if not on.kinds else f"{' and '.join(on.kinds)} in one trigger"
                hint = f"write one of {', '.join(KINDS)}; several routes are a list"
                yield here, "error", problem, hint
            elif on.args and on.osc is None:
                yield (*here, "args"), "error", "only OSC messages carry arguments", "take args out"
            elif on.osc is not None and (why := why_never(on.osc.text)):
                yield (*here, "osc"), "warning", f"{on.osc} never fires: {why}", EVENT_HINT
            elif on.osc is not None and (why := why_taken(on.osc.text, on.args)):
                yield (*here, "osc"), "warning", f"{on.osc} {why}", TAKEN_HINT
            elif on.at is not None:
                yield from self._crossing((*here, "at"), cue, on.at)
            elif on.after is not None:
                self._index.setdefault(cue.cue, index)
                self._after.setdefault(cue.cue, []).append(on.after)
                if on.after not in self._cue_ids:
                    hint = did_you_mean(on.after, self._cue_ids)
                    yield (*here, "after"), "error", f"no cue {on.after!r}", hint

    def _crossing(self, loc: Loc, cue: Cue, at: At) -> Findings:
        """Where timecode fires a triggered rack."""
        if cue.act is not None and cue.act not in self._acts:
            known = ", ".join(self._acts) or "none"
            yield loc, "error", f"no act {cue.act!r}; have {known}", did_you_mean(cue.act, self._acts)
            return
        if not self._sound_acts or (cue.act is not None and cue.act not in self._sound_acts):
            if not self._acts:
                yield loc, "error", "no act says what timecode this is", "write acts: with one that holds this label"
            return
        try:
            found = self._show.crossing_of(cue, at)
        except TimecodeError as error:
            yield loc, "error", error.sentence, error.hint
            return
        if found is None and at.label is None:
            yield loc, "error", f"{at} is media time of no act", "add act: to the cue, or write a label"
        elif found is None:
            where = f"act {cue.act!r} does not hold" if cue.act is not None else "no act holds"
            yield loc, "error", f"{where} {at}", "correct the label, or the act's starts or ends"
        else:
            yield from self.at_the_seam(loc, *found)

    def at_the_seam(self, loc: Loc, act: Act, show_ns: int) -> Findings:
        """That timecode fires nothing in the first moments of an act that follows another without a gap."""
        show, start_ns = self._show, self._show.start_show_ns(act)
        ends_ns = [
            show.label_show_ns(one, one.ends)
            for one in show.acts
            if one.ends is not None and one.act in self._sound_acts and one.act != act.act
        ]
        if 0 <= show_ns - start_ns < _KNOWN_BY_NS and any(0 <= start_ns - end_ns < _KNOWN_BY_NS for end_ns in ends_ns):
            problem = f"playback that comes from the act before is past this when act {act.act!r} is recognised"
            yield loc, "warning", problem, "put it a third of a second into the act, or a gap between the two"

    def _landing(self, loc: Loc, raw: Cue, cue: Cue) -> Findings:
        """What a triggered rack may land on."""
        beats = cue.land_after is not None and cue.land_after.unit == "beats"
        if cue.land_on is None:
            if beats:
                yield from self._anchored((*loc, "land_after"), "beats", "a tempo map")
            return
        here = (*loc, "land_on")
        if "land_after" in raw.model_fields_set:
            yield here, "error", "land_after and land_on both say when it lands", "take one out"
        if (cue.land_on.next is None) is (cue.land_on.word is None):
            problem = "nothing says on what" if cue.land_on.next is None else "next and word in one landing"
            yield here, "error", problem, "write {next: beat}, {next: bar}, {next: word} or {word: goodbye}"
        elif cue.land_on.next in ("beat", "bar"):
            yield from self._anchored((*here, "next"), "beats", "a tempo map")
        else:
            yield from self._anchored((*here, "next" if cue.land_on.next else "word"), "words", "a words file")
        if cue.land_on.offset.unit == "beats":
            yield (*here, "offset"), "error", f"{cue.land_on.offset} is a length of music", "write ms, s or frames here"
        yield from far_offset((*here, "offset"), cue.land_on.offset, self._show.rate)

    def _anchored(self, loc: Loc, key: str, what: str) -> Findings:
        """Whether acts have what a rack is to land on."""
        without = [act.act for act in self._show.acts if getattr(act.media, key) is None]
        if len(without) == len(self._show.acts):
            yield loc, "error", f"no act has {what}", f"write media: {{{key}: …}} under an act"
        elif without:
            yield loc, "note", f"refused in act {', '.join(without)}, without {what}", ""

    def _waits(self, loc: Loc, raw: Cue, cue: Cue) -> Findings:
        for key, wait in (("pre_wait", cue.pre_wait), ("post_wait", cue.post_wait)):
            if wait.unit == "beats" or wait.amount < 0:
                yield (*loc, key), "error", f"{wait} is no time to wait", "write ms, s or frames, e.g. 500 ms"
            yield from long_wait((*loc, key), wait, self._show.rate)
        if cue.continue_ is None:
            if "post_wait" in raw.model_fields_set:
                hint = "write continue: auto-continue or auto-follow, or take post_wait out"
                yield (*loc, "post_wait"), "warning", "nothing comes after this cue by itself", hint
            return
        lists = dict.fromkeys(str(on.manual) for on in cue.on if on.manual is not None)
        if not lists:
            hint = 'write on: {manual: GO} too; or let the other cue say on: {after: "…"}'
            yield (*loc, "continue"), "error", "only cues of a GO list have a next one", hint
        for name in lists:
            self._continues.setdefault(name, []).append(cue.cue)

    def chains(self) -> Findings:
        """What goes after a cue by itself, once all lists are known."""
        members: dict[str, list[str]] = {}
        for one in self._show.cues:
            for name in dict.fromkeys(on.manual for on in one.on if on.manual is not None):
                members.setdefault(name, []).append(one.cue)
        for name, cues in self._continues.items():
            for cue in cues:
                place = members[name].index(cue) + 1
                if place < len(members[name]):
                    follower = members[name][place]
                    self._after.setdefault(follower, []).append(cue)
                    self._index.setdefault(follower, self._seen[follower])
                else:
                    loc: Loc = ("cues", self._seen[cue], "continue")
                    yield loc, "warning", f"cue {cue!r} is the last of list {name}: nothing comes after it", ""

    def moment(self, loc: Loc, moment: Moment, act: Act | None) -> Findings:
        """What is wrong with a moment of an act; None for one that is not known."""
        given = [key for key in ("word", "at", "bar") if getattr(moment, key) is not None]
        if len(given) != 1:
            problem = f"{' and '.join(given)} in one moment" if given else "nothing says when"
            yield loc, "error", problem, "write one of word, at, bar (with beat)"
            return
        for key, owner in (("nth", "word"), ("edge", "word"), ("beat", "bar")):
            if key in moment.model_fields_set and given[0] != owner:
                yield (*loc, key), "error", f"{key} belongs to {owner}", f"take it out, or write {owner}:"
        rate = self._show.rate if act is None else self._show.rate_of(act)
        yield from far_offset((*loc, "offset"), moment.offset, rate)
        if moment.offset.unit == "beats" and (act is None or act.media.beats is None):
            yield (*loc, "offset"), "error", f"{moment.offset} needs a tempo map", "write ms, or media: {beats: …}"
        if act is None:
            return
        if moment.word is not None and act.media.words is None:
            hint = "write media: {words: song.words.json}"
            yield (*loc, "word"), "error", f"act {act.act!r} has no words file", hint
        if moment.bar is not None and act.media.beats is None:
            yield (*loc, "bar"), "error", f"act {act.act!r} has no tempo map", "write media: {beats: song.mid}"
        if moment.at is not None and act.act in self._sound_acts:
            yield from self._place((*loc, "at"), moment, act)

    def _place(self, loc: Loc, moment: Moment, act: Act) -> Findings:
        """A label or media time against the act's own range."""
        show, at = self._show, moment.at
        if at is None:
            return
        start = show.start_show_ns(act)
        if at.label is None:
            show_ns = start + (at.media_ns or 0)
        else:
            try:
                show_ns = show.label_show_ns(act, at.label)
            except TimecodeError as error:
                yield loc, "error", error.sentence, error.hint
                return
        self.last_label_show_ns[act.act] = max(show_ns, self.last_label_show_ns.get(act.act, start))
        if act.ends is not None and show_ns > show.label_show_ns(act, act.ends):
            yield loc, "error", f"{at} is after act {act.act!r} ends ({act.ends})", "move it, or correct ends"
        elif show_ns < start - (act.preroll.ns(show.rate_of(act)) or 2 * NS_PER_S):
            yield loc, "error", f"{at} is before act {act.act!r} starts ({act.starts})", "move it, or correct starts"
        else:
            yield from self.at_the_seam(loc, act, show_ns)

    def _motion(self, loc: Loc, raw: Cue, cue: Cue, act: Act | None) -> Findings:
        if cue.pull is not None and cue.pull.duration is not None and cue.pull.duration.unit == "beats":
            if act is not None and act.media.beats is None:
                yield (*loc, "pull"), "error", f"act {act.act!r} has no tempo map", "write media: {beats: song.mid}"
        if cue.pull is not None and cue.pull.duration is not None:
            yield from long_wait((*loc, "pull"), cue.pull.duration, self._show.rate, "to move")
        if cue.shape.recorded is not None and cue.shape.recorded not in self._show.recordings:
            known = ", ".join(self._show.recordings) or "none"
            yield (*loc, "shape"), "error", f"no recording {cue.shape.recorded!r}; have {known}", ""
        if cue.axis != "focus" and cue.landing == "sharp" and "landing" in raw.model_fields_set:
            yield (*loc, "landing"), "error", f"{cue.axis} has no sharp band", "write landing: stopped, or take it out"
        if cue.tolerance.unit == "beats" or cue.tolerance.amount <= 0:
            yield (*loc, "tolerance"), "error", f"{cue.tolerance} is no tolerance", "write e.g. 0.5 frame or 20 ms"
        if cue.nudge.unit == "beats":
            yield (*loc, "nudge"), "error", f"{cue.nudge} is a length of music", "write ms, s or frames here"

    def _target(self, loc: Loc, cue: Cue, target: Target, act: Act | None) -> Findings:
        if target.counts is not None:
            return
        if cue.axis == "focus":
            if target.distance is None:
                if target.text not in self._show.marks_of(cue.camera, act):
                    yield loc, "error", *no_mark(self._show, cue.camera, act, target)
        elif cue.axis == "iris" and target.stop is None:
            yield loc, "error", f"{target.text!r} is not a stop", "write e.g. T2.8"
        elif cue.axis == "zoom" and target.focal is None:
            yield loc, "error", f"{target.text!r} is not a focal length", "write e.g. 35 mm"


def no_mark(show: Show, camera: str, act: Act | None, target: Target) -> tuple[str, str]:
    """That a camera has no such mark, and the cure: it may be the camera that is called by a wrong name."""
    marks = show.marks_of(camera, act)
    if is_bare_number(target.text):
        return f"no mark {target.text!r}; have {', '.join(marks) or 'none'}", f"write {target.text} m"
    having = [name for name in show.marks if show.marks_of(name, act)]
    if not marks and having:
        problem = f"camera {camera!r} has no marks, so no {target.text!r}; cameras with marks are {', '.join(having)}"
        return problem, did_you_mean(camera, having)
    return f"no mark {target.text!r}; have {', '.join(marks) or 'none'}", did_you_mean(target.text, marks)


def _rings(after: Mapping[str, Collection[str]]) -> set[str]:
    """The cues that fire each other in rings (and any between two rings), of cue → the cues that fire it."""
    left = set(after)
    fires: dict[str, list[str]] = {cue: [] for cue in after}
    for cue, firing in after.items():
        for one in firing:
            fires.setdefault(one, []).append(cue)
    for onwards, back in ((after, fires), (fires, after)):
        count = {cue: sum(one in left for one in onwards[cue]) for cue in left}
        ends = [cue for cue in left if not count[cue]]
        while ends:
            gone = ends.pop()
            left.discard(gone)
            for cue in back[gone]:
                if cue in left:
                    count[cue] -= 1
                    if not count[cue]:
                        ends.append(cue)
    return left

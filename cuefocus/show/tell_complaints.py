"""What is wrong with the words that a show tells others, as far as the show alone can know."""

from cuefocus.files.complaint import Loc
from cuefocus.files.strict import Findings
from cuefocus.files.validate import did_you_mean
from cuefocus.show.cue_complaints import CueChecker
from cuefocus.show.long_times import far_offset
from cuefocus.show.models import Cue, Show
from cuefocus.show.tells import WORD_KINDS, Word
from cuefocus.timebase.frames import FrameRate


def tell_findings(loc: Loc, cue: Cue, rate: FrameRate) -> Findings:
    """Of one cue; frames of its offsets count at `rate`."""
    for number, tell in enumerate(cue.tell):
        here: Loc = (*loc, "tell", number)
        yield from _word(here, tell)
        if tell.offset.unit == "beats":
            yield (*here, "offset"), "error", f"{tell.offset} is a length of music", "write ms, s or frames here"
        yield from far_offset((*here, "offset"), tell.offset, rate)
        if tell.when == "fire" and not cue.triggered:
            hint = "write departure, or landing"
            yield (*here, "when"), "error", "nothing fires a timed rack", hint


def send_findings(show: Show, checker: CueChecker) -> Findings:
    """Of what is sent by timecode alone; the show's defaults are filled in."""
    acts = show.act_by_id
    for number, send in enumerate(show.sends):
        here: Loc = ("sends", number)
        yield from _word(here, send)
        act = acts.get(send.act or "")
        if send.act is None:
            yield here, "error", "nothing says in which act", "write act: here or under defaults"
        elif act is None:
            known = ", ".join(acts) or "none"
            yield (*here, "act"), "error", f"no act {send.act!r}; have {known}", did_you_mean(send.act, acts)
        yield from checker.moment(here, send, act)


def _word(loc: Loc, word: Word) -> Findings:
    if len(word.kinds) != 1:
        problem = f"{' and '.join(word.kinds)} in one" if word.kinds else "nothing says what is told"
        yield loc, "error", problem, f"write one of {', '.join(WORD_KINDS)}; several are a list"
        return
    for key, owner in (("args", "osc"), ("body", "http")):
        if key in word.model_fields_set and word.kind != owner:
            yield (*loc, key), "error", f"{key} belongs to {owner}", "take it out"

"""The verb `check`: show, rig, lenses, words and beats together, everything that can be known before a take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cuefocus.anchors.act_anchors import ActAnchors
from cuefocus.anchors.anchor import AnchorsRefused
from cuefocus.anchors.beat_grid import BeatMap
from cuefocus.anchors.beats import load_beats
from cuefocus.anchors.spoken import Words
from cuefocus.anchors.words import load_words
from cuefocus.app.device_complaints import device_complaints
from cuefocus.app.rig_surroundings import missing_surroundings
from cuefocus.app.sends import send_complaints
from cuefocus.app.songs import song_complaints
from cuefocus.app.stated_doubt import source_complaints
from cuefocus.app.trigger_complaints import unheard_triggers
from cuefocus.files.collector import collector_paused
from cuefocus.files.complaint import Complaint, FileRefused, in_file_order
from cuefocus.files.load import Loaded
from cuefocus.motion.compile import compile_show
from cuefocus.motion.compiled import CompiledShow
from cuefocus.motion.live import Live
from cuefocus.rig.loader import LoadedRig, load_rig
from cuefocus.shells.name_lookup import NameLookup
from cuefocus.show.loader import load_show
from cuefocus.show.models import Act, Show


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Args:
        compiled: the show as far as it can be planned; None where a file could not be used at all.
        complaints: of all files, sorted by file and place.
        anchors: words and beats by act.
    """

    show: Loaded[Show] | None
    rig: LoadedRig | None
    compiled: CompiledShow | None
    complaints: tuple[Complaint, ...]
    anchors: Mapping[str, ActAnchors] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether anything is an error: exit status 1."""
        return any(complaint.severity == "error" for complaint in self.complaints)

    def as_json(self) -> list[dict[str, str | int]]:
        """The rows of `check --json`."""
        return [complaint.as_json() for complaint in self.complaints]


def check(
    show_path: Path, rig_path: Path, *, live: Mapping[str, Live] | None = None, lookup: NameLookup | None = None
) -> Checked:
    """Load, compile and judge a show on a rig. Nothing is raised for what the files say: it is all in `complaints`."""
    found: list[Complaint] = []
    show: Loaded[Show] | None = None
    rig: LoadedRig | None = None
    with collector_paused():
        try:
            show = load_show(show_path)
            found += show.complaints
        except FileRefused as refused:
            found += refused.complaints
        try:
            rig = load_rig(rig_path)
            found += rig.complaints
        except FileRefused as refused:
            found += refused.complaints
        compiled = None
        anchors: dict[str, ActAnchors] = {}
        if show is not None:
            anchors, missing = load_anchors(show)
            found += missing
            if rig is not None:
                compiled = compile_show(show, rig, anchors, live=live)
                found += _without_echoes(compiled.complaints, missing)
                found += song_complaints(show.value, rig.rig, anchors)
                found += source_complaints(show.value, rig.rig)
                found += unheard_triggers(show, rig.rig.value)
                found += send_complaints(show, rig.rig.value, compiled, anchors)
        if rig is not None:
            found += device_complaints(rig.rig)
            found += missing_surroundings(rig.rig, lookup)
    return Checked(show, rig, compiled, tuple(in_file_order(found)), anchors)


def load_anchors(show: Loaded[Show]) -> tuple[dict[str, ActAnchors], list[Complaint]]:
    """Words and beats of every act, and what is wrong with their files. Each file is read once."""
    folder = Path(show.file).parent
    words: dict[str, Words | None] = {}
    beats: dict[tuple[str, int], BeatMap | None] = {}
    complaints: list[Complaint] = []

    def told(act_index: int, key: str, name: str, refused: AnchorsRefused) -> None:
        if refused.complaints[0].line:
            complaints.extend(refused.complaints)
        else:
            problem = f"{name}: {refused.complaints[0].problem}"
            loc = ("acts", act_index, "media", key)
            complaints.append(show.located.complaint(loc, problem, refused.complaints[0].hint))

    anchors: dict[str, ActAnchors] = {}
    for index, act in enumerate(show.value.acts):
        name = act.media.words
        if name is not None and name not in words:
            words[name] = None
            try:
                words[name] = load_words(folder / name)
            except AnchorsRefused as refused:
                told(index, "words", name, refused)
        name, numbered = act.media.beats, act.media.first_bar
        if name is not None and (name, numbered) not in beats:
            beats[name, numbered] = None
            try:
                beats[name, numbered] = load_beats(folder / name, first_bar=numbered)
            except AnchorsRefused as refused:
                told(index, "beats", name, refused)
        anchors[act.act] = _anchors_of(act, words, beats)
    return anchors, complaints


def _anchors_of(
    act: Act, words: Mapping[str, Words | None], beats: Mapping[tuple[str, int], BeatMap | None]
) -> ActAnchors:
    return ActAnchors(
        words=words.get(act.media.words) if act.media.words is not None else None,
        beats=beats.get((act.media.beats, act.media.first_bar)) if act.media.beats is not None else None,
    )


def _without_echoes(complaints: tuple[Complaint, ...], missing: list[Complaint]) -> list[Complaint]:
    """Complaints without those that only repeat, cue by cue, that an act's words or beats file cannot be used."""
    if not missing:
        return list(complaints)
    return [one for one in complaints if not one.problem.endswith(("has no words file", "has no tempo map"))]

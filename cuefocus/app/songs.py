"""Acts with tempo maps, for sources that say where in a song playback is; and what is wrong where one has none."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Final

from cuefocus.anchors.act_anchors import ActAnchors
from cuefocus.anchors.anchor import AnchorMissing
from cuefocus.anchors.beat_grid import BeatMap
from cuefocus.app.source_choice import AbletonChoice, ClockChoice, LinkChoice, live_of_rig
from cuefocus.chase.musical import Song
from cuefocus.engine.job import ActJob
from cuefocus.errors import InputError
from cuefocus.files.complaint import Complaint, Severity
from cuefocus.files.load import Loaded
from cuefocus.rig.models import MUSICAL_KINDS, Rig, Source, SourceKind
from cuefocus.show.models import Show
from cuefocus.timebase.units import NS_PER_S

RUN_ON_NS: Final = 2 * NS_PER_S
"""Labels go on so long after an act's end: what plays on then does not become another act."""
_LONGEST_BAR_HALVES: Final = 65
_FOUR: Final = 4.0
_SELECTING: Final = ("midi-clock",)
_WHICH: Final = "several acts have beats, and it cannot say which of them it plays"
_NO_BEATS: Final = "write media: {beats: song.mid} under an act, with the sequencer's tempo map"


def songs_of(show: Show, anchors: Mapping[str, ActAnchors], acts: Mapping[str, ActJob]) -> tuple[Song, ...]:
    """The acts that can be followed by their beats, in show order; those whose song has no beginning are left out."""
    found: list[Song] = []
    for act in show.acts:
        beats = anchors[act.act].beats if act.act in anchors else None
        if beats is None or act.act not in acts or _beginning(beats):
            continue
        chase = acts[act.act].chase
        speed = chase.speeds.nearest(1.0)
        from_ns, until_ns = chase.starts_show_ns - chase.preroll_ns, chase.end_show_ns + RUN_ON_NS
        even = bool(chase.speeds.exact)
        found.append(Song(act.act, chase.rate, chase.starts_show_ns, from_ns, until_ns, speed, beats, even))
    return tuple(_apart(found))


def song_complaints(show: Show, rig: Loaded[Rig], anchors: Mapping[str, ActAnchors]) -> Iterator[Complaint]:
    """What keeps the rig's musical sources from being followed. A device that cannot be read names no act."""
    for index, source in enumerate(rig.value.sources):
        if source.kind in MUSICAL_KINDS:
            act, key = _act_of(source, rig.located.file)
            for problem, hint, severity in _found(show, source.kind, act, anchors):
                yield rig.located.complaint(("sources", index, key), problem, hint, severity=severity)


def require_song(songs: tuple[Song, ...], act: str, where: str, *, selects: bool = True) -> None:
    """Refuse a musical source that no song is there for.

    Args:
        songs: the show's.
        act: the act it names; empty for none.
        where: the source as it was written.
        selects: whether it can say which song it plays.

    Raises: InputError.
    """
    if not songs:
        raise InputError("no act of the show has beats to follow it by", where=where, hint=_NO_BEATS)
    if act and act not in [song.act for song in songs]:
        have = ", ".join(song.act for song in songs)
        raise InputError(f"no act {act!r} has beats", where=where, hint=f"acts with beats: {have}")
    if not act and not selects and len(songs) > 1:
        have = ", ".join(song.act for song in songs)
        raise InputError(_WHICH, where=where, hint=f"write one after it: #{songs[0].act}; have {have}")


def bar_quarters(songs: tuple[Song, ...], act: str) -> float:
    """Length of the first bar of the song that is meant, quarters; 4 where there is none.

    Args:
        songs: the show's.
        act: the act that is named; empty for the only one.
    """
    for song in songs:
        if act in ("", song.act):
            first, _ = song.time.place_at(Fraction(0))
            halves = (
                half for half in range(1, _LONGEST_BAR_HALVES) if song.time.place_at(Fraction(half, 2))[0] > first
            )
            return next(halves, 8) / 2
    return 4.0


def _act_of(source: Source, where: str) -> tuple[str | None, str]:
    """The act that a musical source names, by itself or in its device, None for none; and the key to blame for it."""
    if source.act is not None:
        return source.act, "act"
    with contextlib.suppress(InputError):
        heard = live_of_rig(source, where)
        if isinstance(heard, ClockChoice | AbletonChoice | LinkChoice) and heard.act:
            return heard.act, "device"
    return None, "kind"


def _found(
    show: Show, kind: SourceKind, act: str | None, anchors: Mapping[str, ActAnchors]
) -> Iterator[tuple[str, str, Severity]]:
    maps = {one.act: beats for one in show.acts if (beats := anchors[one.act].beats) is not None}
    named = [one for one in maps if act in (None, one)]
    if act is not None and act not in show.act_by_id:
        yield f"no act {act!r}; have {', '.join(show.act_by_id) or 'none'}", "", "error"
    elif not named:
        whose = "no act has beats" if act is None else f"act {act!r} has no beats"
        yield f"{kind} says where in a song playback is, and {whose}", _NO_BEATS, "error"
    elif len(named) > 1 and kind not in _SELECTING:
        yield _WHICH, f"write the source's `act`: {', '.join(named)}", "error"
    elif len(named) > 1:
        listed = ", ".join(f"{number} {act}" for number, act in enumerate(named))
        yield f"several acts have beats: it follows none until MIDI Song Select says which ({listed})", "", "note"
    for one in named:
        if problem := _beginning(maps[one]):
            yield f"act {one}: {problem}", "number its bars from 1, or use a MIDI file", "error"


def _beginning(beats: BeatMap) -> str:
    """Why it is not known where the song begins, or empty."""
    try:
        beats.media_ns(Fraction(0))
    except AnchorMissing as missing:
        return missing.sentence
    return ""


def _apart(songs: list[Song]) -> Iterator[Song]:
    """Songs without labels that belong to the one after them on the timeline."""
    ordered = sorted(songs, key=lambda song: song.starts_show_ns)
    ends = {song.act: later.from_show_ns - 1 for song, later in pairwise(ordered)}
    for song in songs:
        yield replace(song, until_show_ns=min(song.until_show_ns, ends.get(song.act, song.until_show_ns)))

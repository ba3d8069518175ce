"""`cuefocus rehearse`: the whole path on a virtual clock. Same decoder, session, players, codecs; simulated motors."""

from collections.abc import Callable, Sequence
from heapq import merge
from pathlib import Path

from cuefocus.app.check import check
from cuefocus.app.firings import firings_of
from cuefocus.app.job import build_job, journal_files, refuse_mistakes
from cuefocus.app.rehearsal_rig import RehearsalRig, heard, origin_of_sound_ns, start_rings
from cuefocus.app.rehearsed import Rehearsed
from cuefocus.app.sound_choice import named_file
from cuefocus.app.source_choice import is_heard_live, source_ids
from cuefocus.app.version import code_version
from cuefocus.engine.job import Seed
from cuefocus.engine.journal import JournalHeader
from cuefocus.errors import DeviceError, InputError, SoundFileError
from cuefocus.files.collector import collector_paused
from cuefocus.shells.journal_file import JournalWriter
from cuefocus.shells.sound_file import SoundFile
from cuefocus.timebase.units import NS_PER_S

_AFTER_SOUND_NS = 15 * NS_PER_S


def rehearse(
    show_path: Path,
    rig_path: Path,
    timecode: Sequence[Path],
    *,
    fire: Sequence[str] = (),
    journal: Path | None = None,
    warn: Callable[[str], object] = lambda _: None,
) -> Rehearsed:
    """Rehearse a show against a sound file with LTC, armed and engaged.

    Args:
        show_path: show file.
        rig_path: rig file.
        timecode: sound files with LTC, also as `file:X.wav#2` for the second channel; the one that is followed first
            before the others. All begin at once.
        fire: `CUE@TIMECODE` for triggered cues; without any, the show's own `rehearse:` list stands in.
        journal: where to write the journal, so that it can be replayed.
        warn: told, in a sentence, if the sound file is not whole.

    Raises: InputError subclasses for files that cannot be used, DeviceError for a journal that cannot be written.
    """
    checked = check(show_path, rig_path)
    refuse_mistakes(checked)
    if checked.show is None or checked.rig is None:
        raise InputError("the show cannot be rehearsed")
    in_use = [(source, "file") for source in source_ids(checked.rig.rig.value, len(timecode))]
    job = build_job(checked, in_use)
    named = [_named(str(path)) for path in timecode]
    sounds = [SoundFile.open(path) for path, _ in named]
    for sound, (_, channel) in zip(sounds, named, strict=True):
        sound.warn(warn)
        if channel is not None:
            sound.require(channel)
    firings = firings_of(checked.show.value, job, fire)
    seed = Seed(rings=start_rings(checked.rig.rig.value), auto_arm=True, takes=1)
    troubles: list[str] = []
    writer = None
    if journal is not None:
        options: dict[str, object] = {
            "auto_arm": True,
            "takes": 1,
            "rings": dict(seed.rings),
            "sources": [[*one] for one in in_use],
        }
        header = JournalHeader(code_version(), "rehearsal", journal_files(show_path, rig_path, checked), options)
        writer = _begun(journal, header, troubles)
    try:
        origin_ns = origin_of_sound_ns(job, seed)
        blocks = merge(
            *(
                heard(sound, source, channel, origin_ns=origin_ns, latency_ns=-job.latencies_ns.get(source, 0))
                for sound, (_, channel), source in zip(sounds, named, job.sources, strict=True)
            ),
            key=lambda block: block[0],
        )
        rig = RehearsalRig(job, seed, checked.rig.rig.value, blocks, firings, writer, keeps_logs=False)
        with collector_paused():
            rig.run(origin_ns + round(max(sound.duration_s for sound in sounds) * NS_PER_S) + _AFTER_SOUND_NS)
    finally:
        if writer is not None:
            writer.close()
    if not rig.readings:
        where = ", ".join(map(str, timecode))
        raise SoundFileError("there is no LTC in it", where=where, hint="is this the timecode track?")
    rig.result.alarms[:0] = [str(complaint) for complaint in checked.complaints if complaint.severity == "error"]
    rig.result.alarms.extend(f"cue {f.cue} was not fired: its moment never came" for f in rig.waiting)
    rig.result.troubles.extend(troubles)
    return rig.result


def _named(text: str) -> tuple[Path, int | None]:
    """A sound file and its channel, if one is named. Raises: InputError for what is heard live."""
    path, channel = named_file(text, where="--timecode")
    if is_heard_live(text) and not path.exists():
        hint = f"record its timecode and give X.wav; `run --source {text}` follows it live"
        raise InputError(f"{text} is heard live, and a rehearsal hears files alone", where="--timecode", hint=hint)
    return path, channel


def _begun(path: Path, header: JournalHeader, troubles: list[str]) -> JournalWriter:
    """A new journal. Raises: InputError where a file is already, DeviceError where none can be written."""
    if path.is_file() and path.stat().st_size:
        raise InputError("there is a file already", where=str(path), hint="name a new one for the journal")
    writer = JournalWriter(path, header, now_ns=lambda: 0, on_trouble=troubles.append)
    if troubles:
        trouble = troubles[0].partition("; ")[0]  # what `run` would do about it is no matter here
        raise DeviceError(f"no rehearsal without the journal that was asked for: {trouble}", hint="name another file")
    return writer

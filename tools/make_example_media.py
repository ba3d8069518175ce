"""Write the words, tempo map and beat file of the example shows: cues/media/duet.* and cues/media/dance.beats.json.

The same bytes on every run; the tests check that what is committed is what this writes. The sound of the timecode is
made by `cuefocus ltc generate`.
"""

import io
import json
import sys
from pathlib import Path
from typing import Any

from mido import MetaMessage, MidiFile, MidiTrack, bpm2tempo

from cuefocus.anchors.midi_file import parse_midi

TICKS_PER_QUARTER = 480
DUET_BPM, DUET_SLOWER_BPM, DUET_SLOWER_BAR = 112, 104, 17
# Bar in which a line begins, and what is sung on its beats; "_" holds the word before.
DUET_LINES = (
    (2, "Leave the light on by the door _"),
    (4, "sing it softly say no more _"),
    (6, "one last look and then goodbye _"),
    (8, "underneath a painted sky _ _ _"),
    (10, "Ana, turn and look at me _"),
    (12, "all I was and used to be _"),
    (14, "Ben will never say goodbye _ _"),
    (16, "nor will I so dry your eye"),
    (18, "you are not alone _ _ _ _"),
    (20, "not alone _ _ _ _ home _"),
)
# Singers are not sequencers: how far each onset lies off its beat, over and over.
SUNG_OFFSETS_MS = (0, 12, -8, 20, 5, -15, 10, -3)
SUNG_SHARE = 0.85  # of a beat that a word lasts

DANCE_EIGHTH_S = 0.2
DANCE_BARS = ((7, 16), (8, 8), (7, 4))  # (eighths in a bar, bars)
PLAYED_OFFSETS_MS = (0, 2, -1, 1, -2, 0, 1)


def duet_midi() -> bytes:
    """A tempo map: 4/4 throughout, a little slower from bar 17."""
    midi = MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER)
    track = MidiTrack()
    midi.tracks.append(track)
    slower_tick = (DUET_SLOWER_BAR - 1) * 4 * TICKS_PER_QUARTER
    track.append(MetaMessage("track_name", name="Duet tempo map", time=0))
    track.append(MetaMessage("time_signature", numerator=4, denominator=4, time=0))
    track.append(MetaMessage("set_tempo", tempo=bpm2tempo(DUET_BPM), time=0))
    track.append(MetaMessage("set_tempo", tempo=bpm2tempo(DUET_SLOWER_BPM), time=slower_tick))
    track.append(MetaMessage("end_of_track", time=6 * 4 * TICKS_PER_QUARTER))
    stream = io.BytesIO()
    midi.save(file=stream)
    return stream.getvalue()


def duet_words() -> dict[str, list[dict[str, Any]]]:
    """Every word near its beat, in the 10 ms steps of an aligner."""
    beats = parse_midi(duet_midi(), "duet.mid")
    words: list[dict[str, Any]] = []
    for bar, line in DUET_LINES:
        sung = line.split()
        for index, word in enumerate(sung):
            if word == "_":
                continue
            held = 1
            while index + held < len(sung) and sung[index + held] == "_":
                held += 1
            on_beat_s = beats.find(bar + index // 4, index % 4 + 1).time_s
            after_s = beats.time_at(beats.count_at(on_beat_s) + held * SUNG_SHARE)
            offset_s = SUNG_OFFSETS_MS[len(words) % len(SUNG_OFFSETS_MS)] / 1000
            confidence = 0.97 if held > 1 else 0.91
            words.append(
                {
                    "word": word,
                    "start_s": round(on_beat_s + offset_s, 2),
                    "end_s": round(after_s + offset_s, 2),
                    "confidence": confidence,
                    "source": "hand",
                }
            )
    return {"words": words}


def dance_beats() -> dict[str, list[dict[str, Any]]]:
    """Eighths as a drummer played them: 7/8, then 8/8, then 7/8 again."""
    beats: list[dict[str, Any]] = []
    bar = 1
    for eighths, bars in DANCE_BARS:
        for _ in range(bars):
            for beat in range(1, eighths + 1):
                offset_s = PLAYED_OFFSETS_MS[len(beats) % len(PLAYED_OFFSETS_MS)] / 1000
                time_s = round(1.0 + len(beats) * DANCE_EIGHTH_S + offset_s, 3)
                beats.append({"bar": bar, "beat": beat, "time_s": time_s, "confidence": 0.99, "source": "hand"})
            bar += 1
    return {"beats": beats}


def one_a_line(key: str, rows: list[dict[str, Any]]) -> bytes:
    """JSON with a row on a line, so that a diff shows which word moved."""
    lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{{"{key}": [\n{lines}\n]}}\n'.encode()


def media() -> dict[str, bytes]:
    """Every file by its name."""
    return {
        "duet.mid": duet_midi(),
        "duet.words.json": one_a_line("words", duet_words()["words"]),
        "dance.beats.json": one_a_line("beats", dance_beats()["beats"]),
    }


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "cues" / "media"
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in media().items():
        (folder / name).write_bytes(data)
        print(f"{folder / name}: {len(data)} bytes")


if __name__ == "__main__":
    main()

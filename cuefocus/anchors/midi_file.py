"""A MIDI file's tempo and meter. mido reads the file."""

import io
from struct import error as StructError  # noqa: N812 - it is an exception

from mido import MidiFile
from mido.midifiles.meta import KeySignatureError

from cuefocus.anchors.anchor import AnchorsRefused
from cuefocus.anchors.tempo_map import TempoMap
from cuefocus.files.complaint import Complaint

MAX_MIDI_BYTES = 1024 * 1024


def parse_midi(data: bytes, file: str, *, first_bar: int = 1) -> TempoMap:
    """The tempo map of a MIDI file's bytes.

    Args:
        data: the file's bytes.
        file: path as the operator gave it, for messages.
        first_bar: number of its first bar.

    Raises: AnchorsRefused saying what is wrong and where.
    """
    if len(data) > MAX_MIDI_BYTES:
        raise _refusal(file, f"the file has more than {MAX_MIDI_BYTES} bytes", "export the tempo track alone")
    stream = io.BytesIO(data)
    try:
        midi = MidiFile(file=stream)
    except (OSError, EOFError, ValueError, LookupError, TypeError, StructError, KeySignatureError) as error:
        reason = str(error) or "it ends too early"
        problem = f"not a MIDI file that can be read, near byte {stream.tell()}: {reason[:100]}"
        raise _refusal(file, problem, "export it again from the sequencer") from None
    if midi.type == 2:
        raise _refusal(file, "a type 2 MIDI file has no common timeline", "export it as type 0 or 1")
    if not 0 < midi.ticks_per_beat < 0x8000:
        raise _refusal(file, "the file counts in SMPTE frames, not in beats", "export it with ticks per quarter")
    tempos, meters = list[tuple[int, int]](), list[tuple[int, int, int]]()
    for track in midi.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                if message.tempo <= 0:
                    raise _refusal(file, f"tempo 0 at tick {tick}", "give that place a tempo")
                tempos.append((tick, message.tempo))
            elif message.type == "time_signature":
                if message.numerator <= 0 or not 0 < message.denominator <= 256:
                    problem = f"meter {message.numerator}/{message.denominator} at tick {tick}"
                    raise _refusal(file, problem, "give that place a meter such as 4/4 or 7/8")
                meters.append((tick, message.numerator, message.denominator))
    return TempoMap(tempos, meters, midi.ticks_per_beat, first_bar=first_bar)


def _refusal(file: str, problem: str, hint: str) -> AnchorsRefused:
    return AnchorsRefused([Complaint(file, 0, 0, "", "error", problem, hint)])

"""Notes, controllers and programs as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.wire.midi_bytes import MidiBytes
from cuefocus.wire.midi_voice import ControlValue, NoteOn, ProgramCall, Voice, read_voice, voice_message


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("99 3C 40", NoteOn(60, 10, 64)), ("90 00 01", NoteOn(0, 1, 1)), ("99 3C 00", None), ("89 3C 40", None),
        ("B0 40 7F", ControlValue(64, 1, 127)), ("BF 07 00", ControlValue(7, 16, 0)), ("C0 05", ProgramCall(5, 1)),
        ("D0 05", None), ("E0 00 40", None), ("A0 3C 40", None), ("F8", None), ("F0 F7", None), ("F1 04", None),
    ],
)  # fmt: skip
def test_what_a_message_says(message: str, says: Voice | None) -> None:
    assert read_voice(bytes.fromhex(message)) == says
    if says is not None:
        assert voice_message(says) == bytes.fromhex(message)


def test_running_status_carries_notes_on() -> None:
    stream = bytes.fromhex("90 3C 40 3E 40 F8 3C 00 40 41")
    voices = [voice for message in MidiBytes().feed(stream) if (voice := read_voice(message)) is not None]
    assert voices == [NoteOn(60, 1), NoteOn(62, 1), NoteOn(64, 1, 65)]


small, channels = st.integers(0, 127), st.integers(1, 16)
voices = st.one_of(
    st.builds(NoteOn, small, channels, st.integers(1, 127)),
    st.builds(ControlValue, small, channels, small),
    st.builds(ProgramCall, small, channels),
)


@given(voices)
def test_what_is_encoded_is_read(voice: Voice) -> None:
    assert read_voice(voice_message(voice)) == voice

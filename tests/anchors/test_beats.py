"""Beats: tempo and meter changes to the microsecond, and every mistake in a beat file at its place."""

import io
import json
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mido import MetaMessage, MidiFile, MidiTrack

from cuefocus.anchors.anchor import AnchorMissing, AnchorsRefused
from cuefocus.anchors.beat_grid import BeatMap, beats_after_s, beats_before_s
from cuefocus.anchors.beats import parse_beats
from cuefocus.anchors.tempo_map import TempoMap
from cuefocus.errors import InputError


def midi_of(changes: list[tuple[int, str, dict[str, int]]], *, division: int = 480, kind: int = 1) -> bytes:
    midi = MidiFile(type=kind, ticks_per_beat=division)
    track = MidiTrack()
    midi.tracks.append(track)
    tick = 0
    for at_tick, name, values in changes:
        track.append(MetaMessage(name, time=at_tick - tick, **values))
        tick = at_tick
    stream = io.BytesIO()
    midi.save(file=stream)
    return stream.getvalue()


def meter(numerator: int, denominator: int) -> dict[str, int]:
    return {"numerator": numerator, "denominator": denominator}


def test_a_file_without_tempo_is_at_120_in_four() -> None:
    beats = parse_beats(midi_of([]), "b.mid")
    assert beats.find(1).time_s == 0.0
    assert beats.find(17, 3).time_s == 16 * 2.0 + 1.0
    assert beats.find(2, 2.5).time_s == pytest.approx(2.75)
    assert beats.find(2).text == "bar 2 beat 1"


def test_tempo_and_meter_changes() -> None:
    beats = parse_beats(
        midi_of([
            (0, "set_tempo", {"tempo": 500_000}), (0, "time_signature", meter(4, 4)),
            (2 * 1920, "time_signature", meter(7, 8)),  # bar 3
            (2 * 1920 + 7 * 240, "set_tempo", {"tempo": 600_000}),  # bar 4
            (2 * 1920 + 2 * 7 * 240, "time_signature", meter(3, 4)),  # bar 5
        ]),
        "b.mid",
    )  # fmt: skip
    assert beats.find(3).time_s == pytest.approx(4.0)
    assert beats.find(3, 7).time_s == pytest.approx(4.0 + 6 * 0.25)
    assert beats.find(4).time_s == pytest.approx(5.75)
    assert beats.find(5).time_s == pytest.approx(5.75 + 7 * 0.3)
    assert beats.find(100, 3).time_s == pytest.approx(7.85 + 95 * 1.8 + 1.2), "the last tempo and meter go on"
    assert beats_before_s(beats, beats.find(4).time_s, 2) == pytest.approx(0.5)
    assert beats_after_s(beats, beats.find(4).time_s, 2) == pytest.approx(0.6)
    assert beats_before_s(beats, beats.find(5, 2).time_s, 2) == pytest.approx(0.6 + 0.3), "a quarter and an eighth"


def test_a_pick_up_bar_can_be_bar_0() -> None:
    data = midi_of([(0, "time_signature", meter(1, 4)), (480, "time_signature", meter(4, 4))])
    assert parse_beats(data, "b.mid").find(2).time_s == 0.5
    beats = parse_beats(data, "b.mid", first_bar=0)
    assert (beats.find(0).time_s, beats.find(1).time_s) == (0.0, 0.5)
    with pytest.raises(AnchorMissing, match="starts with bar 0"):
        beats.find(-1)
    with pytest.raises(AnchorMissing, match="its last beat is 1"):
        beats.find(0, 2)


def test_a_bar_cut_short_is_a_bar() -> None:
    beats = parse_beats(midi_of([(0, "time_signature", meter(4, 4)), (960, "time_signature", meter(3, 4))]), "b.mid")
    assert beats.find(2).time_s == 1.0
    with pytest.raises(AnchorMissing, match=r"bar 1 has no beat 3; its last beat is 2"):
        beats.find(1, 3)
    with pytest.raises(AnchorMissing, match=r"bar 2 has no beat 4; its last beat is 3"):
        beats.find(2, 4)


tempos = st.lists(st.tuples(st.integers(0, 50_000), st.integers(100_000, 2_000_000)), max_size=6).map(sorted)
meters = st.lists(
    st.tuples(st.integers(0, 50_000), st.integers(1, 12), st.sampled_from([2, 4, 8, 16])), max_size=6
).map(sorted)  # fmt: skip


@given(tempos, meters, st.integers(1, 100), st.data())
def test_time_and_count_are_each_others_inverse(
    tempo: list[tuple[int, int]], meter: list[tuple[int, int, int]], bar: int, data: st.DataObject
) -> None:
    beats = TempoMap(tempo, meter, 480)
    time_s = beats.find(bar).time_s
    assert beats.time_at(beats.count_at(time_s)) == pytest.approx(time_s, abs=1e-9)
    assert beats.find(bar + 1).time_s > time_s, "bars go forward"
    count = data.draw(st.floats(0, 16))
    assert beats_after_s(beats, time_s, count) >= -1e-9
    landed = time_s + beats_after_s(beats, time_s, count)
    assert beats_before_s(beats, landed, count) == pytest.approx(landed - time_s, abs=1e-6)


def grid() -> BeatMap:
    times = [0.5, 1.0, 1.6, 2.0, 2.5]
    rows = [{"bar": 1 + index // 3, "beat": 1 + index % 3, "time_s": time_s} for index, time_s in enumerate(times)]
    return parse_beats(json.dumps({"beats": rows}).encode(), "b.json")


def test_beats_one_by_one() -> None:
    beats = grid()
    assert beats.find(2, 1).time_s == 2.0
    assert beats.find(1, 2.5).time_s == pytest.approx(1.3)
    assert beats_before_s(beats, 2.0, 2) == pytest.approx(1.0)
    assert beats_after_s(beats, 2.5, 2) == pytest.approx(1.0), "past the end the last beat goes on"
    with pytest.raises(AnchorMissing, match="the beat file has no bar 3: it runs from bar 1 to 2"):
        beats.find(3)
    with pytest.raises(AnchorMissing, match="bar 2 has no beat 3; its last beat is 2"):
        beats.find(2, 3)


def test_a_beat_that_was_not_found_in_the_sound_is_named_with_those_that_were() -> None:
    rows = [{"bar": 1, "beat": beat, "time_s": beat} for beat in (1, 3, 4)]
    with pytest.raises(AnchorMissing, match="bar 1 has no beat 2; it has 1, 3, 4"):
        parse_beats(json.dumps({"beats": rows}).encode(), "b.json").find(1, 2)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b'{"beats": [\n {"bar": 1, "beat": 1, "time_s": 1}\n]}', "beats: the list needs at least 2 items"),
        (b'{"beats": [\n {"bar": 1, "beat": 1, "time_s": 1},\n {"bar": 1, "beat": 2, "time_s": 1}\n]}',
         "b.json:3:34: beats.1.time_s: bar 1 beat 2 comes less than 1 ms after the beat above it"),
        (b'{"beats": [{"bar": 1, "beat": 2, "time_s": 1}, {"bar": 1, "beat": 1, "time_s": 2}]}',
         "bar 1 beat 1 follows bar 1 beat 2; number bars and beats upwards"),
        (b'{"beats": [{"bar": 1, "beat": 0, "time_s": 1}, {"bar": 1, "beat": 1, "time_s": 2}]}', "must be at least 1"),
    ],
)  # fmt: skip
def test_each_mistake_in_a_beat_file_has_its_place(data: bytes, complaint: str) -> None:
    with pytest.raises(AnchorsRefused) as refused:
        parse_beats(data, "b.json")
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "b.mid: not a MIDI file that can be read, near byte 0"),
        (b"RIFF....", "b.mid: not a MIDI file that can be read"),
        (midi_of([])[:20], "not a MIDI file that can be read, near byte"),
        (b"MThd\0\0\0\6\0\1\0\0\0\0", "counts in SMPTE frames, not in beats"),
        (midi_of([(0, "set_tempo", {"tempo": 0})]), "tempo 0 at tick 0; give that place a tempo"),
        (midi_of([], kind=2), "a type 2 MIDI file has no common timeline"),
        (b"MThd" + bytes(2**20), "the file has more than 1048576 bytes; export the tempo track alone"),
    ],
)
def test_each_midi_file_that_cannot_be_used_says_why(data: bytes, complaint: str) -> None:
    with pytest.raises(AnchorsRefused) as refused:
        parse_beats(data, "b.mid")
    assert complaint in str(refused.value)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_no_damage_raises_anything_but_input_errors(data: st.DataObject) -> None:
    changes = [(0, "time_signature", meter(7, 8)), (0, "set_tempo", {"tempo": 500_000}), (960, "key_signature", {})]
    whole = bytearray(midi_of(changes))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with suppress(InputError):
        parse_beats(bytes(whole), "b.mid").find(3, 2)


def test_quarters_of_a_sequencers_song_are_media_time_and_places_in_it() -> None:
    beats = parse_beats(
        midi_of([
            (0, "set_tempo", {"tempo": 500_000}), (0, "time_signature", meter(4, 4)),
            (2 * 1920, "time_signature", meter(7, 8)),
            (2 * 1920 + 7 * 240, "set_tempo", {"tempo": 600_000}),
        ]),
        "b.mid",
        first_bar=0,
    )  # fmt: skip
    assert beats.media_ns(Fraction(1, 24)) == 20_833_333
    assert beats.media_ns(Fraction(23, 2)) == 5_750_000_000
    assert beats.media_ns(Fraction(25, 2)) == 6_350_000_000
    assert beats.media_ns(Fraction(-1)) == -500_000_000, "a count-in"
    assert beats.place_at(Fraction(19, 2)) == (2, 4.0)
    for bar, beat in ((0, 1.0), (1, 4.5), (2, 7.0), (40, 3.0)):
        quarters = beats.quarters_at(bar, beat)
        assert beats.place_at(quarters) == (bar, beat)
        assert beats.media_ns(quarters) == pytest.approx(beats.find(bar, beat).time_s * 1e9, abs=1)


def test_a_beat_files_song_begins_with_bar_1() -> None:
    rows = [
        {"bar": bar, "beat": beat, "time_s": 0.25 + bar * 1.5 + beat * 0.5} for bar in (0, 1, 2) for beat in (1, 2, 3)
    ]
    beats = parse_beats(json.dumps({"beats": rows}).encode(), "b.json")
    assert beats.media_ns(Fraction(0)) == round(2.25e9)
    assert beats.media_ns(Fraction(3, 2)) == round(3.0e9)
    assert beats.place_at(Fraction(7, 2)) == (2, 1.5)
    assert beats.place_at(Fraction(6)) == (3, 1.0), "past the end"
    assert beats.place_at(Fraction(-4)) == (-1, 3.0), "before the beginning"
    assert beats.quarters_at(2, 2) == 4
    headless = parse_beats(json.dumps({"beats": rows[5:]}).encode(), "b.json")
    with pytest.raises(AnchorMissing, match="no bar 1 beat 1"):
        headless.media_ns(Fraction(0))

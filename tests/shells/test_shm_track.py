"""Tracks of which only a stretch is new: what motion makes of them, whenever it looks."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuefocus.motion.track import LandingInstant, Segment, Track, TrackRoom
from cuefocus.shells import shm_track_reader
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.shm_codec import segments_in
from cuefocus.shells.shm_layout import LANDING, SEGMENT, TRACK_PAGE
from cuefocus.shells.shm_track import TrackPlaces, TrackWriter
from cuefocus.shells.shm_track_reader import Torn, TrackReader

ROOM = TrackRoom(8192, 8192)
EVERYTHING = 1 << 20


@pytest.fixture(scope="module")
def memory() -> Iterator[SharedMemory]:
    made = SharedMemory.create(("A.focus",), {"A.focus": ROOM})
    yield made
    for fd in made.handed_down:
        os.close(fd)


def ends(memory: SharedMemory) -> tuple[TrackWriter, TrackReader]:
    return TrackWriter(memory.view, memory.layout, 0), TrackReader(memory.view, memory.layout, 0)


def segment(number: int, level: float) -> Segment:
    return Segment(number * 100, 100, (level, 0.0, 0.0, 0.0, 0.0, 0.0))


def track(size: int, level: float = 0.5) -> Track:
    landings = [LandingInstant(number * 100 + 50, level, level) for number in range(size)]
    return Track(level, [segment(number, level) for number in range(size)], landings)


def changed(before: Track, first: int, last: int, count: int, level: float) -> Track:
    """Another stretch between two indices, of another length where `count` says so."""
    fresh = [segment(first + number, level) for number in range(count)]
    instants = [LandingInstant((first + number) * 100 + 50, level, level) for number in range(count)]
    return before.with_stretch(before.rest_ring, (first, last), fresh, (first, last), instants)


def same(one: Track | None, other: Track) -> bool:
    return one is not None and (one.rest_ring, one.segments, one.landings, list(one.starts_ns)) == (
        other.rest_ring,
        other.segments,
        other.landings,
        list(other.starts_ns),
    )


edits = st.tuples(st.integers(0, 60), st.integers(0, 30), st.integers(0, 30), st.integers(0, 3), st.integers(1, 40))


@settings(max_examples=60, deadline=None)
@given(size=st.integers(0, 80), steps=st.lists(edits, max_size=12))
def test_whatever_is_changed_and_whenever_motion_looks_it_has_a_track_that_was_published_and_in_the_end_the_last(
    memory: SharedMemory, size: int, steps: list[tuple[int, int, int, int, int]]
) -> None:
    writer, reader = ends(memory)
    newest = track(size)
    generation, published = writer.write(newest), [newest]
    for number, (first, length, count, looks, pieces) in enumerate(steps):
        first = min(first, len(newest.segments))
        newest = changed(newest, first, min(first + length, len(newest.segments)), count, float(number))
        generation = writer.write(newest)
        published.append(newest)
        for _ in range(looks):
            reader.take_in(generation, pieces)
            assert reader.track is None or any(same(reader.track, one) for one in published)
    while reader.generation != generation:
        reader.take_in(generation, 7)
    assert same(reader.track, newest)


def test_of_a_long_track_only_what_is_new_is_decoded(memory: SharedMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []

    def counted(run: bytes) -> Iterator[Segment]:
        decoded.append(len(run) // SEGMENT.size)
        return decode(run)

    decode = segments_in
    monkeypatch.setattr(shm_track_reader, "segments_in", counted)
    writer, reader = ends(memory)
    long = track(5000)
    reader.take_in(writer.write(long), EVERYTHING)
    assert sum(decoded) == 5000
    first, decoded[:] = reader.track, []
    assert reader.take_in(writer.write(changed(long, 1000, 1010, 12, 0.25)), 400) == 400 - 24
    assert sum(decoded) == 12
    assert first is not None
    assert reader.track is not None
    assert reader.track.segments[999] is first.segments[999], "what stays is the very same"
    assert reader.track.segments[1012] is first.segments[1010]
    assert reader.retired == [*first.segments[1000:1010], *first.landings[1000:1010]]


def test_a_track_taken_in_half_way_is_gone_on_with_in_the_next(memory: SharedMemory) -> None:
    """So a reader with much to decode is done in the end, however often a stretch is replaced meanwhile."""
    writer, reader = ends(memory)
    newest, looks = track(4000), 0
    generation = writer.write(newest)
    while reader.generation != generation:
        newest = changed(newest, (looks * 37) % 3900, (looks * 37) % 3900 + 10, 10, looks / 1000)
        generation = writer.write(newest)
        reader.take_in(generation, 100)
        looks += 1
        assert looks < 120, "8,000 pieces, 20 new ones each time, 100 a look"
    assert same(reader.track, newest)


def test_a_reader_that_missed_a_track_decodes_all_of_the_newest(memory: SharedMemory) -> None:
    writer, reader = ends(memory)
    newest = track(300)
    reader.take_in(writer.write(newest), EVERYTHING)
    for level in (0.1, 0.2, 0.3):
        newest = changed(newest, 100, 110, 10, level)
        generation = writer.write(newest)
    assert reader.take_in(generation, 100) == 0
    assert not same(reader.track, newest)
    while reader.generation != generation:
        reader.take_in(generation, 100)
    assert same(reader.track, newest)


def test_a_successor_of_the_writer_is_read_like_its_predecessor(memory: SharedMemory) -> None:
    writer, reader = ends(memory)
    long = track(300)
    reader.take_in(writer.write(long), EVERYTHING)
    successor = TrackWriter(memory.view, memory.layout, 0)
    other = changed(long, 10, 20, 5, 0.9)
    reader.take_in(successor.write(other), EVERYTHING)
    assert same(reader.track, other)


def test_the_same_pieces_again_are_not_published(memory: SharedMemory) -> None:
    writer, _ = ends(memory)
    generation = writer.write(track(50))
    assert writer.write(track(50)) == generation
    assert writer.write(track(50, 0.6)) == generation + 1


@pytest.mark.parametrize("record", [SEGMENT, LANDING])
def test_records_that_are_not_those_that_were_summed_up_are_no_track(memory: SharedMemory, record: object) -> None:
    """As they are seen while they are written, or out of order."""
    writer, reader = ends(memory)
    newest = track(3 * TRACK_PAGE)
    reader.take_in(writer.write(newest), EVERYTHING)
    generation = writer.write(changed(newest, 5, 6, 1, 0.9))
    places = TrackPlaces(memory.layout, 0)
    at = places.segments if record is SEGMENT else places.landings
    memory.view[at[generation & 1] + 3] ^= 1
    with pytest.raises(Torn):
        reader.take_in(generation, EVERYTHING)
    assert same(reader.track, newest)

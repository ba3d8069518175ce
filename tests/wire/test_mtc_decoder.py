"""MIDI timecode read from bytes: what is believed, when, and what never is."""

import random
from collections.abc import Callable
from itertools import pairwise

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuefocus.sim.torn_mtc import FAULTS, Sent, is_hidden, is_true, played, running_counter, torn_stream
from cuefocus.timebase.frames import RATES, FrameRate, Timecode, parse_timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.events import Glitch, PlaybackStopped
from cuefocus.wire.mtc.decoder import Heard, MtcDecoder
from cuefocus.wire.mtc.encoder import full_frame, quarter_frames
from cuefocus.wire.mtc.word import MTC_RATES, MtcLocate, MtcWord

rates = st.sampled_from(MTC_RATES)
DF = RATES["29.97df"]


@st.composite
def frames(draw: st.DrawFn) -> tuple[FrameRate, int]:
    rate = draw(rates)
    return rate, draw(st.integers(0, rate.frames_per_day - 1))


def heard(sent: Sent, decoder: MtcDecoder | None = None, *, from_stamp: int = 0) -> list[tuple[int, Heard]]:
    """What is heard of pieces stamped with their places, and at which."""
    reader = decoder or MtcDecoder("mtc")
    return [
        (at, found)
        for at, piece in enumerate(sent, start=from_stamp)
        for found in reader.feed(bytes((0xF1, piece.data)), at)
    ]


def words(sent: Sent) -> list[MtcWord]:
    return [found for _, found in heard(sent) if isinstance(found, MtcWord)]


def bytes_of(text: str) -> bytes:
    return bytes.fromhex(text)


# --- vectors: reference/showcontrol.md, "MTC" ---


@pytest.mark.parametrize(
    ("sent", "rate", "label", "after"),
    [
        ("F104 F110 F123 F130 F142 F150 F161 F172", "25", "01:02:03:04", "01:02:03:06"),
        ("F10C F111 F12B F133 F140 F150 F160 F174", "29.97df", "00:00:59;28", "00:01:00;02"),
        ("F10C F111 F12B F133 F149 F150 F161 F174", "29.97df", "01:09:59;28", "01:10:00;00"),
        ("F106 F111 F12B F133 F14B F153 F167 F171", "24", "23:59:59:22", "00:00:00:00"),
        ("F10C F111 F12B F133 F14B F153 F167 F177", "30", "23:59:59:28", "00:00:00:00"),
    ],
)
def test_a_word_names_the_frame_of_its_first_piece_and_two_later_the_next(
    sent: str, rate: str, label: str, after: str
) -> None:
    counted = RATES[rate]
    then = parse_timecode(after, counted)
    last = timecode_at_frame(then.frame_number(counted) + 2, counted)
    follows = quarter_frames(then, counted) + quarter_frames(last, counted)
    decoder = MtcDecoder("mtc")
    found = [
        each
        for at, message in enumerate([*(bytes_of(piece) for piece in sent.split()), *follows])
        for each in decoder.feed(message, at)
    ]
    first, second, third = found
    assert isinstance(first, MtcWord)
    assert isinstance(second, MtcWord)
    assert isinstance(third, MtcWord)
    assert first.label.text(counted) == label
    assert first.rate is counted
    assert first.next_label.text(counted) == after
    assert second.label.text(counted) == after
    assert first.stamps_ns == tuple(range(8))


def test_a_full_frame_is_a_locate() -> None:
    assert MtcDecoder("mtc").feed(bytes_of("F07F7F010121020304F7"), 5) == [
        MtcLocate(Timecode(1, 2, 3, 4), RATES["25"], 5)
    ]
    assert MtcDecoder("mtc").feed(bytes_of("F07F000101410A3B1DF7"), 5) == [MtcLocate(Timecode(1, 10, 59, 29), DF, 5)]


def test_a_full_frame_that_does_not_exist_is_a_glitch() -> None:
    (found,) = MtcDecoder("mtc").feed(bytes_of("F07F7F010141010000F7"), 5)  # 01:01:00;00
    assert isinstance(found, Glitch)


@pytest.mark.parametrize(
    "other",
    ["F07F7F010201020304050607080000F7", "F07F7F0602F7", "F8", "FE", "903C40", "F20102", "F07F7F0101F7"],
    ids=["user bits", "MMC play", "clock", "sensing", "note", "song position", "short"],
)
def test_what_is_not_timecode_is_ignored(other: str) -> None:
    assert MtcDecoder("mtc").feed(bytes_of(other), 5) == []


@pytest.mark.parametrize(
    ("message", "means"),
    [
        ("F07F7F0601F7", [PlaybackStopped("mtc", "MMC Stop", 5)]),
        ("F07F7F0609F7", [PlaybackStopped("mtc", "MMC Pause", 5)]),
        ("F07F7F06440601210203040AF7", [MtcLocate(Timecode(1, 2, 3, 4), RATES["25"], 5)]),
        (
            "F07F7F060144060141423B1D00F7",
            [
                PlaybackStopped("mtc", "MMC Stop", 5),
                MtcLocate(Timecode(1, 2, 59, 29), DF, 5),
            ],
        ),
        ("F07F7F0602440601210203040AF7", [MtcLocate(Timecode(1, 2, 3, 4), RATES["25"], 5)]),
        ("F07F7F0640024F0109F7", [PlaybackStopped("mtc", "MMC Pause", 5)]),
        ("F07F7F064406014101000000F7", [Glitch("mtc", "MMC Locate names a frame that does not exist", 5)]),
    ],
    ids=["stop", "pause", "locate", "stop and locate", "play and locate", "write and pause", "no such frame"],
)
def test_machine_control_stops_and_locates(message: str, means: list[Heard]) -> None:
    assert MtcDecoder("mtc").feed(bytes_of(message), 5) == means


@pytest.mark.parametrize(
    "message",
    [
        "F07F7F0602F7",
        "F07F7F0603F7",
        "F07F050601F7",
        "F07F7F0701F7",
        "F07F7F06440200013FF7",
        "F07F7F064406012102F7",
        "F07F7F0644F7",
        "F07F7F0653030101F7",
        "F07E7F0601F7",
    ],
    ids=[
        "play",
        "deferred play",
        "another device",
        "response",
        "field",
        "cut off",
        "no count",
        "segment",
        "not real time",
    ],
)
def test_machine_control_that_is_no_stop_for_us_changes_nothing(message: str) -> None:
    decoder = MtcDecoder("mtc")
    sent = played(RATES["25"], 90_000, 96)
    before = heard(sent[:48], decoder)
    assert decoder.feed(bytes_of(message), 48) == []
    assert len(before) + len(heard(sent[48:], decoder, from_stamp=49)) == 12


def test_quarter_frames_still_under_way_after_a_stop_start_nothing() -> None:
    decoder, sent = MtcDecoder("mtc"), played(RATES["25"], 90_000, 96)
    heard(sent[:48], decoder)
    decoder.feed(bytes_of("F07F7F0601F7"), 48)
    assert heard(sent[48:70], decoder, from_stamp=49) == []


def test_messages_of_mido_are_taken_as_they_are() -> None:
    decoder, label = MtcDecoder("mtc"), Timecode(1, 2, 3, 4)
    labels = [label, Timecode(1, 2, 3, 6), Timecode(1, 2, 3, 8)]
    for at, message in enumerate(piece for each in labels for piece in quarter_frames(each, RATES["25"])):
        found = decoder.feed(bytes(mido.Message.from_bytes(message).bytes()), at)
    assert [word.label for word in found if isinstance(word, MtcWord)] == labels
    whole = mido.Message.from_bytes(full_frame(label, RATES["25"]))
    assert decoder.feed(bytes(whole.bytes()), 99) == [MtcLocate(label, RATES["25"], 99)]


# --- sound streams ---


@given(place=frames(), direction=st.sampled_from((1, -1)), first_piece=st.integers(0, 7))
def test_every_whole_word_of_a_sound_source_is_believed_once(
    place: tuple[FrameRate, int], direction: int, first_piece: int
) -> None:
    rate, frame = place
    sent = played(rate, frame, 64, direction, first_piece=first_piece)
    found = words(sent)
    whole = 64 // 8 if first_piece == 0 else (64 - (8 - first_piece)) // 8
    begins = frame if first_piece == 0 else frame + 2 * direction
    assert [word.frame for word in found] == [(begins + 2 * direction * n) % rate.frames_per_day for n in range(whole)]
    assert all(word.direction == direction and word.rate is rate for word in found)
    assert all(is_true(word, sent) for word in found)


@given(place=frames())
def test_the_correction_in_drop_frame_never_names_a_frame_that_is_dropped(place: tuple[FrameRate, int]) -> None:
    _, frame = place
    for word in words(played(DF, frame % DF.frames_per_day, 24)):
        assert word.next_label.exists_in(DF)
        assert word.next_label.frame_number(DF) == (word.frame + 2) % DF.frames_per_day


@given(
    place=frames(), between=st.lists(st.sampled_from((b"\xf8", b"\xfe", b"\xf0\x7f\x7f\x01\x02\x00\xf7")), max_size=64)
)
def test_what_stands_between_the_pieces_changes_nothing(place: tuple[FrameRate, int], between: list[bytes]) -> None:
    sent = played(*place, 32)
    decoder = MtcDecoder("mtc")
    found: list[Heard] = []
    for at, piece in enumerate(sent):
        found += decoder.feed(b"".join(between[at : at + 1]) + bytes((0xF1, piece.data)), at)
    assert found == words(sent)


@given(place=frames(), cuts=st.lists(st.integers(1, 63)))
def test_any_split_gives_the_same_words(place: tuple[FrameRate, int], cuts: list[int]) -> None:
    data = b"".join(bytes((0xF1, piece.data)) for piece in played(*place, 32))
    edges = sorted({0, len(data), *cuts})
    decoder, found = MtcDecoder("mtc"), []
    for first, last in pairwise(edges):
        found += decoder.feed(data[first:last], 0)
    assert found == MtcDecoder("mtc").feed(data, 0)


@given(noise=st.binary(max_size=60), place=frames())
def test_clean_words_are_read_whatever_came_before(noise: bytes, place: tuple[FrameRate, int]) -> None:
    decoder = MtcDecoder("mtc")
    for at, byte in enumerate(noise):
        decoder.feed(bytes((byte,)), at)
    decoder.feed(b"\xf6", 100)
    found = [each for _, each in heard(played(*place, 40), decoder, from_stamp=1000) if isinstance(each, MtcWord)]
    assert found[-1].frame == (place[1] + 8) % place[0].frames_per_day


def test_three_words_are_needed_and_then_each_is_believed_at_its_last_piece() -> None:
    believed_at = [at for at, found in heard(played(RATES["25"], 90_000, 40)) if isinstance(found, MtcWord)]
    assert believed_at == [23, 23, 23, 31, 39]


def test_a_burst_keeps_the_stamps_it_came_with() -> None:
    decoder, data = MtcDecoder("mtc"), [bytes((0xF1, piece.data)) for piece in played(RATES["25"], 90_000, 24)]
    found = decoder.feed(b"".join(data[:12]), 100) + decoder.feed(b"".join(data[12:]), 200)
    stamps_ns = [word.stamps_ns for word in found if isinstance(word, MtcWord)]
    assert stamps_ns == [(100,) * 8, (100,) * 4 + (200,) * 4, (200,) * 8]


# --- torn streams ---


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@given(seed=st.integers(0, 2**32), place=frames(), direction=st.sampled_from((1, -1)))
def test_no_fault_alone_is_believed(
    fault: Callable[[Sent, random.Random], Sent], seed: int, place: tuple[FrameRate, int], direction: int
) -> None:
    sent = fault(played(*place, 80, direction), random.Random(seed))
    assert [found for _, found in heard(sent) if isinstance(found, MtcWord) and not is_true(found, sent)] == []


@settings(max_examples=500)
@given(seed=st.integers(0, 2**63))
def test_nothing_is_believed_that_nobody_said(seed: int) -> None:
    sent = torn_stream(random.Random(seed))
    for at, found in heard(sent):
        if isinstance(found, MtcWord):
            assert is_true(found, sent) or is_hidden(found, sent, at)


@pytest.mark.parametrize("tick", range(4))
@pytest.mark.parametrize("rate", MTC_RATES, ids=str)
def test_a_generator_that_splices_at_every_carry_is_read_between_them(rate: FrameRate, tick: int) -> None:
    """As fiverecords/SuperTimecodeConverter#16 and vanvught/rpidmx512#294 report: 00:02:00:01 for 00:01:00:01."""
    sent = running_counter(rate, 59 * rate.nominal, 40, tick)
    found = words(sent)
    assert all(is_true(word, sent) for word in found)
    assert len(found) >= 24


def test_a_jump_is_believed_after_three_words() -> None:
    rate = RATES["25"]
    sent = played(rate, 90_000, 40) + played(rate, 95_000, 40)
    believed = [(at, found.frame) for at, found in heard(sent) if isinstance(found, MtcWord) and found.frame >= 95_000]
    assert believed == [(63, 95_000), (63, 95_002), (63, 95_004), (71, 95_006), (79, 95_008)]
    assert any(isinstance(found, Glitch) for _, found in heard(sent))


def test_a_pause_in_mid_word_tears_it_without_a_glitch() -> None:
    rate, decoder = RATES["25"], MtcDecoder("mtc")
    sent = played(rate, 90_000, 64)
    found: list[Heard] = []
    for at, piece in enumerate(sent):
        found += decoder.feed(bytes((0xF1, piece.data)), at * 10 * NS_PER_MS + (600 * NS_PER_MS if at >= 36 else 0))
    frames_read = [word.frame for word in found if isinstance(word, MtcWord)]
    assert frames_read == [90_000, 90_002, 90_004, 90_006, 90_010, 90_012, 90_014]
    assert not any(isinstance(each, Glitch) for each in found)


def test_a_full_frame_ends_what_was_gathered() -> None:
    rate, decoder = RATES["25"], MtcDecoder("mtc")
    heard(played(rate, 90_000, 20), decoder)
    decoder.feed(full_frame(Timecode(2, 0, 0, 0), rate), 20)
    rest = played(rate, 90_000, 28)[20:]
    assert not any(isinstance(found, MtcWord) for _, found in heard(rest, decoder, from_stamp=21))


@given(data=st.binary(max_size=300))
def test_noise_never_raises(data: bytes) -> None:
    MtcDecoder("mtc").feed(data, 0)

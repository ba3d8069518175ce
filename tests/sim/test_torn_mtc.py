"""How a believed word is held against what its source meant: true, hidden, or wrong."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.sim.torn_mtc import Sent, is_hidden, is_true, played, running_counter, swapped, torn_stream
from cuefocus.timebase.frames import RATES, parse_timecode
from cuefocus.wire.mtc.decoder import MtcDecoder
from cuefocus.wire.mtc.word import MtcWord

FILM = RATES["24"]


def of_a_player(label: str, pieces: int, *, first_piece: int = 0) -> Sent:
    return played(FILM, parse_timecode(label, FILM).frame_number(FILM), pieces, first_piece=first_piece)


def of_a_counter(label: str, words: int) -> Sent:
    return running_counter(FILM, parse_timecode(label, FILM).frame_number(FILM), words, tick=2)


def exchanged(sent: Sent, one: int, other: int) -> Sent:
    out = list(sent)
    out[one], out[other] = out[other], out[one]
    return out


def torn_to(sent: Sent, at: int, data: int) -> Sent:
    return [*sent[:at], replace(sent[at], data=data, meant=None), *sent[at + 1 :]]


# 23:59:58:17 torn to :18, and the source jumps to where :18 leads (seed 6, stream 216660).
TORN_TO_WHERE_A_JUMP_LEADS = (
    torn_to(exchanged(of_a_player("23:59:58:13", 24), 9, 11), 16, 0x02)
    + of_a_player("23:59:58:20", 14)
    + of_a_player("23:59:59:13", 8, first_piece=6)
)
# 02:59:59:23 spliced at its carry to 03:00:00:23, and the source jumps a second, where that leads (stream 453621).
SPLICED_TO_WHERE_A_JUMP_LEADS = of_a_counter("02:59:59:23", 1) + of_a_counter("03:00:01:01", 2)
# 00:00:02:15 that is 00:01:02:15 from its fifth piece on, and a swap of two pieces that are alike.
JUMPED_IN_MID_WORD = torn_stream(random.Random("6/669593"))


def verdicts(sent: Sent) -> list[tuple[str, int, str]]:
    """Each believed word: its label, its first piece, and what it is."""
    decoder, found = MtcDecoder("mtc"), []
    for at, piece in enumerate(sent):
        for word in decoder.feed(bytes((0xF1, piece.data)), at):
            if isinstance(word, MtcWord):
                verdict = "true" if is_true(word, sent) else "hidden" if is_hidden(word, sent, at) else "wrong"
                found.append((word.label.text(FILM), word.stamps_ns[0], verdict))
    return found


@pytest.mark.parametrize(
    ("sent", "believed"),
    [
        (
            TORN_TO_WHERE_A_JUMP_LEADS,
            [("23:59:58:18", 16, "hidden"), ("23:59:58:20", 24, "true"), ("23:59:58:22", 32, "true")],
        ),
        (
            SPLICED_TO_WHERE_A_JUMP_LEADS,
            [("03:00:00:23", 0, "hidden"), ("03:00:01:01", 8, "true"), ("03:00:01:03", 16, "true")],
        ),
        (
            JUMPED_IN_MID_WORD,
            [("00:01:02:15", 7, "true"), ("00:01:02:17", 15, "true"), ("00:01:02:19", 23, "true")],
        ),
    ],
    ids=["torn to where a jump leads", "spliced to where a jump leads", "jumped in mid-word"],
)
def test_what_two_faults_make_look_like_one_jump_is_hidden(sent: Sent, believed: list[tuple[str, int, str]]) -> None:
    assert verdicts(sent) == believed


@pytest.mark.parametrize(
    ("sent", "label", "first"),
    [(TORN_TO_WHERE_A_JUMP_LEADS, "23:59:58:18", 16), (SPLICED_TO_WHERE_A_JUMP_LEADS, "03:00:00:23", 0)],
)
def test_only_three_unbroken_words_hide_a_word_that_follows_none(sent: Sent, label: str, first: int) -> None:
    frame = parse_timecode(label, FILM).frame_number(FILM)
    word = MtcWord(frame, FILM, 1, tuple(range(first, first + 8)))
    hidden = [is_hidden(word, sent, at) for at in range(first + 7, first + 24)]
    assert hidden == [False] * 16 + [True]


@pytest.mark.parametrize("place", range(16, 40))
def test_one_piece_that_play_would_not_send_could_have_told(place: int) -> None:
    sent = TORN_TO_WHERE_A_JUMP_LEADS
    frame = parse_timecode("23:59:58:18", FILM).frame_number(FILM)
    word = MtcWord(frame, FILM, 1, tuple(range(16, 24)))
    assert not is_hidden(word, torn_to(sent, place, sent[place].data ^ 1), 39)


def test_the_hidden_word_is_what_a_source_sends_that_jumped_to_it() -> None:
    jumped = exchanged(of_a_player("23:59:58:13", 16), 9, 11) + of_a_player("23:59:58:18", 24)
    sent = TORN_TO_WHERE_A_JUMP_LEADS[:40]
    assert [piece.data for piece in sent] == [piece.data for piece in jumped]
    assert {verdict for _, _, verdict in verdicts(jumped)} == {"true"}


@pytest.mark.parametrize("seed", ["6/216660", "6/453621", "6/669593"])
def test_a_stream_that_deceived_once_holds_no_wrong_word(seed: str) -> None:
    found = verdicts(torn_stream(random.Random(seed)))
    assert found
    assert "wrong" not in {verdict for _, _, verdict in found}


@given(seed=st.integers(0, 2**32), frame=st.integers(0, FILM.frames_per_day - 1))
def test_a_swap_of_two_alike_changes_nothing(seed: int, frame: int) -> None:
    sent = played(FILM, frame, 40)
    out = swapped(sent, random.Random(seed))
    assert (out == sent) == ([piece.data for piece in out] == [piece.data for piece in sent])

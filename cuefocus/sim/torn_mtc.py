"""MIDI timecode as it should not be: pieces lost, doubled, swapped or somebody else's; jumps and turns in mid-word.

Each piece keeps what its source meant, so that whatever a decoder believes can be held against the truth.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from cuefocus.timebase.frames import FrameRate, timecode_at_frame
from cuefocus.wire.mtc.word import FRAMES_PER_WORD, MTC_RATES, PIECES_PER_FRAME, PIECES_PER_WORD, MtcWord, nibbles_of

# So many words of unbroken play, from a word's first piece on, leave nothing by which a receiver could doubt it.
_WORDS_BEYOND_DOUBT = 3


@dataclass(frozen=True, slots=True)
class SentPiece:
    """One quarter frame on its way.

    Args:
        data: its data byte.
        meant: the label count of the word that the source was sending, at its rate; None for somebody else's piece.
        rate: how its labels count.
        direction: of the source when it sent it.
    """

    data: int
    meant: int | None
    rate: FrameRate
    direction: int = 1


Sent = list[SentPiece]
Fault = Callable[[Sent, random.Random], Sent]


def played(rate: FrameRate, first_frame: int, pieces: int, direction: int = 1, *, first_piece: int = 0) -> Sent:
    """What a sound source sends.

    Args:
        rate: how labels count, one of `MTC_RATES`.
        first_frame: the count of the first word.
        pieces: how many quarter frames.
        direction: 1 forward, -1 reverse.
        first_piece: how many of the first word's pieces went before.
    """
    sent: Sent = []
    day = rate.frames_per_day
    for at in range(first_piece, first_piece + pieces):
        word, part = divmod(at, PIECES_PER_WORD)
        frame = (first_frame + FRAMES_PER_WORD * direction * word) % day
        piece = part if direction > 0 else PIECES_PER_WORD - 1 - part
        sent.append(SentPiece(_data(frame, rate, piece), frame, rate, direction))
    return sent


def running_counter(rate: FrameRate, first_frame: int, words: int, tick: int) -> Sent:
    """What generators send that fill each piece from the running counter, which ticks `tick` pieces into the word."""
    sent: Sent = []
    for at in range(words * PIECES_PER_WORD):
        ticks = (at + PIECES_PER_FRAME - tick) // PIECES_PER_FRAME
        frame = (first_frame + ticks) % rate.frames_per_day
        begun = at // PIECES_PER_WORD * PIECES_PER_WORD
        meant = (first_frame + (begun + PIECES_PER_FRAME - tick) // PIECES_PER_FRAME) % rate.frames_per_day
        sent.append(SentPiece(_data(frame, rate, at % PIECES_PER_WORD), meant, rate))
    return sent


def lost(sent: Sent, chance: random.Random) -> Sent:
    """One piece lost, or some, or exactly a word's worth, which leaves their order unbroken."""
    at, pieces = chance.randrange(len(sent)), chance.choice((1, 1, 2, 5, 8, 8, 16))
    return sent[:at] + sent[at + pieces :]


def doubled(sent: Sent, chance: random.Random) -> Sent:
    """A piece twice."""
    at = chance.randrange(len(sent))
    return [*sent[: at + 1], *sent[at:]]


def swapped(sent: Sent, chance: random.Random) -> Sent:
    """Two pieces in the wrong order; of two alike nothing is changed, and each still means what it did in its place."""
    at, apart = chance.randrange(len(sent)), chance.choice((1, 1, 2, 8))
    other = min(at + apart, len(sent) - 1)
    if sent[at].data == sent[other].data:
        return sent
    out = list(sent)
    out[at], out[other] = out[other], out[at]
    return out


def foreign(sent: Sent, chance: random.Random) -> Sent:
    """Somebody else's piece between ours."""
    at = chance.randrange(len(sent))
    return [*sent[:at], replace(sent[at], data=chance.randrange(128), meant=None), *sent[at:]]


def replaced(sent: Sent, chance: random.Random) -> Sent:
    """Somebody else's piece of the same kind instead of ours: the order tells nothing."""
    at = chance.randrange(len(sent))
    out = list(sent)
    out[at] = replace(sent[at], data=sent[at].data & 0x70 | chance.randrange(16), meant=None)
    return out


def jumped(sent: Sent, chance: random.Random) -> Sent:
    """The source is elsewhere from some piece on, in mid-word, the numbers of its pieces unbroken."""
    at = chance.randrange(len(sent))
    rate = sent[at].rate
    far = chance.choice((1, 2, 15, 16, rate.nominal, 60 * rate.nominal, chance.randrange(rate.frames_per_day)))
    far *= chance.choice((1, -1))
    return [*sent[:at], *(_moved(piece, far) for piece in sent[at:])]


def turned(sent: Sent, chance: random.Random) -> Sent:
    """The source runs the other way from some piece on, with the next piece of the other order."""
    at = chance.randrange(1, len(sent) + 1)
    before = sent[at - 1]
    if before.meant is None:
        return sent
    direction, rate = -before.direction, before.rate
    piece = (before.data >> 4) + direction * chance.choice((0, 1))
    part = piece % PIECES_PER_WORD if direction > 0 else (PIECES_PER_WORD - 1 - piece) % PIECES_PER_WORD
    first = (before.meant + chance.choice((0, 2, -2))) % rate.frames_per_day
    return sent[:at] + played(rate, first, len(sent) - at, direction, first_piece=part)


FAULTS: tuple[Fault, ...] = (lost, doubled, swapped, foreign, replaced, jumped, turned)


def torn_stream(chance: random.Random) -> Sent:
    """A source at random, near the places where labels carry, with one to five faults or one of the bad generators."""
    rate = chance.choice(MTC_RATES)
    second = chance.choice((1, 10, 60, 600, 3600, 36000, 86400))
    frame = (chance.randrange(1, 4) * second * rate.nominal - chance.randrange(90)) % rate.frames_per_day
    if chance.random() < 0.1:
        sent = running_counter(rate, frame, chance.randrange(5, 13), chance.randrange(PIECES_PER_FRAME))
    else:
        pieces, direction = chance.randrange(40, 100), chance.choice((1, 1, 1, -1))
        sent = played(rate, frame, pieces, direction, first_piece=chance.randrange(PIECES_PER_WORD))
    for _ in range(chance.randrange(1, 6)):
        if sent:
            sent = chance.choice(FAULTS)(sent, chance)
    return sent


def is_true(word: MtcWord, sent: Sent) -> bool:
    """Whether a believed word says what its source meant.

    It must be the word that was being sent when its own first or last piece went out, or half of them: across a jump
    either side is true.

    Args:
        word: each piece stamped with its place in `sent`.
        sent: what went out.
    """
    own = [piece for piece in (sent[place] for place in word.stamps_ns) if piece.meant is not None]
    meant = [(piece.meant, piece.rate, piece.direction) for piece in own]
    named = (word.frame, word.rate, word.direction)
    return named in meant[:1] + meant[-1:] or 2 * meant.count(named) >= PIECES_PER_WORD


def is_hidden(word: MtcWord, sent: Sent, at: int) -> bool:
    """Whether what a word was believed on is, byte for byte, what an undisturbed source would have sent.

    Either the word before it and its own pieces: then somebody else's piece hides a jump by having, by chance, just the
    value that the jump took away.

    Or all that arrived from its first piece until it was believed, three words at least: then a word is torn to just
    the value that a jump soon after it bears out. A source that jumped at the first of these pieces, and to this word,
    sends the same bytes, and would go on to: however many more words were asked for, nothing could tell. No fault alone
    makes such three words say what is not true; it takes two, one of which was the jump.

    Args:
        word: each piece stamped with its place in `sent`.
        sent: what went out.
        at: the place in `sent` at which the word was believed.
    """
    first, end = word.stamps_ns[0], at + 1
    if _is_steady(word, sent, first - PIECES_PER_WORD, first + PIECES_PER_WORD):
        return True
    return end - first >= _WORDS_BEYOND_DOUBT * PIECES_PER_WORD and _is_steady(word, sent, first, end)


def _is_steady(word: MtcWord, sent: Sent, first: int, end: int) -> bool:
    """Whether `first`, where the word or the one before it begins, to `end` is play without a fault."""
    words = (first - word.stamps_ns[0]) // PIECES_PER_WORD
    frame = word.frame + FRAMES_PER_WORD * word.direction * words
    steady = played(word.rate, frame, end - first, word.direction)
    return first >= 0 and [piece.data for piece in sent[first:end]] == [piece.data for piece in steady]


def _moved(piece: SentPiece, frames: int) -> SentPiece:
    if piece.meant is None:
        return piece
    frame = (piece.meant + frames) % piece.rate.frames_per_day
    return replace(piece, data=_data(frame, piece.rate, piece.data >> 4), meant=frame)


def _data(frame: int, rate: FrameRate, piece: int) -> int:
    return piece << 4 | _nibbles(frame, MTC_RATES.index(rate))[piece]


@lru_cache(maxsize=4096)
def _nibbles(frame: int, rate_code: int) -> tuple[int, ...]:
    return nibbles_of(timecode_at_frame(frame, MTC_RATES[rate_code]), rate_code)

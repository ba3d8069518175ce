"""Which count do the words follow? Every readable word opens a timeline; each later word bears it out or does not.

A word is read freely, and again under each open timeline, which says what its label must be. What the timeline costs
(the free path's metric less its own) is small if it is true, however noisy the word: so words far too noisy to be read
alone are read together. A timeline that is one wrong digit from the truth pays for that digit in every word. Nothing
comes out before one timeline has been borne out several times and leads all others.
"""

import math
from dataclasses import dataclass, field

from cuefocus.timebase.frames import RATES, FrameRate, Timecode, timecode_at_frame
from cuefocus.wire.ltc.likeliest import FREE, likeliest_bits
from cuefocus.wire.ltc.word import BITS_PER_WORD, DATA_BITS, LABEL_BITS, SYNC_BITS, data_word, drop_flag, label_of

_DROP_RATES = (RATES["29.97df"],)
_WHOLE_RATES = (RATES["25"], RATES["30"], RATES["24"])

_LIKED = 6.0  # what a word that costs nothing adds to its timeline's score
# What a word may cost a timeline and still bear it out, in mean half bits: a wrong digit costs four in a clean signal.
# More is allowed the more the halves differ in size, since noise, and droop to a sixth, make true words cost more, too.
_CHEAP, _PER_UNEVENNESS, _TOO_DEAR = 1.0, 12.0, 8.0
_AGREES = 0.6  # of the halves' size, signed as the word says: noise alone gives less than 0.3
_MEMORY = 0.8  # per word
_BORNE_OUT = 3
_LEAD = 4.0
_GIVEN_UP = 12  # words in a row
_MOST = 8

_SYNC_KNOWN = (FREE,) * DATA_BITS + SYNC_BITS


@dataclass(frozen=True, slots=True)
class SoftWord:
    """A word under the timeline that was believed.

    Args:
        index: which bit of the stream its sync word ends with, in the order of play.
        label: the label the timeline gives it.
        word: data bits 0 to 63; label bits as the timeline says, the others as likeliest.
        agreement: part of the halves' size that is as the word says, 0 … 1.
    """

    index: int
    label: Timecode
    word: int
    agreement: float


@dataclass(slots=True)
class _Timeline:
    index: int
    label: Timecode
    drop: bool
    rates: tuple[FrameRate, ...]  # those that can have counted so
    score: float
    borne_out: int = 1
    strikes: int = 0
    waiting: list[SoftWord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Heard:
    """One word's half sums, their size, the best that any word makes of them, and what the right one may cost."""

    index: int
    firsts: list[float]
    seconds: list[float]
    size: float
    freely: float
    allowed: float


class Timelines:
    """Open timelines of one direction of play.

    Args:
        step: 1 forward, -1 reverse: what each word adds to the count.
    """

    def __init__(self, step: int) -> None:
        self._step = step
        self._open: list[_Timeline] = []

    def offer(self, index: int, firsts: list[float], seconds: list[float]) -> list[SoftWord]:
        """Words that are believed now that this one is there.

        Args:
            index: bit count of the stream where this word's sync pattern ends (or begins, in reverse play).
            firsts: sums over the first halves of its 80 bits, in the order of the word.
            seconds: likewise, second halves.
        """
        size = sum(map(abs, firsts)) + sum(map(abs, seconds))
        if size <= 0.0:
            return []
        squares = sum(each * each for each in firsts) + sum(each * each for each in seconds)
        unevenness = math.sqrt(max(0.0, squares * 2 * BITS_PER_WORD / (size * size) - 1.0))
        allowed = min(_CHEAP + _PER_UNEVENNESS * unevenness, _TOO_DEAR)
        freely, bits = likeliest_bits(firsts, seconds, _SYNC_KNOWN)
        word = _as_int(bits)
        label = label_of(word)
        seen = False
        for line in self._open:
            self._carry_on(line, _Heard(index, firsts, seconds, size, freely, allowed))
            seen = seen or (line.index == index and line.label == label and line.strikes == 0)
        self._open = [
            line for line in self._open if line.strikes < _GIVEN_UP and index - line.index < _GIVEN_UP * BITS_PER_WORD
        ]
        if label is not None and not seen and freely > _AGREES * size:
            first = SoftWord(index, label, word, freely / size)
            drop = drop_flag(word)
            rates = tuple(rate for rate in (_DROP_RATES if drop else _WHOLE_RATES) if label.exists_in(rate))
            self._open.append(_Timeline(index, label, drop, rates, _LIKED, waiting=[first]))
        self._open.sort(key=lambda line: -line.score)
        self._open = _without_twins(self._open)[:_MOST]
        return self._believed()

    def _carry_on(self, line: _Timeline, heard: _Heard) -> None:
        """Judge a timeline by a word, if that is where it expects one."""
        words, rest = divmod(heard.index - line.index, BITS_PER_WORD)
        if rest or words < 1:
            return
        readings = sorted(
            (
                (*likeliest_bits(heard.firsts, heard.seconds, _known(label, line.drop)), label, rates)
                for label, rates in _counted_on(line, self._step * words)
            ),
            key=lambda reading: -reading[0],
        )
        if not readings:
            line.strikes = _GIVEN_UP
            return
        metric, bits, label, rates = readings[0]
        half = heard.size / (2 * BITS_PER_WORD)
        cost = (heard.freely - metric) / half
        agrees = metric > _AGREES * heard.size
        line.index, line.label = heard.index, label
        liked = _LIKED * max(-1.0, 1.0 - cost / heard.allowed) if agrees else -_LIKED
        line.score = _MEMORY**words * line.score + liked
        if not agrees or cost >= heard.allowed:
            line.strikes += 1
            return
        line.borne_out, line.strikes = line.borne_out + 1, 0
        if len(readings) == 1 or (metric - readings[1][0]) / half > heard.allowed:
            line.rates = rates
            line.waiting.append(SoftWord(heard.index, label, _as_int(bits), metric / heard.size))

    def _believed(self) -> list[SoftWord]:
        if not self._open:
            return []
        best = self._open[0]
        lead = best.score - (self._open[1].score if len(self._open) > 1 else 0.0)
        if best.borne_out < _BORNE_OUT or lead < _LEAD:
            return []
        words, best.waiting = best.waiting, []
        return words


def _without_twins(lines: list[_Timeline]) -> list[_Timeline]:
    """Of timelines that have come to say the same, the first."""
    seen: set[tuple[int, Timecode, bool]] = set()
    kept: list[_Timeline] = []
    for line in lines:
        says = line.index, line.label, line.drop
        if says not in seen:
            seen.add(says)
            kept.append(line)
    return kept


def _counted_on(line: _Timeline, steps: int) -> list[tuple[Timecode, tuple[FrameRate, ...]]]:
    """The labels that may stand `steps` frames on, each with the rates that say so."""
    found: dict[Timecode, tuple[FrameRate, ...]] = {}
    for rate in line.rates:
        if line.label.exists_in(rate):
            there = timecode_at_frame((line.label.frame_number(rate) + steps) % rate.frames_per_day, rate)
            found[there] = (*found.get(there, ()), rate)
    return list(found.items())


def _known(label: Timecode, drop: bool) -> tuple[int, ...]:
    """What a label says of a word's bits; user bits, flags and the polarity bit stay free."""
    word = data_word(label, drop=drop, at_25=False)
    data = [FREE] * DATA_BITS
    for bit in LABEL_BITS:
        data[bit] = word >> bit & 1
    return (*data, *SYNC_BITS)


def _as_int(bits: list[int]) -> int:
    return sum(bit << place for place, bit in enumerate(bits[:DATA_BITS]))

"""The ring that live sound goes through: from the ears, which own the sound card, to the conductor, which decodes.

A memfd, held by `run`, so that it outlives both. One writer that never waits; a reader that was stopped for longer than
the ring is long has lost sound, and is told so. The writer's side is what a sound callback may do: copy, count, ring.
Plain Python only: the ears load nothing else.
"""

import contextlib
import mmap
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final

from cuefocus.errors import DeviceError
from cuefocus.shells.sound_device import MOST_CHANNELS

RING_SAMPLES: Final = 1 << 16
"""Of each channel: 1.4 s at 48 kHz, 0.3 s at 192 kHz."""
RING_BLOCKS: Final = 1 << 12
_WORD: Final = 8
_MAGIC: Final = 0x676E_6952_6F46_7543
_TEXT_BYTES: Final = 1024
_HEADER_WORDS: Final = 32
_BLOCK_WORDS: Final = 8
_TEXT_AT: Final = _HEADER_WORDS * _WORD
_BLOCKS_AT: Final = _TEXT_AT + _TEXT_BYTES
_SAMPLES_AT: Final = _BLOCKS_AT + RING_BLOCKS * _BLOCK_WORDS * _WORD
_SAMPLE_BYTES: Final = 4
RING_BYTES: Final = _SAMPLES_AT + MOST_CHANNELS * RING_SAMPLES * _SAMPLE_BYTES


class State(IntEnum):
    """How the sound is."""

    STARTING = 0
    OPEN = 1
    LOST = 2


class BlockFlag(IntFlag):
    """What is to be known of a block."""

    NONE = 0
    AFTER_GAP = 1  # samples before it are missing, or were counted wrongly
    TWO_SIDED = 2  # its stamp may be early as well as late


class _At(IntEnum):
    """Words of the header."""

    MAGIC = 0
    HEAD = 1
    STATE = 2
    STREAM = 3
    SAMPLE_RATE = 4
    CHANNELS = 5
    GAPS = 6
    LATENCY_NS = 7
    CLOCK_OFFSET_NS = 8
    TEXT_SEQUENCE = 9
    TEXT_LENGTH = 10
    READER_BEAT = 11
    EVER_OPEN = 12


@dataclass(frozen=True, slots=True)
class Stream:
    """One opening of the sound.

    Args:
        number: counts openings; another number is another stream, whose samples are counted anew.
        gaps: so often samples were lost, over all streams.
        latency_ns: what was taken off the stamps as the device's own capture latency.
        clock_offset_ns: host clock less the sound server's own, as last measured; 0 where it has none.
        text: what it is, or why it is lost.
    """

    state: State
    number: int
    sample_rate: int
    channels: int
    gaps: int
    latency_ns: int
    clock_offset_ns: int
    text: str
    ever_open: bool


class SoundRing:
    """One process' view of the ring; use `create` or `attach`.

    Args:
        fd: the memfd.
        bell: an eventfd that is rung with each block and each news.
    """

    def __init__(self, fd: int, bell: int) -> None:
        self.fd, self.bell = fd, bell
        self._map = mmap.mmap(fd, RING_BYTES)
        self.view = memoryview(self._map)
        self.words = self.view[: _HEADER_WORDS * _WORD].cast("q")
        self.blocks = self.view[_BLOCKS_AT:_SAMPLES_AT].cast("q")

    @classmethod
    def create(cls) -> "SoundRing":
        """A new ring, in the process that spawns the others."""
        fd = os.memfd_create("cuefocus-sound", os.MFD_CLOEXEC)
        os.truncate(fd, RING_BYTES)
        ring = cls(fd, os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC))
        ring.words[_At.MAGIC] = _MAGIC
        return ring

    @classmethod
    def attach(cls, fd: int, bell: int) -> "SoundRing":
        """The ring behind an inherited descriptor. Raises DeviceError when it is none."""
        try:
            if os.fstat(fd).st_size == RING_BYTES:
                ring = cls(fd, bell)
                if ring.words[_At.MAGIC] == _MAGIC:
                    return ring
        except (OSError, ValueError):
            pass
        raise DeviceError(f"descriptor {fd} holds no sound ring", hint="the ears are started by `run`")

    @property
    def handed_down(self) -> tuple[int, int]:
        """Descriptors that a child must inherit."""
        return self.fd, self.bell

    def channel(self, index: int) -> "memoryview[float]":
        """All samples of one channel in the ring, as float32."""
        at = _SAMPLES_AT + index * RING_SAMPLES * _SAMPLE_BYTES
        return self.view[at : at + RING_SAMPLES * _SAMPLE_BYTES].cast("f")

    @property
    def head(self) -> int:
        """How many blocks were ever written."""
        return self.words[_At.HEAD]

    @property
    def reader_beat_ns(self) -> int:
        """When the reader was last there; 0 before it first was."""
        return self.words[_At.READER_BEAT]

    def beat(self, now_ns: int) -> None:
        """The reader shows life."""
        self.words[_At.READER_BEAT] = now_ns

    def stream(self) -> Stream:
        """How the sound is now."""
        words = self.words
        text = ""
        for _ in range(8):
            sequence = words[_At.TEXT_SEQUENCE]
            raw = bytes(self.view[_TEXT_AT : _TEXT_AT + min(words[_At.TEXT_LENGTH], _TEXT_BYTES)])
            if sequence % 2 == 0 and words[_At.TEXT_SEQUENCE] == sequence:
                text = raw.decode(errors="replace")
                break
        return Stream(
            state=State(words[_At.STATE]),
            number=words[_At.STREAM],
            sample_rate=words[_At.SAMPLE_RATE],
            channels=words[_At.CHANNELS],
            gaps=words[_At.GAPS],
            latency_ns=words[_At.LATENCY_NS],
            clock_offset_ns=words[_At.CLOCK_OFFSET_NS],
            text=text,
            ever_open=bool(words[_At.EVER_OPEN]),
        )


class RingWriter:
    """The ears' side. `put` is made for a sound callback: it allocates little, never waits and never raises."""

    def __init__(self, ring: SoundRing) -> None:
        self._ring, self._words, self._blocks = ring, ring.words, ring.blocks
        self._bytes = [ring.channel(index).cast("B") for index in range(MOST_CHANNELS)]
        self._samples = [ring.channel(index) for index in range(MOST_CHANNELS)]
        last = (ring.head - 1) % RING_BLOCKS * _BLOCK_WORDS
        self._position = self._blocks[last + 5] + self._blocks[last + 3] if ring.head else 0
        self._gap = False

    @property
    def ever_open(self) -> bool:
        """Whether sound has ever come in this run."""
        return bool(self._words[_At.EVER_OPEN])

    def describe(self, *, sample_rate: int, channels: int) -> None:
        """A new stream begins; its blocks follow."""
        self._words[_At.SAMPLE_RATE], self._words[_At.CHANNELS] = sample_rate, channels
        self._words[_At.STREAM] += 1

    def tell(self, state: State, text: str) -> None:
        """Say how the sound is now, and why."""
        words, raw = self._words, text.encode()[:_TEXT_BYTES]
        if words[_At.STATE] == state and words[_At.TEXT_LENGTH] == len(raw) and self._text() == raw:
            return
        words[_At.TEXT_SEQUENCE] += 1
        self._ring.view[_TEXT_AT : _TEXT_AT + len(raw)] = raw
        words[_At.TEXT_LENGTH] = len(raw)
        words[_At.TEXT_SEQUENCE] += 1
        words[_At.STATE] = state
        if state is State.OPEN:
            words[_At.EVER_OPEN] = 1
        self._ring_bell()

    def note(self, *, latency_ns: int, clock_offset_ns: int) -> None:
        """What was last measured, for whoever wants to know."""
        self._words[_At.LATENCY_NS], self._words[_At.CLOCK_OFFSET_NS] = latency_ns, clock_offset_ns

    def lose(self, *, counted: bool = True) -> None:
        """Samples are missing before the next block; not counted when it is the same loss heard of twice."""
        self._gap = True
        self._words[_At.GAPS] += counted

    def put(
        self, channels: Sequence[memoryview], first_sample: int, samples: int, stamp_ns: int, *, two_sided: bool = False
    ) -> None:
        """A block of whole channels.

        Args:
            channels: bytes of each, `samples` float32 long.
            first_sample: number of its first sample in the stream.
            samples: how many.
            stamp_ns: host time at which that was at the converter.
            two_sided: the stamp comes from a clock that is filtered already, so it may be early too.
        """
        at = self._position % RING_SAMPLES
        first = min(samples, RING_SAMPLES - at)
        a, b, c = _SAMPLE_BYTES * at, _SAMPLE_BYTES * first, _SAMPLE_BYTES * samples
        for target, source in zip(self._bytes, channels, strict=False):
            target[a : a + b] = source[:b]
            if first < samples:
                target[: c - b] = source[b:c]
        self._publish(first_sample, samples, stamp_ns, two_sided=two_sided)

    def put_interleaved(self, frames: "memoryview[float]", channels: int, first_sample: int, stamp_ns: int) -> None:
        """A block of interleaved float32 samples (format "f")."""
        samples = len(frames) // channels
        at = self._position % RING_SAMPLES
        first = min(samples, RING_SAMPLES - at)
        for index in range(channels):
            target, source = self._samples[index], frames[index::channels]
            target[at : at + first] = source[:first]
            if first < samples:
                target[: samples - first] = source[first:]
        self._publish(first_sample, samples, stamp_ns, two_sided=False)

    def _publish(self, first_sample: int, samples: int, stamp_ns: int, *, two_sided: bool) -> None:
        words, blocks = self._words, self._blocks
        head = words[_At.HEAD]
        at = head % RING_BLOCKS * _BLOCK_WORDS
        blocks[at] = 0
        blocks[at + 1] = words[_At.STREAM]
        blocks[at + 2] = first_sample
        blocks[at + 3] = samples
        blocks[at + 4] = stamp_ns
        blocks[at + 5] = self._position
        blocks[at + 6] = (BlockFlag.AFTER_GAP if self._gap else 0) | (BlockFlag.TWO_SIDED if two_sided else 0)
        blocks[at] = head + 1
        self._gap = False
        self._position += samples
        words[_At.HEAD] = head + 1
        self._ring_bell()

    def _ring_bell(self) -> None:
        with contextlib.suppress(BlockingIOError):  # nobody has listened for a very long time
            os.eventfd_write(self._ring.bell, 1)

    def _text(self) -> bytes:
        return bytes(self._ring.view[_TEXT_AT : _TEXT_AT + self._words[_At.TEXT_LENGTH]])


@dataclass(frozen=True, slots=True)
class BlockPlace:
    """Where one block lies in the ring, and what is known of it.

    Args:
        number: counts blocks, from 0.
        stream: the stream it belongs to.
        position: of its first sample in the ring, counted without wrapping.
    """

    number: int
    stream: int
    first_sample: int
    samples: int
    stamp_ns: int
    position: int
    flags: BlockFlag


def place_of(ring: SoundRing, number: int) -> BlockPlace | None:
    """Block `number`; None when it has been overwritten, or its samples have or soon will be."""
    at = number % RING_BLOCKS * _BLOCK_WORDS
    seen, stream, first_sample, samples, stamp_ns, position, flags, _ = ring.blocks[at : at + _BLOCK_WORDS]
    if seen != number + 1 or ring.blocks[at] != seen or not whole(ring, number, position):
        return None
    return BlockPlace(number, stream, first_sample, samples, stamp_ns, position, BlockFlag(flags))


def whole(ring: SoundRing, number: int, position: int) -> bool:
    """Whether the samples from `position` on are still those of block `number`."""
    head = ring.head
    if head - number >= RING_BLOCKS:
        return False
    newest = (head - 1) % RING_BLOCKS * _BLOCK_WORDS
    # the block after the newest may be half written: as long again as that one, at most
    written_to = ring.blocks[newest + 5] + 2 * ring.blocks[newest + 3]
    return written_to - position <= RING_SAMPLES

"""Art-Net from hell, a million streams of datagrams: noise, and what senders send with bytes changed, lost or doubled.

    python benchmarks/art_net_fuzz.py [--streams 1000000] [--seed 1]
    python benchmarks/art_net_fuzz.py --guided -runs=1000000     (needs atheris; what follows is libFuzzer's)

Each stream comes from several hosts and ports on loopback to the port of Art-Net, through the kernel's filter, the
inlet and the source into the session of a show, and on into the same ones as all before it. Nothing may raise, nothing
may be kept. What is timecode a pattern says that shares nothing with our decoder: all of it gets through the filter,
and nothing of another kind; each reading has a datagram of its own, goes on from the one before it or is borne out by
others, and comes from nobody else while the sender that is followed speaks. No clock runs and no cue is fired without.
"""

import argparse
import os
import random
import re
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from fuzz_show import SOURCE, FuzzShow
from fuzzing import Tally, guided, kind_of, torn
from midi_line import PAUSES_NS

from cuefocus.chase.inputs import ArtNetInput
from cuefocus.shells.art_net_inlet import ArtNetInlet
from cuefocus.shells.message_source import MessageSource
from cuefocus.shells.message_turns import Message, Standing
from cuefocus.timebase.frames import timecode_at_frame
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import ART_NET_RATES, PORT, timecode_packet
from cuefocus.wire.events import Glitch, Reading

COUNTS: Final = (24, 25, 30, 30)
DROP: Final = 2
HOSTS: Final = ("127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.4")
"""Of each sender; the last one is ourselves, and is not heeded."""
OURS: Final = len(HOSTS) - 1
CUES: Final = "".join(
    f'  - {{cue: "{number}", camera: c{number % 2}, land: {{at: "+{2 + 1.5 * number:.1f} s"}}, to: {mark}}}\n'
    for number, mark in enumerate("bbaabbaabb")
)
_TIMECODE: Final = re.compile(rb"Art-Net\0\0\x97(?:\0[\x0e-\xff]|[^\0].).(.)(.)(.)(.)(.)([\0-\3])", re.DOTALL)
_OF_THIS_KIND: Final = b"Art-Net\0\0\x97"
_FOLLOWED_NS: Final = 500 * NS_PER_MS
_MOST_ON: Final = 8
_TO_BEAR_OUT: Final = 2
_LOOKED_AT: Final = 12
_ALONE_NS: Final = 3 * NS_PER_S
"""Between streams: no clock freewheels that long."""
_STREAM: Final = 13
Voice = tuple[int, int]
"""A sender, and which of its streams."""
Label = tuple[int, int]
"""Type and count of frames."""


@dataclass(frozen=True, slots=True)
class Datagram:
    """One of a stream.

    Args:
        sender: which of `HOSTS`. pause_ns: how long after the one before it came.
    """

    sender: int
    pause_ns: int
    data: bytes


def datagrams_of(data: bytes) -> Iterator[Datagram]:
    """The datagrams of a fuzzer's input: of each a byte for sender and pause, its length, its bytes."""
    at = 0
    while at + 2 <= len(data):
        control, length = data[at : at + 2]
        yield Datagram(control & 3, PAUSES_NS[(control >> 2) % len(PAUSES_NS)], data[at + 2 : at + 2 + length])
        at += 2 + length


def packed(sent: Datagram) -> bytes:
    """As it stands in an input."""
    return bytes((PAUSES_NS.index(sent.pause_ns) << 2 & 0xFF | sent.sender, len(sent.data))) + sent.data


def label_in(data: bytes) -> Label | None:
    """The label in a datagram, by its layout; None where there is none."""
    found = _TIMECODE.match(data)
    if found is None:
        return None
    _, frames, seconds, minutes, hours, kind = (part[0] for part in found.groups())
    if frames >= COUNTS[kind] or seconds > 59 or minutes > 59 or hours > 23:
        return None
    if kind == DROP and not seconds and frames < 2 and minutes % 10:
        return None
    return kind, _count(hours, minutes, seconds, frames, kind)


def _count(hours: int, minutes: int, seconds: int, frames: int, kind: int) -> int:
    """Of frames since midnight."""
    count = (3600 * hours + 60 * minutes + seconds) * COUNTS[kind] + frames
    left_out = 2 * (60 * hours + minutes - 6 * hours - minutes // 10)
    return count - left_out if kind == DROP else count


class _Tapped(ArtNetInlet):
    """The inlet; keeps what came by it."""

    came: list[bytes]

    def receive(self) -> Message | Standing | None:
        """As the inlet's."""
        came = super().receive()
        if isinstance(came, Message):
            self.came.append(came.data)
        return came


class ArtNetLine:
    """A source of Art-Net timecode from the network to the session.

    Args:
        number: which of the rates that there are; odd ones follow the first host alone.
    """

    def __init__(self, number: int, senders: list[socket.socket]) -> None:
        self._show, self._senders = FuzzShow(CUES, ART_NET_RATES[number].name), senders
        self._address, self._only = f"127.7.{os.getpid() % 250}.{number + 1}", HOSTS[0] if number % 2 else ""
        own = frozenset((senders[OURS].getsockname()[1],))

        def now_ns() -> int:
            return self._show.now_ns

        self._inlet = _Tapped(self._address, sent_from=lambda: own, clock_ns=now_ns, wall_ns=now_ns)
        self._inlet.came = []
        self._input = ArtNetInput(SOURCE, sender=self._only)
        self._source = MessageSource(SOURCE, self._inlet, self._input, clock_ns=now_ns)
        self._show.step(self._source.pump())

    def take(self, stream: list[Datagram]) -> tuple[int, int]:
        """Have a stream come in; how many glitches and readings.

        Raises: AssertionError for what nobody said, or what was lost on the way.
        """
        self._show.step([], after_ns=_ALONE_NS)
        self._input.restart()
        judge, glitches, runs = Judge(self._only), 0, False
        for sent in stream:
            self._show.now_ns += sent.pause_ns
            self._senders[sent.sender].sendto(sent.data, (self._address, PORT))
            self._inlet.came.clear()
            heard = self._source.pump()
            judge.came(sent, self._inlet.came, self._show.now_ns)
            readings = [one for one in heard if isinstance(one, Reading)]
            judge.believed(readings)
            glitches += sum(isinstance(one, Glitch) for one in heard)
            if heard:
                runs |= self._show.step(heard).clock.running
        self._source.news(self._show.now_ns)
        runs |= self._show.step([]).clock.running
        if (runs and not judge.readings) or self._show.session.book.fired:
            raise AssertionError(f"it runs by {stream}")
        return glitches, judge.readings


class Judge:
    """Holds what is read of one stream against it.

    Args:
        only: the host that is followed alone; empty for any.
    """

    def __init__(self, only: str) -> None:
        self._only, self.readings = only, 0
        self._sent: list[tuple[str, Label]] = []
        self._left: Counter[Label] = Counter()
        self._spoke_ns: dict[Voice, int] = {}
        self._voice = self._followed = (0, 0)
        self._may_follow = set[str]()
        self._now: tuple[str, Label] | None = None
        self._before: tuple[str, Label] | None = None

    def came(self, sent: Datagram, fetched: list[bytes], now_ns: int) -> None:
        """A datagram was sent, and this much was fetched."""
        label, host = label_in(sent.data), HOSTS[sent.sender]
        if label is not None and not fetched:
            raise AssertionError(f"lost in the kernel: {sent}")
        if fetched and not sent.data.startswith(_OF_THIS_KIND):
            raise AssertionError(f"let through: {sent}")
        self._now = None
        if label is not None and sent.sender != OURS and self._only in ("", host):
            self._now = host, label
            self._sent.append(self._now)
            self._left[label] += 1
            self._voice = sent.sender, sent.data[_STREAM]
            self._spoke_ns[self._voice] = now_ns
            if now_ns - self._spoke_ns.get(self._followed, 0) > _FOLLOWED_NS:
                self._may_follow.add(host)

    def believed(self, readings: list[Reading]) -> None:
        """What was read when it came."""
        for reading in readings:
            self.readings += 1
            said = reading.label
            label = next(
                (
                    one
                    for one in self._left
                    if one == (one[0], _count(said.hours, said.minutes, said.seconds, said.frames, one[0]))
                    and reading.drop == (one[0] == DROP)
                    and self._left[one]
                ),
                None,
            )
            if label is None or self._now is None:
                raise AssertionError(f"nobody said {reading}: {self._sent}")
            self._left[label] -= 1
        if readings and self._now is not None:
            self._follows(self._now)
            self._before, self._followed = self._now, self._voice
            self._may_follow.clear()

    def _follows(self, now: tuple[str, Label]) -> None:
        """Raises: AssertionError where what is believed neither goes on nor is borne out."""
        host, (kind, count) = now
        day = _count(23, 59, 59, COUNTS[kind] - 1, kind) + 1
        same = [at for one, (its, at) in self._sent[-_LOOKED_AT:-1] if (one, its) == (host, kind)]
        near = sum(0 < min((count - at) % day, (at - count) % day) <= _TO_BEAR_OUT * _MOST_ON for at in same)
        goes_on = self._before is not None and self._before[0] == host and self._before[1][0] == kind
        if goes_on and self._before is not None:
            step = (count - self._before[1][1]) % day
            goes_on = min(step, day - step) <= _MOST_ON
        if not goes_on and not near:
            raise AssertionError(f"not borne out: {now} by {self._sent}")
        if self._before is not None and self._before[0] != host:
            if host not in self._may_follow:
                raise AssertionError(f"another is followed too soon: {self._sent}")


def sound(chance: random.Random) -> list[Datagram]:
    """What senders may send: mostly play, one of them or two."""
    kind = chance.randrange(len(ART_NET_RATES))
    rate = ART_NET_RATES[kind]
    frame = chance.choice((0, 60, 600, 3600, 86_400)) * rate.nominal - chance.randrange(4)
    sender, direction = chance.choice((0, 0, 0, 1, 2, 3)), chance.choice((1, 1, 1, -1, 0))
    pause_ns = chance.choice((40 * NS_PER_MS, 40 * NS_PER_MS, NS_PER_MS // 1000, 300 * NS_PER_MS, 600 * NS_PER_MS))
    stream = list[Datagram]()
    for step in range(chance.choice((1, 2, 3, 4, 6))):
        label = timecode_at_frame((frame + direction * step) % rate.frames_per_day, rate)
        data = timecode_packet(label, rate, stream=chance.choice((0, 0, 0, 0, 1)))
        stream.append(Datagram(chance.choice((sender, sender, sender, sender, 2)), pause_ns, data))
    if chance.random() < 0.2:
        other = chance.choice((b"Art-Net\0\0\x50" + bytes(60), b"Art-Net\0\0\x20\0\x0e", b"", b"/cuefocus/go\0\0\0\0"))
        stream.insert(chance.randrange(len(stream) + 1), Datagram(sender, pause_ns, other))
    return stream


def main() -> None:
    """Send, read, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guided", action="store_true")
    arguments, rest = parser.parse_known_args()
    senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in HOSTS]
    for made, host in zip(senders, HOSTS, strict=True):
        made.bind((host, 0))
    lines = [ArtNetLine(number, senders) for number in range(len(ART_NET_RATES))]

    def take(data: bytes) -> tuple[int, int]:
        return lines[data[0] % len(lines) if data else 0].take(list(datagrams_of(data[1:])))

    def played(some: random.Random) -> bytes:
        stream = sound(some) + (sound(some) if some.random() < 0.3 else [])
        return b"".join(map(packed, stream))

    if arguments.guided:
        some = random.Random(arguments.seed)
        guided(take, (bytes((some.randrange(4),)) + played(some) for _ in range(500)), rest, "streams")
    chance = random.Random(arguments.seed)
    tally, unfounded = Tally(arguments.streams, "streams"), 0
    for number in range(arguments.streams):
        kind = kind_of(number)
        stream = chance.randbytes(chance.randrange(200)) if kind == "noise" else played(chance)
        stream = torn(stream, chance) if kind == "torn" else stream
        glitches = readings = 0
        try:
            glitches, readings = take(bytes((chance.randrange(4),)) + stream)
        except AssertionError as found:
            unfounded += 1
            print(found, file=sys.stderr)
        tally.count(number, at_fault=glitches > 0, with_words=readings > 0)
    tally.tell(f"readings, or clocks, that no datagrams bear out: {unfounded}")
    for made in senders:
        with closing(made):
            pass


if __name__ == "__main__":
    main()

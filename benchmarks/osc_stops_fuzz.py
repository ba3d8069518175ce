"""Stops by OSC while nobody conducts, from hell: a million packets, read by the watch for stops and by a conductor.

    python benchmarks/osc_stops_fuzz.py [--packets 1000000] [--seed 1]
    python benchmarks/osc_stops_fuzz.py --guided -runs=1000000     (needs atheris; what follows is libFuzzer's)

Each packet goes by UDP to the watch, and to the front desk of a conductor who knows the same rules and the same show,
of which any cue may be under way. Nothing may raise, nothing may be kept. What the watch has motion obey is just what
the conductor takes for a stop, for the same axes, and of one to whom only some cues are under way no less. What stops
is answered as done, and nothing else is.
"""

import argparse
import json
import os
import random
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Final

from fuzzing import Tally, guided, kind_of, torn
from osc_fuzz import ADDRESSES, ARGUMENTS

from cuefocus.engine.front_desk import FrontDesk
from cuefocus.engine.peers import DeskRules, Guest, PeerRule
from cuefocus.engine.ports import Command
from cuefocus.shells.orders import Answer, Order
from cuefocus.shells.stops_watch import SILENT_NS, StopsWatch
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.dialects.addresses import MOST_NAMED, named_by
from cuefocus.wire.dialects.all import DIALECTS, hear
from cuefocus.wire.dialects.dialect import CueView, ShowView
from cuefocus.wire.osc import OscMessage, read_packet, write_bundle, write_message
from cuefocus.wire.osc_pattern import is_pattern
from cuefocus.wire.osc_triggers import TriggerTable
from cuefocus.wire.said import STOPS, Right

CUES: Final = {
    cue: CueView(cue, camera=camera, axis="focus", running=True)
    for cue, camera in (("1", "A"), ("2", "B"), ("12.5", "1"), ("Q 3", "A"), ("out", "0"))
}
SHOW: Final = ShowView(title="Fuzz", cues=CUES)
SOME: Final = replace(SHOW, cues={cue: replace(one, running=cue == "2") for cue, one in CUES.items()})
TRIGGERS: Final = ("/cue/7/go", "/x/y/z left", "/stop", "/cuefocus/hold 0")
PASSCODE: Final = "4321"
RULES: Final = (
    DeskRules((PeerRule("desk", "127.0.0.0/8", Right.OPERATE, trusts=True),)),
    DeskRules((PeerRule("hall", "127.0.0.0/8", Right.VIEW),), ((PASSCODE, Right.OPERATE),)),
    DeskRules((PeerRule("hall", "127.0.0.0/8", Right.VIEW),), ((PASSCODE, Right.EDIT),)),
)
STOPPING: Final = (
    *(
        "/cuefocus/panic",
        "/cuefocus/hold",
        "/cuefocus/release",
        "/cuefocus/hand",
        "/panic",
        "/hardStop",
        "/stop",
        "/pause",
    ),
    *(
        "/panicInTime",
        "/workspace/cuefocus/panic",
        "/workspace/Fuzz/stop",
        "/cue/1/stop",
        "/cue/active/stop",
        "/cue/*/panic",
    ),
    *("/cue_id/Q_3/pause", "/cue/{1,2}/hardStop", "/*/panic", "/cuefocus/{hold,panic}", "//stop", "/cue/selected/stop"),
)
NAMES: Final = ("A", "B.focus", "1", "0", "nobody", "", "Q 3", 1, 0, 1.0, 0.0, 0.5, True, False, None)
_LATER_NS: Final = 50 * NS_PER_MS
_REPLY: Final = "/cuefocus/out/reply"
Stop = tuple[str, str]
"""Verb and target."""


class StopsPort:
    """A port with a watch and two conductors, to one of whom all cues are under way.

    Args:
        rules: who may do what.
    """

    def __init__(self, rules: DeskRules) -> None:
        self._now_ns, numbers = NS_PER_S, count(1)
        self._port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._desk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for made in (self._port, self._desk):
            made.bind((f"127.8.{os.getpid() % 250}.1", 0))
            made.setblocking(False)
        self._guest = Guest(*self._desk.getsockname())
        self._obeyed: list[Stop] = []
        self._watch = StopsWatch(
            lambda: [self._port],
            rules,
            show=SHOW,
            triggers=TRIGGERS,
            beat_ns=lambda: self._now_ns - 2 * SILENT_NS,
            obeys=self._obey,
            tell=lambda _: None,
            clock_ns=lambda: self._now_ns,
        )
        self._conductors = [FrontDesk(rules, TriggerTable(TRIGGERS), lambda: next(numbers)) for _ in range(2)]
        for front, view in zip(self._conductors, (SHOW, SOME), strict=True):
            front.view = view

    def _obey(self, order: Order, source: str, timeout_ns: int) -> Answer:
        del source, timeout_ns
        self._obeyed.append((order.verb, order.target))
        return Answer(True, "done")

    def take(self, packet: bytes) -> tuple[int, int]:
        """Have a packet come in; how many faults it has, and how many stops.

        Raises: AssertionError where the watch and a conductor take it for different things.
        """
        self._now_ns += _LATER_NS
        self._obeyed.clear()
        self._desk.sendto(packet, self._port.getsockname())
        self._watch.look()
        done, obeyed = self._done(), [*dict.fromkeys(self._obeyed)]
        all_run, some_run = (self._conducted(front, packet) for front in self._conductors)
        read = read_packet(packet)
        leaves = any(one.address.endswith("/disconnect") for one in read.messages)  # which who is in doubt goes by not
        if obeyed != all_run and not (leaves and {*all_run} <= {*obeyed}):
            raise AssertionError(f"obeyed {obeyed}, not {all_run}: {read.messages}")
        if not ({*some_run} <= {*obeyed} or _names_too_many(read.messages)):
            raise AssertionError(f"missing {some_run} in {obeyed}: {read.messages}")
        if more := done - {one.address for one in read.messages if _stops(one)}:
            raise AssertionError(f"{more} are answered as done: {read.messages}")
        return len(read.faults), len(obeyed)

    def _conducted(self, front: FrontDesk, packet: bytes) -> list[Stop]:
        """The stops that a conductor takes a packet for, from one who has given the passcode."""
        front.peers.prove(self._guest, PASSCODE, self._now_ns)
        heard = front.hear(packet, self._now_ns, self._guest, lambda tag: tag >> 32)
        words = [one for one in heard.events if isinstance(one, Command) and one.verb in STOPS]
        front.faults.due(self._now_ns)
        front.leave(self._guest)
        return [*dict.fromkeys((word.verb, word.target) for word in words)]

    def _done(self) -> set[str]:
        """The addresses of what is answered as done."""
        done = set[str]()
        while True:
            try:
                (answer,) = read_packet(self._desk.recv(65_535)).messages
            except BlockingIOError:
                return done
            if answer.address.startswith("/reply/"):
                told = json.loads(str(answer.first))
                done |= {str(told["address"])} if told["status"] == "ok" and told["data"] != "badpass" else set()
            elif answer.address != _REPLY or answer.arguments[1]:
                done.add(str(answer.arguments[0] if answer.address == _REPLY else answer.address))


def _stops(message: OscMessage) -> bool:
    found = hear(message, SHOW)
    return found is not None and any(said.verb in STOPS for said in found[1].said)


def _names_too_many(messages: tuple[OscMessage, ...]) -> bool:
    return any(
        is_pattern(one.address) and named_by(one.address, dialect.addresses, CUES).count > MOST_NAMED
        for one in messages
        for dialect in DIALECTS
    )


def sound(chance: random.Random) -> bytes:
    """What a desk may send: stops, and other words beside them."""
    some = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if chance.random() < 0.6:
            some.append(
                OscMessage(chance.choice(STOPPING), tuple(chance.choices(NAMES, k=chance.choice((0, 0, 1, 1, 2)))))
            )
        else:
            arguments = chance.choices((*ARGUMENTS, PASSCODE), k=chance.choice((0, 0, 1, 2)))
            some.append(OscMessage(chance.choice(ADDRESSES), tuple(arguments)))
    return write_message(some[0]) if len(some) == 1 else write_bundle(some, time_tag=chance.choice((1, 1 << 40)))


def main() -> None:
    """Send, look, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guided", action="store_true")
    arguments, rest = parser.parse_known_args()
    ports = [StopsPort(rules) for rules in RULES]

    def take(data: bytes) -> tuple[int, int]:
        return ports[data[0] % len(ports) if data else 0].take(data[1:])

    def seeds() -> Iterator[bytes]:
        some = random.Random(arguments.seed)
        yield from (bytes((number,)) + sound(some) for number in range(250) for _ in range(2))

    if arguments.guided:
        guided(take, seeds(), rest, "packets")
    chance = random.Random(arguments.seed)
    tally, unfounded = Tally(arguments.packets, "packets"), 0
    for number in range(arguments.packets):
        kind = kind_of(number)
        packet = chance.randbytes(chance.randrange(200)) if kind == "noise" else sound(chance)
        packet = torn(packet, chance) if kind == "torn" else b"/" * (number % 8 == 3) + packet
        faults = stops = 0
        try:
            faults, stops = take(bytes((chance.choice((0, 0, 1, 2)),)) + packet)
        except AssertionError as found:
            unfounded += 1
            print(found, file=sys.stderr)
        tally.count(number, at_fault=faults > 0, with_words=stops > 0)
    tally.tell(f"packets that the watch and a conductor take for different stops: {unfounded}")


if __name__ == "__main__":
    main()

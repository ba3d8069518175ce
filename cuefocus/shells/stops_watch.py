"""Words that stop, heard while nobody conducts: given to motion, which obeys whoever else is dead, and answered.

As long as the conductor shows life nothing is read here: it alone hears what desks say.
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Final

from cuefocus.engine.front_desk import FrontDesk
from cuefocus.engine.outcome import Reply
from cuefocus.engine.peers import DeskRules, Guest, Peers
from cuefocus.engine.ports import Command, Trigger
from cuefocus.errors import DeviceError
from cuefocus.shells.desk_port import copy_of, osc_port
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.message_turns import Message
from cuefocus.shells.orders import Answer, Order
from cuefocus.shells.udp_inlet import UdpInlet
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.osc_triggers import TriggerTable
from cuefocus.wire.said import STOPS, Right

SILENT_NS: Final = 60 * NS_PER_MS
"""From this silence on stops are read here: by then motion has given the conductor up, and lets nothing depart."""
LOOK_NS: Final = 20 * NS_PER_MS
"""So often to look at its sign of life."""
_MOST_A_LOOK: Final = 256
_NOBODY: Final = "nobody conducts just now; say it again"
Obeys = Callable[[Order, str], Answer]
"""Has motion obey a stop, for who says it. May raise DeviceError."""


class StopsWatch:
    """Hears stops in the conductor's place.

    Args:
        lanes: the sockets for stops that are open by now; copies are made.
        rules: who may do what.
        beat_ns: host time of the conductor's last sign of life; 0 before the first.
        obeys: gives a stop to motion.
        tell: takes events for the operator.
        clock_ns: the host clock.
    """

    def __init__(
        self,
        lanes: Callable[[], Sequence[socket.socket]],
        rules: DeskRules,
        *,
        beat_ns: Callable[[], int],
        obeys: Obeys,
        tell: Callable[[Mapping[str, object]], object],
        clock_ns: Callable[[], int] = now_ns,
    ) -> None:
        self._beat_ns, self._obeys, self._tell, self._now_ns = beat_ns, obeys, tell, clock_ns
        self._peers, numbers = Peers(rules), count(1)
        self._front = FrontDesk(rules, TriggerTable([]), lambda: next(numbers), in_doubt=True)
        self._lanes, self._inlets = lanes, dict[socket.socket, UdpInlet]()

    def look(self) -> None:
        """Hear what stops there are, if nobody conducts."""
        at_ns, beat_ns = self._now_ns(), self._beat_ns()
        if beat_ns and at_ns - beat_ns > SILENT_NS:
            given: dict[Order, Answer] = {}
            for lane in self._lanes():
                inlet = self._inlets.get(lane) or self._inlets.setdefault(lane, _inlet(lane))
                for _ in range(_MOST_A_LOOK):
                    came = inlet.receive()
                    if not isinstance(came, Message):
                        break
                    self._hear(inlet, came, given, at_ns - beat_ns)
        for kind, text in self._front.faults.due(at_ns):
            self._say(kind, text)

    def close(self) -> None:
        """Hear nothing more."""
        for inlet in self._inlets.values():
            inlet.close()

    def _hear(self, inlet: UdpInlet, came: Message, given: dict[Order, Answer], silent_ns: int) -> None:
        guest = Guest(came.sender, came.port)
        hearing = self._front.hear(came.data, came.stamp_ns, guest, lambda _: 0, needs=Right.OPERATE)
        out = list(hearing.out)
        for word in hearing.events:
            if isinstance(word, Command):
                answer = self._obeyed(word, given, silent_ns, guest)
                out += self._front.answer(Reply(word.id, word.source, answer.ok, answer.text, answer.data))
        for to, packet in out:
            inlet.send(packet, (to.host, to.port))

    def _obeyed(self, word: Command | Trigger, given: dict[Order, Answer], silent_ns: int, guest: Guest) -> Answer:
        """What became of a word. One that several say, or one says often, is given to motion once."""
        if isinstance(word, Trigger) or word.verb not in STOPS:
            return Answer(False, _NOBODY)
        order = Order(word.verb, word.target, word.value)
        answer = given.get(order)
        if answer is None:
            try:
                answer = self._obeys(order, word.source)
            except DeviceError as problem:
                answer = Answer(False, problem.sentence, absent=True)
            given[order] = answer
            doubt = self._peers.right(guest) < Right.OPERATE
            who = f"{guest.host} (which may have given a passcode)" if doubt else guest.host
            self._say(
                "alarm",
                f"the conductor was silent for {silent_ns // NS_PER_MS} ms when OSC from {who} came: {answer.text}",
            )
        return answer

    def _say(self, kind: str, text: str) -> None:
        fields = {"event": kind, "host_ns": self._now_ns(), "source": "osc"}
        self._tell({**fields, "text": text} if kind == "alarm" else {**fields, "desk": text})


def _inlet(lane: socket.socket) -> UdpInlet:
    host, port = lane.getsockname()[:2]
    inlet = UdpInlet(osc_port(host, port), opener=lambda: copy_of(lane.fileno()))
    inlet.receive()  # opens it
    return inlet

"""Words that stop, heard while nobody conducts: given to motion, which obeys whoever else is dead, and answered.

As long as the conductor shows life nothing is read here: it alone hears what desks say.
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

from cuefocus.engine.front_desk import NOBODY_CONDUCTS, FrontDesk
from cuefocus.engine.guests import Guests
from cuefocus.engine.outcome import Reply
from cuefocus.engine.peers import DeskRules, Guest, Peers
from cuefocus.engine.ports import Command
from cuefocus.errors import DeviceError
from cuefocus.shells.asked_at import AskedAt
from cuefocus.shells.desk_port import LOST_NS, copy_of, osc_port
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.ip_place import is_everywhere
from cuefocus.shells.message_turns import Message
from cuefocus.shells.midi_stops import MidiStops
from cuefocus.shells.orders import MOTION_ANSWER_NS, Answer, Order
from cuefocus.shells.udp_inlet import UdpInlet
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.dialects.dialect import NO_SHOW, ShowView
from cuefocus.wire.osc_triggers import TriggerTable
from cuefocus.wire.said import STOPS, Right

SILENT_NS: Final = 60 * NS_PER_MS
"""From this silence on stops are read here: by then motion has given the conductor up, and lets nothing depart."""
LOOK_NS: Final = 20 * NS_PER_MS
"""So often to look at its sign of life."""
_MOST_A_LOOK: Final = 256
LOOK_TAKES_NS: Final = 1000 * NS_PER_MS
"""A look that has taken so long, since motion does not answer, leaves the rest to the next."""
BRIEFLY_NS: Final = 20 * NS_PER_MS
"""So long motion is waited for once it has left a stop unanswered, until it answers: it has the stop all the same."""
_OSC: Final = "osc"
Obeys = Callable[[Order, str, int], Answer]
"""Has motion obey a stop, for who says it, and waits for the answer so long (ns). May raise DeviceError."""


@dataclass(slots=True)
class _Given:
    """A stop that motion was given in this look.

    Args:
        said_ns: when it had been said. last_ns: when it was said last.
    """

    source: str
    answer: Answer
    said_ns: int
    last_ns: int


class StopsWatch:
    """Hears stops in the conductor's place.

    Args:
        lanes: the sockets for stops that are open by now; copies are made.
        rules: who may do what.
        midi: ports that carry MIDI cues.
        show: as desks may ask for it; which of its cues are under way nobody knows just now, so any may be.
        triggers: the show's own, by OSC: what would have fired is not fired, and told.
        guests: those that the conductor knew; of anybody else nobody knows whether it gives a passcode just now.
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
        midi: Sequence[MidiStops] = (),
        show: ShowView = NO_SHOW,
        triggers: Sequence[str] = (),
        guests: Callable[[], Guests] = Guests,
        beat_ns: Callable[[], int],
        obeys: Obeys,
        tell: Callable[[Mapping[str, object]], object],
        clock_ns: Callable[[], int] = now_ns,
    ) -> None:
        self._beat_ns, self._obeys, self._tell, self._now_ns = beat_ns, obeys, tell, clock_ns
        self._rules, self._guests, numbers = rules, guests, count(1)
        self._front = FrontDesk(rules, TriggerTable(triggers), lambda: next(numbers), in_doubt=True)
        self._front.view = replace(show, cues={key: replace(cue, running=True) for key, cue in show.cues.items()})
        self._lanes, self._inlets = lanes, dict[socket.socket, UdpInlet]()
        self._midi = midi
        self._hangs, self._looked_ns = False, 0

    def look(self) -> None:
        """Hear what stops there are, if nobody conducts."""
        at_ns, beat_ns = self._now_ns(), self._beat_ns()
        self._looked_ns = at_ns
        if beat_ns and at_ns - beat_ns > SILENT_NS:
            given: dict[Order, _Given] = {}
            for lane in self._lanes():
                inlet = self._inlets.get(lane) or self._inlets.setdefault(lane, self._inlet(lane))
                for _ in range(_MOST_A_LOOK):
                    if self._now_ns() - self._looked_ns > LOOK_TAKES_NS:
                        break
                    came = inlet.receive()
                    if came is None:
                        break
                    if isinstance(came, Message):
                        self._hear(inlet, came, given, at_ns - beat_ns)
            for port in self._midi:
                for words in port.words():
                    for word in words:
                        self._obeyed(word, given, at_ns - beat_ns)
                    if self._now_ns() - self._looked_ns > LOOK_TAKES_NS:
                        break
            for order, one in given.items():
                if one.last_ns > one.said_ns:  # a word that was said between the two is older than this one
                    self._give(replace(order, said_ns=one.last_ns), one.source)
        for kind, text in self._front.faults.due(at_ns):
            self._say(kind, text)

    def close(self) -> None:
        """Hear nothing more."""
        for inlet in self._inlets.values():
            inlet.close()
        for port in self._midi:
            port.close()

    def _inlet(self, lane: socket.socket) -> UdpInlet:
        host, port = lane.getsockname()[:2]
        return UdpInlet(
            osc_port(host, port),
            opener=lambda: copy_of(lane.fileno()),
            asked=AskedAt() if is_everywhere(host) else None,
            lost_ns=LOST_NS,
            clock_ns=self._now_ns,
        )

    def _hear(self, inlet: UdpInlet, came: Message, given: dict[Order, _Given], silent_ns: int) -> None:
        guest = Guest(came.sender, came.port)
        hearing = self._front.hear(came.data, came.stamp_ns, guest, lambda _: 0, needs=Right.OPERATE)
        out = list(hearing.out)
        for word in hearing.events:
            if isinstance(word, Command):
                answer = self._obeyed(word, given, silent_ns, guest)
                out += self._front.answer(Reply(word.id, word.source, answer.ok, answer.text, answer.data))
            else:
                self._front.faults.torn(came.sender, f"{word.key}: {NOBODY_CONDUCTS}")
        for to, packet in out:
            inlet.send(packet, (to.host, to.port))

    def _obeyed(self, word: Command, given: dict[Order, _Given], silent_ns: int, guest: Guest | None = None) -> Answer:
        """What became of a word. One that several say, or one says often, is given to motion once, or twice."""
        if word.verb not in STOPS:
            return Answer(False, NOBODY_CONDUCTS)
        order = Order(word.verb, word.target, word.value, said_ns=word.stamp_ns)
        before = given.get(order)
        if before is None:
            answer = self._give(order, word.source)
            given[order] = _Given(word.source, answer, word.stamp_ns, word.stamp_ns)
            who = f"OSC from {self._named(guest)}" if guest is not None else f"show control by {word.source}"
            silent_ms = silent_ns // NS_PER_MS
            text = f"the conductor was silent for {silent_ms} ms when {who} came: {answer.text}"
            self._say("alarm", text, _OSC if guest is not None else word.source)
            return answer
        before.last_ns = max(before.last_ns, word.stamp_ns)
        return before.answer

    def _named(self, guest: Guest) -> str:
        peers = Peers(self._rules)
        peers.admit(self._guests().proven)
        doubt = peers.right(guest) < Right.OPERATE
        return f"{guest.host} (which may have given a passcode)" if doubt else guest.host

    def _give(self, order: Order, source: str) -> Answer:
        """Have motion obey a stop."""
        try:
            answer = self._obeys(order, source, self._patience_ns())
        except DeviceError as problem:
            answer = Answer(False, problem.sentence, absent=True)
        self._hangs = answer.absent
        return answer

    def _patience_ns(self) -> int:
        """How long motion may take for the next stop."""
        if self._now_ns() - self._looked_ns > LOOK_TAKES_NS:
            return 0
        return BRIEFLY_NS if self._hangs else MOTION_ANSWER_NS

    def _say(self, kind: str, text: str, source: str = _OSC) -> None:
        fields = {"event": kind, "host_ns": self._now_ns(), "source": source}
        self._tell({**fields, "text": text} if kind == "alarm" else {**fields, "desk": text})

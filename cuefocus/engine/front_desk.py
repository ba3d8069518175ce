"""What comes from desks over OSC: read, judged by who says it, made words of the session, and answered.

Nothing here waits, and nothing raises for what a packet holds. The session's own guards make a trigger count once;
here a packet that a desk sends twice in a breath is one, so that a flood costs the session nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cuefocus.engine.desk_faults import DeskFaults
from cuefocus.engine.outcome import Reply
from cuefocus.engine.peers import DeskRules, Guest, Peers
from cuefocus.engine.ports import Command, Trigger
from cuefocus.engine.subscribers import MOST as MOST_TOLD
from cuefocus.engine.subscribers import Subscribers
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S, ms_from_ns
from cuefocus.wire.dialects.all import DIALECTS, hear
from cuefocus.wire.dialects.companion import Button, Companion
from cuefocus.wire.dialects.dialect import Dialect, Heard, ShowView
from cuefocus.wire.dialects.observed import observed
from cuefocus.wire.osc import OscMessage, OscPacket, read_packet, write_message
from cuefocus.wire.osc_arguments import is_release
from cuefocus.wire.osc_pattern import is_pattern
from cuefocus.wire.osc_triggers import TriggerTable
from cuefocus.wire.said import DISARMING, STOPS, Right, Said, right_for

TWICE_NS: Final = 20 * NS_PER_MS
"""The same packet from the same port within this is one: some desks send each twice."""
FURTHEST_NS: Final = 10 * NS_PER_S
"""A time tag further ahead than this is a clock set wrong, not a cue."""
MOST_BYTES: Final = 9_216
"""No desk sends longer packets, and reading one takes no more than a few milliseconds."""
_MOST_REMEMBERED: Final = 512
_LONGEST_REMEMBERED: Final = 256
_MOST_ASKED: Final = 1024
_MOST_ANSWERED_REFUSALS: Final = 32
_TOO_MANY_TOLD: Final = f"{MOST_TOLD} are told of news already; end one, or wait a minute for one that has gone"
_NO_RIGHT: Final = "it may not; name it under peers in the rig's network section"


@dataclass(slots=True)
class Hearing:
    """What came of a packet.

    Args:
        events: for the session's inbox.
        out: packets to send, and to whom.
    """

    events: list[Command | Trigger] = field(default_factory=list)
    out: list[tuple[Guest, bytes]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Asked:
    guest: Guest
    message: OscMessage
    dialect: Dialect


class FrontDesk:
    """Everybody who speaks OSC.

    Args:
        rules: who may do what.
        triggers: the show's own.
        number: the number of the next command.
        way: how what is said here is called as a source: "osc".
        in_doubt: who has given a passcode is not known here (see `Peers`): good for stops only.
    """

    def __init__(
        self,
        rules: DeskRules,
        triggers: TriggerTable,
        number: Callable[[], int],
        *,
        way: str = "osc",
        in_doubt: bool = False,
    ) -> None:
        self.peers = Peers(rules, in_doubt=in_doubt)
        self.subscribers = Subscribers(_told_anyway(rules))
        self.faults = DeskFaults()
        self.view = ShowView()
        self._triggers, self._number, self._way = triggers, number, way
        self._packets: dict[bytes, OscPacket] = {}
        self._no_word: dict[tuple[OscMessage, type], tuple[str, ...]] = {}
        self._last: dict[Guest, tuple[bytes, int]] = {}
        self._asked: dict[int, _Asked] = {}
        self._refusals_answered = 0
        self._refusals_since_ns = 0

    def hear(
        self,
        packet: bytes,
        stamp_ns: int,
        guest: Guest,
        host_ns_of: Callable[[int], int],
        *,
        needs: Right = Right.VIEW,
    ) -> Hearing:
        """What a packet asks for.

        Args:
            packet: its bytes.
            stamp_ns: host time at which it came.
            guest: who sent it.
            host_ns_of: host time of an NTP time tag.
            needs: the least right with which it can mean anything, as far as the way it came tells.
        """
        hearing = Hearing()
        right = self.peers.right(guest)
        if right < needs and self._tired_of_refusing(stamp_ns):
            self.faults.refused(guest.host, "")
            return hearing
        read = self._read(packet)
        for fault in read.faults:
            self.faults.torn(guest.host, fault)
        if read.messages and self._twice(packet, read, stamp_ns, guest):
            self.faults.twice(guest.host, read.messages[0].address)
            return hearing
        for message in read.messages:  # a passcode, or a farewell, counts from the next on
            self._hear(message, stamp_ns, guest, self.peers.right(guest), host_ns_of, hearing)
        if len(read.messages) > 1:
            hearing.events = _of_one_packet(hearing.events)
        if hearing.events:
            self._remember(packet, stamp_ns, guest)
        self.subscribers.alive(guest, stamp_ns)
        return hearing

    def hear_message(self, message: OscMessage, stamp_ns: int, guest: Guest) -> Hearing:
        """What a message asks for that somebody we called on has said, or means."""
        hearing = Hearing()
        self._hear(message, stamp_ns, guest, self.peers.right(guest), lambda _: 0, hearing)
        return hearing

    def answer(self, reply: Reply) -> list[tuple[Guest, bytes]]:
        """The answer to who asked; to nobody where it was not asked here."""
        asked = self._asked.pop(reply.id, None)
        if asked is None:
            return []
        said = asked.dialect.answer(asked.message, reply.ok, reply.text, reply.data)
        return [(self._reply_to(asked.guest), write_message(message)) for message in said]

    def observe(self, event: Mapping[str, object]) -> None:
        """Keep what desks may ask for as an event says it is."""
        self.view = observed(self.view, event)

    def news(self, event: Mapping[str, object], now_ns: int) -> list[tuple[Guest, bytes]]:
        """What those who asked to be told are told of an event."""
        return self.subscribers.news(event, self.view, now_ns)

    def leave(self, guest: Guest) -> None:
        """A guest has hung up, or says good-bye: it is told nothing more, and has proven nothing."""
        self.peers.forget(guest)
        self.subscribers.forget(guest)

    # --- one packet ---

    def _read(self, packet: bytes) -> OscPacket:
        """Its messages; desks say the same few things over and over, and these are read once."""
        known = self._packets.get(packet)
        if known is None:
            known = read_packet(packet, most_bytes=MOST_BYTES)
            if len(packet) <= _LONGEST_REMEMBERED and not any(one.time_tag for one in known.messages):
                if len(self._packets) >= _MOST_REMEMBERED:
                    self._packets.clear()
                self._packets[packet] = known
        return known

    def _remember_no_word(self, message: OscMessage, keys: tuple[str, ...]) -> None:
        """What is no dialect's word today is none tomorrow: of such a message only the triggers count."""
        if len(message.address) <= _LONGEST_REMEMBERED and len(message.arguments) <= 1:
            if len(self._no_word) >= _MOST_REMEMBERED:
                self._no_word.clear()
            self._no_word[message, type(message.first)] = keys  # 2 and 2.0 are equal, and mean different things

    def _twice(self, packet: bytes, read: OscPacket, stamp_ns: int, guest: Guest) -> bool:
        before, before_ns = self._last.get(guest, (b"", 0))
        if before != packet or not 0 <= stamp_ns - before_ns < TWICE_NS:
            return False
        return not any(message.address.rpartition("/")[2] in _NEVER_TWICE for message in read.messages)

    def _remember(self, packet: bytes, stamp_ns: int, guest: Guest) -> None:
        if len(self._last) >= _MOST_REMEMBERED:
            self._last.clear()
        self._last[guest] = packet, stamp_ns

    def _tired_of_refusing(self, now_ns: int) -> bool:
        """Whether enough strangers have been answered this second: the others are only counted."""
        if now_ns - self._refusals_since_ns >= NS_PER_S:
            self._refusals_since_ns, self._refusals_answered = now_ns, 0
        return self._refusals_answered >= _MOST_ANSWERED_REFUSALS

    # --- one message ---

    def _hear(
        self,
        message: OscMessage,
        stamp_ns: int,
        guest: Guest,
        right: Right,
        host_ns_of: Callable[[int], int],
        hearing: Hearing,
    ) -> None:
        dialect: Dialect | None = None
        heard: Heard | None = None
        stops, known = False, self._no_word.get((message, type(message.first)))
        if known is None:
            dialect, heard = hear(message, self.view) or (None, None)
            stops = heard is not None and any(said.verb in STOPS for said in heard.said)
            disarms = heard is not None and any(said.verb in DISARMING for said in heard.said)
            keys = () if disarms else self._triggers.heard(message)
            if heard is None and message.time_tag is None:
                self._remember_no_word(message, keys)
        else:
            keys = known
        if not keys and (dialect is None or heard is None):
            return  # desks send much that is not for us
        due_ns, why = self._due(message, stamp_ns, guest, host_ns_of)
        if why and not stops:
            self.faults.torn(guest.host, why)
            self._refuse(message, dialect, guest, why, stamp_ns, hearing)
            return
        if due_ns and not stops:
            stamp_ns = min(stamp_ns, due_ns)  # a word whose moment has passed is as old as that
        source = f"{self._way}:{self.peers.rule(guest).id}"
        if keys:
            if right < Right.OPERATE:
                self.faults.refused(guest.host, message.address)
                self._refuse(message, dialect or DIALECTS[0], guest, _NO_RIGHT, stamp_ns, hearing)
                return
            hearing.events += [Trigger("osc", key, stamp_ns, source, due_ns) for key in keys]
        elif dialect is not None and heard is not None:
            self._obey(message, dialect, heard, (stamp_ns, 0 if stops else due_ns, source), guest, right, hearing)

    def _obey(
        self,
        message: OscMessage,
        dialect: Dialect,
        heard: Heard,
        when: tuple[int, int, str],
        guest: Guest,
        right: Right,
        hearing: Hearing,
    ) -> None:
        stamp_ns, due_ns, source = when
        if _names_too_much(message, heard):
            self.faults.torn(guest.host, heard.ignored)
            self._refuse(message, dialect, guest, heard.ignored, stamp_ns, hearing)
            return
        if heard.passcode is not None:
            right = self._connect(message, dialect, heard.passcode, stamp_ns, guest, right, hearing)
        if heard.subscribes is not None or heard.answers:
            if right < Right.VIEW:
                self.faults.refused(guest.host, message.address)
                self._refuse(message, dialect, guest, _NO_RIGHT, stamp_ns, hearing)
                return
            if heard.subscribes is not None and not self.subscribers.subscribe(
                self._reply_to(guest), guest, dialect, stamp_ns, on=heard.subscribes
            ):
                self._refuse(message, dialect, guest, _TOO_MANY_TOLD, stamp_ns, hearing)
                return
            hearing.out += [(self._reply_to(guest), write_message(one)) for one in heard.answers]
        if heard.leaves:
            self.leave(guest)
        for said in heard.said:
            if right < right_for(said):
                self.faults.refused(guest.host, message.address)
                self._refuse(message, dialect, guest, _NO_RIGHT, stamp_ns, hearing)
            else:
                hearing.events.append(self._command(said, message, dialect, (stamp_ns, due_ns, source), guest))

    def _command(
        self, said: Said, message: OscMessage, dialect: Dialect, when: tuple[int, int, str], guest: Guest
    ) -> Command:
        stamp_ns, due_ns, source = when
        number = self._number()
        if len(self._asked) >= _MOST_ASKED:
            self._asked.pop(next(iter(self._asked)))
        self._asked[number] = _Asked(guest, message, dialect)
        return Command(said.verb, stamp_ns, said.target, said.value, source, number, due_ns)

    def _connect(
        self,
        message: OscMessage,
        dialect: Dialect,
        passcode: str,
        now_ns: int,
        guest: Guest,
        right: Right,
        hearing: Hearing,
    ) -> Right:
        """A peer proves itself; what it may do from now on. Without a passcode it may do what its address may."""
        if passcode and not self.peers.prove(guest, passcode, now_ns):
            ok = not self.peers.asks_passcode and right > Right.NONE
            if not ok:
                self.faults.torn(guest.host, f"{message.address} with a wrong passcode, or none")
        else:
            right = self.peers.right(guest)
            ok = right > Right.NONE
        if not ok:
            if self._tired_of_refusing(now_ns):
                return right
            self._refusals_answered += 1
        text = f"you may {right.name.lower()}" if ok else "badpass"
        answers = dialect.answer(message, ok, text, {"right": right.name.lower()})
        hearing.out += [(self._reply_to(guest), write_message(one)) for one in answers]
        return right

    def _refuse(
        self, message: OscMessage, dialect: Dialect | None, guest: Guest, why: str, now_ns: int, hearing: Hearing
    ) -> None:
        if self._tired_of_refusing(now_ns):
            return
        self._refusals_answered += 1
        if dialect is not None:
            answers = dialect.answer(message, False, f"refused: {why}", {})
            hearing.out += [(self._reply_to(guest), write_message(one)) for one in answers]

    def _due(
        self, message: OscMessage, stamp_ns: int, guest: Guest, host_ns_of: Callable[[int], int]
    ) -> tuple[int, str]:
        """When a message is due (0: at once), and why it cannot be waited for."""
        if message.time_tag is None or not self.peers.rule(guest).trusts:
            return 0, ""
        due_ns = host_ns_of(message.time_tag)
        if due_ns - stamp_ns > FURTHEST_NS:
            ahead_s = ms_from_ns(due_ns - stamp_ns) / 1000
            return 0, f"its time tag is {ahead_s:.0f} s ahead; are both clocks set?"
        return max(1, due_ns), ""

    def _reply_to(self, guest: Guest) -> Guest:
        port = 0 if guest.line else self.peers.rule(guest).reply
        return Guest(guest.host, port) if port else guest


def _of_one_packet(events: list[Command | Trigger]) -> list[Command | Trigger]:
    """What one packet brought, with the number of its first command as the packet's."""
    packet = next((event.id for event in events if isinstance(event, Command)), 0)
    return [replace(event, packet=packet) if isinstance(event, Command) else event for event in events]


def _names_too_much(message: OscMessage, heard: Heard) -> bool:
    """Whether nothing at all comes of a message, for its wildcards name too many words, or several."""
    in_vain = heard.ignored and heard == Heard(ignored=heard.ignored)
    return bool(in_vain) and is_pattern(message.address) and not is_release(message)


def _told_anyway(rules: DeskRules) -> Iterator[tuple[Guest, Dialect]]:
    """Those who are told without having asked, and how each wants it."""
    for host, port in rules.told:
        yield Guest(host, port), DIALECTS[0]
    for one in rules.companions:
        yield Guest(one.host, one.port), Companion(Button(*one.button) if one.button else None)


_NEVER_TWICE: Final = frozenset({*DISARMING, "panicInTime", "hardStop", "stop", "pause"})
"""Last words of addresses that are heard each time."""

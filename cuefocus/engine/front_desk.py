"""What comes from desks over OSC: read, judged by who says it, made words of the session, and answered.

Nothing here waits, and nothing raises for what a packet holds. The session's own guards make a trigger count once;
here a packet that a desk sends twice in a breath is one, so that a flood costs the session nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cuefocus.engine.desk_faults import DeskFaults
from cuefocus.engine.guests import Guests
from cuefocus.engine.heard_before import HeardBefore
from cuefocus.engine.outcome import Reply
from cuefocus.engine.peers import DeskRules, Guest, Peers
from cuefocus.engine.ports import Command, Trigger
from cuefocus.engine.refusals import Refusals
from cuefocus.engine.subscribers import MOST as MOST_TOLD
from cuefocus.engine.subscribers import SILENCE_NS, Subscribers
from cuefocus.timebase.units import NS_PER_S, ms_from_ns
from cuefocus.wire.dialects.all import DIALECTS, hear
from cuefocus.wire.dialects.companion import Button, Companion
from cuefocus.wire.dialects.dialect import Dialect, Heard, ShowView
from cuefocus.wire.dialects.observed import observed
from cuefocus.wire.osc import OscMessage, write_message
from cuefocus.wire.osc_arguments import is_release
from cuefocus.wire.osc_pattern import is_pattern
from cuefocus.wire.osc_triggers import TriggerTable
from cuefocus.wire.said import DISARMING, STOPS, Right, Said, right_for

FURTHEST_NS: Final = 10 * NS_PER_S
"""A time tag further ahead than this is a clock set wrong, not a cue."""
_MOST_ASKED: Final = 1024
_MOST_REPLIES: Final = 1024
_PASSCODE: Final = b"/connect\0"
"""How the address ends of every word that gives a passcode, whatever dialect and bundle it stands in."""
NOBODY_CONDUCTS: Final = "nobody conducts just now; say it again"
_TOO_MANY_TOLD: Final = f"{MOST_TOLD} are told of news already; end one, or wait a minute for one that has gone"


@dataclass(slots=True)
class Hearing:
    """What came of a packet.

    Args:
        came_ns: host time at which it came, whatever its time tags say.
        events: for the session's inbox.
        out: packets to send, and to whom.
    """

    came_ns: int
    events: list[Command | Trigger] = field(default_factory=list)
    out: list[tuple[Guest, bytes]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Asked:
    guest: Guest
    message: OscMessage
    dialect: Dialect


@dataclass(slots=True)
class _Replies:
    """Where a guest has asked to be answered, and when it spoke last."""

    port: int
    heard_ns: int


class FrontDesk:
    """Everybody who speaks OSC.

    Args:
        rules: who may do what.
        triggers: the show's own.
        number: the number of the next command.
        way: how what is said here is called as a source: "osc".
        in_doubt: who has given a passcode is not known here (see `Peers`): good for stops only; what else is asked or
            said of the connection is refused.
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
        self._triggers, self._number, self._way, self._in_doubt = triggers, number, way, in_doubt
        self._before = HeardBefore()
        self._asked: dict[int, _Asked] = {}
        self._replies: dict[Guest, _Replies] = {}
        self._replies_changed = 0
        self._refusals = Refusals()

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
        hearing = Hearing(stamp_ns)
        if self.turns_away(packet, stamp_ns, guest, needs):
            return hearing
        self._still_replies(guest, stamp_ns)
        read = self._before.read(packet)
        for fault in read.faults:
            self.faults.torn(guest.host, fault)
        if read.messages and self._before.twice(packet, stamp_ns, guest):
            self.faults.twice(guest.host, read.messages[0].address)
            return hearing
        for message in read.messages:  # a passcode, or a farewell, counts from the next on
            self._hear(message, guest, self.peers.right(guest), host_ns_of, hearing)
        if len(read.messages) > 1:
            hearing.events = _of_one_packet(hearing.events)
        if hearing.events:
            disarms = any(isinstance(event, Command) and event.verb in DISARMING for event in hearing.events)
            self._before.obeyed(packet, stamp_ns, guest, disarms=disarms)
        self.subscribers.alive(guest, stamp_ns)
        return hearing

    def turns_away(self, packet: bytes, stamp_ns: int, guest: Guest, needs: Right) -> bool:
        """Whether a packet is only counted, for its guest may not say it and enough of its host's were answered.

        One that may hold a passcode is read, as long as its host is believed: others' packets keep nobody from proving
        itself.
        """
        peers, host = self.peers, guest.host
        if peers.right(guest) >= needs or not self._refusals.enough(host, stamp_ns):
            return False
        if _PASSCODE in packet and peers.asks_passcode and peers.believes(host, stamp_ns):
            return False
        self.faults.unread(host, lambda: peers.cure(guest, needs, stamp_ns))
        return True

    def hear_message(self, message: OscMessage, stamp_ns: int, guest: Guest) -> Hearing:
        """What a message asks for that somebody we called on has said, or means."""
        hearing = Hearing(stamp_ns)
        self._hear(message, guest, self.peers.right(guest), lambda _: 0, hearing)
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
        self._replies_changed += self._replies.pop(guest, None) is not None

    @property
    def changes(self) -> int:
        """How often `guests` has changed."""
        return self.peers.changes + self.subscribers.changes + self._replies_changed

    @property
    def guests(self) -> Guests:
        """Those that whoever hears desks next should know."""
        return Guests(
            proven=tuple((guest, right) for guest, right in self.peers.proven if not guest.line),
            told=tuple(one for one in self.subscribers.asked if not one[1].line),
            tired=self.peers.tired,
            replies=tuple((guest, asked.port) for guest, asked in self._replies.items()),
        )

    def admit(self, guests: Guests, now_ns: int) -> None:
        """Know those that a predecessor knew, as if they had just said something."""
        self.peers.admit(guests.proven, guests.tired)
        self._replies.update((guest, _Replies(port, now_ns)) for guest, port in guests.replies)
        dialects = {dialect.name: dialect for dialect in DIALECTS}
        for told, guest, name in guests.told:
            self.subscribers.subscribe(told, guest, dialects[name], now_ns, self.peers.right(guest), on=True)

    # --- one message ---

    def _hear(
        self,
        message: OscMessage,
        guest: Guest,
        right: Right,
        host_ns_of: Callable[[int], int],
        hearing: Hearing,
    ) -> None:
        dialect: Dialect | None = None
        heard: Heard | None = None
        stops, known = False, self._before.as_no_word(message)
        if known is None:
            dialect, heard = hear(message, self.view) or (None, None)
            stops = heard is not None and any(said.verb in STOPS for said in heard.said)
            disarms = heard is not None and any(said.verb in DISARMING for said in heard.said)
            keys = () if disarms else self._triggers.heard(message)
            if heard is None and message.time_tag is None:
                self._before.is_no_word(message, keys)
        else:
            keys = known
        if not keys and (dialect is None or heard is None):
            return  # desks send much that is not for us
        stamp_ns = hearing.came_ns
        due_ns, why = self._due(message, stamp_ns, guest, host_ns_of)
        if why and not stops:
            self.faults.torn(guest.host, why)
            self._refuse(message, dialect, guest, why, hearing)
            return
        if due_ns and not stops:
            stamp_ns = min(stamp_ns, due_ns)  # a word whose moment has passed is as old as that
        source = f"{self._way}:{self.peers.rule(guest).id}"
        if keys:
            if right < Right.OPERATE:
                self._forbid(message, dialect or DIALECTS[0], guest, Right.OPERATE, hearing)
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
        if _names_too_much(message, heard):
            self.faults.torn(guest.host, heard.ignored)
            self._refuse(message, dialect, guest, heard.ignored, hearing)
            return
        if self._in_doubt and not (heard.said or heard.ignored):  # who conducts next would know nothing of it
            self._refuse(message, dialect, guest, NOBODY_CONDUCTS, hearing)
            return
        if heard.passcode is not None:
            right = self._connect(message, dialect, heard.passcode, guest, right, hearing)
        if heard.subscribes is not None or heard.answers:
            if right < Right.VIEW:
                self._forbid(message, dialect, guest, Right.VIEW, hearing)
                return
            if heard.replies_at and not guest.line:
                self._reply_at(guest, heard.replies_at, hearing.came_ns)
            if heard.subscribes is not None and not self.subscribers.subscribe(
                self._reply_to(guest), guest, dialect, hearing.came_ns, right, on=heard.subscribes
            ):
                self._refuse(message, dialect, guest, _TOO_MANY_TOLD, hearing)
                return
            hearing.out += [(self._reply_to(guest), write_message(one)) for one in heard.answers]
        if heard.leaves:
            self.leave(guest)
        for said in heard.said:
            if right < right_for(said):
                self._forbid(message, dialect, guest, right_for(said), hearing)
            else:
                hearing.events.append(self._command(said, message, dialect, when, guest))

    def _command(
        self, said: Said, message: OscMessage, dialect: Dialect, when: tuple[int, int, str], guest: Guest
    ) -> Command:
        stamp_ns, due_ns, source = when
        number = self._number()
        if len(self._asked) >= _MOST_ASKED:
            self._asked.pop(next(iter(self._asked)))
        self._asked[number] = _Asked(guest, message, dialect)
        route = self.peers.rule(guest).route
        return Command(said.verb, stamp_ns, said.target, said.value, source, number, due_ns, route=route)

    def _connect(
        self,
        message: OscMessage,
        dialect: Dialect,
        passcode: str,
        guest: Guest,
        right: Right,
        hearing: Hearing,
    ) -> Right:
        """A peer proves itself; what it may do from now on. Without a passcode it may do what its address may."""
        why = self.peers.prove(guest, passcode, hearing.came_ns) if passcode else ""
        if why:
            ok = not self.peers.asks_passcode and right > Right.NONE
        else:
            right = self.peers.right(guest)
            ok = right > Right.NONE
            why = "" if ok else self.peers.cure(guest, Right.VIEW, hearing.came_ns)
        if not ok:
            self.faults.torn(guest.host, f"{message.address}: {why}")
            if self._refusals.enough(guest.host, hearing.came_ns):
                return right
            self._refusals.answered(guest.host)
        text = f"you may {right.name.lower()}" if ok else why
        answers = dialect.answer(message, ok, text, {"right": right.name.lower()})
        hearing.out += [(self._reply_to(guest), write_message(one)) for one in answers]
        return right

    def _forbid(self, message: OscMessage, dialect: Dialect, guest: Guest, needs: Right, hearing: Hearing) -> None:
        """A guest may not say that; it and the operator are told what lets it in."""
        cure = self.peers.cure(guest, needs, hearing.came_ns)
        self.faults.refused(guest.host, message.address, cure)
        self._refuse(message, dialect, guest, f"it may not; {cure}", hearing)

    def _refuse(self, message: OscMessage, dialect: Dialect | None, guest: Guest, why: str, hearing: Hearing) -> None:
        if self._refusals.enough(guest.host, hearing.came_ns):
            return
        self._refusals.answered(guest.host)
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

    def _reply_at(self, guest: Guest, port: int, heard_ns: int) -> None:
        """A guest that speaks by UDP hears at another port, now and of what it is told already."""
        self._replies.pop(guest, None)
        if len(self._replies) >= _MOST_REPLIES:
            del self._replies[next(iter(self._replies))]
        self._replies[guest] = _Replies(port, heard_ns)
        self._replies_changed += 1
        self.subscribers.move(guest, self._reply_to(guest))

    def _still_replies(self, guest: Guest, heard_ns: int) -> None:
        """Who was silent for so long has gone, and whoever speaks from there now is another."""
        kept = self._replies.get(guest)
        if kept is not None and heard_ns - kept.heard_ns > SILENCE_NS:
            del self._replies[guest]
            self._replies_changed += 1
        elif kept is not None:
            kept.heard_ns = heard_ns

    def _reply_to(self, guest: Guest) -> Guest:
        asked = self._replies.get(guest)
        port = asked.port if asked is not None else 0 if guest.line else self.peers.rule(guest).reply
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

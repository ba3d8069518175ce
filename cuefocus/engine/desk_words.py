"""What desks say, before it is obeyed: a word that is too old is dropped, a copy of one does nothing.

Words with a time are kept until it comes, unless PANIC, disarming or the end of the take comes before.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cuefocus.engine.commands import LAST_WORDS, obey
from cuefocus.engine.deadlines import Deadlines
from cuefocus.engine.flurry import Flurry
from cuefocus.engine.outcome import Reply
from cuefocus.engine.ports import Command, Trigger
from cuefocus.engine.triggers import Suppressed
from cuefocus.engine.waits import when
from cuefocus.timebase.units import NS_PER_MS, ms_from_ns
from cuefocus.wire.said import DISARMING, STOPS

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

#: A person at this machine, or CueFocus itself: their words wait for nothing and are never copies.
_OURS: Final = frozenset({"tell", "key", "conductor", "rehearse", LAST_WORDS})
_ASKING: Final = "status"
#: They change nothing, or are obeyed whenever they come.
_ALWAYS: Final = frozenset({*STOPS, _ASKING})
#: Words after which something may move again. Stops pass other words on their way, and what they have passed is over.
_LIFTS: Final = frozenset({"resume", "arm", "engage", "take_start"})
#: Words that say another thing of the same.
_OF_ONE_THING: Final = {"disarm": "arm", "disengage": "engage", "take_end": "take_start"}
#: Words for the cue on standby, whichever they name.
_OF_STANDBY: Final = frozenset({"standby", "next", "back", "top", "load"})
#: Bitfocus Companion's generic OSC action sends every packet twice (its issue 1655); nobody presses so quickly.
_SENT_TWICE_NS: Final = 20 * NS_PER_MS
_WORDS_KEPT: Final = 256
#: Motion obeys a stop within this from when it was said here; what it tells of later than that was said elsewhere.
_OBEYED_NS: Final = 100 * NS_PER_MS
_TOLD_BY_NAME: Final = 3


@dataclass(frozen=True, slots=True)
class _Obeyed:
    """A word that was obeyed, its answer, and the packets and the routes that brought a copy of it."""

    command: Command
    reply: Reply
    copied_by: set[int] = field(default_factory=set)
    brought_by: set[str] = field(default_factory=set)


class DeskWords:
    """Hears commands and triggers.

    Args:
        stale_ns: a desk's word older than this is not obeyed any more: whoever said it does not wait for it now.
    """

    def __init__(self, stale_ns: int) -> None:
        self._stale_ns = stale_ns
        self._obeyed: deque[_Obeyed] = deque(maxlen=_WORDS_KEPT)
        self._stop: Command | None = None
        self._set: Command | None = None
        self._expired, self._overtook, self._crowded = self._flurries = Flurry(), Flurry(), Flurry()
        self.deadlines = Deadlines()

    def keep(self, session: "Session", word: Command | Trigger) -> None:
        """Keep a word until it is due; one more than can be kept is refused."""
        why = self.deadlines.keep(word)
        if why:
            self._crowded.came(f"{word.source}: {why}")
            _refuse(session, word, why)

    def due(self, session: "Session") -> Iterator[Command | Trigger]:
        """The words whose time has come, once all that came in this step is heard; alarms of what was not obeyed."""
        for flurry in self._flurries:
            text = flurry.due(session.now_ns)
            if text:
                session.alarm(text)
        return self.deadlines.due(session.now_ns)

    def forget(self, session: "Session", reason: str) -> None:
        """Nothing that was said for later is obeyed: whoever arms again does not expect it."""
        self._forgotten(session, reason, self.deadlines.forget())

    def end_take(self, session: "Session", reason: str, said_ns: int) -> None:
        """An operator ends the take: what was said for later before that was meant for it, what was said since is not.

        Args:
            session: the session.
            reason: why.
            said_ns: host time at which the word was said, or was due, if it was said for later itself.
        """
        before_ns = self.deadlines.said_ns if self.deadlines.said_ns is not None else said_ns
        self._forgotten(session, reason, self.deadlines.forget(before_ns))

    def _forgotten(self, session: "Session", reason: str, words: list[Command | Trigger]) -> None:
        if not words:
            return
        for word in words:
            _refuse(
                session, word, f"{reason}: this word, said for later, is forgotten; say it again if it is still meant"
            )
        named = [f"{_text(word)} ({when(word.due_ns - session.now_ns)})" for word in words[:_TOLD_BY_NAME]]
        more = [f"and {len(words) - _TOLD_BY_NAME} more"] if len(words) > _TOLD_BY_NAME else []
        session.alarm(f"{reason}: what was said for later is forgotten: {', '.join(named + more)}")

    def command(self, session: "Session", command: Command) -> Reply:
        """Obey a command, unless it is stale or a copy; the answer. A copy is answered as the word was.

        What disarms is never too late: it moves nothing.
        """
        if command.source not in _OURS and command.verb not in _ALWAYS:
            what = _text(command)
            late = command.verb not in DISARMING and self._stale(session, what, command.stamp_ns, command.source)
            if late:
                return Reply(command.id, command.source, False, late)
            if (copied := self._copied(command)) is not None:
                before, reply = copied.command, copied.reply
                age_ns = command.stamp_ns - before.stamp_ns
                session.tell("state", **Suppressed(what, command.source, before.source, age_ns).told())
                return Reply(command.id, command.source, reply.ok, reply.text, reply.data)
        why = self._overtaken(command)
        if why:
            self._overtook.came(f"{command.source}: {why}")
            return Reply(command.id, command.source, False, why)
        reply = obey(session, command)
        if command.source == "conductor":  # it has just taken back a HOLD of its own
            self._set = None
        if command.verb in DISARMING and (self._stop is None or command.stamp_ns > self._stop.stamp_ns):
            self._stop = command
        if command.verb != _ASKING:
            self._obeyed.append(_Obeyed(command, reply))
        return reply

    def stopped(self, verb: str, stamp_ns: int) -> None:
        """Motion has obeyed a stop that was not said here: perhaps nobody conducted, and other words waited."""
        said = self._stop
        if said is None or said.verb != verb or stamp_ns - said.stamp_ns > _OBEYED_NS:
            self._set = Command(verb, stamp_ns)

    def _overtaken(self, command: Command) -> str:
        """Why a word that lets something move comes too late, after a stop that was said after it; or empty."""
        stops = [stop for stop in (self._stop, self._set) if stop is not None]
        if command.verb not in _LIFTS or not stops:
            return ""
        stop = max(stops, key=lambda stop: stop.stamp_ns)
        if max(command.stamp_ns, command.due_ns) >= stop.stamp_ns:
            return ""
        return f"{_text(command)} was said before {_text(stop)}, which holds; say it again if it is still meant"

    def _copied(self, command: Command) -> _Obeyed | None:
        """The word of which this is a copy.

        It is none once something else was said of the same thing, or a stop: then it is meant. A second network that
        brings what a first one has brought already says nothing by that: its words are taken to come in the order of
        the first one's. Two words of one packet are no copies of each other, and copies of two. What disarms is a copy
        only where a second network brings it: said again by the same, it is meant, and does no harm.
        """
        fresh = [one for one in self._obeyed if abs(command.stamp_ns - one.command.stamp_ns) < _SENT_TWICE_NS]
        brought = _brought_before(command, fresh)
        if brought is not None or command.verb in DISARMING:
            return brought
        for at in range(len(fresh) - 1, -1, -1):
            one = fresh[at]
            together = command.packet and command.packet == one.command.packet
            if command.packet in one.copied_by or together or not _same(command, one):
                continue
            if not _unchanged(command, one, fresh[at + 1 :]):
                return None
            if command.packet:
                one.copied_by.add(command.packet)
            return one
        return None

    def trigger(self, session: "Session", trigger: Trigger) -> None:
        """Fire what waits for a trigger, unless it is stale."""
        if not self._stale(session, _text(trigger), trigger.stamp_ns, trigger.source):
            session.casting.hear(session, trigger)

    def _stale(self, session: "Session", what: str, stamp_ns: int, route: str) -> str:
        """Why a word is not obeyed any more, or empty; told each time, and an alarm once a second."""
        age_ns = session.now_ns - stamp_ns
        if age_ns <= self._stale_ns:
            return ""
        text = f"{what} is {ms_from_ns(age_ns):.0f} ms old and expired; say it again if it is still meant"
        session.tell("state", expired=what, route=route, age_ms=ms_from_ns(age_ns))
        self._expired.came(f"{route}: {text}")
        return text


def _text(word: Command | Trigger) -> str:
    if isinstance(word, Trigger):
        return f"{word.kind} {word.key}"
    return " ".join(filter(None, (word.verb, word.target, word.value)))


def _refuse(session: "Session", word: Command | Trigger, why: str) -> None:
    """Answer a command; of a trigger, which nobody waits to have answered, the run's lines tell."""
    if isinstance(word, Command):
        session.answer(Reply(word.id, word.source, False, why))
    else:
        session.tell("state", unfired=_text(word), heard=_text(word), route=word.source, why=why)


def _brought_before(command: Command, fresh: list[_Obeyed]) -> _Obeyed | None:
    """The word that another route brought already: the first such one after the last that this route brought too."""
    for route in dict.fromkeys(one.command.source for one in fresh if one.command.source != command.source):
        theirs = [(at, one) for at, one in enumerate(fresh) if one.command.source == route]
        brought = [at for at, one in theirs if command.source in one.brought_by]
        for at, one in theirs:
            if at > max(brought, default=-1) and _same(command, one) and _unchanged(command, one, fresh[at + 1 :]):
                one.brought_by.add(command.source)
                if command.packet:
                    one.copied_by.add(command.packet)
                return one
    return None


def _same(command: Command, one: _Obeyed) -> bool:
    return _said(one.command) == _said(command) and one.command.source not in _OURS


def _unchanged(command: Command, one: _Obeyed, since: list[_Obeyed]) -> bool:
    """Whether nobody has said another thing of the same since a word, but for the one who said it."""
    about = (
        after.command for after in since if after.command.verb in DISARMING or _thing(after.command) == _thing(command)
    )
    return {after.source for after in about} <= {one.command.source} - {command.source}


def _said(command: Command) -> tuple[str, str, str]:
    return command.verb, command.target, command.value


def _thing(command: Command) -> tuple[str, str]:
    """What a word is about: two words about one thing undo each other."""
    if command.verb in _OF_STANDBY:
        return "standby", ""
    return _OF_ONE_THING.get(command.verb, command.verb), command.target

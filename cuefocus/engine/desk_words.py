"""What desks say, before it is obeyed: a word that is too old is dropped, a copy of one does nothing.

Words with a time are kept until it comes, unless PANIC, disarming or the end of the take comes before.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cuefocus.engine.commands import LAST_WORDS, axes_of, obey
from cuefocus.engine.deadlines import Deadlines
from cuefocus.engine.flurry import Flurry
from cuefocus.engine.outcome import Reply
from cuefocus.engine.ports import Command, Latched, Trigger
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
#: Who says the stops that were not said here, as far as is known.
_MOTION: Final = "motion"
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
_Way = tuple[str, int]
"""By which a word came: who said it, and by which of its networks."""


@dataclass(frozen=True, slots=True)
class _Obeyed:
    """A word that was obeyed, its answer, and the packets and the ways that brought a copy of it."""

    command: Command
    reply: Reply
    copied_by: set[int] = field(default_factory=set)
    brought_by: set[_Way] = field(default_factory=set)


class DeskWords:
    """Hears commands and triggers.

    Args:
        stale_ns: a desk's word older than this is not obeyed any more: whoever said it does not wait for it now.
    """

    def __init__(self, stale_ns: int) -> None:
        self._stale_ns = stale_ns
        self._obeyed: deque[_Obeyed] = deque(maxlen=_WORDS_KEPT)
        self._stops: dict[str, Command] = {}  # the last one said here, by axis
        self._sets: dict[str, Command] = {}  # the last one that only motion has heard, by axis
        self._expired, self._overtook, self._crowded = self._flurries = Flurry(), Flurry(), Flurry()
        self.deadlines = Deadlines()

    def keep(self, session: "Session", word: Command | Trigger) -> None:
        """Keep a word until it is due; one more than can be kept is refused."""
        why = self.deadlines.keep(word)
        if why:
            self._crowded.came(f"{word.source}: {why}", f"{word.source}: {_text(word)}")
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
                return Reply(command.id, command.source, False, late, alarmed=True)
            if (copied := self._copied(command)) is not None:
                before, reply = copied.command, copied.reply
                age_ns = command.stamp_ns - before.stamp_ns
                session.tell("state", **Suppressed(what, command.source, before.source, age_ns).told())
                return replace(reply, id=command.id, source=command.source)
        axes = _moved(session, command) if command.verb in _LIFTS or command.verb in DISARMING else []
        why = self._overtaken(command, axes)
        if why:
            self._overtook.came(f"{command.source}: {why}", f"{command.source}: {_text(command)}")
            return Reply(command.id, command.source, False, why, alarmed=True)
        reply = obey(session, command)
        if command.source == "conductor":  # it has just taken back a HOLD of its own
            for axis in axes:
                self._sets.pop(axis, None)
        if command.verb in DISARMING and reply.ok:
            for axis in axes:
                if axis not in self._stops or command.stamp_ns > self._stops[axis].stamp_ns:
                    self._stops[axis] = command
        if command.verb != _ASKING:
            self._obeyed.append(_Obeyed(command, reply))
        return reply

    def stopped(self, session: "Session", verb: str, event: Latched) -> None:
        """Motion has obeyed a stop that was not said here: perhaps nobody conducted, and other words waited."""
        axis, stamp_ns, said = event.axis, event.stamp_ns, self._stops.get(event.axis)
        here = said is not None and said.verb == verb and stamp_ns - said.stamp_ns <= _OBEYED_NS
        if here and not event.said:
            return
        self._obeyed.append(_Obeyed(Command(verb, stamp_ns, axis, source=_MOTION), Reply(0, _MOTION, True, "")))
        for one in _moved(session, Command(verb, stamp_ns, axis)):
            before = self._sets.get(one)
            told_before_said = event.said and before and (before.verb, before.source) == (verb, _MOTION)
            if before is None or told_before_said or stamp_ns >= before.stamp_ns:  # motion obeys after it was said
                self._sets[one] = Command(verb, stamp_ns, source="" if event.said else _MOTION)

    def _overtaken(self, command: Command, axes: Sequence[str]) -> str:
        """Why a word that lets axes move comes too late, after a stop of one of them that was said after it; or empty.

        Which axes a stop was for counts alone: who lets one move again does not wait for another.
        """
        stops = [stops[axis] for stops in (self._stops, self._sets) for axis in axes if axis in stops]
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
        the first one's, and where the rig says that both are one desk's, others may have spoken in between. Two words
        of one packet are no copies of each other, and copies of two. What disarms is a copy only where another network
        of the same desk brings it: said again, or by somebody else, it is meant.
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
        self._expired.came(f"{route}: {text}", f"{route}: {what}")
        return text


def _moved(session: "Session", command: Command) -> list[str]:
    """The axes of a word, as `axes_of`, and where these are all, one without a name: a machine may have none."""
    axes = axes_of(session, command)
    return ["", *axes] if len(axes) == len(session.stage.orders) else axes


def _text(word: Command | Trigger) -> str:
    if isinstance(word, Trigger):
        return f"{word.kind} {word.key}"
    return " ".join(filter(None, (word.verb, word.target, word.value)))


def _refuse(session: "Session", word: Command | Trigger, why: str) -> None:
    """Answer a command; of a trigger, which nobody waits to have answered, the run's lines tell."""
    if isinstance(word, Command):
        session.answer(Reply(word.id, word.source, False, why, alarmed=True))
    else:
        session.tell("state", unfired=_text(word), heard=_text(word), route=word.source, why=why)


def _brought_before(command: Command, fresh: list[_Obeyed]) -> _Obeyed | None:
    """The word that another way brought already: the first such one after the last that this way brought too."""
    way, disarms = _way(command), command.verb in DISARMING
    for other in dict.fromkeys(_way(one.command) for one in fresh if _way(one.command) != way):
        ours = other[0] == command.source
        if disarms and not ours:
            continue
        whatever_was_said = ours and not disarms  # a copy of ARM does not undo what others have said since
        theirs = [(at, one) for at, one in enumerate(fresh) if _way(one.command) == other]
        last = max((at for at, one in theirs if way in one.brought_by), default=-1)
        for at, one in theirs:
            if at <= last or not _same(command, one):
                continue
            if whatever_was_said or _unchanged(command, one, fresh[at + 1 :]):
                one.brought_by.add(way)
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
    return {_way(after) for after in about} <= {_way(one.command)} - {_way(command)}


def _way(command: Command) -> _Way:
    return command.source, command.route


def _said(command: Command) -> tuple[str, str, str]:
    return command.verb, command.target, command.value


def _thing(command: Command) -> tuple[str, str]:
    """What a word is about: two words about one thing undo each other."""
    if command.verb in _OF_STANDBY:
        return "standby", ""
    return _OF_ONE_THING.get(command.verb, command.verb), command.target

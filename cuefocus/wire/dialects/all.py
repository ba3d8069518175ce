"""Every dialect, and which of them a message speaks. A show's own triggers are no dialect: see `osc_triggers`.

What other desks and programs send (Hog, MagicQ, QLC+, REAPER, AbletonOSC) is a word of none of them.
"""

from typing import Final

from cuefocus.wire.dialects.addresses import MOST_NAMED, named_by
from cuefocus.wire.dialects.companion import Companion
from cuefocus.wire.dialects.dialect import Dialect, Heard, ShowView
from cuefocus.wire.dialects.eos import Eos
from cuefocus.wire.dialects.native import Native
from cuefocus.wire.dialects.qlab import QLab
from cuefocus.wire.osc import OscMessage
from cuefocus.wire.osc_pattern import is_pattern
from cuefocus.wire.said import Said

DIALECTS: Final[tuple[Dialect, ...]] = (Native(), QLab(), Eos(), Companion())
"""In the order in which they are asked."""
LONGEST_ADDRESS: Final = 1024
"""Letters; a longer one is no word of anyone's, and is not sent back in an answer either."""
_PLAIN_STOPS: Final = ("panic", "hold")
"""What stands above all else that a wildcard may name, strongest first."""


def hear(message: OscMessage, view: ShowView) -> tuple[Dialect, Heard] | None:
    """The dialect that a message is of, and what it asks for; None for one that is of none.

    Wildcards stand for the cues that there are, and for one word. A message that names more than `MOST_NAMED` addresses
    still stops what is under way among them, and does nothing else; one that names several words means the stop among
    them, or nothing.
    """
    if len(message.address) > LONGEST_ADDRESS:
        return None
    wild = is_pattern(message.address)
    for dialect in DIALECTS:
        heard = _hear_all(dialect, message, view) if wild else dialect.hear(message, view)
        if heard is not None:
            return dialect, heard
    return None


def _hear_all(dialect: Dialect, message: OscMessage, view: ShowView) -> Heard | None:
    """What the addresses that a message with wildcards names ask for together."""
    named = named_by(message.address, dialect.addresses, view.cues)
    if not named.count:
        return None
    if named.count <= MOST_NAMED:
        return _together([heard for each in named.addresses if (heard := _one(dialect, message, each, view))])
    running = [number for number, cue in view.cues.items() if cue.running]
    few = named_by(message.address, dialect.addresses, running)
    heard_of_few = _together([heard for each in few.addresses if (heard := _one(dialect, message, each, view))])
    stops = tuple(word for word in heard_of_few.said if word.verb in _PLAIN_STOPS) if heard_of_few else ()
    why = f"{message.address} names {named.count} words, more than {MOST_NAMED} at once; name fewer"
    return Heard(stops) if stops else Heard(ignored=why)


def _one(dialect: Dialect, message: OscMessage, address: str, view: ShowView) -> Heard | None:
    return dialect.hear(OscMessage(address, message.arguments, message.time_tag), view)


def _together(each: list[Heard]) -> Heard | None:
    """Several as one; what is ignored among them is told only where nothing else is asked for."""
    useful = [heard for heard in each if not heard.ignored]
    if not useful:
        return each[0] if each else None
    said = tuple(dict.fromkeys(word for heard in useful for word in heard.said))
    verbs = tuple(dict.fromkeys(word.verb for word in said))
    if len(verbs) > 1:
        said = _strongest_stop(said)
        return Heard(said) if said else Heard(ignored=f"one message names {', '.join(verbs)}: say which")
    subscribes = [heard.subscribes for heard in useful if heard.subscribes is not None]
    passcodes = [heard.passcode for heard in useful if heard.passcode is not None]
    return Heard(
        said=said,
        answers=tuple(answer for heard in useful for answer in heard.answers),
        subscribes=subscribes[-1] if subscribes else None,
        passcode=passcodes[-1] if passcodes else None,
        alive=any(heard.alive for heard in useful),
    )


def _strongest_stop(said: tuple[Said, ...]) -> tuple[Said, ...]:
    """The stops among several words; none where there are none."""
    for verb in _PLAIN_STOPS:
        stops = tuple(word for word in said if word.verb == verb)
        if stops:
            return stops
    return ()

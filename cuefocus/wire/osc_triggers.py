"""The show's own OSC triggers: which of them a message fires."""

from collections.abc import Iterable

from cuefocus.wire.osc import Argument, OscMessage
from cuefocus.wire.osc_arguments import is_press, spelled
from cuefocus.wire.osc_pattern import Words, is_pattern


def trigger_key(address: str, arguments: Iterable[Argument] = ()) -> str:
    """A trigger in its one spelling: the address, then its arguments, e.g. `/cue/1 1 "two words"`."""
    return " ".join((address, *map(spelled, arguments)))


class TriggerTable:
    """The triggers of a show.

    Args:
        keys: each in its one spelling, in show order.

    An address that a desk repeats of its own accord is never a trigger: see `why_never`.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._wanted: dict[str, dict[str, None]] = {}
        for key in keys:
            address = key.partition(" ")[0]
            if not why_never(address):
                self._wanted.setdefault(address, {})[key] = None
        self._addresses = Words(tuple(self._wanted))

    def heard(self, message: OscMessage) -> tuple[str, ...]:
        """The keys that a message fires, in show order; an address with wildcards may name several.

        One that was written with arguments fires when the message carries just these, by value; one without when the
        message is a press (`osc_arguments.is_press`).
        """
        if message.address in self._wanted:
            addresses: tuple[str, ...] = (message.address,)
        elif is_pattern(message.address):
            addresses = self._addresses.matched_by(message.address)
        else:
            return ()
        press, found = is_press(message), list[str]()
        for address in addresses:
            exact = trigger_key(address, message.arguments)
            found += [
                key for key in self._wanted[address] if (key == exact and key != address) or (key == address and press)
            ]
        return tuple(found)


EVENT_HINT = "write the cue's event, e.g. /eos/out/event/cue/1/12/fire"
"""What to write in place of an address that never fires."""
_REPEATED = ("/eos/out/active/", "/eos/out/pending/", "/eos/out/previous/")


def why_never(address: str) -> str:
    """Why an address can be no trigger; empty if it can."""
    if address.startswith(_REPEATED):
        return "Eos repeats it for as long as the cue is current, so it would fire again and again"
    return ""

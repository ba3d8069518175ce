"""Addresses that are words of a dialect already, and so make poor triggers of a show. Pure."""

from collections.abc import Sequence
from typing import Final

from cuefocus.wire.dialects.addresses import meant_by
from cuefocus.wire.dialects.all import hear
from cuefocus.wire.dialects.dialect import ShowView
from cuefocus.wire.osc import OscMessage
from cuefocus.wire.said import DISARMING

TAKEN_HINT: Final = "write an address of the show's own, e.g. /show/laugh"
"""What to write in place of an address that is taken."""
_CALLED: Final = {"cuefocus": "CueFocus' own", "qlab": "QLab's", "eos": "Eos'"}


def why_taken(address: str, arguments: Sequence[str]) -> str:
    """What a message means to CueFocus by itself, as the rest of a sentence; empty where it means nothing.

    Args:
        address: of a show's trigger.
        arguments: as the trigger writes them.
    """
    found = hear(OscMessage(address, tuple(arguments)), ShowView())
    if found is None or meant_by(address, dict.fromkeys(found[0].addresses, "")) is None:
        return ""
    dialect, heard = found
    word = f"it is {_CALLED[dialect.name]} word"
    stopping = next((said.verb for said in heard.said if said.verb in DISARMING), "")
    if stopping:
        return f"never fires: {word} for {stopping}, which comes before any cue"
    return f"fires this cue and no more does what it says: {word}"

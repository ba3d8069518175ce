"""A show as desks see it, and messages that have crossed the wire."""

from cuefocus.wire.dialects.dialect import CueView, ShowView
from cuefocus.wire.osc import Argument, OscMessage, read_packet, write_message

DUET = ShowView(
    title="Duet",
    status={"standby": "3", "state": "locked", "armed": True},
    cues={
        cue.number: cue
        for cue in (
            CueView("1", "Ana", "A", "focus", running=True, pull_s=0.6),
            CueView("2", "Ben", "A", "focus"),
            CueView("3", "desk", "B", "focus", triggered=True),
            CueView("12.5", "late", "B", "iris", triggered=True, running=True, armed=False),
            CueView("out of here", "not to be said", "A", "focus", triggered=True),
        )
    },
    countdown_s=2.5,
)


def crossed(address: str, *arguments: Argument) -> OscMessage:
    """A message as its receiver reads it."""
    packet = read_packet(write_message(OscMessage(address, arguments)))
    assert packet.faults == ()
    return packet.messages[0]

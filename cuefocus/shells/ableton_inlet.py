"""AbletonOSC's answers at the port it answers to, and the questions that keep them coming."""

from collections.abc import Callable
from typing import Final

from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.message_turns import Message, Standing
from cuefocus.shells.program_device import ABLETON_ANSWERS, Program
from cuefocus.shells.udp_inlet import UdpInlet, UdpPort
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.ableton import questions

_ASK_NS: Final = 3 * NS_PER_S
"""It tells whoever asked last: another program may have asked since."""
_ASK_SILENT_NS: Final = NS_PER_S
_SILENT_NS: Final = 5 * NS_PER_S
_CURE: Final = "is Live running, with AbletonOSC among its control surfaces, and nobody else asking it?"


def answers_at(address: str) -> UdpPort:
    """A UDP port of ours where AbletonOSC answers."""
    return UdpPort("AbletonOSC", f"ableton: answers to {address}", address, ABLETON_ANSWERS)


class AbletonInlet(UdpInlet):
    """Datagrams of one machine that runs Live; what others send to the port is passed over.

    Args:
        program: whom to ask.
        address: our own address at which it answers.
        clock_ns: the host clock.
    """

    def __init__(self, program: Program, address: str, *, clock_ns: Callable[[], int] = now_ns) -> None:
        super().__init__(answers_at(address), clock_ns=clock_ns)
        self._program, self._clock_ns = program, clock_ns
        self._ask_ns = 0
        self._heard_ns = 0
        self._silent = False
        self._first: Message | None = None  # the one that broke a silence

    @property
    def next_due_ns(self) -> int | None:
        """When to ask again, or try again to open the port."""
        return super().next_due_ns if self.fileno() < 0 else self._ask_ns

    def receive(self) -> Message | Standing | None:
        """The next answer, or how it stands with the port or the program; asks when it is time."""
        first, self._first = self._first, None
        if first is not None:
            return first
        at_ns = self._clock_ns()
        if self.fileno() >= 0 and at_ns >= self._ask_ns:
            for question in questions():
                self.send(question, (self._program.host, self._program.port))
            self._ask_ns = at_ns + (_ASK_SILENT_NS if at_ns - self._heard_ns > _ASK_SILENT_NS else _ASK_NS)
        came = super().receive()
        if isinstance(came, Standing):
            self._heard_ns, self._silent = at_ns, False
        elif came is not None and came.data:
            self._heard_ns = at_ns
            if self._silent:
                self._silent, self._first = False, came
                return Standing(True, self.heard.text, self.opening)
        elif came is None and not self._silent and self.fileno() >= 0 and at_ns - self._heard_ns > _SILENT_NS:
            self._silent = True
            return Standing(False, f"AbletonOSC at {self._program.host} does not answer: {_CURE}", self.opening)
        return came

    def _heeds(self, sender: str, port: int) -> bool:
        del port
        return sender == self._program.host

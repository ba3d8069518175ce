"""What ears have in common that pass messages on: a pipe to the conductor, how their device stands, and their end."""

import signal
from typing import Final

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.midi_pipe import MidiWriter

EARS_PRIORITY: Final = 65
"""As the sound ears': above the conductor's 60. Threads of the library inherit it."""


class EarsStopped(Exception):
    """Told to end, or nobody is left to listen for."""


class MessageEars:
    """A device's standing, told again and again: a conductor that was started anew must hear of it, too.

    SIGTERM and SIGINT ask for the end.

    Args:
        pipe: descriptor of the end that is written.
    """

    def __init__(self, pipe: int) -> None:
        self.writer = MidiWriter(pipe)
        self.stopped = False
        self._clock = HostClock()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, number: int, frame: object) -> None:
        del number, frame
        self.stopped = True

    def tell(self, *, is_open: bool, text: str, opening: int) -> None:
        """Say how the device is. Raises EarsStopped when it is over."""
        if self.stopped or not self.writer.tell(is_open=is_open, text=text, opening=opening):
            raise EarsStopped

    def stands(self, length_ns: int, *, is_open: bool, text: str, opening: int) -> None:
        """Say how the device is, and wait so long. Raises EarsStopped when it is over."""
        self.tell(is_open=is_open, text=text, opening=opening)
        self.sleep_until(now_ns() + length_ns)
        if self.stopped:
            raise EarsStopped  # a fresh program would not know

    def sleep_until(self, host_ns: int) -> None:
        """Wait for a moment."""
        self._clock.sleep_until(host_ns)

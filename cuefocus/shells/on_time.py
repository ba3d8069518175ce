"""Messages sent at their moments: a deadline each, no interval ever added up."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.sent_timecode import Message

TOO_LATE_NS: Final = 250 * NS_PER_MS
"""The machine slept: what says a moment so long past is not sent."""


class Deadlines(Protocol):
    """What waits for moments: the host clock."""

    def wait_until(self, deadline_ns: int) -> int:
        """Wait for a host time; returns the one at which waiting ended, never before it."""


@dataclass(slots=True)
class Sent:
    """What became of messages.

    Args:
        count: sent.
        dropped: not sent, for their moment was long past.
        worst_late_ns: the longest that a message was sent after its moment.
    """

    count: int = 0
    dropped: int = 0
    worst_late_ns: int = 0


def send_on_time(messages: Iterable[Message], write: Callable[[bytes], object], clock: Deadlines) -> Sent:
    """Send each message when it is due, never before; until they end, or Ctrl-C.

    Raises: what `write` raises.
    """
    sent = Sent()
    try:
        for message in messages:
            now_ns = clock.wait_until(message.due_ns)
            late_ns = now_ns - message.due_ns
            if late_ns > TOO_LATE_NS:
                sent.dropped += 1
                continue
            write(message.data)
            sent.count += 1
            sent.worst_late_ns = max(sent.worst_late_ns, late_ns)
    except KeyboardInterrupt:  # how a playback without an end is ended
        pass
    return sent

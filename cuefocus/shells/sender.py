"""Words to others, sent at their moments by the conductor, which never waits for any of them."""

import heapq
import select
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Final

from cuefocus.engine.sends import LATEST_NS, Send
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.ip_place import NO_ADDRESS
from cuefocus.shells.net_outlets import UdpOutlet
from cuefocus.shells.outlet import Outlet
from cuefocus.shells.outlets import open_outlet
from cuefocus.shells.receiver_config import ReceiverConfig
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S, ms_from_ns

_FRAME_LATEST_NS: Final = 20 * NS_PER_MS
_MOST_WAITING: Final = 4096
_MOST_ASKED: Final = 1024
_UNKNOWN_AFTER_NS: Final = 5 * NS_PER_S
_UNKNOWN: Final = "its process does not say what became of it"
_ONCE: Final = select.EPOLLIN | select.EPOLLET
"""Each look takes all there is; an outlet whose process has gone for good rings no more than once."""
Fields = dict[str, object]


class Sender:
    """All receivers of a run.

    Args:
        receivers: who and where.
        clock_ns: the host clock.

    Attributes:
        worst_late_ns: the longest after its moment that a word left us.
    """

    def __init__(self, receivers: Sequence[ReceiverConfig], *, clock_ns: Callable[[], int] = now_ns) -> None:
        self._now_ns = clock_ns
        self._outlets: dict[str, Outlet] = {one.id: open_outlet(one) for one in receivers}
        self._waiting: list[tuple[int, int, bool, bytes, Send]] = []
        self._numbers = count(1)
        self._asked: dict[int, Send] = {}
        self._unknown_ns: int | None = None
        self._down: set[str] = set()
        self._missed: Counter[str] = Counter()
        self._news: list[Fields] = []
        self._poll = select.epoll()
        for outlet in self._outlets.values():
            self._poll.register(outlet.fileno(), _ONCE)
        self.worst_late_ns = 0

    def fileno(self) -> int:
        """Readable when something is to be seen to. The same one for life."""
        return self._poll.fileno()

    @property
    def next_due_ns(self) -> int | None:
        """When to `pump` though nothing rang."""
        dues = [due for outlet in self._outlets.values() if (due := outlet.next_due_ns) is not None]
        if self._waiting:
            dues.append(self._waiting[0][0])
        if self._unknown_ns is not None:
            dues.append(self._unknown_ns)
        return min(dues, default=None)

    def ports(self) -> set[int]:
        """The UDP ports of ours from which something is sent."""
        return {outlet.port for outlet in self._outlets.values() if isinstance(outlet, UdpOutlet)}

    def take(self, sends: Iterable[Send]) -> None:
        """Have words sent when they are due."""
        for send in sends:
            outlet = self._outlets.get(send.word.to)
            for index, (after_ns, data) in enumerate(send.word.parts if outlet is not None else ()):
                number, due_ns, first = next(self._numbers), send.due_ns + after_ns, index == 0
                if outlet is not None and outlet.early:
                    self._hand_over(outlet, send, data, due_ns, number, first=first)
                elif len(self._waiting) < _MOST_WAITING:
                    heapq.heappush(self._waiting, (due_ns, number, first, data, send))
                elif first and not send.frame:
                    self._tell(send, 0, "too many words wait")
        if self._waiting:
            self.pump()

    def doubt(self, sends: Iterable[Send], last_alive_ns: int) -> None:
        """Tell what a predecessor, alive last at a host time, had still to send: whether it did nobody knows."""
        unsent = [
            f"{send.word.to} {send.word.what}"
            for send in sends
            if send.due_ns > last_alive_ns and (one := self._outlets.get(send.word.to)) is not None and not one.early
        ]
        if unsent:
            self._alarm(f"the conductor ended before it told, and it is not told again: {', '.join(unsent)}")

    def pump(self) -> None:
        """Send what is due, and see who is there."""
        at_ns = self._now_ns()
        held_up: list[str] = []
        while self._waiting and self._waiting[0][0] <= at_ns:
            due_ns, number, first, data, send = heapq.heappop(self._waiting)
            late_ns = at_ns - due_ns
            if late_ns > (_FRAME_LATEST_NS if send.frame else LATEST_NS):
                if not send.frame:
                    held_up.append(f"{send.word.to} {send.word.what}")
                continue
            failed = self._outlets[send.word.to].send(data, at_ns, number)
            at_ns = self._now_ns()
            self.worst_late_ns = max(self.worst_late_ns, late_ns)
            if first and not send.frame:
                self._tell(send, late_ns, failed)
        if held_up:
            self._alarm(f"not told, for the conductor was held up: {', '.join(held_up)}")
        rang = {fd for fd, _ in self._poll.poll(0)}
        for name, outlet in self._outlets.items():
            look_ns = outlet.next_due_ns
            if outlet.fileno() in rang or (look_ns is not None and look_ns <= at_ns):
                for told in outlet.look(at_ns):
                    asked = self._asked.pop(told.number, None)
                    if asked is not None:
                        self._tell(asked, told.late_ns, told.failed)
                    if outlet.reports:
                        self._see(name, told.failed)
            self._see(name, outlet.trouble)
        self._give_up(at_ns)

    def news(self) -> list[Fields]:
        """Events for the operator since the last call."""
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        """Send nothing more."""
        for outlet in self._outlets.values():
            outlet.close()
        self._poll.close()

    def _hand_over(self, outlet: Outlet, send: Send, data: bytes, due_ns: int, number: int, *, first: bool) -> None:
        failed = outlet.send(data, due_ns, number)
        if first and (failed or not outlet.reports):
            self._tell(send, max(0, self._now_ns() - due_ns), failed)
        elif first:
            if len(self._asked) >= _MOST_ASKED:
                self._tell(self._asked.pop(next(iter(self._asked))), 0, _UNKNOWN)
            self._asked[number] = send
            if self._unknown_ns is None:
                self._unknown_ns = due_ns + _UNKNOWN_AFTER_NS

    def _give_up(self, at_ns: int) -> None:
        """Tell of words whose outlet has not said what became of them, and does not any more."""
        if self._unknown_ns is None or at_ns < self._unknown_ns:
            return
        for number, send in list(self._asked.items()):
            if at_ns - send.due_ns >= _UNKNOWN_AFTER_NS:
                self._tell(self._asked.pop(number), at_ns - send.due_ns, _UNKNOWN)
        self._unknown_ns = min((one.due_ns + _UNKNOWN_AFTER_NS for one in self._asked.values()), default=None)

    def _see(self, name: str, trouble: str) -> None:
        """Say once that a receiver is away, and once that it is back, with how much it has not been told meanwhile."""
        if trouble and name not in self._down:
            self._down.add(name)
            what_next = "write its address" if trouble == NO_ADDRESS else "it is tried again"
            self._alarm(f"{name} is not told: {trouble}; {what_next}")
        elif not trouble and name in self._down:
            self._down.discard(name)
            missed = self._missed[name]
            text = f"{name} is back" + (f"; it was not told {missed} word{'s' * (missed > 1)}" if missed else "")
            self._news.append({"event": "state", "host_ns": self._now_ns(), "source": "sends", "desk": text})
        if not trouble:
            del self._missed[name]

    def _tell(self, send: Send, late_ns: int, failed: str) -> None:
        if failed:
            self._missed[send.word.to] += 1
        self._news.append(
            {
                "event": "sent",
                "host_ns": self._now_ns(),
                "cue": send.cue,
                "moment": send.moment,
                "to": send.word.to,
                "what": send.word.what,
                "late_ms": ms_from_ns(late_ns),
                "failed": failed,
            }
        )

    def _alarm(self, text: str) -> None:
        self._news.append({"event": "alarm", "host_ns": self._now_ns(), "text": text, "source": "sends"})

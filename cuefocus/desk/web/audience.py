"""Those who are kept informed over websockets. Nobody is waited for: who does not read loses the oldest news."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from typing import Final

from cuefocus.shells.ip_place import is_loopback
from cuefocus.wire.osc import OscMessage, write_message

MOST: Final = 32
"""Websockets at a time."""
MOST_OF_A_HOST: Final = 8
"""Of them, of one host."""
MOST_OF_THIS_MACHINE: Final = MOST - MOST_OF_A_HOST
"""Several programs, a proxy or a tunnel may stand behind a loopback address; it leaves room for a host all the same."""
_THIS_MACHINE: Final = "this machine"
_MOST_WAITING: Final = 256
_MOST_LISTENED: Final = 1024


class Mailbox:
    """What one of them is still to be told: the newest, in order.

    Args:
        host: whose it is.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self._waiting: deque[str | bytes] = deque()
        self._newest: dict[str, bytes] = {}
        self._lost = 0
        self._something = asyncio.Event()
        self.listened: set[str] = set()

    def put(self, text: str) -> None:
        """Tell one thing more."""
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft()
            self._lost += 1
        self._waiting.append(text)
        self._something.set()

    def put_value(self, address: str, packet: bytes) -> None:
        """Tell the value of an address instead of what was to be told of it before."""
        self._newest[address] = packet
        self._something.set()

    def listen(self, address: str) -> bool:
        """Be told of an address; False when there are too many."""
        if len(self.listened) >= _MOST_LISTENED:
            return False
        self.listened.add(address)
        return True

    async def take(self) -> str | bytes:
        """The next thing to tell, as soon as there is one."""
        await self._something.wait()
        told: str | bytes
        if self._lost:
            told, self._lost = json.dumps({"event": "lost", "count": self._lost}), 0
        elif self._waiting:
            told = self._waiting.popleft()
        else:
            address = next(iter(self._newest))
            told = self._newest.pop(address)
        if not (self._lost or self._waiting or self._newest):
            self._something.clear()
        return told


def _whose(host: str) -> str:
    return _THIS_MACHINE if is_loopback(host) else host


class Audience:
    """All of them: some are told of events, some of OSC addresses."""

    def __init__(self) -> None:
        self._events: set[Mailbox] = set()
        self._values: set[Mailbox] = set()

    def refusal(self, host: str) -> str:
        """Why there is no room for one more of a host; empty where there is."""
        there, whose = [each.host for each in (*self._events, *self._values)], _whose(host)
        most = MOST_OF_THIS_MACHINE if whose == _THIS_MACHINE else MOST_OF_A_HOST
        if there.count(whose) >= most:
            return f"{most} of {whose} are connected already"
        return f"{MOST} are connected already" if len(there) >= MOST else ""

    def join(self, host: str, *, osc: bool) -> Mailbox:
        """Somebody comes, to be told of events or of OSC addresses."""
        mailbox = Mailbox(_whose(host))
        (self._values if osc else self._events).add(mailbox)
        return mailbox

    def leave(self, mailbox: Mailbox) -> None:
        """Somebody goes."""
        self._events.discard(mailbox)
        self._values.discard(mailbox)

    def tell_event(self, event: Mapping[str, object]) -> None:
        """Tell of an event."""
        if self._events:
            text = json.dumps(event, ensure_ascii=False, default=str)
            for mailbox in self._events:
                mailbox.put(text)

    def tell_value(self, message: OscMessage) -> None:
        """Tell who listens at an address."""
        told = [mailbox for mailbox in self._values if message.address in mailbox.listened]
        if told:
            packet = write_message(message)
            for mailbox in told:
                mailbox.put_value(message.address, packet)

    def tell_new(self, address: str) -> None:
        """Tell that there is a new address."""
        for mailbox in self._values:
            mailbox.put(json.dumps({"COMMAND": "PATH_ADDED", "DATA": address}))

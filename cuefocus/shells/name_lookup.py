"""What address a machine's name has, asked with a limit: the system's own look-up may hang for half a minute.

Nothing interrupts that look-up, so it is asked in a thread of its own, one for a name, which is waited for no longer
than the limit and left behind.
"""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from cuefocus.shells.ip_place import is_address

PATIENCE_S: Final = 1.0
_MOST_ASKED: Final = 16
Address = tuple[Any, ...]
"""Of a socket: host and port first."""


class NameUnanswered(OSError):
    """Nobody has said in time what address a name has."""


@dataclass(slots=True)
class _Question:
    done: threading.Event = field(default_factory=threading.Event)
    addresses: tuple[Address, ...] = ()
    problem: OSError | None = None


class NameLookup:
    """Names of a few machines.

    Args:
        patience_s: how long one look-up may take.
        ask: what the system is asked by, as `socket.getaddrinfo`.
    """

    def __init__(self, *, patience_s: float = PATIENCE_S, ask: Callable[..., Any] = socket.getaddrinfo) -> None:
        self._patience_s, self._ask = patience_s, ask
        self._asked: dict[tuple[str, int], _Question] = {}
        self._known: dict[tuple[str, int], tuple[Address, ...]] = {}

    def addresses(self, host: str, port: int) -> tuple[Address, ...]:
        """Where TCP reaches it. While a name that was known before is not answered for, what was known then counts.

        Raises: NameUnanswered when that takes too long; OSError for a name that nobody knows.
        """
        if is_address(host):
            return ((host, port),)
        key = host, port
        question = self._asked.get(key)
        if question is None:
            question = self._begin(key)
        if not question.done.wait(self._patience_s):
            problem: OSError | None = NameUnanswered(f"nobody says in time what address {host!r} has")
        else:
            del self._asked[key]
            problem = question.problem
            if problem is None:
                self._known[key] = question.addresses
        if problem is not None and key not in self._known:
            raise problem
        return self._known[key]

    def connection(self, host: str, port: int, timeout_s: float) -> socket.socket:
        """A TCP connection to it. Raises: OSError as `addresses`, or when none of its addresses answers."""
        last = OSError(f"{host!r} has no address")
        for address in self.addresses(host, port):
            try:
                return socket.create_connection(address[:2], timeout_s)
            except OSError as problem:
                last = problem
        raise last

    def _begin(self, key: tuple[str, int]) -> _Question:
        """Raises: NameUnanswered where too many names hang already."""
        if len(self._asked) >= _MOST_ASKED:
            raise NameUnanswered(
                f"nobody has said yet what address {next(iter(self._asked))[0]!r} has, nor other names"
            )
        question = self._asked[key] = _Question()

        def asked() -> None:
            try:
                found = self._ask(*key, type=socket.SOCK_STREAM)
                question.addresses = tuple(dict.fromkeys(address for *_, address in found))
            except OSError as problem:
                question.problem = problem
            except UnicodeError as problem:  # a label that is empty, or too long
                question.problem = OSError(f"{key[0]!r} is no name of a machine: {problem}")
            question.done.set()

        threading.Thread(target=asked, name="look-up", daemon=True).start()
        return question

"""What address a machine's name has, asked with a limit: the system's own look-up may hang for half a minute.

Nothing interrupts that look-up, so it is asked in a thread of its own, one for a name, which is waited for no longer
than the limit and left behind.
"""

import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.ip_place import host_of, is_address
from cuefocus.timebase.units import NS_PER_S

PATIENCE_S: Final = 1.0
_MOST_ASKED: Final = 16
_OURSELVES: Final = "localhost"
Address = tuple[Any, ...]
"""Of a socket: host and port first."""


class NameUnanswered(OSError):
    """Nobody has said in time what address a name has."""


def why_unknown(host: str, problem: OSError) -> str:
    """Why a name has no address, as a sentence: nobody answers, nobody knows it, or it is none."""
    if isinstance(problem, NameUnanswered) or not problem.strerror:
        return str(problem)
    return f"nobody knows the host {host!r} ({problem.strerror})"


@dataclass(slots=True)
class _Question:
    begun_ns: int
    done: threading.Event = field(default_factory=threading.Event)
    addresses: tuple[Address, ...] = ()
    problem: OSError | None = None


class NameLookup:
    """Names of a few machines.

    Args:
        patience_s: how long one look-up may take.
        ask: what the system is asked by, as `socket.getaddrinfo`.
        clock_ns: the host clock.

    Attributes:
        unanswered: the names of which `found` had no answer in time, a sentence each.
    """

    def __init__(
        self,
        *,
        patience_s: float = PATIENCE_S,
        ask: Callable[..., Any] = socket.getaddrinfo,
        clock_ns: Callable[[], int] = now_ns,
    ) -> None:
        self._patience_ns, self._ask, self._now_ns = round(patience_s * NS_PER_S), ask, clock_ns
        self._asked: dict[str, _Question] = {}
        self._lock, self._threads = threading.Lock(), 0
        self._waiting = deque[tuple[str, _Question]]()
        self._known: dict[str, tuple[Address, ...]] = {}
        self.unanswered: dict[str, str] = {}

    def ask_ahead(self, hosts: Iterable[str]) -> None:
        """Begin to look these up: whoever needs them waits for all of them no longer than for one."""
        for host in hosts:
            if not is_address(host) and host not in self._asked:
                self._begin(host)

    def addresses(self, host: str, port: int) -> tuple[Address, ...]:
        """Where TCP reaches it. While a name that was known before is not answered for, what was known then counts.

        It is waited for until `patience_s` after it was first asked for, and while it hangs no more.

        Raises: NameUnanswered when that takes too long; OSError for a name that nobody knows.
        """
        if is_address(host):
            return ((host, port),)
        question = self._asked.get(host)
        if question is None:
            if self._threads >= _MOST_ASKED and host != _OURSELVES:
                hangs = next((name for name, one in self._asked.items() if not one.done.is_set()), host)
                raise NameUnanswered(f"nobody has said yet what address {hangs!r} has, nor other names")
            question = self._begin(host)
        left_ns = question.begun_ns + self._patience_ns - self._now_ns()
        if not question.done.wait(max(0, left_ns) / NS_PER_S):
            problem: OSError | None = NameUnanswered(f"nobody says in time what address {host!r} has")
        else:
            del self._asked[host]
            problem = question.problem
            if problem is None:
                self._known[host] = question.addresses
        if problem is not None and host not in self._known:
            raise problem
        return tuple((found, port, *interface) for found, _, *interface in self._known[host])

    def place(self, host: str, port: int, *, ipv4: bool = False) -> tuple[str, int]:
        """The first of its addresses, or of those of IPv4, with its interface where that matters.

        Raises: OSError as `addresses`, or where it has none of IPv4.
        """
        found = (host_of(address) for address in self.addresses(host, port))
        first = next((one for one in found if not (ipv4 and ":" in one)), None)
        if first is None:
            raise OSError(f"{host!r} has no IPv4 address")
        return first, port

    def found(self, host: str, port: int, *, ipv4: bool = False) -> tuple[str, int] | None:
        """As `place`; None for a name that nobody knows, or for which nobody answers in time."""
        try:
            return self.place(host, port, ipv4=ipv4)
        except NameUnanswered as problem:
            self.unanswered[host] = str(problem)
        except OSError:
            pass
        return None

    def connection(self, host: str, port: int, timeout_s: float) -> socket.socket:
        """A TCP connection to it. Raises: OSError as `addresses`, or when none of its addresses answers."""
        last = OSError(f"{host!r} has no address")
        for address in self.addresses(host, port):
            try:
                return socket.create_connection(address[:2], timeout_s)
            except OSError as problem:
                last = problem
        raise last

    def _begin(self, host: str) -> _Question:
        """Ask, or have it asked by the first thread that is free; localhost, which nobody else answers for, at once."""
        question = self._asked[host] = _Question(self._now_ns())
        with self._lock:
            self._waiting.append((host, question))
            if self._threads >= _MOST_ASKED:
                if host != _OURSELVES:
                    return question
                self._waiting.rotate(1)
            self._threads += 1
        try:
            threading.Thread(target=self._stay, name="look-up", daemon=True).start()
        except RuntimeError:  # the system has no room for one more; the next that begins asks for this, too
            with self._lock:
                self._threads -= 1
        return question

    def _stay(self) -> None:
        while True:
            with self._lock:
                beyond = self._threads > _MOST_ASKED
                if not self._waiting or (beyond and self._waiting[0][0] != _OURSELVES):
                    self._threads -= 1
                    return
                host, question = self._waiting.popleft()
            try:
                self._answer(host, question)
            except BaseException:
                with self._lock:
                    self._threads -= 1
                raise

    def _answer(self, host: str, question: _Question) -> None:
        try:
            found = self._ask(host, 0, type=socket.SOCK_STREAM)
            question.addresses = tuple(dict.fromkeys(address for *_, address in found))
        except OSError as problem:
            question.problem = problem
        except (ValueError, OverflowError) as problem:  # as of a label that is empty, or too long
            question.problem = OSError(f"{host!r} is no name of a machine: {problem}")
        finally:  # whatever befell the look-up, nobody waits for it
            if question.problem is None and not question.addresses:
                question.problem = OSError(f"{host!r} could not be looked up")
            question.done.set()

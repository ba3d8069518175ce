"""A desk that we call on, by TCP or UDP: called again each second until it answers, never waited for."""

import contextlib
import os
import select
import socket
from collections.abc import Callable
from errno import EINPROGRESS
from typing import Final

from cuefocus.engine.calls import Call, Talk, call_of
from cuefocus.engine.peers import Guest
from cuefocus.shells.front_desk_config import CallConfig
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.ip_place import NO_ADDRESS, ip_place, is_address
from cuefocus.shells.kernel_stamps import STAMP_BYTES, StreamStamps, have_stamped
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.osc import OscMessage, read_packet, write_message
from cuefocus.wire.osc_stream import OscStream

_AGAIN_NS: Final = NS_PER_S
_PATIENCE_NS: Final = 3 * NS_PER_S
_READ_BYTES: Final = 65_536
_MOST_READS: Final = 16
_UNSENT_BYTES: Final = 65_536
_STEADY_NS: Final = 10 * NS_PER_S
"""Of a desk that twice in a row hung up younger than that, a line must be as old before it is said to be there."""


class OscCall:
    """One call, and the next after it has ended.

    Args:
        config: whom, and how.
        line: the number of our connection, below 0.
        clock_ns: the host clock.
    """

    def __init__(self, config: CallConfig, line: int, *, clock_ns: Callable[[], int] = now_ns) -> None:
        self.config, self._now_ns = config, clock_ns
        self.guest = Guest(config.host, config.port, line)
        self._call: Call = call_of(config.kind, user=config.user, passcode=config.passcode, workspace=config.workspace)
        self._poll = select.epoll()
        self._socket: socket.socket | None = None
        self._stream, self._stamps = OscStream(config.by), StreamStamps(clock_ns)
        self._looked_ns = 0
        self._unsent = bytearray()
        self._connected = False
        self._there = False
        self._again_ns = 0
        self._heard_ns = self._alive_ns = self._since_ns = 0
        self._ended_young = 0
        self._why = ""
        self._news: list[tuple[str, str]] = []
        self._faults: list[str] = []
        self._known = is_address(config.host)
        if not self._known:
            self._news.append(("alarm", f"{config.id} is not called at {config.host}: {NO_ADDRESS}; write its address"))

    def fileno(self) -> int:
        """Readable when something has come. The same one for life."""
        return self._poll.fileno()

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing rang; None for one that cannot be called."""
        if not self._known:
            return None
        if self._socket is None:
            return self._again_ns
        return self._alive_ns + self._call.alive_every_ns if self._connected else self._again_ns + _PATIENCE_NS

    def pump(self) -> list[tuple[OscMessage, int]]:
        """What the desk has said, or means, each with the host time at which it came."""
        at_ns = self._now_ns()
        if not self._known:
            return []
        if self._socket is None:
            if at_ns >= self._again_ns:
                self._dial(at_ns)
            return []
        if not self._connected:
            self._pick_up(at_ns)
            return []
        came, self._looked_ns = self._read(at_ns), at_ns
        heard = [found for packet, stamp_ns in came for found in self._hear(packet, stamp_ns, at_ns)]
        if self._socket is not None:
            if self.config.by != "udp":
                self._arrived(at_ns)
            self._keep_alive(at_ns)
            self._say((), at_ns)  # what the line had no room for
        return heard

    def news(self) -> list[tuple[str, str]]:
        """What the operator is told since the last call: `alarm` or `state`, and a sentence."""
        news, self._news = self._news, []
        return news

    def faults(self) -> list[str]:
        """What could not be read of what it has sent since the last call, a sentence each."""
        faults, self._faults = self._faults, []
        return faults

    def close(self) -> None:
        """Hang up for good."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._poll.close()

    # --- the line ---

    def _dial(self, at_ns: int) -> None:
        config = self.config
        family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
        kind = socket.SOCK_DGRAM if config.by == "udp" else socket.SOCK_STREAM
        try:
            place = ip_place(config.host, config.port)
            made = socket.socket(family, kind | socket.SOCK_CLOEXEC)
        except OSError as problem:  # a machine without that interface, or that kind of address
            self._hang_up(at_ns, problem.strerror or str(problem))
            return
        made.setblocking(False)
        have_stamped(made)
        self._again_ns, self._connected = at_ns, False
        self._stream, self._stamps, self._unsent = OscStream(config.by), StreamStamps(self._now_ns), bytearray()
        self._socket, self._looked_ns = made, at_ns
        error = made.connect_ex(place)
        if error not in (0, EINPROGRESS):
            self._hang_up(at_ns, os.strerror(error))
            return
        try:
            self._poll.register(made.fileno(), select.EPOLLIN | select.EPOLLOUT)
        except OSError as problem:  # the system can watch no more just now
            self._hang_up(at_ns, problem.strerror or str(problem))
        self._pick_up(at_ns)

    def _pick_up(self, at_ns: int) -> None:
        """The greeting, once the line is there."""
        made = self._socket
        if made is None:
            return
        if not any(events & (select.EPOLLOUT | select.EPOLLHUP | select.EPOLLERR) for _, events in self._poll.poll(0)):
            if at_ns - self._again_ns > _PATIENCE_NS:
                self._hang_up(at_ns, "no answer")
            return
        error = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self._hang_up(at_ns, os.strerror(error))
            return
        if self.config.by != "udp":
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._since_ns = at_ns
            self._arrived(at_ns)
        self._connected, self._heard_ns, self._alive_ns = True, at_ns, at_ns
        self._poll.modify(made.fileno(), select.EPOLLIN)
        self._say(self._call.greeting(), at_ns)

    def _arrived(self, at_ns: int) -> None:
        if not self._there and (self._ended_young < 2 or at_ns - self._since_ns >= _STEADY_NS):
            self._there, self._why = True, ""
            self._news.append(("state", f"{self.config.id} answers at {self.config.host}, port {self.config.port}"))

    def _read(self, at_ns: int) -> list[tuple[bytes, int]]:
        """The packets that have come, each with its host time."""
        came: list[tuple[bytes, int]] = []
        for _ in range(_MOST_READS):
            if self._socket is None:
                break
            try:
                data, ancillary, *_ = self._socket.recvmsg(_READ_BYTES, STAMP_BYTES)
            except (BlockingIOError, InterruptedError):
                break
            except OSError as problem:
                self._hang_up(at_ns, os.strerror(problem.errno or 0))
                break
            if self.config.by == "udp":
                came += self._stamps.of([data], ancillary, self._looked_ns)
            elif not data:
                self._hang_up(at_ns, "it hung up")
            else:
                came += self._stamps.of(self._stream.feed(data), ancillary, self._looked_ns)
                if self._stream.lost:
                    self._hang_up(at_ns, self._stream.lost)
        return came

    def _hear(self, packet: bytes, stamp_ns: int, at_ns: int) -> list[tuple[OscMessage, int]]:
        self._heard_ns = at_ns
        if self._socket is not None:  # or these were its last words
            self._arrived(at_ns)
        heard: list[tuple[OscMessage, int]] = []
        read = read_packet(packet)
        self._faults += read.faults
        for message in read.messages:
            talk: Talk = self._call.hear(message)
            if talk.note:
                self._news.append(("alarm", f"{self.config.id}: {talk.note}"))
            self._say(talk.out, at_ns)
            heard += [(each, stamp_ns) for each in talk.means]
        return heard

    def _keep_alive(self, at_ns: int) -> None:
        every_ns = self._call.alive_every_ns
        if at_ns - self._heard_ns > 3 * every_ns:
            self._hang_up(at_ns, f"silent for {3 * every_ns // NS_PER_S} s")
        elif at_ns - self._alive_ns >= every_ns:
            self._alive_ns = at_ns
            self._say(self._call.alive(), at_ns)

    def _say(self, messages: tuple[OscMessage, ...], at_ns: int) -> None:
        made = self._socket
        if made is None:
            return
        for message in messages:
            packet = write_message(message)
            if self.config.by == "udp":
                with contextlib.suppress(OSError):
                    made.send(packet)
            else:
                self._unsent += self._stream.framed(packet)
        if not self._unsent:
            return
        try:
            del self._unsent[: made.send(self._unsent)]
        except (BlockingIOError, InterruptedError):
            if len(self._unsent) > _UNSENT_BYTES:
                self._hang_up(at_ns, "it reads nothing")
        except OSError as problem:
            self._hang_up(at_ns, os.strerror(problem.errno or 0))

    def _hang_up(self, at_ns: int, why: str) -> None:
        """The line is gone; said once, however often it is tried again."""
        if self._socket is not None:
            with contextlib.suppress(OSError, ValueError):
                self._poll.unregister(self._socket.fileno())
            self._socket.close()
            self._socket = None
        if self._connected and self.config.by != "udp":
            self._ended_young = self._ended_young + 1 if at_ns - self._since_ns < _STEADY_NS else 0
        self._connected, self._again_ns = False, at_ns + _AGAIN_NS
        if self._there or not self._why:
            place = f"{self.config.host}, port {self.config.port}"
            self._news.append(("alarm", f"{self.config.id} is not there ({place}): {why}; it is called each second"))
        self._there, self._why = False, why

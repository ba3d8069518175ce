"""Commands on the same machine: one JSON object a datagram, one JSON object back; for this user alone (mode 0600).

Loaded by the motion process: neither end ever waits inside a daemon; only `ask`, in `tell`, does.
"""

import contextlib
import json
import os
import select
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cuefocus.errors import DeviceError
from cuefocus.shells.host_clock import now_ns
from cuefocus.timebase.units import NS_PER_MS

MESSAGE_BYTES: Final = 16_384
"""Of a command at most."""
_ANSWER_BYTES: Final = 196_608
"""Of an answer: what a status may come to, and the kernel takes."""
UNTIL: Final = "until_ns"
"""The key of how long whoever asks waits."""
Peer = str | bytes
Fields = dict[str, object]


class LocalServer:
    """The end that hears commands.

    Args:
        path: where it listens; its folder must be closed to others. What a dead predecessor left there is replaced.

    Raises: DeviceError when it cannot listen there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.refused = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            with contextlib.suppress(FileNotFoundError):
                if stat.S_ISSOCK(path.lstat().st_mode):
                    path.unlink()
            mask = os.umask(0o177)
            try:
                self._socket.bind(os.fspath(path))
            finally:
                os.umask(mask)
        except OSError as problem:
            self._socket.close()
            raise DeviceError(f"cannot listen for commands: {problem.strerror or problem}", where=str(path)) from None
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """Descriptor that becomes readable with every command."""
        return self._socket.fileno()

    def take(self) -> tuple[Fields, Peer] | None:
        """The next command and who asks; None when there is none. What is no JSON object is answered and counted."""
        while True:
            try:
                message, peer = self._socket.recvfrom(MESSAGE_BYTES + 1)
            except (BlockingIOError, InterruptedError):
                return None
            fields = _decoded(message) if len(message) <= MESSAGE_BYTES else None
            if fields is not None:
                return fields, peer
            self.refused += 1
            self.answer(peer, {"ok": False, "problem": "a command is one JSON object"})

    def answer(self, peer: Peer, fields: Mapping[str, object]) -> None:
        """Reply; a peer that has gone or does not read is none of our business."""
        if peer:
            with contextlib.suppress(OSError):
                self._socket.sendto(_encoded(fields), socket.MSG_DONTWAIT, peer)

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
        self.path.unlink(missing_ok=True)


def ask(path: Path, fields: Mapping[str, object], *, timeout_ns: int = 1000 * NS_PER_MS) -> Fields:
    """Send a command and wait for its answer. With it goes until when it is waited for, host ns.

    Raises: DeviceError when nobody listens at `path`, or no answer comes in time.
    """
    until_ns = now_ns() + timeout_ns
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mine:
            mine.bind("")  # an address of the kernel's choice, only to be answered at (unix(7), autobind)
            mine.setblocking(False)
            mine.connect(os.fspath(path))
            _patiently(mine, select.POLLOUT, until_ns, path)
            mine.send(_encoded({**fields, UNTIL: until_ns}))
            _patiently(mine, select.POLLIN, until_ns, path)
            answer = _decoded(mine.recv(_ANSWER_BYTES))
    except OSError as problem:
        raise DeviceError(
            f"nobody listens there: {problem.strerror or problem}", where=str(path), hint="is the daemon running?"
        ) from None
    if answer is None:
        raise DeviceError("the answer makes no sense", where=str(path))
    return answer


def _patiently(mine: socket.socket, event: int, until_ns: int, path: Path) -> None:
    poll = select.poll()
    poll.register(mine, event)
    left_ns = until_ns - now_ns()
    while not poll.poll(max(0, -(-left_ns // NS_PER_MS))):
        left_ns = until_ns - now_ns()
        if left_ns <= 0:
            raise DeviceError("no answer in time", where=str(path), hint="the process may be stopped or overloaded")


def _encoded(fields: Mapping[str, object]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="replace")


def _decoded(message: bytes) -> Fields | None:
    try:
        fields = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None

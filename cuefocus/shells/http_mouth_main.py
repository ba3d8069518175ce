"""The caller: `python -m cuefocus.shells.http_mouth_main --pipe N`, started by `run` for one receiver by HTTP.

It makes each call at its moment, one after the other, and says of each what became of it. A machine that does not
answer in time, or never to the end, is given up; it holds up nobody else: what has waited too long for its turn
meanwhile is not called any more.
"""

import argparse
import json
import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from types import FrameType
from typing import IO, Any, Final

from cuefocus.shells.event_pipe import EventReader, EventWriter
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.log_line import log_line
from cuefocus.shells.midi_mouth import LATEST_NS, Outbox
from cuefocus.shells.name_lookup import NameLookup
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.http_call import Call, read_call
from cuefocus.wire.plain import plain

PATIENCE_S: Final = 2.0
"""How long a call may take in all, looking its machine up included."""
_NAP_NS: Final = NS_PER_S
_AGENT: Final = "CueFocus"
_NO_ANSWER: Final = "no answer"
_LONGEST_TOLD: Final = 160
"""Characters of what a machine says that are told."""


def main(argv: Sequence[str]) -> int:
    """Call until nobody is left to call for; the exit status."""
    parser = argparse.ArgumentParser(prog="http-mouth")
    parser.add_argument("--pipe", type=int, required=True)
    given = parser.parse_args(argv)
    writer, reader = EventWriter(os.dup(given.pipe)), EventReader(socket.socket(fileno=given.pipe))
    signal.signal(signal.SIGALRM, _give_up)
    no_proxy = urllib.request.ProxyHandler({})  # what is called is on the show's network
    lookup = NameLookup()
    opener = urllib.request.build_opener(no_proxy, _StaysHere, _Plain(lookup), _Secure(lookup))
    outbox, wait = Outbox(), DescriptorWait()
    wait.watch(reader.fileno())
    log_line("caller: ready")
    ended_ns = 0
    while not reader.over:
        due_ns = outbox.next_due_ns
        wait.wait_until(due_ns if due_ns is not None else now_ns() + _NAP_NS)
        for asked in reader.take():
            if not outbox.put(json.dumps(asked).encode(), int(str(asked["due_ns"]))):
                writer.put({"number": asked["number"], "late_ns": 0, "failed": "not called: too many calls wait"})
        while (data := outbox.take(now_ns(), latest_ns=None)) is not None:
            asked = json.loads(data)
            due_ns = int(asked["due_ns"])
            late_ns = now_ns() - due_ns
            if late_ns > LATEST_NS:
                failed = _too_late(late_ns, behind=due_ns < ended_ns)
            else:
                failed = call(opener, read_call(str(asked["call"]).encode()))
                ended_ns = now_ns()
            writer.put({"number": asked["number"], "late_ns": late_ns, "failed": failed})
            if failed:
                log_line(f"caller: {failed}")
    return 0


def _too_late(late_ns: int, *, behind: bool) -> str:
    """Why a call was not made; `behind` when another had not ended at its moment."""
    why = "the one before it took too long" if behind else "it was asked for too late"
    return f"not called: {why}, and its moment was {late_ns // NS_PER_MS} ms ago"


def call(opener: urllib.request.OpenerDirector, asked: Call) -> str:
    """Make a call; why it failed, or empty. Its answer is not read beyond its headers.

    Reads that each come in time may come without end, so the time of the whole is bounded: by SIGALRM, for which
    `_give_up` must be set.
    """
    try:
        signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
        try:
            return _called(opener, asked)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
    except TimeoutError:
        return _NO_ANSWER


def _called(opener: urllib.request.OpenerDirector, asked: Call) -> str:
    headers = {"User-Agent": _AGENT} | ({"Content-Type": asked.content_type} if asked.body else {})
    body = asked.body.encode() if asked.body else None
    try:
        request = urllib.request.Request(asked.url, data=body, headers=headers, method=asked.method)  # noqa: S310
        with opener.open(request, timeout=PATIENCE_S):
            return ""
    except urllib.error.HTTPError as problem:
        problem.close()
        answer = f"it answers {problem.code} {_words(problem.reason)} to {asked.method} {asked.url}"
        elsewhere = problem.headers.get("Location") if 300 <= problem.code < 400 else None
        if elsewhere is None:
            return answer
        return f"{answer}: it sends the call on to {_words(elsewhere)}, where nobody calls; write that, if it is meant"
    except urllib.error.URLError as problem:
        return _NO_ANSWER if isinstance(problem.reason, TimeoutError) else _words(problem.reason)
    except TimeoutError:
        return _NO_ANSWER
    except (OSError, HTTPException, ValueError) as problem:
        return f"it makes no sense: {_words(str(problem))}"


class _Connection(HTTPConnection):
    """One whose machine's name is looked up with a limit."""

    lookup: NameLookup

    def connect(self) -> None:
        """As the library's."""
        self.sock = self.lookup.connection(self.host, self.port, PATIENCE_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _SecureConnection(HTTPSConnection, _Connection):
    """The library's, over ours: the name is looked up by `_Connection`."""


def _maker(kind: type[_Connection], lookup: NameLookup) -> Callable[..., _Connection]:
    def made(host: str, **fields: Any) -> _Connection:
        connection = kind(host, **fields)
        connection.lookup = lookup
        return connection

    return made


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, lookup: NameLookup) -> None:
        super().__init__()
        self._lookup = lookup

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        """As the library's."""
        return self.do_open(_maker(_Connection, self._lookup), req)


class _Secure(urllib.request.HTTPSHandler):
    def __init__(self, lookup: NameLookup) -> None:
        super().__init__()
        self._lookup = lookup

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        """As the library's."""
        return self.do_open(_maker(_SecureConnection, self._lookup), req)


class _StaysHere(urllib.request.HTTPRedirectHandler):
    """Goes nowhere that an answer sends it: a call is made once, and to whom the rig names."""

    def http_error_302(self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message) -> None:
        """Leave it to be told as a failure."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _give_up(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise TimeoutError


def _words(problem: object) -> str:
    """What an error says, without its number; some of it is what the machine says, which is cleaned and cut."""
    words = (problem.strerror or str(problem)) if isinstance(problem, OSError) else str(problem)
    return plain(words[:_LONGEST_TOLD])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

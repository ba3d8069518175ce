"""The page from hell, a million requests: noise, and what programs and browsers send with bytes changed or lost.

    python benchmarks/web_fuzz.py [--requests 1000000] [--seed 1]
    python benchmarks/web_fuzz.py --guided -runs=1000000     (needs atheris; what follows is libFuzzer's)

An input is a request with its headers and body, from one of several hosts, to a page with tokens or without; one that
asks for a websocket has its frames behind it. It goes to all that is ours: the guard, the routes, OSCQuery, the show as
it is. (What cuts bytes into requests and frames is not ours and not here; what it lets through is.)

Nothing may raise, be answered as a fault of ours, or be kept. A word is passed on just where a grammar of patterns says
that this request gives it (`web_says.py`); by a websocket none is, and it is told only of addresses of ours.
"""

import argparse
import asyncio
import json
import random
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from hashlib import sha256
from itertools import count
from typing import Any, Final
from urllib.parse import unquote

from fuzzing import Tally, guided, kind_of, torn
from web_says import CUES, HOSTS, NAMED, TOKENS, Asked, Word, right, too_long, word

from cuefocus.desk.web.api import make_api
from cuefocus.desk.web.config import CueLine, PageConfig
from cuefocus.desk.web.gate import Gate, Token
from cuefocus.desk.web.guard import Guard
from cuefocus.desk.web.page import Page
from cuefocus.engine.peers import DeskRules, PeerRule, Peers
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.orders import Answer, Order
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.osc import read_packet
from cuefocus.wire.said import Right

LINES = tuple(CueLine(cue, "", "B", "B.focus", "", "ana", "", triggered=cue != "1") for cue in CUES)
RULES = DeskRules(peers=(PeerRule("hall", "10.0.0.0/8", Right.VIEW), PeerRule("desk", NAMED[1], Right.OPERATE)))
STATUS: Mapping[str, Any] = {
    "state": "locked",
    "timecode": "01:00:10:00",
    "show_ns": 3_610 * NS_PER_S,
    "speed": 1.0,
    "rate": "25",
    "armed": True,
    "engaged": ["B.focus"],
    "standby": "2",
    "next": {"cue": "1", "name": "Ana to Ben", "axis": "B.focus", "land_show_ns": 3_620 * NS_PER_S},
    "take": 3,
}
EVENTS: tuple[Mapping[str, Any], ...] = (
    {"event": "state", **STATUS},
    {"event": "state", **STATUS, "state": "no_signal", "armed": False, "next": None},
    {"event": "departure", "cue": "2", "take": 3, "show_ns": 5},
    {"event": "landing", "cue": "2", "take": 3, "verdict": "landed", "error_ms": 0.5},
    {"event": "alarm", "text": "it is late"},
)
METHODS = (*("GET", "GET", "POST", "POST", "POST", "POST") * 3, "PUT", "HEAD", "OPTIONS", "DELETE", "get")
VERBS = (
    *(
        "go",
        "next",
        "back",
        "top",
        "hold",
        "panic",
        "release",
        "hand",
        "resume",
        "engage",
        "disengage",
        "arm",
        "disarm",
    ),
    *("slate", "take/start", "take/end", "take/good", "take/ng", "take/x", "status", "variables", "cues", "events", ""),
    *(f"cue/{cue}/{what}" for cue in ("1", "2", "Q/3%20%C3%A9", "9", "") for what in ("fire", "standby", "load", "x")),
)
PATHS = (
    *(f"/api/{verb}" for verb in VERBS),
    *("/", "/cuefocus", "/cuefocus/go", "/cuefocus/out/state", "/cuefocus/cue/12.5/fire", "/api/openapi.json", "/%00"),
)
QUERIES = (
    *("",) * 16,
    *("?list=A", "?target=B.focus", "?target=B.focus&confirm=true", "?text=12A", "?target=", "?list=a&list=b"),
    *(
        "?VALUE",
        "?HOST_INFO",
        "?TYPE",
        "?RANGE&x",
        "?CONTENTS",
        "?ACCESS=1",
        "?DESCRIPTION",
        "?TAGS",
        "?NO",
        "?%ff=%ff",
    ),
    *("?target=B&target=C", f"?target={'x' * 300}", f"?text={'é' * 200}", "?list=+%2b"),
)
CALLED = (*("localhost", "127.0.0.1:8080") * 4, "stage.example", "STAGE.example.:80", "[::1]:8080", "evil.example", "")
MORE = (
    *(f"authorization: Bearer {token}" for token in TOKENS for _ in range(5)),
    *(
        "authorization: bearer nobody",
        "authorization: Basic eDp5",
        "origin: http://localhost",
        "origin: https://evil.example",
    ),
    *(
        "origin: null",
        "sec-fetch-site: cross-site",
        "sec-fetch-site: same-origin",
        "content-length: 3",
        "content-length: -1",
    ),
    *("content-length: 99999", "transfer-encoding: chunked", "range: bytes=0-,0-", "accept-encoding: gzip", "x: \xff"),
)
SAID = ("LISTEN", "LISTEN", "LISTEN", "IGNORE", "PATH_ADDED", None, 1, [])
ABOUT = ("/cuefocus/out/state", "/cuefocus/out/timecode/", "/cuefocus/out", "/", "/nothing", "", None, {}, "[" * 300)
_FRAME: Final = b"\xff"
"""Parts frames in an input; it stands in no UTF-8, and a frame that begins with the next byte is not text."""
_BINARY: Final = b"\xfe"
_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP/1\.[01]")
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[^\0\s](?:[^\0\r\n]*[^\0\s])?)?)[ \t]*")
_LATER_NS: Final = 10 * NS_PER_MS
_TRY_AGAIN: Final = 1013
_MOST_FRAMES: Final = 12
Sent = MutableMapping[str, Any]


class FuzzPage(Page):
    """A page whose words go nowhere, and are kept until they are looked at."""

    def __init__(self) -> None:
        self.now_ns = 10 * NS_PER_S
        desk = FrontDeskConfig(udp=(("127.0.0.1", 8000), ("192.0.2.1", 8001)), rules=RULES)
        super().__init__(PageConfig("127.0.0.1", 8080, "Fuzz", LINES, "", "", desk=desk), lambda: self.now_ns)
        self.words: list[Word] = []

    async def _given(self, order: Order, source: str, timeout_ns: int = NS_PER_S) -> Answer:
        del timeout_ns
        if order.verb == "status":
            return Answer(True, "", dict(STATUS))
        if not source.startswith("http:"):
            raise AssertionError(f"{order} by {source}")
        self.words.append((order.verb, order.target, order.value))
        return Answer(True, "done", {"take": 3})


class PageLine:
    """What is ours of a page, from a request's bytes on.

    Args:
        tokens: whether the rig names any.
    """

    def __init__(self, *, tokens: bool) -> None:
        self._tokens, self._page, self._events = tokens, FuzzPage(), count()
        known = [Token(text[:4], sha256(text.encode()).digest(), Right(may)) for text, may in TOKENS.items()]
        gate = Gate(known if tokens else (), Peers(RULES), ("stage.example",))
        self._app = Guard(make_api(self._page), gate, self._page.faults)
        self._loop = asyncio.new_event_loop()

    def take(self, data: bytes, host: str) -> tuple[int, int]:
        """Have a request come in from a host; whether it is at fault, and how many words it gives.

        Raises: AssertionError for a word that it does not give, or one that is not passed on.
        """
        page = self._page
        page.now_ns += _LATER_NS
        page.faults.due(page.now_ns)
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        found, parts = _LINE.fullmatch(first), [_HEADER.fullmatch(line) for line in lines]
        headers = [(part[1].lower(), part[2]) for part in parts if part is not None]
        if found is None or len(headers) < len(lines):
            return 1, 0
        path, _, query = found[2].partition(b"?")
        scope: Sent = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8080),
            "client": (host, 50_000) if host else None,
            "scheme": "http",
            "method": found[1].decode(),
            "root_path": "",
            "path": unquote(path.decode()),
            "raw_path": path,
            "query_string": query,
            "headers": headers,
            "state": {"came_ns": page.now_ns, "hung_up": lambda: False},
        }
        plain = {name.decode(): value.decode("latin-1") for name, value in headers}
        asked = Asked(host, self._tokens, scope["method"], scope["path"], query.decode(), plain)
        if plain.get("upgrade", "").lower() == "websocket":
            return self._watched(scope, asked, body.split(_FRAME)[:_MOST_FRAMES]), 0
        status = self._loop.run_until_complete(self._answered(scope, body))
        said, page.words = page.words, []
        wanted = word(asked)
        if said != ([] if wanted is None else [wanted]):
            raise AssertionError(f"says {said}, not {wanted}: {data!r} from {host}")
        if wanted is not None and status != 200:
            raise AssertionError(f"answered {status}: {data!r} from {host}")
        return int(status >= 400), len(said)

    async def _answered(self, scope: Sent, body: bytes) -> int:
        """The status of the answer. Raises: AssertionError for one that is no answer."""
        chunks = [body[at : at + 8000] for at in range(0, len(body), 8000)] or [b""]
        come = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        come[-1]["more_body"] = False
        sent: list[Sent] = []

        async def receive() -> Sent:
            return come.pop(0) if come else {"type": "http.disconnect"}

        async def send(message: Sent) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        start, *rest = sent
        status = int(start["status"])
        told = b"".join(each.get("body", b"") for each in rest)
        if status >= 500 or not all(part.isascii() for header in start["headers"] for part in header):
            raise AssertionError(f"{sent}")
        if told and status != 204:
            json.loads(told)
        return status

    def _watched(self, scope: Sent, asked: Asked, frames: list[bytes]) -> int:
        """Whether a websocket was refused. Raises: AssertionError for what must not be told."""
        scope |= {
            "type": "websocket",
            "scheme": "ws",
            "extensions": {"websocket.http.response": {}},
            "subprotocols": [],
        }
        del scope["method"]
        sent = self._loop.run_until_complete(self._conversation(scope, frames))
        let_in = sent[0]["type"] == "websocket.accept"
        may = right(asked, changes=True) and not too_long(asked.headers)
        if let_in != (bool(may) and asked.path in ("/", "/api/events")):
            raise AssertionError(f"websocket: {sent[:2]} for {asked}")
        if self._page.words or sent[-1].get("code") == _TRY_AGAIN:
            raise AssertionError(f"websocket: {self._page.words} {sent[-1]} by {frames}")
        wanted = _wanted(frames) if asked.path == "/" else set()
        for message in sent[1:] if let_in else ():
            if message.get("text") is not None:
                json.loads(message["text"])
            elif message.get("bytes") is not None:
                (told,) = read_packet(message["bytes"]).messages
                if told.address not in wanted:
                    raise AssertionError(f"told of {told.address} by {frames}")
        return not let_in

    async def _conversation(self, scope: Sent, frames: list[bytes]) -> list[Sent]:
        come: list[Sent] = [{"type": "websocket.connect"}, *map(_frame, frames)]
        sent: list[Sent] = []

        async def receive() -> Sent:
            await asyncio.sleep(0)
            self._page.hear([EVENTS[next(self._events) % len(EVENTS)]])
            return come.pop(0) if come else {"type": "websocket.disconnect", "code": 1006}

        async def send(message: Sent) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        return sent


def _frame(data: bytes) -> Sent:
    try:
        return {"type": "websocket.receive", "text": data.decode()}
    except UnicodeDecodeError:
        return {"type": "websocket.receive", "bytes": data}


def _wanted(frames: list[bytes]) -> set[str]:
    """Addresses that a text among these names in whatever manner."""
    found = set[str]()
    for frame in frames:
        try:
            fields = json.loads(frame)
        except (ValueError, RecursionError):
            continue
        if isinstance(fields, dict) and fields.get("COMMAND") == "LISTEN" and isinstance(fields.get("DATA"), str):
            found.add("/" + fields["DATA"].strip("/"))
    return found


def sound(chance: random.Random) -> bytes:
    """What a program or a browser may send; half of it a word, or nearly one."""
    if chance.random() < 0.5:
        path = f"/api/{chance.choice(VERBS)}{chance.choice(QUERIES)}"
        more = "".join(f"\r\n{one}" for one in chance.sample(MORE, chance.choice((0, 0, 0, 1))))
        return f"POST {path} HTTP/1.1\r\nhost: {CALLED[0]}{more}\r\n\r\n".encode("latin-1")
    opens = chance.random() < 0.2
    path = chance.choice(("/", "/", "/api/events", "/api/go")) if opens else chance.choice(PATHS)
    method = "GET" if opens else chance.choice(METHODS)
    lines = [f"{method} {path}{'' if opens else chance.choice(QUERIES)} HTTP/1.1", f"host: {chance.choice(CALLED)}"]
    lines += chance.sample(MORE, chance.choice((0, 0, 0, 0, 1, 1, 2)))
    lines += ["upgrade: websocket"] * opens
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    if not opens:
        return head + chance.choice((b"", b"", b"", b"{}", bytes(20_000)))
    return head + _FRAME.join(_said(chance) for _ in range(chance.randrange(6)))


def _said(chance: random.Random) -> bytes:
    if chance.random() < 0.1:
        return chance.choice((_BINARY + b"/cuefocus/go\0\0\0\0,\0\0\0", b"{", b"[" * 2000, b"null", b""))
    return json.dumps({"COMMAND": chance.choice(SAID), "DATA": chance.choice(ABOUT)}).encode()


def seeds(chance: random.Random) -> Iterator[bytes]:
    """Inputs to begin with."""
    for number in range(500):
        yield bytes((number % (2 * len(HOSTS)) if number % 3 == 0 else 0,)) + sound(chance)


def main() -> None:
    """Send, answer, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guided", action="store_true")
    arguments, rest = parser.parse_known_args()
    lines = PageLine(tokens=False), PageLine(tokens=True)

    def take(data: bytes) -> tuple[int, int]:
        place = data[0] if data else 0
        return lines[place % 2].take(data[1:], HOSTS[place // 2 % len(HOSTS)])

    if arguments.guided:
        guided(take, seeds(random.Random(arguments.seed)), rest, "requests")
    chance = random.Random(arguments.seed)
    tally, unfounded = Tally(arguments.requests, "requests"), 0
    for number in range(arguments.requests):
        kind = kind_of(number)
        request = chance.randbytes(chance.randrange(200)) if kind == "noise" else sound(chance)
        request = torn(request, chance) if kind == "torn" else request
        faults = words = 0
        try:
            faults, words = take(bytes((chance.choice((0, 0, 0, 1, chance.randrange(2 * len(HOSTS)))),)) + request)
        except AssertionError as found:
            unfounded += 1
            print(found, file=sys.stderr)
        tally.count(number, at_fault=faults > 0, with_words=words > 0)
    tally.tell(f"words that were not given, or not passed on: {unfounded}")


if __name__ == "__main__":
    main()

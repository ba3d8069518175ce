"""Commands that come in by the conductor's socket, numbered, and their answers that go back to who asked."""

from collections.abc import Callable, Mapping
from typing import Final

from cuefocus.engine.outcome import Reply
from cuefocus.engine.ports import Command
from cuefocus.shells.local_socket import UNTIL, LocalServer, Peer
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.said import STOPS

_TEXT_LONGEST: Final = 4096
_ASKS: Final = "status"
"""A word that nobody misses."""


class CommandDesk:
    """Takes commands, and remembers who asked.

    Args:
        server: the socket.
        number: the number of the next command, of all that this conductor hears.
        now_ns: the host clock.
    """

    def __init__(self, server: LocalServer, number: Callable[[], int], now_ns: Callable[[], int]) -> None:
        self._server, self._number, self._now_ns = server, number, now_ns
        self._asked: dict[int, Peer] = {}
        self._expired: list[str] = []

    def fileno(self) -> int:
        """Readable when there is a command."""
        return self._server.fileno()

    def take(self) -> list[Command]:
        """Every command that has come; what is none is answered at once."""
        heard: list[Command] = []
        while (taken := self._server.take()) is not None:
            fields, peer = taken
            command = self._command(fields)
            if command is None:
                self._server.answer(peer, {"ok": False, "problem": 'a command is {"verb": …, "target": …, "value": …}'})
                continue
            if self._given_up(fields, command):
                continue
            self._asked[command.id] = peer
            heard.append(command)
        return heard

    def expired(self) -> list[str]:
        """What was not obeyed since the last call: whoever had said it had been told that nobody answers."""
        expired, self._expired = self._expired, []
        return expired

    def answer(self, reply: Reply) -> None:
        """Give an answer to who asked; one that nobody waits for goes nowhere."""
        peer = self._asked.pop(reply.id, None)
        if peer is not None:
            self._server.answer(peer, {"ok": reply.ok, "text": reply.text, "data": reply.data})

    def _given_up(self, fields: Mapping[str, object], command: Command) -> bool:
        """Whether nobody waits for a command any more. Stops are obeyed whenever they come."""
        until_ns, now_ns = fields.get(UNTIL), self._now_ns()
        if not isinstance(until_ns, int) or now_ns <= until_ns or command.verb in STOPS:
            return False
        if command.verb == _ASKS:
            return True
        said = " ".join(filter(None, (command.source, command.verb, command.target, command.value)))
        late_ms = (now_ns - until_ns) // NS_PER_MS
        self._expired.append(
            f"{said} came {late_ms} ms after its sender had given up; say it again if it is still meant"
        )
        return True

    def _command(self, fields: Mapping[str, object]) -> Command | None:
        texts = {key: fields.get(key, "") for key in ("verb", "target", "value")}
        source = fields.get("source", "tell")
        if not all(isinstance(text, str) and len(text) < _TEXT_LONGEST for text in (*texts.values(), source)):
            return None
        if not texts["verb"]:
            return None
        said_ns, now_ns = fields.get("said_ns"), self._now_ns()
        return Command(
            verb=str(texts["verb"]),
            stamp_ns=said_ns if isinstance(said_ns, int) and 0 < said_ns < now_ns else now_ns,
            target=str(texts["target"]),
            value=str(texts["value"]),
            source=str(source),
            id=self._number(),
        )

"""Commands that come in by the conductor's socket, numbered, and their answers that go back to who asked."""

from collections.abc import Callable, Mapping
from typing import Final

from cuefocus.engine.outcome import Reply
from cuefocus.engine.ports import Command
from cuefocus.shells.local_socket import LocalServer, Peer

_TEXT_LONGEST: Final = 4096


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
            self._asked[command.id] = peer
            heard.append(command)
        return heard

    def answer(self, reply: Reply) -> None:
        """Give an answer to who asked; one that nobody waits for goes nowhere."""
        peer = self._asked.pop(reply.id, None)
        if peer is not None:
            self._server.answer(peer, {"ok": reply.ok, "text": reply.text, "data": reply.data})

    def _command(self, fields: Mapping[str, object]) -> Command | None:
        texts = {key: fields.get(key, "") for key in ("verb", "target", "value")}
        source = fields.get("source", "tell")
        if not all(isinstance(text, str) and len(text) < _TEXT_LONGEST for text in (*texts.values(), source)):
            return None
        if not texts["verb"]:
            return None
        return Command(
            verb=str(texts["verb"]),
            stamp_ns=self._now_ns(),
            target=str(texts["target"]),
            value=str(texts["value"]),
            source=str(source),
            id=self._number(),
        )

"""What a running daemon tells: JSON lines, lines for a person, or one picture on a terminal. Landings are kept."""

import contextlib
import json
import os
from collections.abc import Mapping
from typing import Any, TextIO

from rich.console import Console
from rich.live import Live

from cuefocus.app.live_view import Picture, drawn, sentence
from cuefocus.chase.clock import Clock
from cuefocus.landing.rows import LandingRow, row_from_dict
from cuefocus.shells.host_clock import now_ns
from cuefocus.wire.plain import plain, plain_fields


class Teller:
    """Takes events, and tells them for as long as somebody reads.

    Args:
        out: where events go as lines.
        console: where the picture goes.
        title: the show's.
        as_json: events go out as JSON, whole.

    Attributes:
        rows: every landing told so far.
        unheard: `out` took no more, so nothing was printed from then on.
    """

    def __init__(self, out: TextIO, console: Console, *, title: str, as_json: bool) -> None:
        self._out, self._console, self._title, self._as_json = out, console, title, as_json
        self._picture = Picture()
        self._live: Live | None = None
        self.rows: list[LandingRow] = []
        self.unheard = False

    @property
    def is_on_terminal(self) -> bool:
        """Whether a person looks on, and may press keys."""
        return not self._as_json and self._console.is_terminal

    def picture(self) -> contextlib.AbstractContextManager[object]:
        """While this is open a picture takes the place of lines; for a terminal."""
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        return self._live

    def tell(self, event: Mapping[str, Any]) -> None:
        """Take an event, and tell it; on a terminal, or as a line for a person, what others said does nothing."""
        shown = plain_fields(event) if not self._as_json else event
        self._picture.take(shown)
        if event.get("event") == "landing":
            with contextlib.suppress(KeyError):
                self.rows.append(row_from_dict(event))
        if self._as_json:
            self._print(json.dumps(event, ensure_ascii=False))
        elif self._live is None and (line := sentence(shown)) is not None:
            self._print(line)

    def alarm(self, text: str) -> None:
        """Tell an alarm of the run itself."""
        self.tell({"event": "alarm", "host_ns": now_ns(), "text": text, "source": "run"})

    def answered(self, text: str) -> None:
        """Show what an order that a key gave was answered with."""
        self._picture.answer = plain(text)

    def draw(self, clock: Clock) -> None:
        """The picture as it is now, where there is one."""
        if self._live is None or self.unheard:
            return
        picture = drawn(self._picture, clock, now_ns(), title=self._title)
        try:
            self._live.update(picture, refresh=True)
        except (OSError, ValueError):
            self._let_go_of_out()

    def _print(self, line: str) -> None:
        if self.unheard:
            return
        try:
            self._out.write(f"{line}\n")
            self._out.flush()
        except (OSError, ValueError):
            self._let_go_of_out()

    def _let_go_of_out(self) -> None:
        """Nobody reads what is printed, or nothing more can be: the show goes on, and what is left goes nowhere."""
        self.unheard = True
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(nowhere, self._out.fileno())
            finally:
                os.close(nowhere)

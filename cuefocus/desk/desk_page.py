"""The page as the desk keeps it: it is handed what the session tells, and what it says becomes alarms.

What serves it is loaded only where the rig has a page; without it the desk does all else.
"""

import contextlib
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cuefocus.desk.web.config import PageConfig
from cuefocus.shells.event_pipe import EventReader
from cuefocus.shells.host_clock import DescriptorWait

if TYPE_CHECKING:
    from cuefocus.desk.web.server import PageServer


class DeskPage:
    """One page; none where the rig has none, or where what serves it is not installed.

    Args:
        config: the page's.
        say: takes what there is to say to the operator: `alarm` or `state`, and a sentence.
        wait: woken when there is something for the page.
    """

    def __init__(self, config: PageConfig | None, say: Callable[[str, str], None], wait: DescriptorWait) -> None:
        self._say = say
        self._server: PageServer | None = None
        self._heard: EventReader | None = None
        self._lost = 0
        if config is None:
            return
        try:
            from cuefocus.desk.web import server
        except ImportError as problem:
            say("alarm", f"the page is not served: {problem.name} is not installed; pip install {problem.name}")
            return
        self._server = server.PageServer(config)
        if config.heard_fd >= 0:
            self._heard = EventReader(socket.socket(fileno=config.heard_fd))
            wait.watch(config.heard_fd)

    def tend(self) -> None:
        """Hand over what was told, say what there is to say. Raises: DeviceError when it has ended by itself."""
        if self._server is None:
            return
        if self._heard is not None:
            told = self._heard.take()
            self._server.hear(told, lost=self._heard.dropped > self._lost)
            self._lost = self._heard.dropped
        for kind, text in self._server.said():
            self._say(kind, text)

    def note_alarm(self, event: Mapping[str, Any]) -> None:
        """Show an alarm of the desk's own."""
        if self._server is not None:
            self._server.note_alarm(event)

    def close(self) -> None:
        """Serve no more."""
        if self._server is not None:
            with contextlib.suppress(RuntimeError):
                self._server.close()

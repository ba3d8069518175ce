"""What the server logs, so that no flood fills a disk: what is no HTTP is counted, our faults are one line a second."""

import logging
from collections.abc import Callable
from typing import Final

from cuefocus.engine.desk_faults import DeskFaults
from cuefocus.shells.log_line import log_line
from cuefocus.timebase.units import NS_PER_S

NAME: Final = "uvicorn.error"
"""The logger by which uvicorn says everything but who asked for what."""
NO_HTTP: Final = "Invalid HTTP request received."
"""What it says of a connection that tells its host itself."""
_NOT_OPENED: Final = "ASGI callable returned without completing handshake."
"""What it says of a websocket that was refused with an answer, as the guard tells, or hung up before it had one."""
_SOMEBODY: Final = "a host whose address is not known here"


class ServerLog(logging.Handler):
    """Takes what it logs, instead of standard error.

    Args:
        faults: counts what is refused before anything of ours sees it.
        clock_ns: the host clock.
    """

    def __init__(self, faults: DeskFaults, clock_ns: Callable[[], int]) -> None:
        super().__init__(logging.WARNING)
        self._faults, self._clock_ns = faults, clock_ns
        self._told_ns = -NS_PER_S

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record."""
        said = record.getMessage()
        if record.levelno < logging.ERROR:
            if said != NO_HTTP:
                self._faults.torn(_SOMEBODY, "more than is served at once, or a protocol that is not spoken here")
        elif said != _NOT_OPENED and (now_ns := self._clock_ns()) - self._told_ns >= NS_PER_S:
            self._told_ns = now_ns
            log_line(f"page: {self.format(record)}")

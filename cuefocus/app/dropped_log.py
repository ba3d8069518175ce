"""Words and triggers that did nothing, kept beside a run's other logs: whose copy came second, what was too late."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_KEYS: Final = ("suppressed", "expired", "unfired")
_MOST_BYTES: Final = 16 << 20


class DroppedLog:
    """A JSON line for each, as it is told. A disk that refuses costs its line, and a flood no more than 16 MB.

    Args:
        path: the file; made with the first line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def take(self, event: Mapping[str, Any]) -> None:
        """Keep an event if it tells of one."""
        if event.get("event") != "state" or not any(key in event for key in _KEYS):
            return
        line = json.dumps(event, ensure_ascii=False).encode(errors="replace") + b"\n"
        with contextlib.suppress(OSError), self._path.open("ab") as log:
            if log.tell() + len(line) <= _MOST_BYTES:
                log.write(line)

"""What `run` hands to the desk, as a file. By itself, for `run` needs neither the desk's store nor its calendar."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cuefocus.errors import RigFileError


@dataclass(frozen=True, slots=True)
class DeskConfig:
    """What the desk must be told.

    Args:
        ledger, store: the ledger it reads, the store it writes.
        heard_fd: descriptor on which the conductor tells of takes. events_fd: where alarms go; both -1 for none.
    """

    ledger: str
    store: str
    heard_fd: int = -1
    events_fd: int = -1

    def write(self, path: Path) -> None:
        """Put it where the desk will read it."""
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def read_desk_config(path: Path) -> DeskConfig:
    """The config `DeskConfig.write` wrote. Raises RigFileError when it is none."""
    try:
        return DeskConfig(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as problem:
        raise RigFileError(f"no desk config: {problem}", where=str(path), hint="`run` writes it") from None

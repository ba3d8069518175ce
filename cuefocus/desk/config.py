"""What `run` hands to the desk, as a file. By itself, for `run` needs neither the desk's store nor its calendar."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cuefocus.desk.run_files import RunFile
from cuefocus.desk.web.config import PageConfig, page_fields, page_from
from cuefocus.errors import RigFileError


@dataclass(frozen=True, slots=True)
class DeskConfig:
    """What the desk must be told.

    Args:
        ledger, store: the ledger it reads, the store it writes.
        heard_fd: descriptor on which the conductor tells of takes. events_fd: where alarms go; both -1 for none.
        show, rig: files of the run. files: all it was made from, as it was then.
        conductor: the conductor's socket.
        kept: where it is noted what of the calendar is done. calendar: the rig's, as JSON.
        began: when the run began, by the wall clock (ISO 8601, UTC); empty for now.
        page: what is served; None for nothing.
    """

    ledger: str
    store: str
    heard_fd: int = -1
    events_fd: int = -1
    show: str = ""
    rig: str = ""
    files: tuple[RunFile, ...] = ()
    conductor: str = ""
    kept: str = ""
    calendar: Mapping[str, Any] = field(default_factory=dict)
    began: str = ""
    page: PageConfig | None = None

    def write(self, path: Path) -> None:
        """Put it where the desk will read it."""
        page = None if self.page is None else page_fields(self.page)
        path.write_text(json.dumps({**asdict(self), "page": page}, indent=1), encoding="utf-8")


def read_desk_config(path: Path) -> DeskConfig:
    """The config `DeskConfig.write` wrote. Raises RigFileError when it is none."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        files = tuple(RunFile(**one) for one in fields["files"])
        page = None if fields.get("page") is None else page_from(fields["page"])
        return DeskConfig(**{**fields, "files": files, "page": page})
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise RigFileError(f"no desk config: {problem}", where=str(path), hint="`run` writes it") from None

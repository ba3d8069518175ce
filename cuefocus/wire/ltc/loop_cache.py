"""Where the decoder's compiled loops are kept, and whether all of them are there.

The folder is named after a digest of the loops' sources: a changed loop is never read from an old one. What was
compiled fits one processor, Python and numba, and sources that were not touched since; a mark says for which of them
everything is there.
"""

import hashlib
import importlib.metadata
import importlib.util
import inspect
import os
import sys
from pathlib import Path
from typing import Final

from cuefocus.wire.ltc.loops import MODULES

_PROCESSOR: Final = Path("/proc/cpuinfo")
_TELLING: Final = ("model name", "flags", "Features", "CPU part")  # what compiled code depends on


def can_compile() -> bool:
    """Whether numba is installed."""
    return importlib.util.find_spec("numba") is not None


def sources_digest() -> str:
    """Changes when any loop does."""
    digest = hashlib.sha256()
    for module in MODULES:
        digest.update(inspect.getsource(module).encode())
    return digest.hexdigest()[:16]


def user_cache() -> Path:
    """Where a user's compiled loops are kept: `$XDG_CACHE_HOME/cuefocus`, else `~/.cache/cuefocus`."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "cuefocus" / f"loops-{sources_digest()}"


def is_ready(folder: Path) -> bool:
    """Whether a folder has all loops compiled for this processor, Python, numba and these very source files."""
    return _mark(folder).is_file()


def mark_ready(folder: Path) -> None:
    """Say so, once they are; a folder that takes no mark is compiled into again."""
    try:
        _mark(folder).touch()
    except OSError:
        return


def is_writable(folder: Path) -> bool:
    """Whether compiled code can be kept there; the folder is made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def _mark(folder: Path) -> Path:
    try:
        lines = _PROCESSOR.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    processor = sorted({line for line in lines if line.startswith(_TELLING)})
    try:
        numba = importlib.metadata.version("numba")
    except importlib.metadata.PackageNotFoundError:
        numba = "none"
    sources = [_stamp(Path(str(module.__file__))) for module in MODULES]
    digest = hashlib.sha256("\n".join((sys.version, numba, *sources, *processor)).encode())
    return folder / f"ready-{digest.hexdigest()[:16]}"


def _stamp(source: Path) -> str:
    """What numba asks of a source file before it trusts what it compiled."""
    try:
        found = source.stat()
    except OSError:
        return str(source)
    return f"{source} {found.st_mtime_ns} {found.st_size}"

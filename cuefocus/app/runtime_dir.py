"""Where a running daemon keeps its sockets and links, and how others find it.

One folder (mode 0700) a daemon under `$XDG_RUNTIME_DIR/cuefocus`, or under the temporary folder where there is none;
`current` points at the one started last. A lock says that a daemon lives: `run` takes it, and the processes that drive
motors hold it too, so a stop finds them by name though `run` was killed, and nobody else takes their name or clears
their folder.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cuefocus.errors import DeviceError, InputError

MOTION_SOCKET: Final = "motion.sock"
CONDUCTOR_SOCKET: Final = "conductor.sock"
CURRENT: Final = "current"
_LOCK: Final = "lock"
_SOCKET_PATH_BYTES: Final = 100
"""What a Unix socket's address can hold, less a margin (unix(7): 108 with its final zero)."""


@dataclass(frozen=True, slots=True)
class RuntimeDir:
    """One daemon's folder.

    Args:
        lock_fd: the lock, held by `run` and what it hands it down to for as long as one of them lives; -1 for others.
        others: daemons that could have been meant too, as no name was said.
    """

    path: Path
    lock_fd: int = -1
    others: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What `tell --run NAME` calls it."""
        return self.path.name

    @property
    def motion_socket(self) -> Path:
        """Where motion hears stops."""
        return self.path / MOTION_SOCKET

    @property
    def conductor_socket(self) -> Path:
        """Where the conductor hears everything else."""
        return self.path / CONDUCTOR_SOCKET

    @property
    def handed_down(self) -> tuple[int, ...]:
        """Descriptors that keep the folder alive in a child (`pass_fds`)."""
        return (self.lock_fd,) if self.lock_fd >= 0 else ()

    def remove(self) -> None:
        """Take the folder and a `current` that points at it away; only its owner may."""
        current = self.path.parent / CURRENT
        if current.is_symlink() and os.readlink(current) == self.path.name:
            current.unlink(missing_ok=True)
        shutil.rmtree(self.path, ignore_errors=True)
        if self.lock_fd >= 0:
            os.close(self.lock_fd)


def runtime_base(environ: Mapping[str, str]) -> Path:
    """The folder of all this user's daemons, made if need be.

    Raises: DeviceError when it is not ours alone.
    """
    user = os.getuid()
    given = environ.get("XDG_RUNTIME_DIR", "")
    if given and os.access(given, os.W_OK | os.X_OK):
        base = Path(given) / "cuefocus"
    else:
        base = Path(tempfile.gettempdir()) / f"cuefocus-{user}"
    base.mkdir(mode=0o700, exist_ok=True)
    status = base.lstat()
    if base.is_symlink() or status.st_uid != user or status.st_mode & 0o077:
        raise DeviceError(
            "this folder must be yours and closed to others",
            where=str(base),
            hint="remove it, or set XDG_RUNTIME_DIR to a folder of yours",
        )
    return base


def claim(base: Path, name: str = "") -> RuntimeDir:
    """A folder for a daemon that starts now, with `current` pointing at it.

    Raises: InputError when the name is taken or cannot be a name.
    """
    chosen = name or f"run-{os.getpid()}"
    if chosen in (CURRENT, ".", "..") or "/" in chosen:
        raise InputError(f"{chosen!r} cannot name a daemon", hint="use letters, digits and dashes")
    _sweep(base)
    path = base / chosen
    if len(os.fsencode(path / CONDUCTOR_SOCKET)) > _SOCKET_PATH_BYTES:
        raise DeviceError("the path is too long for a local socket", where=str(path), hint="set XDG_RUNTIME_DIR")
    path.mkdir(mode=0o700, exist_ok=True)
    lock_fd = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _locked(lock_fd):
        os.close(lock_fd)
        raise InputError(f"a daemon called {chosen!r} is running", hint="choose another --run name, or stop it first")
    os.utime(lock_fd)
    fresh = base / f".{CURRENT}-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(chosen)
    fresh.replace(base / CURRENT)
    return RuntimeDir(path, lock_fd)


def find(base: Path, name: str = "") -> RuntimeDir:
    """The folder of the running daemon called `name`, or of the one that lives and was started last.

    Raises: DeviceError when there is none.
    """
    living = _living(base)
    if name in living or (not name and living):
        chosen = name or living[0]
        return RuntimeDir((base / chosen).resolve(), others=() if name else tuple(sorted(set(living) - {chosen})))
    hint = f"running: {', '.join(sorted(living))}" if living else "start one with `cuefocus run`"
    raise DeviceError(f"no CueFocus daemon called {name!r} is running" if name else _NONE_RUNS, hint=hint)


def _living(base: Path) -> list[str]:
    """Names of the daemons that hold their lock; first the one `current` points at, then the newest."""
    current = base / CURRENT
    last = os.readlink(current) if current.is_symlink() else ""
    found: list[tuple[bool, int, str]] = []
    for entry, lock_fd in _folders(base):
        if not _locked(lock_fd):
            found.append((entry.name == last, os.fstat(lock_fd).st_mtime_ns, entry.name))
    return [name for _, _, name in sorted(found, reverse=True)]


_NONE_RUNS: Final = "no CueFocus daemon is running"


def _folders(base: Path) -> Iterator[tuple[Path, int]]:
    """The daemons' folders, each with its lock file open meanwhile."""
    for entry in base.iterdir():
        if entry.is_symlink() or not entry.is_dir():
            continue
        try:
            lock_fd = os.open(entry / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            yield entry, lock_fd
        finally:
            os.close(lock_fd)


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep(base: Path) -> None:
    """Remove the folders of daemons that died without doing it themselves."""
    for entry, lock_fd in _folders(base):
        if _locked(lock_fd):
            shutil.rmtree(entry, ignore_errors=True)

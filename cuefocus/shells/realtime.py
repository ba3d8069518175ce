"""What the machine grants a process that must not be late: real-time class, locked memory, a core of its own.

Nothing here is fatal: what was not granted is told in one line, and everything runs on without it.
"""

import ctypes
import gc
import os
import resource
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEFAULT_PRIORITY: Final = 75
"""Above a sound server's 70, below the kernel's own interrupt threads at 99."""

_MCL_CURRENT: Final = 1
_MCL_FUTURE: Final = 2
_PR_SET_TIMERSLACK: Final = 29
_DMA_LATENCY: Final = Path("/dev/cpu_dma_latency")

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a process got.

    Args:
        fifo: it runs in the real-time class.
        locked: its memory is never paged out.
        missing: what was asked for and refused, with the cure; empty when nothing was.
    """

    fifo: bool
    locked: bool
    missing: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """One line for the log and the operator."""
        has = [name for name, given in (("real-time class", self.fifo), ("locked memory", self.locked)) if given]
        line = f"runs with {' and '.join(has)}" if has else "runs as an ordinary process"
        return f"{line}; not granted: {'; '.join(self.missing)}" if self.missing else line


def enter_realtime(
    priority: int = DEFAULT_PRIORITY,
    *,
    cpu: int | None = None,
    lock: bool = True,
    stay_awake: bool = False,
    children: bool = False,
) -> Granted:
    """Ask for everything; take what is given.

    Args:
        priority: SCHED_FIFO priority; 0 asks for none.
        children: whether children and later threads inherit it.
        cpu: the only core to run on; None leaves it to the system.
        lock: lock the memory, now and future.
        stay_awake: keep the cores out of deep sleep (costs power) for as long as the process lives.
    """
    missing: list[str] = []
    _libc.prctl(_PR_SET_TIMERSLACK, ctypes.c_ulong(1), 0, 0, 0)
    if cpu is not None:
        try:
            os.sched_setaffinity(0, {cpu})
        except OSError as problem:
            missing.append(f"core {cpu} ({problem.strerror})")
    locked = lock and _lock_memory()
    if lock and not locked:
        missing.append("locked memory (raise RLIMIT_MEMLOCK: systemd LimitMEMLOCK=infinity, or limits.conf)")
    fifo = priority > 0 and _take_class(priority, children=children)
    if priority > 0 and not fifo:
        missing.append("real-time class (RLIMIT_RTPRIO: systemd LimitRTPRIO=80, or limits.conf); racks may be ms late")
    if stay_awake and not _stay_awake():
        missing.append(f"cores kept awake ({_DMA_LATENCY} cannot be written)")
    return Granted(fifo, locked, tuple(missing))


def quiet_garbage(*, sweep: bool = True) -> None:
    """No garbage collection from here on: what lives now is set aside, the loop makes no cycles.

    Args:
        sweep: collect once more before that; of a long show that takes a tenth of a second.
    """
    if sweep:
        gc.collect()
    gc.disable()
    gc.freeze()


def _take_class(priority: int, *, children: bool) -> bool:
    policy = os.SCHED_FIFO | (0 if children else os.SCHED_RESET_ON_FORK)
    try:
        os.sched_setscheduler(0, policy, os.sched_param(priority))
    except OSError:
        return False
    return True


def _lock_memory() -> bool:
    """Lock what there is; what comes later only where no limit could make a later allocation fail."""
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    free = os.geteuid() == 0 or soft == resource.RLIM_INFINITY
    flags = _MCL_CURRENT | (_MCL_FUTURE if free else 0)
    return int(_libc.mlockall(ctypes.c_int(flags))) == 0


def _stay_awake() -> bool:
    """The request holds while the descriptor is open, so it is left open on purpose."""
    try:
        os.write(os.open(_DMA_LATENCY, os.O_WRONLY | os.O_CLOEXEC), struct.pack("=i", 0))
    except OSError:
        return False
    return True

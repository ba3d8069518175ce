"""Our own verbs as child processes for the calendar: at the lowest priority, and ended with the desk."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from threading import Event
from typing import Final

from cuefocus.errors import DeviceError
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_NICEST: Final = 19
_LOOK_NS: Final = 100 * NS_PER_MS
_WORDS_BYTES: Final = 2000


class Children:
    """Runs one verb at a time for whoever calls.

    Args:
        ending: set when the desk ends; what runs then is ended too.
    """

    def __init__(self, ending: Event) -> None:
        self._ending = ending

    def verb(self, words: Sequence[str], *, patience_s: int) -> str:
        """What `cuefocus WORDS` prints on standard output, if it ends by itself, with whatever status.

        Raises: DeviceError when it could not be started, took longer than `patience_s`, or the desk ends.
        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            try:
                child = subprocess.Popen(  # noqa: S603 - our own program, no shell
                    (sys.executable, "-m", "cuefocus", *words), stdin=subprocess.DEVNULL, stdout=out, stderr=err
                )
            except OSError as problem:
                raise DeviceError(f"`cuefocus {words[0]}` did not start: {problem.strerror}") from None
            try:
                with suppress(OSError):  # it may have ended already
                    os.setpriority(os.PRIO_PROCESS, child.pid, _NICEST)
                self._await(child, words[0], now_ns() + patience_s * NS_PER_S, patience_s)
            finally:
                if child.poll() is None:
                    child.kill()
                    child.wait()
            out.seek(0)
            printed = out.read().decode(errors="replace")
            if child.returncode < 0 or not printed:
                err.seek(0)
                lines = err.read()[-_WORDS_BYTES:].decode(errors="replace").strip().splitlines()
                words_last = lines[-1] if lines else f"status {child.returncode}"
                raise DeviceError(f"`cuefocus {words[0]}` said nothing of use: {words_last}")
            return printed

    def _await(self, child: subprocess.Popen[bytes], verb: str, until_ns: int, patience_s: int) -> None:
        wait, pidfd = DescriptorWait(), os.pidfd_open(child.pid)
        wait.watch(pidfd)  # readable when it ends
        try:
            while child.poll() is None:
                if self._ending.is_set():
                    raise DeviceError(f"`cuefocus {verb}` was broken off: the run ends")
                if now_ns() > until_ns:
                    raise DeviceError(f"`cuefocus {verb}` took longer than {patience_s} s and was ended")
                wait.wait_until(min(until_ns, now_ns() + _LOOK_NS))
        finally:
            os.close(pidfd)

"""A process of ears for a while: for whoever wants to look at a device, not follow it."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

LOOK_NS: Final = 50 * NS_PER_MS
_OPEN_NS: Final = 10 * NS_PER_S
_GRACE_S: Final = 3.0
_INPUT_AT_FAULT: Final = 1


@dataclass(frozen=True, slots=True)
class TappedEars:
    """Ears that run for us alone."""

    process: "subprocess.Popen[bytes]"
    log: IO[bytes]

    def opened(self, fd: int, has_opened: Callable[[], bool], device: str) -> None:
        """Wait until they have opened their device.

        Args:
            fd: rings when there is news of it.
            has_opened: whether they have.
            device: as it is written after `--source`.

        Raises: DeviceError or InputError with the ears' own words when they have ended, DeviceError when it takes long.
        """
        wait, until_ns = DescriptorWait(), now_ns() + _OPEN_NS
        wait.watch(fd)
        while not has_opened():
            self.complain()
            if now_ns() > until_ns:
                raise DeviceError("the device did not open", where=device, hint="`cuefocus ports` lists them")
            wait.wait_until(now_ns() + LOOK_NS)

    def complain(self) -> None:
        """Raises DeviceError or InputError with the ears' own words when they have ended by themselves."""
        status = self.process.poll()
        if status is None:
            return
        self.log.seek(0)
        words = self.log.read().decode(errors="replace").strip().splitlines()
        raise (InputError if status == _INPUT_AT_FAULT else DeviceError)(words[-1] if words else "the ears ended")


@contextlib.contextmanager
def tapped(module: str, words: Sequence[str], fds: Sequence[int]) -> Iterator[TappedEars]:
    """Ears, ended at the end of the block.

    Args:
        module: the program's.
        words: what it is told.
        fds: descriptors it inherits under the same numbers.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-m", module, *words, "--priority", "0"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=tuple(fds),
        )
        try:
            yield TappedEars(process, log)
        finally:
            process.terminate()
            try:
                process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

"""One line to one or more motors, as motion sees it: up or gone, and who on it said what."""

import contextlib
import os
import termios
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cuefocus.errors import LinkError
from cuefocus.motor.codec import Codec, MotorComplaint, PositionReport
from cuefocus.motor.driver import LensMotor
from cuefocus.motor.noise import NO_ADDRESS
from cuefocus.shells.open_link import ReopenableLink


@dataclass(frozen=True, slots=True)
class Heard:
    """What a line said in one go: reports and complaints by motor address."""

    reports: Sequence[PositionReport]
    complaints: Sequence[MotorComplaint]

    def for_address(self, address: int) -> tuple[list[PositionReport], list[str]]:
        """A motor's reports, and the complaints that are its own or nobody's."""
        reports = [report for report in self.reports if report.address == address]
        complaints = [item.reason for item in self.complaints if item.address in (address, NO_ADDRESS)]
        return reports, complaints


class UnopenedLink:
    """Stands where a link will be once its port can be opened for the first time."""

    def __init__(self, name: str) -> None:
        self._name = name

    def write(self, frame: bytes) -> bool:
        """Raises LinkError."""
        raise self._absent

    def read(self) -> bytes:
        """Raises LinkError."""
        raise self._absent

    def reopen(self) -> None:
        """Raises LinkError."""
        raise self._absent

    def fileno(self) -> int:
        """No descriptor: -1."""
        return -1

    def pending_bytes(self) -> int:
        """Raises LinkError."""
        raise self._absent

    def close(self) -> None:
        """Nothing to give back."""

    @property
    def _absent(self) -> LinkError:
        return LinkError("the port was never there", where=self._name, hint="plug it in; it is used once it is there")


class MotionPort:
    """A link and the codec of the motors on it.

    Args:
        name: its address in the rig file.
        opener: opens the link. Raises LinkError while its port is not there.
        codec: shared by all motors of the line.
        probed: its port may hang when opened, so a process of its own tries it first.
        named: its machine's name may be unknown until it was opened once; that process asks for it.

    `gone` says why the port is out of order; empty while it works. `link` is there in either case.
    """

    def __init__(
        self,
        name: str,
        opener: Callable[[], ReopenableLink],
        codec: Codec,
        *,
        probed: bool = False,
        named: bool = False,
    ) -> None:
        self.name, self.codec, self._probed, self._named = name, codec, probed, named
        self.link: ReopenableLink = UnopenedLink(name)
        self.gone = "not opened"
        self.motors: list[LensMotor] = []
        self.next_try_ns = 0
        self._opener = opener
        self.open()

    def open(self) -> bool:
        """Open the port, again if need be; whether it works."""
        try:
            if isinstance(self.link, UnopenedLink):
                self.link = self._opener()
                for motor in self.motors:
                    motor.link = self.link
            else:
                self.link.reopen()
        except LinkError as problem:
            self.gone = problem.sentence
            return False
        self.gone = ""
        return True

    @property
    def probed(self) -> bool:
        """Whether another process finds out when it can be opened: we may not wait for it."""
        return self._probed or (self._named and isinstance(self.link, UnopenedLink))

    def hear(self) -> Heard | None:
        """What has arrived; None when nothing complete. Raises LinkError when the port is gone."""
        data = self.link.read()
        items = self.codec.decode(data) if data else ()
        if not items:
            return None
        reports = [item for item in items if isinstance(item, PositionReport)]
        complaints = [item for item in items if isinstance(item, MotorComplaint)]
        return Heard(reports, complaints)

    def lose(self, reason: str) -> None:
        """The port is gone."""
        self.gone = reason
        self.link.close()

    def throw_away(self) -> None:
        """Forget what the line has accepted and not yet sent: nobody wants an old set-point late."""
        fd = self.link.fileno()
        if fd >= 0 and os.isatty(fd):
            with contextlib.suppress(termios.error):
                termios.tcflush(fd, termios.TCOFLUSH)

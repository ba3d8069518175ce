"""What a conductor leaves its successor of desks that speak by UDP: who gave a passcode, and who is told of news.

Two sheets of memory, written in turn. `run` makes both and hands them to every conductor, so they have no name, and end
with the run. One that was torn by a killed writer is none: then the other counts. No passcode is in them.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any

from cuefocus.engine.guests import Guests, Way
from cuefocus.engine.peers import Guest
from cuefocus.wire.said import Right


def make_guest_book() -> tuple[int, int]:
    """Descriptors of two empty sheets."""
    first, second = (os.memfd_create(f"cuefocus-guests-{number}", os.MFD_CLOEXEC) for number in (1, 2))
    return first, second


class GuestBook:
    """Keeps the last that was put down. Never raises OSError: what memory refuses is kept with the next change.

    Args:
        sheets: their descriptors; none to keep nothing.
    """

    def __init__(self, sheets: Sequence[int]) -> None:
        self._sheets = tuple(sheets)
        self._number, self.guests = _last(self._sheets)

    def keep(self, guests: Guests) -> None:
        """Put down who they are by now."""
        if not self._sheets or guests == self.guests:
            return
        number = self._number + 1
        fields = {
            "number": number,
            "proven": [(guest.host, guest.port, right) for guest, right in guests.proven],
            "told": [(guest.host, guest.port, to.host, to.port, name) for to, guest, name in guests.told],
            "tired": guests.tired,
            "lines": guests.lines,
            "replies": [(guest.host, guest.port, port) for guest, port in guests.replies],
            "ways": [(way.to.host, way.to.port, *way.by, way.asked.hex()) for way in guests.ways],
        }
        state = json.dumps(fields).encode("ascii")
        sheet = _digest(state) + state
        fd = self._sheets[number % len(self._sheets)]
        with suppress(OSError):
            if os.pwrite(fd, sheet, 0) == len(sheet):
                os.ftruncate(fd, len(sheet))
                self.guests, self._number = guests, number


def known_guests(sheets: Sequence[int]) -> Guests:
    """What was put down last, as anybody may read it at any time."""
    return _last(sheets)[1]


def _last(sheets: Sequence[int]) -> tuple[int, Guests]:
    """The number of the newest whole sheet, and what it says."""
    found = [fields for fd in sheets if (fields := _read(fd)) is not None]
    last = max(found, key=lambda fields: int(fields["number"]), default=None)
    return (int(last["number"]), _guests(last)) if last is not None else (0, Guests())


def _read(fd: int) -> dict[str, Any] | None:
    sheet = os.pread(fd, os.fstat(fd).st_size, 0)
    size = len(_digest(b""))
    if not sheet or sheet[:size] != _digest(sheet[size:]):
        return None
    fields: dict[str, Any] = json.loads(sheet[size:])
    return fields


def _guests(fields: dict[str, Any]) -> Guests:
    return Guests(
        proven=tuple((Guest(host, port), Right(right)) for host, port, right in fields["proven"]),
        told=tuple((Guest(*to), Guest(host, port), name) for host, port, *to, name in fields["told"]),
        tired=tuple((host, since_ns) for host, since_ns in fields["tired"]),
        lines=tuple(fields["lines"]),
        replies=tuple((Guest(host, port), at) for host, port, at in fields["replies"]),
        ways=tuple(Way(Guest(*to), (host, port), bytes.fromhex(told)) for *to, host, port, told in fields["ways"]),
    )


def _digest(state: bytes) -> bytes:
    return blake2b(state, digest_size=16).digest()

"""What every kind of ears does, and how they end."""

from typing import Final, Protocol

from cuefocus.errors import DeviceError

PATIENT: Final = "--patient"
"""Told so, ears try what they cannot open again and again, and do not end: there are other sources."""


class Gone(DeviceError):
    """The sound server or device went away; it may come back."""


class Ears(Protocol):
    """One opening of a sound device. Blocks go to the ring from a thread of the sound library."""

    def tend(self) -> None:
        """Look after it, some times a second. Raises Gone when nothing more will come."""

    def close(self) -> None:
        """Let go of the device."""

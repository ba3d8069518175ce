"""What every kind of ears does, and how they end."""

from typing import Protocol

from cuefocus.errors import DeviceError


class Gone(DeviceError):
    """The sound server or device went away; it may come back."""


class Ears(Protocol):
    """One opening of a sound device. Blocks go to the ring from a thread of the sound library."""

    def tend(self) -> None:
        """Look after it, some times a second. Raises Gone when nothing more will come."""

    def close(self) -> None:
        """Let go of the device."""

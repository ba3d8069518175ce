"""A link: bytes out, bytes in, never waiting. Shells and simulators both fulfil it."""

from typing import Protocol


class Link(Protocol):
    """One non-blocking byte or datagram path to one motor (or one bus of motors)."""

    def write(self, frame: bytes) -> bool:
        """Send one frame whole; False (and nothing sent) when the line cannot take it now.

        Raises: LinkError when the port is gone.
        """

    def read(self) -> bytes:
        """What has arrived, possibly nothing. Raises LinkError when the port is gone."""

    def fileno(self) -> int:
        """Descriptor that becomes readable, or -1."""

    def pending_bytes(self) -> int:
        """Bytes accepted but not yet on the wire; 0 where the system does not tell."""

    def close(self) -> None:
        """Give the port back."""

"""What a way out to somebody that is told is to the conductor."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a word that an outlet had been given before its time.

    Args:
        number: the one it was given with.
        late_ns: how long after its moment it had left.
        failed: why it did not get there; empty if it did.
    """

    number: int
    late_ns: int
    failed: str = ""


class Outlet(Protocol):
    """One way out."""

    early: bool
    """Whether it takes words before their time, and sends them at it."""
    reports: bool
    """Whether it says of each word it took what became of it."""
    trouble: str
    """Why it does not get through; empty while it does, as far as is known."""

    @property
    def next_due_ns(self) -> int | None:
        """When to `look` though nothing rang."""

    def fileno(self) -> int:
        """Rings when there is something to look at; the same one for life."""

    def send(self, data: bytes, at_ns: int, number: int) -> str:
        """Send, at host time `at_ns`, or take for then; why it is lost, or empty."""

    def look(self, at_ns: int) -> list[Told]:
        """See how things are."""

    def close(self) -> None:
        """Let go."""

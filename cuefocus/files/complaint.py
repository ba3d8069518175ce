"""A complaint: one thing wrong in a file, with its place, its cause and its cure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from cuefocus.errors import InputError

Severity = Literal["error", "warning", "note"]
Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """One finding about a file.

    Args:
        file: path as the operator gave it.
        line, column: from 1; 0 when the complaint is about the whole file.
        where: dotted path of the field, list items by their id (`cues.12a.to`); empty for the whole file.
        severity: an `error` refuses the file; a `warning` or `note` does not.
        problem: what is wrong, a sentence without a full stop.
        hint: what to do about it; may be empty.
    """

    file: str
    line: int
    column: int
    where: str
    severity: Severity
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        where = f"{self.where}: " if self.where else ""
        weight = "" if self.severity == "error" else f"{self.severity}: "
        cure = f"; {self.hint}" if self.hint else ""
        return f"{place}: {where}{weight}{self.problem}{cure}"

    def as_json(self) -> dict[str, str | int]:
        """The keys of `check --json`."""
        return asdict(self)


class FileRefused(InputError):
    """A file cannot be used. Carries every complaint, not the first; `str()` prints them a line each.

    Args:
        complaints: at least one, in file order.
    """

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        self.complaints = tuple(complaints)
        errors = [complaint for complaint in self.complaints if complaint.severity == "error"]
        first = (errors or self.complaints)[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        where = f"{first.file}:{first.line}:{first.column}" if first.line else first.file
        super().__init__(first.problem + more, where=where, hint=first.hint)

    def __str__(self) -> str:
        return "\n".join(str(complaint) for complaint in self.complaints)


def in_file_order(complaints: Sequence[Complaint]) -> list[Complaint]:
    """Complaints sorted by file, line and column, the same one only once."""
    return sorted(dict.fromkeys(complaints), key=lambda complaint: (complaint.file, complaint.line, complaint.column))

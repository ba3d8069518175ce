"""What a file says, with the place of every piece of it."""

from typing import Any

from cuefocus.files.complaint import Complaint, Loc, Severity

ID_KEYS = ("cue", "id", "act")
"""Keys by whose value a list item is called in messages, e.g. `cues.12a.to`."""
Places = Any
"""A mark for a scalar; (mark, {key: (key mark, places)}) for a mapping; (mark, [places]) for a list."""


class Located:
    """What a file says, with places. Complaints found on the way are in `complaints`; more may be added.

    Args:
        file: path as the operator gave it.
        data: dictionaries, lists and text.
    """

    def __init__(self, file: str, data: Any, places: Places, complaints: list[Complaint]) -> None:
        self.file, self.data, self.complaints = file, data, complaints
        self._places = places

    @property
    def refused(self) -> bool:
        """Whether any complaint is an error."""
        return any(complaint.severity == "error" for complaint in self.complaints)

    def instead_of(self, data: Any) -> "Located":
        """Other data of the same layout (as a JSON reader has it) with these places."""
        return Located(self.file, data, self._places, [])

    def place(self, loc: Loc, *, of_key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value at `loc` (or of its key); of its nearest holder if it is not there."""
        places, found = self._places, None
        for step in loc:
            held = places[1] if isinstance(places, tuple) else None
            if isinstance(held, dict) and isinstance(step, str) and step in held:
                key_mark, places = held[step]
                found = key_mark if of_key else None
            elif isinstance(held, list) and isinstance(step, int) and 0 <= step < len(held):
                places, found = held[step], None
        mark = found or (places[0] if isinstance(places, tuple) else places)
        return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)

    def where(self, loc: Loc) -> str:
        """`loc` with dots; list items by their id where they have one."""
        data, names = self.data, list[str]()
        for step in loc:
            if isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data):
                data = data[step]
                called = [data[key] for key in ID_KEYS if key in data] if isinstance(data, dict) else []
                names.append(called[0] if called and isinstance(called[0], str) and called[0] else str(step))
            elif isinstance(step, str):
                names.append(step)
                data = data.get(step) if isinstance(data, dict) else None
            elif data is None or isinstance(data, list):
                names.append(str(step))  # else a lone item stands where a list may stand, and has no number
        return ".".join(names)

    def complaint(
        self, loc: Loc, problem: str, hint: str = "", *, severity: Severity = "error", of_key: bool = False
    ) -> Complaint:
        """A complaint about what stands at `loc`."""
        line, column = self.place(loc, of_key=of_key)
        return Complaint(self.file, line, column, self.where(loc), severity, problem, hint)

    def complain(
        self, loc: Loc, problem: str, hint: str = "", *, severity: Severity = "error", of_key: bool = False
    ) -> None:
        """Add a complaint about what stands at `loc`."""
        found = self.complaint(loc, problem, hint, severity=severity, of_key=of_key)
        self.complaints.append(found)

"""Reading a file whole: bytes in, a checked model with its places out, or every complaint at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from cuefocus.files.collector import collector_paused
from cuefocus.files.complaint import Complaint, FileRefused, in_file_order
from cuefocus.files.located import Located
from cuefocus.files.strict import Finding
from cuefocus.files.tree import MAX_BYTES, parse_yaml
from cuefocus.files.validate import add_findings, has_schema, validated

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[Model]):
    """A file that was accepted.

    Args:
        value: what it says.
        located: where it says it; `located.complaint(loc, …)` places what later checks find.
    """

    value: Model
    located: Located

    @property
    def file(self) -> str:
        """Path as the operator gave it."""
        return self.located.file

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """Warnings and notes, in file order."""
        return tuple(in_file_order(self.located.complaints))


def load_model(
    data: bytes,
    file: str,
    *,
    model: type[Model],
    schema_id: str,
    findings: Callable[[Model], Iterable[Finding]],
    refused: type[FileRefused],
) -> Loaded[Model]:
    """A YAML file as `model`, checked.

    Args:
        data: the file's bytes.
        file: path as the operator gave it, for messages.
        model: what the file should be.
        schema_id: what its first line should say.
        findings: what no single field can see.
        refused: the exception to raise.

    Raises: `refused` with every complaint if one of them is an error.
    """
    with collector_paused():
        located = parse_yaml(data, file)
        value = validated(model, located) if has_schema(located, schema_id) else None
        if value is not None:
            add_findings(located, findings(value))
    if value is None or located.refused:
        raise refused(in_file_order(located.complaints))
    return Loaded(value, located)


def read_bytes(path: Path, refused: type[FileRefused]) -> bytes:
    """A file's bytes, at most what may be parsed. Raises: `refused` saying why it cannot be read."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():  # a pipe would block, a device has no end
            problem = "is a device or a pipe, not a file"
            raise refused([Complaint(str(path), 0, 0, "", "error", problem, "name a file")])
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        complaint = Complaint(str(path), 0, 0, "", "error", f"cannot be read: {reason}", "check the path")
        raise refused([complaint]) from None

"""From a show file to a `Show` with every cue complete, or every complaint at once."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cuefocus.errors import ShowFileError
from cuefocus.files.collector import collector_paused
from cuefocus.files.complaint import FileRefused, Loc, in_file_order
from cuefocus.files.load import Loaded, read_bytes
from cuefocus.files.located import Located
from cuefocus.files.strict import Findings
from cuefocus.files.tree import parse_yaml
from cuefocus.files.validate import add_findings, has_schema, validated
from cuefocus.show.complaints import show_complaints
from cuefocus.show.defaults import with_defaults
from cuefocus.show.models import SCHEMA_ID, Show


class ShowRefused(FileRefused, ShowFileError):
    """A show file that cannot be used, with every complaint."""


def load_show(path: Path) -> Loaded[Show]:
    """A show file from disk. Raises: ShowRefused."""
    return parse_show(read_bytes(path, ShowRefused), str(path))


def parse_show(data: bytes, file: str) -> Loaded[Show]:
    """A show file's bytes as a show with defaults filled in.

    Args:
        data: the file's bytes.
        file: path as the operator gave it, for messages.

    Raises: ShowRefused with every complaint if one of them is an error.
    """
    with collector_paused():
        located = parse_yaml(data, file)
        show = _checked(located) if has_schema(located, SCHEMA_ID) else None
    if show is None or located.refused:
        raise ShowRefused(in_file_order(located.complaints))
    return Loaded(show, located)


def _checked(located: Located) -> Show | None:
    cue_ids = _cue_ids(located.data)
    show = validated(Show, located)
    if show is not None:
        whole = with_defaults(show)
        add_findings(located, show_complaints(show, whole, cue_ids))
        return whole
    kept, rest = _readable_part(located.data)
    if rest is not None:  # one misspelt cue must not hide what is wrong with the others
        add_findings(located, _moved_back(show_complaints(rest, with_defaults(rest), cue_ids), kept))
    return None


def _cue_ids(data: dict[str, Any]) -> dict[str, None]:
    cues = data.get("cues")
    ids = [cue.get("cue") for cue in cues if isinstance(cue, dict)] if isinstance(cues, list) else []
    return dict.fromkeys(cue_id for cue_id in ids if isinstance(cue_id, str))


def _readable_part(data: dict[str, Any]) -> tuple[list[int], Show | None]:
    """The show without the cues that cannot be read, and which cues those left are; None if more than cues is wrong."""
    try:
        Show.model_validate(data)
    except ValidationError as error:
        wrong = {details["loc"][:2] for details in error.errors(include_url=False, include_input=False)}
    else:
        return [], None
    if not all(len(loc) == 2 and loc[0] == "cues" for loc in wrong):
        return [], None
    spoilt = {loc[1] for loc in wrong}
    kept = [index for index in range(len(data["cues"])) if index not in spoilt]
    return kept, Show.model_validate(data | {"cues": [data["cues"][index] for index in kept]})


def _moved_back(findings: Findings, kept: list[int]) -> Findings:
    """Findings about the readable part, at their places in the file."""
    for loc, severity, problem, hint in findings:
        if len(loc) > 1 and loc[0] == "cues" and isinstance(loc[1], int):
            moved: Loc = ("cues", kept[loc[1]], *loc[2:])
            yield moved, severity, problem, hint
        else:
            yield loc, severity, problem, hint

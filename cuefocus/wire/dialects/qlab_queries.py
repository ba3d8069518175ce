"""What QLab remotes ask of a workspace and its cues, answered from the show."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cuefocus.wire.dialects.addresses import CUE
from cuefocus.wire.dialects.dialect import CueView, ShowView

WORKSPACE: Final = "cuefocus"
"""The id of the one workspace there is. The show's title is understood in its place."""
LIST: Final = "GO"
"""The id of the one cue list that is told."""
VERSION: Final = "4.0"
"""Whose OSC dictionary is spoken."""

_CONTINUES: Final[Mapping[str, int]] = {"": 0, "auto-continue": 1, "auto-follow": 2}
_OF_CUE: Final[Mapping[str, Callable[[CueView], object]]] = {
    "uniqueID": lambda cue: cue.number,
    "number": lambda cue: cue.number,
    "name": lambda cue: cue.name,
    "displayName": lambda cue: cue.name or cue.number,
    "listName": lambda cue: cue.name,
    "defaultName": lambda cue: "",
    "type": lambda cue: "Network",
    "notes": lambda cue: f"{cue.camera} {cue.axis}".strip(),
    "colorName": lambda cue: "none",
    "flagged": lambda cue: False,
    "armed": lambda cue: cue.armed,
    "isRunning": lambda cue: cue.running,
    "isPaused": lambda cue: cue.paused,
    "isLoaded": lambda cue: cue.armed and not cue.running,
    "isBroken": lambda cue: False,
    "hasFileTargets": lambda cue: False,
    "hasCueTargets": lambda cue: False,
    "preWait": lambda cue: cue.pre_wait_s,
    "postWait": lambda cue: cue.post_wait_s,
    "duration": lambda cue: cue.pull_s,
    "continueMode": lambda cue: _CONTINUES[cue.follow],
}
_SHORT: Final = ("number", "uniqueID", "name", "listName", "type", "colorName", "flagged", "armed")


def _workspaces(view: ShowView) -> object:
    return [{"uniqueID": WORKSPACE, "displayName": view.title, "version": VERSION}]


def _short(cue: CueView) -> dict[str, object]:
    return {key: _OF_CUE[key](cue) for key in _SHORT}


def _lists(view: ShowView) -> object:
    return [{**_list(), "cues": [_short(cue) for cue in view.cues.values()]}]


def _list() -> dict[str, object]:
    return {
        "number": "",
        "uniqueID": LIST,
        "name": "Main Cue List",
        "listName": "Main Cue List",
        "type": "Cue List",
        "colorName": "none",
        "flagged": False,
        "armed": True,
    }


def _running(view: ShowView) -> object:
    return [_short(cue) for cue in view.cues.values() if cue.running]


def _running_or_paused(view: ShowView) -> object:
    return [_short(cue) for cue in view.cues.values() if cue.running or cue.paused]


def _selected(view: ShowView) -> object:
    cue = view.cues.get(str(view.status.get("standby")))
    return [] if cue is None else [_short(cue)]


OF_SHOW: Final[Mapping[str, Callable[[ShowView], object]]] = {
    "/version": lambda view: VERSION,
    "/workspaces": _workspaces,
    "/cueLists": _lists,
    "/cueLists/shallow": lambda view: [_list()],
    "/cueLists/uniqueIDs": lambda view: [{"uniqueID": LIST, "cues": [{"uniqueID": each} for each in view.cues]}],
    "/selectedCues": _selected,
    "/runningCues": _running,
    "/runningOrPausedCues": _running_or_paused,
}
"""Questions about the show, without arguments."""
OF_ALL_CUES: Final = ("/cueLists", "/cueLists/uniqueIDs")
"""Those whose answers grow with the show."""
MOST_LISTED: Final = 300
"""Cues that are listed at once: more would neither fit a datagram nor be done in a moment."""
OF_CUE: Final[Mapping[str, str]] = {f"/cue/{CUE}/{key}": key for key in (*_OF_CUE, "valuesForKeys")}
"""Questions about a cue, by its property."""


def value_of(cue: CueView, key: str, arguments: Sequence[object]) -> tuple[object, str]:
    """A cue's property; or None, and why it cannot be told, or set: a show is written in its file."""
    if key == "valuesForKeys":
        wanted = _keys(arguments)
        if wanted is None:
            return None, "valuesForKeys wants a list of keys as JSON"
        return {each: _OF_CUE[each](cue) for each in wanted if each in _OF_CUE}, ""
    if arguments:
        return None, f"{key} is written in the show file, and not set from here"
    return _OF_CUE[key](cue), ""


def _keys(arguments: Sequence[object]) -> list[str] | None:
    """The keys that are asked for: a JSON list, or one text each."""
    if len(arguments) == 1 and isinstance(arguments[0], str):
        try:
            found = json.loads(arguments[0])
        except (ValueError, RecursionError):
            return None
    else:
        found = list(arguments)
    return found if isinstance(found, list) and all(isinstance(each, str) for each in found) else None

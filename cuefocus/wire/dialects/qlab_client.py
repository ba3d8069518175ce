"""QLab as the one that is asked: what is sent to it, and what its updates and replies mean.

Its playhead is a note of what its operator stands by on; it fires nothing here.
Source: QLab 4 and 5 OSC dictionaries.
"""

import json
from dataclasses import dataclass
from typing import Final

from cuefocus.wire.osc import OscMessage
from cuefocus.wire.osc_arguments import text

THUMP_EVERY_S: Final = 25.0
"""QLab forgets a UDP client after 31 s of silence."""
_UPDATE: Final = "/update/workspace/"
_UNDER_WAY: Final = "/runningOrPausedCues"
_LONGEST: Final = 65_536


@dataclass(frozen=True, slots=True)
class Playhead:
    """Where a cue list stands; `cue_id` is empty where it stands nowhere."""

    workspace: str
    cue_list: str
    cue_id: str


@dataclass(frozen=True, slots=True)
class CueChanged:
    """Something about a cue is new; what, is asked for."""

    workspace: str
    cue_id: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A workspace was closed, or has thrown its clients out."""

    workspace: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Args:
        address: what was asked.
        ok: whether it was done; a wrong passcode is not.
        data: what was asked for: whatever JSON holds.
    """

    address: str
    ok: bool
    data: object
    workspace: str = ""


News = Playhead | CueChanged | Disconnected | Reply


def greeting(*, passcode: str = "", workspace: str = "") -> tuple[OscMessage, ...]:
    """What is sent first: connect, and be told of every change. An empty workspace is the one in front."""
    place = _place(workspace)
    code = (passcode,) if passcode else ()
    connect, always = OscMessage(f"{place}/connect", code), OscMessage("/alwaysReply", (1,))
    return connect, always, OscMessage(f"{place}/updates", (1,))


def thump(*, workspace: str = "") -> OscMessage:
    """What says that we are still there: to be sent every `THUMP_EVERY_S`."""
    return OscMessage(f"{_place(workspace)}/thump")


def asked_what_runs(*, workspace: str = "") -> OscMessage:
    """A question for the cues that are under way or paused."""
    return OscMessage(_place(workspace) + _UNDER_WAY)


def under_way(reply: Reply) -> tuple[str, ...] | None:
    """The ids of the cues under way, where a reply tells them; None where it is about something else."""
    if not reply.address.endswith(_UNDER_WAY) or not reply.ok or not isinstance(reply.data, list):
        return None
    return tuple(str(cue["uniqueID"]) for cue in reply.data if isinstance(cue, dict) and "uniqueID" in cue)


def asked_of_cue(cue_id: str, *keys: str, workspace: str = "") -> OscMessage:
    """A question for a cue's properties, e.g. number and isRunning."""
    return OscMessage(f"{_place(workspace)}/cue_id/{cue_id}/valuesForKeys", (json.dumps(keys),))


def read_news(message: OscMessage) -> News | str | None:
    """What a QLab says; a sentence for what should be and is not; None for what is not QLab's."""
    if message.address.startswith("/reply/"):
        return _reply(message)
    if not message.address.startswith(_UPDATE):
        return None
    workspace, *rest = message.address.removeprefix(_UPDATE).split("/")
    match rest:
        case ["cueList", cue_list, "playbackPosition"]:
            return Playhead(workspace, cue_list, text(message.first))
        case ["cue_id", cue_id]:
            return CueChanged(workspace, cue_id)
        case ["disconnect"]:
            return Disconnected(workspace)
    return None


def _reply(message: OscMessage) -> Reply | str:
    """A reply is one JSON object; whatever else it may be is said, never raised."""
    asked = message.address.removeprefix("/reply")
    told = message.first
    if not isinstance(told, str) or len(told) > _LONGEST:
        return f"QLab's reply to {asked} is no text of at most {_LONGEST} letters"
    try:
        found = json.loads(told)
    except (ValueError, RecursionError):
        return f"QLab's reply to {asked} is not JSON: {told:.60}"
    if not isinstance(found, dict):
        return f"QLab's reply to {asked} is no JSON object: {told:.60}"
    data = found.get("data")
    ok = found.get("status") == "ok" and data not in ("badpass", "error")
    return Reply(str(found.get("address", asked)), ok, data, str(found.get("workspace_id", "")))


def _place(workspace: str) -> str:
    return f"/workspace/{workspace}" if workspace else ""

"""QLab's OSC as it is spoken to a QLab: what its Network cues and remotes send works unchanged.

Every message is answered, as if `/alwaysReply` were on, at `/reply/…` with one JSON text: workspace, address, status,
data. A word may stand behind `/workspace/{id}`. What it does is in `qlab_words`, what it asks in `qlab_queries`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from cuefocus.wire.dialects.addresses import CUE, in_address, meant_by
from cuefocus.wire.dialects.dialect import Heard, ShowView
from cuefocus.wire.dialects.qlab_queries import (
    LIST,
    MOST_LISTED,
    OF_ALL_CUES,
    OF_CUE,
    OF_SHOW,
    WORKSPACE,
    value_of,
)
from cuefocus.wire.dialects.qlab_words import COMMANDS, WITHOUT_ARGUMENTS, stand_ins
from cuefocus.wire.osc import OscMessage
from cuefocus.wire.osc_arguments import is_release, number, passcode
from cuefocus.wire.osc_pattern import is_pattern

_MOST_BYTES: Final = 60_000
"""Of a reply's text: with its address it fits a datagram."""
_LAST_PORT: Final = 65_535
_PLACE: Final = "/workspace/"
_LINK: Final = (
    "/connect",
    "/disconnect",
    "/thump",
    "/alwaysReply",
    "/updates",
    "/udpKeepAlive",
    "/udpReplyPort",
    "/forgetMeNot",
)
_NOT_HERE: Final = frozenset({
    "alwaysAudition", "auditionGo", "basePath", "delete", "doubleGoWindowRemaining", "fullScreen", "liveFadePreview",
    "move", "new", "overrides", "redo", "save", "settings", "showMode", "toggleFullScreen", "undo",
})  # fmt: skip
"""How QLab's words for a workspace begin that mean nothing here, and are answered."""
_WORDS: Final = {**{address: address for address in (*COMMANDS, *OF_SHOW, *_LINK)}, **OF_CUE}


class QLab:
    """A workspace of one cue list: the show."""

    name = "qlab"
    addresses = tuple(
        each
        for address in _WORDS
        for each in (
            address,
            f"/workspace/{WORKSPACE}{address}",
            *([f"/cue_id{address[4:]}"] * address.startswith(f"/cue/{CUE}")),
        )
    )

    def hear(self, message: OscMessage, view: ShowView) -> Heard | None:
        """What a message asks for; None for one that is not of this dialect."""
        word, workspace = _word(message.address)
        if word in WITHOUT_ARGUMENTS and message.arguments:
            return None
        word = _of_list(word, view)
        if meant_by(word, _WORDS) is None:
            if not workspace and not _is_qlabs(word):
                return None
            return _problem(message, f"no word {word} here")
        if workspace and workspace not in (WORKSPACE, view.title):
            return _problem(message, f"no workspace {workspace}; have {WORKSPACE}")
        return self._link(word, message) or self._question(word, message, view) or _command(word, message, view)

    def _link(self, word: str, message: OscMessage) -> Heard | None:
        """What is about the connection itself."""
        if word == "/connect":
            return Heard(passcode=passcode(message.first))
        if word not in _LINK:
            return None
        done = (_answer(message, "ok", "thump" if word == "/thump" else ""),)
        if word == "/disconnect":
            return Heard(answers=done, leaves=True)
        if word == "/udpReplyPort":
            port = number(message.first)
            if port is None or not port.is_integer() or not 0 < port <= _LAST_PORT:
                return _problem(message, "say a port, 1 to 65535")
            return Heard(answers=done, replies_at=int(port), alive=True)
        if word == "/updates":
            return Heard(answers=done, subscribes=number(message.first) != 0.0)
        return Heard(answers=done, alive=True)

    def _question(self, word: str, message: OscMessage, view: ShowView) -> Heard | None:
        if word in OF_SHOW:
            if len(view.cues) > MOST_LISTED and word in OF_ALL_CUES:
                return _problem(
                    message, f"the show has {len(view.cues)} cues, more than {MOST_LISTED}: ask for one each"
                )
            return Heard(answers=(_answer(message, "ok", OF_SHOW[word](view)),))
        found = meant_by(word, OF_CUE)
        if found is None:
            return None
        key, cue = found
        named = [view.cues[each] for each in stand_ins(cue, view) if each in view.cues]
        if not named:
            return _problem(message, f"no cue {cue}")
        data, why = value_of(named[0], key, message.arguments)
        return _problem(message, why) if why else Heard(answers=(_answer(message, "ok", data),))

    def answer(self, message: OscMessage, ok: bool, text: str, data: Mapping[str, object]) -> Sequence[OscMessage]:
        """`/reply/…`; a wrong passcode is `badpass`, everything else that was not done `error`."""
        if _word(message.address)[0] == "/connect":
            return (_answer(message, "ok", "ok" if ok else "badpass"),)
        return (_answer(message, "ok" if ok else "error", dict(data) or text),)

    def news(self, event: Mapping[str, object], view: ShowView) -> Sequence[OscMessage]:
        """Which cue has changed, and where the playhead stands."""
        place = f"/update{_PLACE}{WORKSPACE}"
        if event.get("event") in ("landing", "departure"):
            return (OscMessage(f"{place}/cue_id/{in_address(str(event.get('cue', '')))}"),)
        if event.get("event") == "state" and "standby" in event:
            standby = event["standby"]
            at = () if standby is None else (str(standby),)
            return (OscMessage(f"{place}/cueList/{LIST}/playbackPosition", at),)
        return ()


def _word(address: str) -> tuple[str, str]:
    """An address without its workspace, and that; `cue_id` is `cue`, for ids are numbers here."""
    workspace = ""
    if address.startswith(_PLACE):
        workspace, _, rest = address.removeprefix(_PLACE).partition("/")
        address = f"/{rest}"
    return (f"/cue/{address.removeprefix('/cue_id/')}" if address.startswith("/cue_id/") else address), workspace


def _is_qlabs(word: str) -> bool:
    """Whether a word that does nothing here can be but QLab's: one of a cue's, or of a workspace's."""
    first, *rest = word.split("/")[1:]
    return (first in _NOT_HERE or (first == "cue" and len(rest) > 1 and all(rest))) and not is_pattern(word)


def _of_list(word: str, view: ShowView) -> str:
    """A word for the one list as a word for the workspace; a cue may be called as the list is."""
    whole = word.removeprefix(f"/cue/{LIST}")
    return whole if whole != word and LIST not in view.cues and meant_by(whole, COMMANDS) is not None else word


def _command(word: str, message: OscMessage, view: ShowView) -> Heard:
    found = meant_by(word, COMMANDS)
    if found is None:
        return _problem(message, f"no word {word} here")
    meaning, cue = found
    heard = [meaning(message, each, view) for each in stand_ins(cue, view)]
    said = tuple(dict.fromkeys(word for each in heard for word in each.said))
    if said:
        return Heard(said)
    if is_release(message):
        return Heard(ignored="a button let go")
    return _problem(message, heard[0].ignored if heard else f"no cue is {cue}")


def _problem(message: OscMessage, why: str) -> Heard:
    return Heard(answers=(_answer(message, "error", why),), ignored=why)


def _answer(message: OscMessage, status: str, data: object) -> OscMessage:
    """One reply. Its address has that of the message behind it; one that no datagram would hold says so instead."""
    told = {"workspace_id": WORKSPACE, "address": message.address, "status": status, "data": data}
    written = json.dumps(told, ensure_ascii=False, default=str)
    if len(written.encode(errors="replace")) > _MOST_BYTES:
        return _answer(message, "error", f"the answer is longer than {_MOST_BYTES} bytes; ask for one cue at a time")
    return OscMessage(f"/reply{message.address}", (written,))

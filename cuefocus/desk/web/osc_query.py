"""OSCQuery: our OSC addresses to look at over HTTP, and their values over a websocket as they change.

Source: the OSCQuery Proposal (Vidvox): attributes are queried by `?NAME`; 404 for an address that is none, 204 for an
attribute that a node has not and a value that cannot be read, `{}` for one that was not told yet, 400 for an attribute
that nobody knows; LISTEN and IGNORE over a websocket, values as OSC packets.
"""

import json
from typing import Final
from urllib.parse import unquote

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import JSONResponse

from cuefocus.desk.web.audience import Mailbox
from cuefocus.desk.web.conversation import converse
from cuefocus.desk.web.gate import plain_address
from cuefocus.desk.web.osc_tree import ATTRIBUTES, OTHER_ATTRIBUTES
from cuefocus.desk.web.page import Page
from cuefocus.shells.ip_place import is_everywhere, is_loopback
from cuefocus.wire.osc import OscMessage, write_message

HOST_INFO: Final = "HOST_INFO"
_EXTENSIONS: Final = {
    "ACCESS": True,
    "VALUE": True,
    "RANGE": True,
    "DESCRIPTION": True,
    "TAGS": False,
    "EXTENDED_TYPE": False,
    "UNIT": False,
    "CRITICAL": False,
    "CLIPMODE": False,
    "OVERLOADS": False,
    "HTML": False,
    "LISTEN": True,
    "IGNORE": True,
    "PATH_ADDED": True,
    "PATH_CHANGED": False,
    "PATH_REMOVED": False,
    "PATH_RENAMED": False,
}


def host_info(page: Page, asker: str = "", asked: str = "") -> dict[str, object]:
    """Who we are, and where OSC is heard: over UDP where it is, else over TCP.

    Args:
        page: the page.
        asker: the address of who asks; of several places one is named that he can reach.
        asked: the address of ours by which he does: the place there, if there is one.
    """
    desk = page.config.desk
    info: dict[str, object] = {"NAME": page.config.title or "CueFocus", "EXTENSIONS": _EXTENSIONS}
    places = desk.udp or desk.tcp
    if places:
        near = not asker or is_loopback(plain_address(asker))
        within = [one for one in places if near or not is_loopback(one[0])] or places
        host, port = next((one for one in within if plain_address(one[0]) == plain_address(asked)), within[0])
        info |= {"OSC_PORT": port, "OSC_TRANSPORT": "UDP" if desk.udp else "TCP"}
        if not is_everywhere(host):
            info["OSC_IP"] = host
    return info


def add_osc_query(api: FastAPI, page: Page) -> None:
    """Add it behind all that is there: every address that is not the API's is an OSC address."""

    @api.get("/{path:path}", include_in_schema=False)
    async def node(request: Request, path: str) -> Response:
        asked = unquote(request.url.query.partition("&")[0].partition("=")[0])
        if asked == HOST_INFO:
            asker = request.client.host if request.client else ""
            return JSONResponse(host_info(page, asker, str((request.scope.get("server") or ("",))[0])))
        found = page.tree.find(path)
        if found is None:
            if path.startswith("api/"):
                return _refused(404, "no such question; what is said goes by POST")
            return _refused(404, f"there is no OSC address {'/' + path[:80]!r}")
        if not asked:
            return JSONResponse(found.as_json())
        if asked not in ATTRIBUTES:
            if asked in OTHER_ATTRIBUTES:
                return Response(status_code=204)
            return _refused(400, f"no attribute {asked[:40]!r}; have {', '.join((*ATTRIBUTES, HOST_INFO))}")
        if asked == "VALUE":
            told = found.asked_value()
        else:
            said = found.attribute(asked)
            told = None if said is None else {asked: said}
        return Response(status_code=204) if told is None else JSONResponse(told)

    @api.websocket("/")
    async def listen(websocket: WebSocket) -> None:
        host = websocket.client.host if websocket.client else ""

        def heard(mailbox: Mailbox, said: str | bytes) -> None:
            why = (
                "OSC over a websocket; send it to the OSC port"
                if isinstance(said, bytes)
                else _obey(page, mailbox, said)
            )
            if why:
                page.faults.torn(host, why)

        await converse(websocket, page, heard=heard)


def _obey(page: Page, mailbox: Mailbox, said: str) -> str:
    """LISTEN or IGNORE; why it is neither, or empty."""
    try:
        fields = json.loads(said)
    except (ValueError, RecursionError):
        return "a websocket command that is no JSON"
    address = fields.get("DATA") if isinstance(fields, dict) else None
    if not isinstance(address, str):
        return 'a websocket command is {"COMMAND": "LISTEN" or "IGNORE", "DATA": address}'
    node = page.tree.find(address)
    if fields.get("COMMAND") == "IGNORE":
        mailbox.listened.discard(node.path if node is not None else address)
        return ""
    if fields.get("COMMAND") != "LISTEN" or node is None:
        return "a websocket command other than LISTEN and IGNORE, or for no address of ours"
    if not mailbox.listen(node.path):
        return "a websocket that listens to too many addresses"
    if node.value is not None:
        mailbox.put_value(node.path, write_message(OscMessage(node.path, node.value)))
    return ""


def _refused(status: int, text: str) -> JSONResponse:
    return JSONResponse({"ok": False, "text": text}, status)

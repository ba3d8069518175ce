"""Stands before every request: who may not come in is answered here, and nothing is read of what is too long."""

import json
from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cuefocus.desk.web.gate import Gate, Refusal, Visitor
from cuefocus.engine.desk_faults import DeskFaults
from cuefocus.wire.said import STOPS_IN_DOUBT

MOST_BODY_BYTES: Final = 16_384
_LONGEST_TOLD: Final = 80
_STOPS: Final = frozenset(f"/api/{verb}" for verb in STOPS_IN_DOUBT)
_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


_LAST: Final = (*_HEADERS, (b"connection", b"close"))
"""With the answer to what may end elsewhere than its sender thinks: what came behind it is no request."""
Headers = tuple[tuple[bytes, bytes], ...]


class Guard:
    """Wraps an application.

    Args:
        app: what those who may come in see; finds who it is in the state, as `visitor`.
        gate: judges.
        faults: counts who was refused.
    """

    def __init__(self, app: ASGIApp, gate: Gate, faults: DeskFaults) -> None:
        self._app, self._gate, self._faults = app, gate, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or websocket."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = scope["client"][0] if scope.get("client") else ""
        method = scope.get("method", "GET")
        if method == "POST":  # a slash behind a word is a slip that every button box makes
            scope = {**scope, "path": scope["path"].rstrip("/") or "/"}
        websocket = scope["type"] == "websocket"
        judged = self._gate.judge(host, headers, changes=websocket or method != "GET")
        stops = method == "POST" and scope["path"] in _STOPS  # obeyed whatever they carry, which nobody reads
        torn = _both_lengths(headers)
        if isinstance(judged, Visitor) and torn and not stops:
            judged = Refusal(400, "a request has Content-Length or Transfer-Encoding, not both")
        if isinstance(judged, Visitor) and _too_long(headers) and not stops:
            judged = Refusal(413, f"nothing here takes more than {MOST_BODY_BYTES} bytes")
        if isinstance(judged, Refusal):
            asked = f"{method} {scope['path']}"[:_LONGEST_TOLD]
            if judged.status == 401:
                self._faults.refused(host, asked)
            else:
                self._faults.torn(host, f"{asked}: {judged.text}")
            await _refuse(scope, send, judged)
            return
        scope.setdefault("state", {})["visitor"] = judged
        await self._app(scope, _bounded(receive), _with_headers(send, _LAST if torn else _HEADERS))


def _both_lengths(headers: Mapping[str, str]) -> bool:
    return "content-length" in headers and "transfer-encoding" in headers


def _too_long(headers: Mapping[str, str]) -> bool:
    length = headers.get("content-length", "0")
    return not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > MOST_BODY_BYTES


def _bounded(receive: Receive) -> Receive:
    """No more of a body than anything here takes; whoever sends more has hung up, as far as we care."""
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        if message["type"] == "http.request":
            read += len(message.get("body", b""))
            if read > MOST_BODY_BYTES:
                return {"type": "http.disconnect"}
        return message

    return bounded


def _with_headers(send: Send, headers: Headers) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *headers]}
        await send(message)

    return sending


async def _refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    kind = "http.response"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.text[:100]})
            return
        kind = "websocket.http.response"
    body = json.dumps({"ok": False, "text": refusal.text}, ensure_ascii=False).encode()
    ours = _LAST if refusal.status == 400 else _HEADERS
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *ours]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})

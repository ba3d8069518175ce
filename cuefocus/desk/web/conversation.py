"""A websocket while it is open: what there is to tell goes out, what comes in is taken note of."""

import asyncio
import json
from collections.abc import Callable, Mapping

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from cuefocus.desk.web.audience import Mailbox
from cuefocus.desk.web.gate import plain_address
from cuefocus.desk.web.page import Page

_TOO_MANY = 1013
"""Try again later (RFC 6455's registry of close codes)."""
Heard = Callable[[Mailbox, str | bytes], None]


async def converse(
    websocket: WebSocket, page: Page, *, first: Mapping[str, object] | None = None, heard: Heard | None = None
) -> None:
    """Keep somebody informed until he goes: of events, or, where he may say of which, of OSC addresses.

    Args:
        websocket: not accepted yet.
        page: what there is to tell.
        first: told at once.
        heard: takes what he says; None: it is passed over.
    """
    await websocket.accept()
    host = plain_address(websocket.client.host) if websocket.client else ""
    if why := page.audience.refusal(host):
        await websocket.close(_TOO_MANY, why)
        return
    mailbox = page.audience.join(host, osc=heard is not None)
    if first is not None:
        mailbox.put(json.dumps(first, ensure_ascii=False, default=str))
    tasks = [asyncio.create_task(_tell(websocket, mailbox)), asyncio.create_task(_hear(websocket, mailbox, heard))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        page.audience.leave(mailbox)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _tell(websocket: WebSocket, mailbox: Mailbox) -> None:
    while True:
        told = await mailbox.take()
        try:
            if isinstance(told, bytes):
                await websocket.send_bytes(told)
            else:
                await websocket.send_text(told)
        except (WebSocketDisconnect, RuntimeError):  # Starlette says so of one that was closed meanwhile
            return


async def _hear(websocket: WebSocket, mailbox: Mailbox, heard: Heard | None) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] != "websocket.receive":
            return
        said = message.get("text")
        said = message.get("bytes") if said is None else said
        if heard is not None and said is not None:
            heard(mailbox, said)

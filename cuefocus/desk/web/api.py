"""The API over HTTP: what the show does, as JSON, and the words that a button may say to it."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from cuefocus.desk.web.conversation import converse
from cuefocus.desk.web.gate import Visitor
from cuefocus.desk.web.osc_query import add_osc_query
from cuefocus.desk.web.page import Heard, Page
from cuefocus.wire.said import STOPS_IN_DOUBT, Said

_OF_A_LIST: Final = ("go", "next", "back", "top")
_OF_AN_AXIS: Final = ("hold", "panic", "release", "hand", "resume", "engage", "disengage")
_PLAIN: Final = ("arm", "disarm")
_OF_A_CUE: Final = {"fire": "go", "standby": "standby", "load": "load"}
_OF_A_TAKE: Final = {
    "start": ("take_start", ""),
    "end": ("take_end", ""),
    "good": ("mark", "good"),
    "ng": ("mark", "ng"),
}
_LONGEST: Final = 256


def make_api(page: Page) -> FastAPI:
    """The application: `/api/…`, and OSCQuery beside it."""
    api = FastAPI(title="CueFocus", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")

    @api.get("/api/status")
    async def status() -> JSONResponse:
        """The show at a glance."""
        await page.freshen()
        return JSONResponse(page.show.status(page.clock_ns()))

    @api.get("/api/variables")
    async def variables() -> JSONResponse:
        """The same as flat names, for buttons."""
        await page.freshen()
        return JSONResponse(page.show.variables(page.clock_ns()))

    @api.get("/api/cues")
    async def cues() -> JSONResponse:
        """The cues in show order."""
        return JSONResponse(page.show.cues())

    @api.post("/api/cue/{cue:path}/{what}")
    async def of_a_cue(request: Request, cue: str, what: str) -> JSONResponse:
        """Fire a cue, put it on standby, load it."""
        if what not in _OF_A_CUE:
            return _refused(404, f"no such word; say {', '.join(_OF_A_CUE)} of a cue")
        if not cue:
            return _refused(404, f"which cue? /api/cue/12/{what} names it")
        return await _obey(page, request, Said(_OF_A_CUE[what], cue))

    @api.post("/api/take/{what}")
    async def of_a_take(request: Request, what: str) -> JSONResponse:
        """Begin or end a take, mark the pass."""
        if what not in _OF_A_TAKE:
            return _refused(404, f"no such word; say {', '.join(_OF_A_TAKE)} of a take")
        verb, value = _OF_A_TAKE[what]
        return await _obey(page, request, Said(verb, value=value))

    @api.post("/api/slate")
    async def slate(request: Request) -> JSONResponse:
        """Correct the take's slate: `?text=`."""
        text = request.query_params.get("text")
        if text is None:
            return _refused(400, "a slate needs a text: ?text=12A")
        return await _obey(page, request, Said("slate", value=text), "text")

    @api.post("/api/{verb}")
    async def word(request: Request, verb: str) -> JSONResponse:
        """GO, and all that is no cue's: `?list=` of a GO list, `?target=` of an axis or a camera."""
        asked = request.query_params
        if verb in _OF_A_LIST:
            return await _obey(page, request, Said(verb, value=asked.get("list", "")), "list")
        if verb in _OF_AN_AXIS:
            confirmed = "confirm" if verb == "engage" and asked.get("confirm") == "true" else ""
            if verb == "hand" and not asked.get("target"):
                return _refused(400, "a hand needs an axis: ?target=A.focus")
            known = ("target", "confirm") if verb == "engage" else ("target",)
            return await _obey(page, request, Said(verb, asked.get("target", ""), confirmed), *known)
        if verb in _PLAIN:
            return await _obey(page, request, Said(verb))
        return _refused(404, f"no such word; say {', '.join((*_OF_A_LIST, *_OF_AN_AXIS, *_PLAIN))}")

    @api.websocket("/api/events")
    async def events(websocket: WebSocket) -> None:
        """Everything as it happens; the state first."""
        first = {"event": "status", **page.show.status(page.clock_ns())}
        await converse(websocket, page, first=first)

    add_osc_query(api, page)
    api.add_exception_handler(HTTPException, _as_ours)
    api.add_exception_handler(RequestValidationError, _unreadable)
    return api


async def _obey(page: Page, request: Request, said: Said, *known: str) -> JSONResponse:
    visitor = request.state.visitor
    if not isinstance(visitor, Visitor):
        raise HTTPException(401)
    slip = _slip(request, said.verb, known)
    if slip and said.verb not in STOPS_IN_DOUBT:
        return _refused(400, slip)
    if said.verb in STOPS_IN_DOUBT and (len(said.target) > _LONGEST or len(_given(request, "target")) > 1):
        said = Said(said.verb)
    if max(len(said.target), len(said.value)) > _LONGEST:
        return _refused(400, f"no name has more than {_LONGEST} characters")
    heard = Heard(request.client.host if request.client else "", request.state.came_ns, request.state.hung_up)
    status, answer = await page.obey(visitor, heard, said)
    return JSONResponse(answer, status)


def _slip(request: Request, verb: str, known: Sequence[str]) -> str:
    """What is wrong with the parameters of a word, or empty: one it does not take, an empty one, or one twice."""
    for key in request.query_params:
        values = _given(request, key)
        if key not in known:
            takes = f"it takes {' and '.join(known)}" if known else "it takes none"
            return f"{verb} has no parameter {key[:40]!r}; {takes}"
        if len(values) > 1:
            return f"{key} is given {len(values)} times; {verb} takes one"
        if not values[0]:
            return f"{key} is given, but empty; {verb} does not guess what is meant"
    return ""


def _given(request: Request, key: str) -> list[str]:
    return request.query_params.getlist(key)


def _refused(status: int, text: str) -> JSONResponse:
    return JSONResponse({"ok": False, "text": text}, status)


async def _as_ours(request: Request, problem: Exception) -> JSONResponse:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    if status != HTTPStatus.METHOD_NOT_ALLOWED:
        return _refused(status, HTTPStatus(status).phrase)
    if request.method == "POST":  # at an address that may be asked: each may
        return _refused(HTTPStatus.NOT_FOUND, "no such word; say /api/go, for example, or /api/cue/12/fire")
    return _refused(status, "say it by POST, or ask by GET")


async def _unreadable(request: Request, problem: Exception) -> JSONResponse:
    return _refused(400, "a parameter cannot be read")

"""What the page serves, apart from HTTP: the show as it is, words passed on, and who is kept informed.

It lives in one thread's event loop. Sockets of motion and conductor are asked in threads, stops in some of their own,
so that they wait behind nothing else.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cuefocus.desk.web.audience import Audience
from cuefocus.desk.web.config import PageConfig
from cuefocus.desk.web.gate import Visitor
from cuefocus.desk.web.osc_tree import OscTree
from cuefocus.desk.web.show_now import ShowNow
from cuefocus.engine.desk_faults import DeskFaults
from cuefocus.errors import DeviceError
from cuefocus.shells.orders import Answer, Order, give
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S, ms_from_ns
from cuefocus.wire.dialects.native_news import native_news
from cuefocus.wire.said import DISARMING, Said, right_for

CURE: Final = "give it a token if it may (network.page.tokens in the rig)"
_WORDS_AT_ONCE: Final = 8
_STOPS_AT_ONCE: Final = 4
_MOST_WAITING: Final = 32
_QUIET_NS: Final = 5 * NS_PER_S
_STATUS_ANSWER_NS: Final = 300 * NS_PER_MS
_WAITED_NS: Final = 100 * NS_PER_MS
"""A word that is heard so late was not heard by a page that looks: whoever has hung up since, did not wait for it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How a word came.

    Args:
        host: where from.
        came_ns: host time at which it came, or may have come at the earliest.
        hung_up: tells whether its sender waits for no answer any more.
    """

    host: str
    came_ns: int
    hung_up: Callable[[], bool]


class Page:
    """One show's.

    Args:
        config: the page's.
        clock_ns: the host clock.
    """

    def __init__(self, config: PageConfig, clock_ns: Callable[[], int]) -> None:
        self.config, self.clock_ns = config, clock_ns
        self.show = ShowNow(config.title, config.cues)
        self.tree = OscTree((line.cue for line in config.cues), heard=bool(config.desk.udp or config.desk.tcp))
        self.audience = Audience()
        self.faults = DeskFaults("HTTP", CURE)
        self._words = ThreadPoolExecutor(_WORDS_AT_ONCE, thread_name_prefix="words")
        self._stops = ThreadPoolExecutor(_STOPS_AT_ONCE, thread_name_prefix="stops")
        self._waiting = {self._words: 0, self._stops: 0}
        self._asked_ns = -_QUIET_NS
        self._lost = False

    def hear(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take in events of the session, and tell who wants to know."""
        for event in events:
            now_ns = self.clock_ns()
            self.show.hear(event, now_ns)
            whole = event.get("event") == "state" and "timecode" in event
            self.audience.tell_event({"event": "status", **self.show.status(now_ns)} if whole else event)
            for message in native_news(event, self.show.view):
                if self.tree.tell(message):
                    self.audience.tell_new(message.address)
                self.audience.tell_value(message)

    @property
    def known(self) -> bool:
        """Whether it is known how the show is."""
        return bool(self.show.view.status) and not self._lost

    def begin_anew(self) -> None:
        """Events were lost: what is under way is not known, and how the show is has to be asked."""
        self._lost = True
        self.show.begin_anew()

    def note_alarm(self, event: Mapping[str, Any]) -> None:
        """Take in an alarm of the desk's own."""
        self.show.note_alarm(event)
        self.audience.tell_event(event)

    async def freshen(self, *, anyway: bool = False) -> None:
        """Ask the conductor how it is, if nothing was heard of it for long; not more often than that."""
        now_ns = self.clock_ns()
        last_ns = min(self.show.quiet_for(now_ns), now_ns - self._asked_ns)
        if not anyway and last_ns < _QUIET_NS:
            return
        self._asked_ns = now_ns
        answer = await self._given(Order("status"), "http", _STATUS_ANSWER_NS)
        if answer.ok:
            self._lost = False
            self.hear([{"event": "state", "host_ns": self.clock_ns(), **answer.data}])
        else:
            self.show.unanswered = answer.absent

    async def obey(self, visitor: Visitor, heard: Heard, said: Said) -> tuple[int, dict[str, object]]:
        """Pass a word on with when it came, for the conductor judges its age; HTTP's status, and what is answered.

        Who hangs up at once has said what he wanted; who did so while this process stood still has given up.

        Args:
            visitor: who says it.
            heard: how it came.
            said: the word.
        """
        needed = right_for(said)
        if visitor.right < needed:
            self.faults.refused(heard.host, said.verb)
            may = visitor.right.name.lower()
            return 403, {
                "ok": False,
                "text": f"{visitor.id} may {may}; {said.verb} needs the right to {needed.name.lower()}",
            }
        if said.verb in ("go", "standby", "load") and said.target and not self.show.knows(said.target):
            return 404, {"ok": False, "text": f"the show has no cue {said.target!r}"}
        waited_ns = self.clock_ns() - heard.came_ns
        if said.verb not in DISARMING and waited_ns > _WAITED_NS and heard.hung_up():
            what = " ".join(filter(None, (said.verb, said.target, said.value)))
            since = f"waited {ms_from_ns(waited_ns):.0f} ms and its sender hung up"
            why = f"{what} {since}; say it again if it is still meant"
            self.faults.torn(heard.host, why)
            return 409, {"ok": False, "text": why}
        order = Order(said.verb, said.target, said.value, said_ns=heard.came_ns)
        answer = await self._given(order, f"http:{visitor.id}")
        status = 503 if answer.absent else 200 if answer.ok else 409
        return status, answer.as_dict()

    async def _given(self, order: Order, source: str, timeout_ns: int = NS_PER_S) -> Answer:
        motion, conductor = Path(self.config.motion), Path(self.config.conductor)
        pool = self._stops if order.stop else self._words
        if self._waiting[pool] >= _MOST_WAITING:
            return Answer(False, "too much is asked at once; say it again", absent=True)

        def ask() -> Answer:
            try:
                return give(motion, conductor, order, source=source, timeout_ns=timeout_ns)
            except DeviceError as problem:
                return Answer(False, str(problem), absent=True)

        self._waiting[pool] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, ask)
        finally:
            self._waiting[pool] -= 1

    def close(self) -> None:
        """Pass nothing more on."""
        self._words.shutdown(wait=False, cancel_futures=True)
        self._stops.shutdown(wait=False, cancel_futures=True)

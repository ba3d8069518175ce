"""Keeps the take store up with the ledger, and writes down what a person says of takes and passes.

A store that cannot be written costs nothing: landings stay in the ledger, marks wait here, both are tried again.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

from cuefocus.takes.ingest import ingest
from cuefocus.takes.opening import open_store
from cuefocus.takes.store import Mark, TakeStore
from cuefocus.takes.trouble import TakeStoreError
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

LOOK_NS: Final = 200 * NS_PER_MS
_RETRY_NS: Final = 2 * NS_PER_S
_MARKS: Final = {"good": "good", "ng": "ng", "none": ""}
_WAITING_LONGEST: Final = 1000

Fields = Mapping[str, Any]


class Bookkeeper:
    """One ledger, one store.

    Args:
        say: told once in a sentence when the store cannot be used, and once when it can again.
    """

    def __init__(self, ledger: Path, store: Path, say: Callable[[str], None]) -> None:
        self._ledger, self._path, self._say = ledger, store, say
        self._store: TakeStore | None = None
        self._seen_bytes = -1
        self._waiting: list[Fields] = []
        self._retry_ns = 0
        self._troubled = False

    def hear(self, events: Iterable[Fields]) -> None:
        """Note what was said of takes."""
        said = (event for event in events if event.get("event") == "take" and ("mark" in event or "slate" in event))
        self._waiting.extend(said)
        del self._waiting[:-_WAITING_LONGEST]

    def tend(self, now_ns: int) -> int:
        """Bring the store up to date if there is anything new; returns how many landings were."""
        if now_ns < self._retry_ns:
            return 0
        try:
            size = self._ledger.stat().st_size if self._ledger.exists() else 0
            if size == self._seen_bytes and not self._waiting and not self._troubled:
                return 0
            store = self._opened()
            new = ingest(store, self._ledger).new
            self._mark(store)
        except (TakeStoreError, OSError) as problem:
            self._retry_ns = now_ns + _RETRY_NS
            if not self._troubled:
                self._troubled = True
                self._say(str(problem))
            return 0
        self._seen_bytes = size
        if self._troubled:
            self._troubled = False
            self._say(f"{self._path}: the take store is written again")
        return new

    def close(self) -> None:
        """Let go of the store."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _opened(self) -> TakeStore:
        if self._store is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._store = open_store(self._path)
            for warning in self._store.warnings:
                self._say(warning)
        return self._store

    def _mark(self, store: TakeStore) -> None:
        """Write waiting marks down; one for a pass without a landing yet goes on waiting."""
        known = {(take.take, each.pass_) for take in store.takes() for each in take.passes} if self._waiting else set()
        takes = {take for take, _ in known}
        later: list[Fields] = []
        for said in self._waiting:
            take, pass_ = said.get("take"), said.get("pass")
            if "mark" in said and (take, pass_) in known:
                store.mark_pass(cast("int", take), cast("int", pass_), cast("Mark", _MARKS.get(said["mark"], "")))
            elif "slate" in said and take in takes:
                store.correct_take(cast("int", take), slate=str(said["slate"]))
            else:
                later.append(said)
        self._waiting = later

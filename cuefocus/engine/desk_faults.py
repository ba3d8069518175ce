"""What desks send that is not obeyed, gathered: however much it is, a line a second is said of it."""

from collections.abc import Callable
from typing import Final

from cuefocus.engine.flurry import TOLD_EVERY_NS, Tally
from cuefocus.engine.peers import NAME_IT
from cuefocus.wire.plain import plain

_MOST_HOSTS: Final = 64
_OTHERS: Final = "others"


class DeskFaults:
    """Counts them by host.

    Args:
        way: what they are sent by, as it is named.
        cure: how one that is refused is let in, where nothing else is said of it.
    """

    def __init__(self, way: str = "OSC", cure: str = NAME_IT) -> None:
        self._way, self._cure = way, cure
        self._torn, self._refused, self._twice = _ByHost(), _ByHost(), _ByHost()
        self._cures: dict[str, str] = {}
        self._told_ns: int | None = None

    def torn(self, host: str, why: str) -> None:
        """A packet that cannot be read."""
        self._torn.came(host, plain(why))

    def refused(self, host: str, address: str, cure: str = "") -> None:
        """A word that its sender may not say; `address` is empty where it is not known."""
        self._cures[self._refused.came(host, plain(address))] = cure or self._cure

    def unread(self, host: str, cure: Callable[[], str]) -> None:
        """A packet that was not even read; `cure` is asked for where nothing came of its host yet."""
        if not self._refused.again(host):
            self.refused(host, "", cure())

    def twice(self, host: str, address: str) -> None:
        """A packet that came twice in a breath."""
        self._twice.came(host, plain(address))

    def due(self, now_ns: int) -> list[tuple[str, str]]:
        """What is to be told now, `alarm` or `state` and a sentence; at most once a second."""
        if not (self._torn or self._refused or self._twice):
            return []
        if self._told_ns is not None and now_ns - self._told_ns < TOLD_EVERY_NS:
            return []
        self._told_ns = now_ns
        told = list[tuple[str, str]]()
        if self._torn:
            _, who, why = self._torn.worst()
            told.append(("alarm", f"{self._way} from {who}: {why.named('; ')}; it is not obeyed"))
        if self._refused:
            host, who, what = self._refused.worst()
            named = f"{what.named() or 'what it says'} {'are' if what.several else 'is'} refused"
            told.append(("alarm", f"{self._way} from {who}: {named}; {self._cures[host]}"))
        if self._twice:
            _, who, what = self._twice.worst()
            told.append(("state", f"{self._way} from {who}: {what.named()} came again within 20 ms, and counts once"))
        self._torn, self._refused, self._twice = _ByHost(), _ByHost(), _ByHost()
        self._cures.clear()
        return told


class _ByHost:
    """What came of one kind, and from whom."""

    def __init__(self) -> None:
        self._hosts: dict[str, Tally] = {}

    def __bool__(self) -> bool:
        return bool(self._hosts)

    def again(self, host: str) -> bool:
        """One more of a host of which one has come already, by no name; False for another host's."""
        known = self._hosts.get(host)
        if known is not None:
            known.times += 1
        return known is not None

    def came(self, host: str, name: str) -> str:
        """One more; under which host it is counted: one of very many is among the others."""
        if host not in self._hosts and len(self._hosts) >= _MOST_HOSTS:
            host = _OTHERS
        self._hosts.setdefault(host, Tally()).came(name)
        return host

    def worst(self) -> tuple[str, str, Tally]:
        """The host with the most of it; that in words, with how often, and how many others there are; what it was."""
        host, most = max(self._hosts.items(), key=lambda one: one[1].times)
        often = f" ({most.times} times)" if most.times > 1 else ""
        others = len(self._hosts) - 1
        return host, f"{host}{often}" + (f" and {others} other{'s' * (others > 1)}" if others else ""), most

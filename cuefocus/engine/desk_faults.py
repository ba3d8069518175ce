"""What desks send that is not obeyed, gathered: however much it is, a line a second is said of it."""

from collections import Counter
from typing import Final

from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.plain import plain

TOLD_EVERY_NS: Final = NS_PER_S
_MOST_HOSTS: Final = 64
_OTHERS: Final = "others"
PEERS: Final = "name it under peers in the rig's network section if it may"


class DeskFaults:
    """Counts them by host.

    Args:
        way: what they are sent by, as it is named.
        cure: how one that is refused is let in.
    """

    def __init__(self, way: str = "OSC", cure: str = PEERS) -> None:
        self._way, self._cure = way, cure
        self._torn: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._twice: Counter[str] = Counter()
        self._reason: dict[str, str] = {}
        self._asked: dict[str, str] = {}
        self._told_ns: int | None = None

    def torn(self, host: str, why: str) -> None:
        """A packet that cannot be read."""
        host = self._counted(self._torn, host)
        self._reason[host] = plain(why)

    def refused(self, host: str, address: str) -> None:
        """A word that its sender may not say; `address` is empty where it was not even read."""
        host = self._counted(self._refused, host)
        if address:
            self._asked[host] = plain(address)

    def twice(self, host: str, address: str) -> None:
        """A packet that came twice in a breath."""
        self._asked[self._counted(self._twice, host)] = plain(address)

    def due(self, now_ns: int) -> list[tuple[str, str]]:
        """What is to be told now, `alarm` or `state` and a sentence; at most once a second."""
        if not (self._torn or self._refused or self._twice):
            return []
        if self._told_ns is not None and now_ns - self._told_ns < TOLD_EVERY_NS:
            return []
        self._told_ns = now_ns
        told = list[tuple[str, str]]()
        if self._torn:
            host, who = _named(self._torn)
            told.append(("alarm", f"{self._way} from {who}: {self._reason[host]}; it is not obeyed"))
        if self._refused:
            host, who = _named(self._refused)
            what = self._asked.get(host, "what it says")
            told.append(("alarm", f"{self._way} from {who}: {what} is refused; {self._cure}"))
        if self._twice:
            host, who = _named(self._twice)
            told.append(
                ("state", f"{self._way} from {who}: {self._asked[host]} came again within 20 ms, and counts once")
            )
        self._torn.clear()
        self._refused.clear()
        self._twice.clear()
        self._reason.clear()
        self._asked.clear()
        return told

    def _counted(self, counter: Counter[str], host: str) -> str:
        if host not in counter and len(counter) >= _MOST_HOSTS:
            host = _OTHERS
        counter[host] += 1
        return host


def _named(counter: Counter[str]) -> tuple[str, str]:
    """The host with the most of it; and that in words, with how often, and how many others there are."""
    ((host, most),) = counter.most_common(1)
    often = f" ({most} times)" if most > 1 else ""
    others = len(counter) - 1
    return host, f"{host}{often}" + (f" and {others} other{'s' * (others > 1)}" if others else "")

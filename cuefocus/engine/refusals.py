"""How many that may not are answered, so that who floods is answered seldom and keeps nobody else from it."""

from typing import Final

from cuefocus.timebase.units import NS_PER_S

MOST_OF_A_HOST: Final = 32
MOST_OF_ALL: Final = 128
_MOST_HOSTS: Final = 64
_OTHERS: Final = "others"


class Refusals:
    """Counts the answers of a second, by host; hosts beyond a number share what one has."""

    def __init__(self) -> None:
        self._since_ns = 0
        self._all = 0
        self._hosts: dict[str, int] = {}

    def enough(self, host: str, now_ns: int) -> bool:
        """Whether a host, or all together, were answered often enough this second: the others are only counted."""
        if now_ns - self._since_ns >= NS_PER_S:
            self._since_ns, self._all = now_ns, 0
            self._hosts.clear()
        return self._all >= MOST_OF_ALL or self._hosts.get(self._counted(host), 0) >= MOST_OF_A_HOST

    def answered(self, host: str) -> None:
        """One more."""
        counted = self._counted(host)
        self._all += 1
        self._hosts[counted] = self._hosts.get(counted, 0) + 1

    def _counted(self, host: str) -> str:
        return host if host in self._hosts or len(self._hosts) < _MOST_HOSTS else _OTHERS

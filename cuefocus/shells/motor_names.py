"""Which addresses the machines have that motors hang on by UDP, where the rig names them.

Motion looks up no name once it moves anything: it waits for all of them together before, a second at most, and those
that nobody has answered for by then the prober's process asks for again and again.
"""

from collections.abc import Iterable

from cuefocus.errors import LinkError
from cuefocus.shells.ip_place import is_address
from cuefocus.shells.name_lookup import NameLookup, why_unknown
from cuefocus.shells.open_link import udp_peer

_CURE = "correct the name, or write its address; it is looked up again and again"


class MotorNames:
    """Links as they can be opened without asking anybody.

    Args:
        links: as in the rig file.
        lookup: asks; for tests.
    """

    def __init__(self, links: Iterable[str], lookup: NameLookup | None = None) -> None:
        lookup = lookup if lookup is not None else NameLookup()
        named = [link for link in dict.fromkeys(links) if has_name(link)]
        lookup.ask_ahead(udp_peer(link)[0] for link in named)
        self._links: dict[str, str] = {}
        self._problems: dict[str, str] = {}
        for link in named:
            try:
                self._links[link] = with_address(link, lookup)
            except OSError as problem:
                self._problems[link] = why_unknown(udp_peer(link)[0], problem)

    def link(self, link: str) -> str:
        """A link with an address in place of a name. Raises: LinkError for a name that nobody has answered for yet."""
        if link in self._problems:
            raise LinkError(self._problems[link], where=link, hint=_CURE)
        return self._links.get(link, link)

    def learn(self, link: str, found: str) -> None:
        """Somebody has answered for the name of a link."""
        if self._problems.pop(link, None) is not None:
            self._links[link] = found


def has_name(link: str) -> bool:
    """Whether a link leads to a machine by its name, and somebody must be asked for the address."""
    return link.startswith("udp:") and not is_address(udp_peer(link)[0])


def with_address(link: str, lookup: NameLookup) -> str:
    """A link to a named machine with its address. Raises: OSError as `NameLookup.place`."""
    host, port = lookup.place(*udp_peer(link))
    return f"udp:[{host}]:{port}" if ":" in host else f"udp:{host}:{port}"

"""Which addresses the machines have that motors hang on by UDP, where the rig names them.

`run` asks before motion starts, and hands it what was answered; so motion, started anew, needs nobody for that. What
was not answered by then the prober's process asks for again and again. Motion itself asks nobody: a look-up that hangs
stays behind as a thread, and would want the interpreter just when a set-point is due.
"""

from collections.abc import Iterable, Mapping

from cuefocus.errors import LinkError
from cuefocus.shells.ip_place import is_address
from cuefocus.shells.name_lookup import NameLookup, why_unknown
from cuefocus.shells.open_link import udp_peer

_CURE = "correct the name, or write its address; it is looked up again and again"
_UNASKED = "nobody has said yet what address it has"


class MotorNames:
    """Links as they can be opened without asking anybody.

    Args:
        found: links with an address in place of a name, by the link as in the rig file.
        unknown: of those without, why.
    """

    def __init__(self, found: Mapping[str, str], unknown: Mapping[str, str]) -> None:
        self._found, self._unknown = dict(found), dict(unknown)

    def link(self, link: str) -> str:
        """A link with an address in place of a name. Raises: LinkError for a name that nobody has answered for yet."""
        if link not in self._found and has_name(link):
            raise LinkError(self._unknown.get(link, _UNASKED), where=link, hint=_CURE)
        return self._found.get(link, link)

    def learn(self, link: str, found: str) -> None:
        """Somebody has answered for the name of a link."""
        self._found[link] = found


def names_asked(links: Iterable[str], lookup: NameLookup) -> tuple[dict[str, str], dict[str, str]]:
    """What `MotorNames` goes by, asked for; those without an answer are waited for together."""
    named = [link for link in dict.fromkeys(links) if has_name(link)]
    lookup.ask_ahead(udp_peer(link)[0] for link in named)
    found, unknown = dict[str, str](), dict[str, str]()
    for link in named:
        try:
            found[link] = with_address(link, lookup)
        except OSError as problem:
            unknown[link] = why_unknown(udp_peer(link)[0], problem)
    return found, unknown


def has_name(link: str) -> bool:
    """Whether a link leads to a machine by its name, and somebody must be asked for the address."""
    return link.startswith("udp:") and not is_address(udp_peer(link)[0])


def with_address(link: str, lookup: NameLookup) -> str:
    """A link to a named machine with its address. Raises: OSError as `NameLookup.place`."""
    host, port = lookup.place(*udp_peer(link))
    return f"udp:[{host}]:{port}" if ":" in host else f"udp:{host}:{port}"

"""Who announces a seat in an Ableton Link session, as heard from outside: whether a session is old enough to join.

Of two sessions that meet, the older one's tempo and beats stay (within half a second, chance decides). So whoever
must not set a tempo stays out until another session is clearly older than its own would be. Each program announces
itself by multicast, four times a second. Source: the discovery messages of Ableton Link, protocol version 1.
"""

import struct
from typing import Final

from cuefocus.timebase.units import NS_PER_S

GROUP: Final = "224.76.78.75"
"""IPv4 multicast group of the announcements."""
PORT: Final = 20_808
"""Their UDP port."""
_PROTOCOL: Final = b"_asdp_v\x01"
_HEADER: Final = struct.Struct(">8sBBH8s")
_ALIVE, _BYE = 1, 3
_OLDER_NS: Final = NS_PER_S
# A program that has not announced itself for so long has left without a word.
_GONE_NS: Final = 2 * NS_PER_S
_MOST_PROGRAMS: Final = 64


class LinkPresence:
    """Knows who has announced a seat, and since when."""

    def __init__(self) -> None:
        self._heard: dict[bytes, tuple[int, int]] = {}  # node: first and last stamp

    def hears(self, data: bytes, stamp_ns: int) -> bool:
        """Whether, by this datagram, a session is older by a second than one that would begin now.

        Args:
            data: what came by the group; anything else than an announcement counts for nothing.
            stamp_ns: host time at which it arrived.
        """
        if len(data) < _HEADER.size:
            return False
        protocol, kind, _, group, node = _HEADER.unpack_from(data)
        if protocol != _PROTOCOL or group:
            return False
        if kind == _BYE:
            self._heard.pop(node, None)
        if kind != _ALIVE:
            return False
        known = {each: at for each, at in self._heard.items() if stamp_ns - at[1] <= _GONE_NS}
        first_ns = known[node][0] if node in known else stamp_ns
        if node in known or len(known) < _MOST_PROGRAMS:
            known[node] = first_ns, stamp_ns
        self._heard = known
        return stamp_ns - first_ns >= _OLDER_NS

    def forget(self) -> None:
        """Nobody is known any more."""
        self._heard.clear()

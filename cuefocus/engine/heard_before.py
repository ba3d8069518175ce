"""What desks have sent before: they say the same few things over and over, some of them twice in a breath."""

from typing import Final

from cuefocus.engine.peers import Guest
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.osc import MOST_SAID_BYTES, OscMessage, OscPacket, read_packet

TWICE_NS: Final = 20 * NS_PER_MS
"""The same packet from the same port within this is one: some desks send each twice."""
_MOST_REMEMBERED: Final = 512
_LONGEST_REMEMBERED: Final = 256


class HeardBefore:
    """Remembers packets as they were read, messages that are no word, and what each guest sent last."""

    def __init__(self) -> None:
        self._packets: dict[bytes, OscPacket] = {}
        self._no_word: dict[tuple[OscMessage, type], tuple[str, ...]] = {}
        self._last: dict[Guest, tuple[bytes, int, bool]] = {}

    def read(self, packet: bytes) -> OscPacket:
        """A packet's messages; one that was sent before is not read again."""
        known = self._packets.get(packet)
        if known is None:
            known = read_packet(packet, most_bytes=MOST_SAID_BYTES)
            if len(packet) <= _LONGEST_REMEMBERED and not any(one.time_tag for one in known.messages):
                if len(self._packets) >= _MOST_REMEMBERED:
                    self._packets.clear()
                self._packets[packet] = known
        return known

    def as_no_word(self, message: OscMessage) -> tuple[str, ...] | None:
        """The triggers of a message that is known to be no dialect's word; None where that is not known."""
        return self._no_word.get((message, type(message.first)))  # 2 and 2.0 are equal, and mean different things

    def is_no_word(self, message: OscMessage, keys: tuple[str, ...]) -> None:
        """What is no dialect's word today is none tomorrow: of such a message only the triggers `keys` count."""
        if len(message.address) <= _LONGEST_REMEMBERED and len(message.arguments) <= 1:
            if len(self._no_word) >= _MOST_REMEMBERED:
                self._no_word.clear()
            self._no_word[message, type(message.first)] = keys

    def twice(self, packet: bytes, stamp_ns: int, guest: Guest) -> bool:
        """Whether a packet only says again what its port has just said. What disarms is heard each time."""
        before, before_ns, disarms = self._last.get(guest, (b"", 0, False))
        return before == packet and 0 <= stamp_ns - before_ns < TWICE_NS and not disarms

    def obeyed(self, packet: bytes, stamp_ns: int, guest: Guest, *, disarms: bool) -> None:
        """A guest's packet means something; whether it also disarms."""
        if len(self._last) >= _MOST_REMEMBERED:
            self._last.clear()
        self._last[guest] = packet, stamp_ns, disarms

"""OSC over a byte stream: packets set apart by SLIP (OSC 1.1) or by a length before each (OSC 1.0).

Which of the two a peer speaks is told by its first bytes: SLIP frames begin with END, or at once with the packet; a
length below 16 MiB begins with a zero. Answers go back in the same framing.
Source: RFC 1055 (SLIP); The Open Sound Control 1.0 Specification, packets over streams.
"""

from typing import Final

from cuefocus.wire.osc import MOST_BYTES

END: Final = 0xC0
_ESC: Final = 0xDB
_ESC_END: Final = b"\xdb\xdc"
_ESC_ESC: Final = b"\xdb\xdd"
_LENGTH_BYTES: Final = 4


class OscStream:
    """One peer's stream. `lost` once it makes no sense any more: nothing after that can be read.

    Attributes:
        framing: "slip" or "length"; empty until the first byte.
        lost: why it cannot be read on; empty while it can.

    Args:
        framing: "slip" or "length" where that is known; empty to go by what the peer sends.
    """

    def __init__(self, framing: str = "") -> None:
        self.framing = framing
        self.lost = ""
        self._kept = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that these bytes complete, in order."""
        if self.lost or not data:
            return []
        self._kept += data
        if not self.framing:
            self._sniff(self._kept[0])
        return self._by_length() if self.framing == "length" else self._by_slip()

    def framed(self, packet: bytes) -> bytes:
        """A packet as this peer expects it; SLIP with END on both sides."""
        if self.framing == "length":
            return len(packet).to_bytes(_LENGTH_BYTES, "big") + packet
        escaped = packet.replace(bytes([_ESC]), _ESC_ESC).replace(bytes([END]), _ESC_END)
        return bytes([END]) + escaped + bytes([END])

    def _sniff(self, first: int) -> None:
        if first == 0:
            self.framing = "length"
        elif first in (END, ord("/"), ord("#")):
            self.framing = "slip"
        else:
            self._lose(f"a stream that begins with the byte {first:#04x} is no OSC")

    def _by_length(self) -> list[bytes]:
        packets: list[bytes] = []
        kept, at = self._kept, 0
        while len(kept) - at >= _LENGTH_BYTES:
            length = int.from_bytes(kept[at : at + _LENGTH_BYTES], "big")
            if length > MOST_BYTES:
                self._lose(f"a packet of {length} bytes is announced, more than {MOST_BYTES}")
                return packets
            end = at + _LENGTH_BYTES + length
            if end > len(kept):
                break
            if length:
                packets.append(bytes(kept[at + _LENGTH_BYTES : end]))
            at = end
        del kept[:at]
        return packets

    def _by_slip(self) -> list[bytes]:
        if self.lost:
            return []
        *whole, rest = self._kept.split(bytes([END]))
        if len(rest) > 2 * MOST_BYTES:
            self._lose(f"a packet without an end after {len(rest)} bytes")
        else:
            self._kept = bytearray(rest)
        return [_unescaped(bytes(frame)) for frame in whole if frame]

    def _lose(self, why: str) -> None:
        self.lost = why
        self._kept.clear()


def _unescaped(frame: bytes) -> bytes:
    """A frame's bytes; an escape that means nothing stays as it is, and the packet's own checks find it."""
    if _ESC not in frame:
        return frame
    out, escaped = bytearray(), False
    for byte in frame:
        if escaped:
            out += {0xDC: bytes([END]), 0xDD: bytes([_ESC])}.get(byte, bytes([_ESC, byte]))
            escaped = False
        elif byte == _ESC:
            escaped = True
        else:
            out.append(byte)
    return bytes(out)

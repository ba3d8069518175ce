"""The focus motor of a DJI gimbal, from the vendor's R SDK document: packets with two CRCs, cut into CAN frames.

Its own few lines; shares nothing with the driver's codec, so that an error there cannot cancel out.
"""

from cuefocus.sim.sim_wire import Order, Verb

_FROM_HOST, _FROM_GIMBAL = 0x223, 0x222
_RECORD = 16  # struct can_frame: id u32, length u8, 3 spare, 8 data
_LONGEST_LINE = 64
FRAMINGS = ("slcan", "socketcan", "plain")


def _mirrored(value: int, width: int) -> int:
    return int(f"{value:0{width}b}"[::-1], 2)


def _remainder_table(poly: int, width: int) -> list[int]:
    """CRC of each byte, least significant bit first."""
    table, backwards = [], _mirrored(poly, width)
    for value in range(256):
        register = value
        for _ in range(8):
            register = register >> 1 ^ backwards if register & 1 else register >> 1
        table.append(register)
    return table


_TABLE_16, _TABLE_32 = _remainder_table(0x8005, 16), _remainder_table(0x04C11DB7, 32)
_SEED_16, _SEED_32 = _mirrored(0xC55C, 16), _mirrored(0xC55C_0000, 32)


def _crc(data: bytes | bytearray, table: list[int], register: int) -> int:
    """The document's register, run mirrored from end to end: its bytes go in and come out least bit first."""
    for byte in data:
        register = register >> 8 ^ table[(register ^ byte) & 0xFF]
    return register


class DjiWire:
    """One focus motor, reached by slcan text, by SocketCAN records, or by bare packets.

    Args:
        framing: slcan, socketcan or plain.
        channel_open: the slcan adapter passes frames before it is told to open its channel.
    """

    counts_max = 4095
    default_address = 0

    def __init__(self, *, framing: str = "slcan", channel_open: bool = False) -> None:
        if framing not in FRAMINGS:
            raise ValueError(f"no framing {framing!r}; have {', '.join(FRAMINGS)}")
        self.malformed = 0
        self.channel_open = channel_open or framing != "slcan"
        self._framing = framing
        self._line = bytearray()
        self._packet = bytearray()
        self._head_right = False  # the packet under way has a sound header

    def hear(self, data: bytes) -> list[tuple[int, Order]]:
        """Orders that `data` completes, with the index of their last byte."""
        if self._framing == "plain":
            return self._bytewise(data)
        orders: list[tuple[int, Order]] = []
        held = len(self._line)  # bytes of an unfinished line or record, before `data`
        stream = self._line + data
        at = 0
        while True:
            if self._framing == "slcan":
                end = stream.find(b"\r", at) + 1
                if not end:
                    break
                payload = self._adapter_line(stream[at : end - 1].decode("latin-1"))
            else:
                end = at + _RECORD
                if end > len(stream):
                    break
                can_id, length = int.from_bytes(stream[at : at + 4], "little"), min(stream[at + 4], 8)
                payload = bytes(stream[at + 8 : at + 8 + length]) if can_id == _FROM_HOST else b""
            if payload:
                orders += [(end - 1 - held, order) for order in self._payload(payload)]
            at = end
        self._line = stream[at:][-_LONGEST_LINE:]
        return orders

    def answer(self, order: Order, counts: int, calibrated: bool) -> bytes:
        """The reply packet to a query or a calibration."""
        control = order.address
        if order.verb is Verb.ASK:
            data = bytes((0, 0x15, control, 3 if calibrated else 1)) + counts.to_bytes(4, "little")
        elif order.verb is Verb.CALIBRATE:
            data = bytes((0, 2, control, 0))
        elif order.verb is Verb.OTHER and order.token:
            data = bytes((1,)) + order.token[2:]  # it could not make sense of the packet
        else:
            return b""
        return self._cut(self._reply(order.token[:2], data))

    def reset(self) -> None:
        """Half a packet is forgotten; an adapter starts with its channel closed."""
        self._line.clear()
        self._packet.clear()
        self._head_right = False
        self.channel_open = self._framing != "slcan"

    def _bytewise(self, data: bytes) -> list[tuple[int, Order]]:
        return [(i, order) for i in range(len(data)) for order in self._payload(data[i : i + 1])]

    def _adapter_line(self, line: str) -> bytes:
        """Payload of a frame from the host; settings change the adapter and carry none."""
        letter = line[:1]
        if letter == "t" and self.channel_open:
            try:
                can_id, length, data = int(line[1:4], 16), int(line[4], 16), bytes.fromhex(line[5:])
            except (ValueError, IndexError):
                self.malformed += 1
                return b""
            if len(data) != length or length > 8:
                self.malformed += 1
            elif can_id == _FROM_HOST:
                return data
        elif letter == "O":
            self.channel_open = True
        elif letter == "C":
            self.channel_open = False
        elif letter not in ("", "S", "V", "N", "F", "T", "r", "R", "t"):
            self.malformed += 1
        return b""

    def _payload(self, payload: bytes) -> list[Order]:
        """Orders out of a stretch of the packet stream."""
        stream, orders = self._packet, list[Order]()
        stream += payload
        while stream:
            if stream[0] != 0xAA:
                self._lose_byte()
                continue
            if len(stream) < 12:
                break
            length = int.from_bytes(stream[1:3], "little") & 0x3FF
            if not self._head_right:
                right = _crc(stream[:10], _TABLE_16, _SEED_16) == int.from_bytes(stream[10:12], "little")
                if not right or not 18 <= length <= 100:
                    self._lose_byte()
                    continue
                self._head_right = True
            if len(stream) < length:
                break
            whole, self._head_right = bytes(stream[:length]), False
            if _crc(whole[:-4], _TABLE_32, _SEED_32) != int.from_bytes(whole[-4:], "little"):
                self._lose_byte()
                continue
            del stream[:length]
            orders += self._understood(whole)
        return orders

    def _lose_byte(self) -> None:
        self.malformed += 1
        del self._packet[0]

    def _understood(self, whole: bytes) -> list[Order]:
        if whole[12:14] != b"\x0e\x12":
            return [Order(Verb.OTHER)]
        data, sequence = whole[14:-4], whole[8:10]
        if len(data) == 5 and data[0] == 0x01 and data[2] == 2:
            return [Order(Verb.GO, data[1], data[3] | data[4] << 8, sequence)]
        if len(data) == 2 and data[0] == 0x15:
            return [Order(Verb.ASK, data[1], token=sequence)]
        if len(data) == 3 and data[0] == 0x02:
            return [Order(Verb.CALIBRATE if data[2] == 1 else Verb.OTHER, data[1], token=sequence + data)]
        return [Order(Verb.OTHER, token=sequence + data)]

    def _reply(self, sequence: bytes, data: bytes) -> bytes:
        head = b"\xaa" + (18 + len(data)).to_bytes(2, "little") + b"\x20" + bytes(4) + sequence
        body = head + _crc(head, _TABLE_16, _SEED_16).to_bytes(2, "little") + b"\x0e\x12" + data
        return body + _crc(body, _TABLE_32, _SEED_32).to_bytes(4, "little")

    def _cut(self, whole: bytes) -> bytes:
        if self._framing == "plain":
            return whole
        cut = b""
        for at in range(0, len(whole), 8):
            piece = whole[at : at + 8]
            if self._framing == "slcan":
                cut += f"t{_FROM_GIMBAL:03X}{len(piece)}{piece.hex().upper()}\r".encode("ascii")
            else:
                cut += _FROM_GIMBAL.to_bytes(4, "little") + bytes((len(piece), 0, 0, 0)) + piece.ljust(8, b"\0")
        return cut

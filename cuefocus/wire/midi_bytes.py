"""MIDI bytes cut into messages, whatever they are interleaved with or torn from.

Source: MIDI 1.0 Detailed Specification 4.2: running status, system common messages end it, real-time bytes may stand
anywhere, even inside another message, and any other status byte ends an exclusive message early.
"""

from collections.abc import Iterator

_DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
_COMMON_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0}
_EXCLUSIVE, _END_OF_EXCLUSIVE, _FIRST_REAL_TIME = 0xF0, 0xF7, 0xF8
_LONGEST_EXCLUSIVE = 4096


class MidiBytes:
    """Cuts a stream of bytes into messages; any split of the stream gives the same ones.

    Messages that come whole, such as mido's (`message.bytes()`), may be fed as they are.

    `dropped` counts bytes that belong to no message: strays, torn messages, exclusive ones that are too long.
    """

    def __init__(self) -> None:
        self._message = bytearray()
        self._running = 0
        self.dropped = 0

    @property
    def unfinished(self) -> int:
        """Status byte of the message that has begun and is not over; 0 for none."""
        return self._message[0] if self._message else 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Messages that these bytes complete, in order; real-time ones come where they stood."""
        for byte in data:
            if byte >= _FIRST_REAL_TIME:
                yield bytes((byte,))
            elif byte >= 0x80:
                yield from self._status(byte)
            else:
                yield from self._data(byte)

    def _status(self, byte: int) -> Iterator[bytes]:
        message = self._message
        if byte == _END_OF_EXCLUSIVE and message[:1] == b"\xf0":
            yield bytes(message) + b"\xf7"
            message.clear()
            return
        self.dropped += len(message)
        message.clear()
        self._running = byte if byte < _EXCLUSIVE else 0
        if byte == _EXCLUSIVE or _length(byte) > 1:
            message.append(byte)
        elif _length(byte) == 1:
            yield bytes((byte,))
        else:
            self.dropped += 1

    def _data(self, byte: int) -> Iterator[bytes]:
        message = self._message
        if not message:
            if not self._running:
                self.dropped += 1
                return
            message.append(self._running)
        message.append(byte)
        if message[0] == _EXCLUSIVE:
            if len(message) > _LONGEST_EXCLUSIVE:
                self.dropped += len(message)
                message.clear()
        elif len(message) == _length(message[0]):
            yield bytes(message)
            message.clear()


def _length(status: int) -> int:
    """Bytes of a message with its status byte; 0 for undefined ones and a lone end of exclusive."""
    data = _COMMON_DATA_BYTES.get(status) if status >= _EXCLUSIVE else _DATA_BYTES[status >> 4]
    return 0 if data is None else data + 1

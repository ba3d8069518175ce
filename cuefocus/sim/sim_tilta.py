"""Tilta Nucleus motors, from the protocol's description: `:` DEV 06 CMD PARAM DATA DATA LRC in hexadecimal, CR LF.

Its own few lines; shares nothing with the driver's codec, so that an error there cannot cancel out.
"""

from cuefocus.sim.sim_wire import Order, Verb

_HEX = "0123456789ABCDEF"
_CALIBRATE_DEVICE = 0x63


class TiltaWire:
    """Up to four motors on one line; motor n listens to bit n-1 of DEV.

    Args:
        focus_command: the CMD that carries a focus position.
        echo: answer every frame with itself, as Modbus asks for; real motors were not seen to.
    """

    counts_max = 9999
    default_address = 1

    def __init__(self, *, focus_command: int = 1, echo: bool = False) -> None:
        self.malformed = 0
        self.pings = 0
        self._focus_command, self._echo = focus_command, echo
        self._text: str | None = None

    def hear(self, data: bytes) -> list[tuple[int, Order]]:
        """Orders that `data` completes, with the index of their line feed."""
        orders: list[tuple[int, Order]] = []
        for index, char in enumerate(data.decode("latin-1")):
            if char == ":":
                self.malformed += self._text is not None
                self._text = ""
            elif self._text is None:
                continue
            elif char == "\n":
                orders += [(index, order) for order in self._frame(self._text)]
                self._text = None
            elif len(self._text) > 20:
                self.malformed += 1
                self._text = None
            else:
                self._text += char
        return orders

    def answer(self, order: Order, counts: int, calibrated: bool) -> bytes:
        """The frame itself where the motor echoes."""
        return order.token if self._echo else b""

    def reset(self) -> None:
        """Half a frame is forgotten."""
        self._text = None

    def _frame(self, text: str) -> list[Order]:
        digits = text.removesuffix("\r")
        if len(digits) != 14 or any(digit not in _HEX for digit in digits) or text == digits:
            self.malformed += 1
            return []
        values = [_HEX.index(a) * 16 + _HEX.index(b) for a, b in zip(digits[::2], digits[1::2], strict=True)]
        if sum(values) % 256 != 0 or values[1] != 6:
            self.malformed += 1
            return []
        device, _, command, param, high, low, _ = values
        echo = (":" + text + "\n").encode("ascii")
        if device == _CALIBRATE_DEVICE and (command, param) == (0, 1):
            return [Order(Verb.CALIBRATE, motor) for motor in (1, 2, 3, 4)]
        if command == self._focus_command and not device & 0xF0:
            return [
                Order(Verb.GO, motor, high * 256 + low, echo) for motor in (1, 2, 3, 4) if device & (1 << (motor - 1))
            ]
        self.pings += (device, command) in ((0x96, 0), (0xC9, 0))
        return [Order(Verb.OTHER, token=echo)]

"""A bridge box, from docs/bridge-protocol.md: one flat JSON object a datagram, in percent of travel.

Its own few lines; shares nothing with the driver's codec, so that an error there cannot cancel out.
"""

import json
import re

from cuefocus.sim.sim_wire import Order, Verb

_OBJECT = re.compile(rb"\{[^{}]*\}")
_NAMES = ("f", "i", "z")
_KEYS = tuple((address, name, f"{name}_get", f"{name}_cal") for address, name in enumerate(_NAMES))
_WINDOW = 8  # how far behind the newest a datagram counts as overtaken


class BridgeWire:
    """Focus, iris and zoom motors (addresses 0, 1, 2) on one box.

    Args:
        answers: whether the box reports positions when asked.
    """

    counts_max = 65535
    default_address = 0

    def __init__(self, *, answers: bool = True) -> None:
        self.malformed = 0
        self._answers = answers
        self._newest = dict.fromkeys(_NAMES, -1)

    def hear(self, data: bytes) -> list[tuple[int, Order]]:
        """Orders of one datagram (or of several that came together)."""
        orders: list[tuple[int, Order]] = []
        seen = 0
        for match in _OBJECT.finditer(data):
            seen += len(match[0])
            try:
                wanted = json.loads(match[0])
            except ValueError:
                self.malformed += 1
                continue
            orders += [(match.end() - 1, order) for order in self._understood(wanted)]
        if len(data) > seen and data.replace(b"\n", b"").strip() and not orders:
            self.malformed += 1
        return orders

    def answer(self, order: Order, counts: int, calibrated: bool) -> bytes:
        """The position in percent, with the number of the question."""
        if order.verb is not Verb.ASK or not self._answers:
            return b""
        name = _NAMES[order.address]
        reply = {f"{name}_pos": round(counts / 655.35, 4), f"{name}_calibrated": calibrated, "seq": int(order.token)}
        return json.dumps(reply).encode("ascii")

    def reset(self) -> None:
        """A box that was without power expects numbers anew."""
        self._newest = dict.fromkeys(_NAMES, -1)

    def _understood(self, wanted: dict[str, object]) -> list[Order]:
        sequence = wanted.get("seq")
        number = sequence if isinstance(sequence, int) and not isinstance(sequence, bool) else None
        orders: list[Order] = []
        for address, name, get_key, cal_key in _KEYS:
            percent = wanted.get(name)
            if percent is None:
                pass
            elif (
                isinstance(percent, int | float) and not isinstance(percent, bool) and not self._overtaken(name, number)
            ):
                if percent < 0:
                    orders.append(Order(Verb.OFF, address))
                elif percent <= 100:
                    orders.append(Order(Verb.GO, address, round(percent * 655.35)))
                else:
                    self.malformed += 1
            if wanted.get(get_key) is True:
                orders.append(Order(Verb.ASK, address, token=b"%d" % (number or 0)))
            if wanted.get(cal_key) is True:
                orders.append(Order(Verb.CALIBRATE, address))
        return orders

    def _overtaken(self, name: str, number: int | None) -> bool:
        """Whether a newer position of this motor was heard before; number 1 starts anew."""
        if number is None:
            return False
        if 1 < number < self._newest[name] <= number + _WINDOW:
            return True
        self._newest[name] = number
        return False

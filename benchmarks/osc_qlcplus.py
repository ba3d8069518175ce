"""QLC+ as a peer of `osc.py`: a universe that it hears by OSC, and passes through to another program by OSC.

It knows an address by a checksum alone (CRC-16 of ISO 3309), which is the channel of its universe; so the addresses
sent are some whose checksum is one of the 512. It hands values on at its own beat, 50 times a second.
"""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from osc_stage import ANSWERS, HOST, PORT, said
from timing_rig import running

_CHANNELS: Final = 512
_USED: Final = 200
_DMX: Final = "/0/dmx/"
_WORKSPACE: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE Workspace>
<Workspace xmlns="http://www.qlcplus.org/Workspace" CurrentWindow="VirtualConsole">
 <Engine>
  <InputOutputMap>
   <Universe Name="Universe 1" ID="0" Passthrough="True">
    <Input Plugin="OSC" UID="{host}" Line="0"><PluginParameters inputPort="{port}"/></Input>
    <Output Plugin="OSC" UID="{host}" Line="0"><PluginParameters outputIP="{host}" outputPort="{answers}"/></Output>
   </Universe>
  </InputOutputMap>
 </Engine>
</Workspace>
"""


class Faders:
    """The channels of the universe, moved one after the other from one end to the other and back."""

    def __init__(self) -> None:
        named = ((address, _checksum(address.encode())) for address in map("/bench/{}".format, itertools.count()))
        fitting = {channel: address for address, channel in itertools.islice(named, 1 << 16) if channel < _CHANNELS}
        self._faders = list(itertools.islice(fitting.items(), _USED))
        self._up: set[str] = set()
        self._moved: dict[int, int] = {}

    def message(self, number: int) -> bytes:
        """What a shot says; asked for once each: it goes to the other end."""
        address = self._faders[number % len(self._faders)][1]
        self._up ^= {address}
        return said(address, float(address in self._up))

    def sent(self, number: int) -> None:
        """A shot is on its way."""
        self._moved[self._faders[number % len(self._faders)][0]] = number

    def number(self, answer: bytes) -> int | None:
        """The shot that an answer is to; None for what answers none."""
        address = answer.split(bytes(1))[0].decode()
        return self._moved.get(int(address.removeprefix(_DMX))) if address.startswith(_DMX) else None


def _checksum(data: bytes) -> int:
    """CRC-16 as of ISO 3309 (x¹⁶ + x¹² + x⁵ + 1, reflected, both ends inverted)."""
    sum_ = 0xFFFF
    for byte in data:
        sum_ ^= byte
        for _ in range(8):
            sum_ = (sum_ >> 1) ^ 0x8408 if sum_ & 1 else sum_ >> 1
    return ~sum_ & 0xFFFF


@contextlib.contextmanager
def qlcplus(folder: Path, before: tuple[str, ...]) -> Iterator[None]:
    """The program, without a window. `before`: words before its own, such as a scheduling class."""
    workspace = folder / "through.qxw"
    workspace.write_text(_WORKSPACE.format(host=HOST, port=PORT, answers=ANSWERS))
    seen = {"HOME": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    words = (*before, "env", *(f"{name}={value}" for name, value in seen.items()))
    with running([*words, "qlcplus", "-o", workspace, "-p"]):
        yield

"""The rig's own spellings: ranges of counts, sensors, ports."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal, Self

from cuefocus.files.text_value import BadText, Written

_RANGE = re.compile(r"(-?[0-9]{1,10})\s*\.\.\s*(-?[0-9]{1,10})")

SENSOR_COC_MM = {
    "16mm": 0.015,
    "super-16": 0.015,
    "super-35": 0.025,
    "full-frame": 0.029,
    "large-format": 0.029,
    "alexa-lf": 0.030,
    "alexa-65": 0.045,
    "two-thirds-inch": 0.011,
}
"""Permissible circle of confusion, mm: image diagonal/1500 within the values lens makers' depth tables use."""


@dataclass(frozen=True, slots=True)
class CountsRange(Written):
    """Encoder counts from the close-focus stop to the far stop; `9999..0` where the motor counts down."""

    near: int
    far: int

    expects = "counts at the two end stops, close focus first, such as 105..17733"
    examples = ("0..9999", "17733..105")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A range as written. Raises: BadText."""
        match = _RANGE.fullmatch(text.strip())
        if match is None:
            raise BadText(f"{text!r} is not a range of counts", f"write {cls.expects}")
        near, far = int(match[1]), int(match[2])
        if near == far:
            raise BadText(f"{text!r} leaves no travel", f"write {cls.expects}")
        return cls(near, far, text=text.strip())

    @property
    def span(self) -> int:
        """Counts between the stops, positive."""
        return abs(self.far - self.near)

    def reversed(self) -> "CountsRange":
        """The same travel with close focus at the other end."""
        return CountsRange(self.far, self.near, text=f"{self.far}..{self.near}")


PortKind = Literal["sim", "serial", "slcan", "can", "udp"]
_HOST_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:]+(?:%[A-Za-z0-9_.-]+)?\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Port(Written):
    """Where a motor is reached.

    Args:
        kind: the simulator in our own process tree, a serial line, CAN over a serial line, SocketCAN, or UDP.
        name: device path, interface name or host.
        number: UDP port; 0 elsewhere.
    """

    kind: PortKind
    name: str
    number: int

    expects = "sim, /dev/serial/by-id/…, slcan:/dev/serial/by-id/…, can:can0 or udp:HOST:PORT"
    examples = ("sim", "/dev/serial/by-id/usb-FTDI_TTL232R-3V3_FT1ABCDE-if00-port0", "can:can0", "udp:10.0.0.7:9100")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A port as written. Raises: BadText."""
        plain = text.strip()
        if plain == "sim":
            return cls("sim", "", 0, text=plain)
        scheme, separator, rest = plain.partition(":")
        if plain.startswith("/") and len(plain) > 1:
            return cls("serial", plain, 0, text=plain)
        if separator and scheme in ("slcan", "serial") and rest.startswith("/"):
            return cls("slcan" if scheme == "slcan" else "serial", rest, 0, text=plain)
        if separator and scheme == "can" and re.fullmatch(r"[A-Za-z0-9_.-]{1,15}", rest):
            return cls("can", rest, 0, text=plain)
        if separator and scheme == "udp" and (match := _HOST_PORT.fullmatch(rest)) and 0 < int(match["port"]) < 65536:
            return cls("udp", match["host"].strip("[]"), int(match["port"]), text=plain)
        raise BadText(f"{text!r} is not a port", f"write {cls.expects}; `cuefocus ports` lists what is there")

    @property
    def stable(self) -> bool:
        """Whether the name survives unplugging (`/dev/ttyUSB0` does not)."""
        return self.kind not in ("serial", "slcan") or "/by-id/" in self.name or "/by-path/" in self.name


@dataclass(frozen=True, slots=True)
class Endpoint(Written):
    """A network address: `127.0.0.1:8000`."""

    host: str
    port: int

    expects = "an address such as 127.0.0.1:8000 or [::1]:8000"
    examples = ("127.0.0.1:8000", "[::1]:8000")

    @classmethod
    def parse(cls, text: str) -> Self:
        """An address as written. Raises: BadText."""
        match = _HOST_PORT.fullmatch(text.strip())
        if match is None or not int(match["port"]) < 65536:
            raise BadText(f"{text!r} is not an address", f"write {cls.expects}")
        return cls(match["host"].strip("[]"), int(match["port"]), text=text.strip())

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it; a name other than `localhost` may be anybody's."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

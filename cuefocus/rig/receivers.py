"""Who is told of the show's moments: desks by OSC and MIDI, machines by HTTP, and whoever follows our timecode."""

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import Field

from cuefocus.files.strict import Findings, Flag, Name, Strict
from cuefocus.files.text_value import BadText, Written
from cuefocus.rig.midi import MscFormat
from cuefocus.rig.values import Endpoint
from cuefocus.wire.artnet import PORT
from cuefocus.wire.midi_show import ALL_CALL

RECEIVER_KINDS: Final = ("osc", "midi", "http", "artnet")
_BASE: Final = re.compile(r"(https?)://(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?(/[!-~]*)?")
_ART_NET: Final = re.compile(r"([A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_LAST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class BaseAddress(Written):
    """Where a machine is called by HTTP: scheme, host, port, and what all its paths begin with."""

    expects = "an address such as http://10.0.0.9:8000"
    examples = ("http://10.0.0.9:8000", "https://wall.local/api")

    @property
    def place(self) -> Endpoint:
        """Host and port."""
        match = _BASE.fullmatch(self.text)
        scheme, host, port = match.group(1, 2, 3) if match is not None else ("http", "", None)
        return Endpoint.parse(f"{host}:{port or {'http': 80, 'https': 443}[scheme]}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """An address as written. Raises: BadText."""
        match = _BASE.fullmatch(text.strip())
        if match is None or not 0 < int(match[3] or 1) <= _LAST_PORT:
            raise BadText(f"{text!r} is not an HTTP address", f"write {cls.expects}")
        return cls(text=text.strip().rstrip("/"))


@dataclass(frozen=True, slots=True)
class ArtNetPlace(Written):
    """Where Art-Net goes: a host, or a network's broadcast address. Art-Net is IPv4."""

    host: str
    port: int

    expects = "an address such as 10.0.0.255 (all of a network) or 10.0.0.5"
    examples = ("10.0.0.255", "10.0.0.5", "127.0.0.1:6455")

    @classmethod
    def parse(cls, text: str) -> Self:
        """An address as written. Raises: BadText."""
        match = _ART_NET.fullmatch(text.strip())
        port = int(match[2] or PORT) if match is not None else 0
        if match is None or not 0 < port <= _LAST_PORT:
            raise BadText(f"{text!r} is not an address", f"write {cls.expects}")
        return cls(match[1], port, text=text.strip())


class Receiver(Strict):
    """One that is told. Exactly one of `osc`, `midi`, `http`, `artnet`."""

    id: Name
    osc: Endpoint | None = Field(None, description="OSC by UDP, or over TCP with `tcp`")
    tcp: Literal["length", "slip"] | None = Field(None, description="osc: over TCP, its packets set apart so")
    midi: Name | None = Field(None, description="an output port's name or a part of it, or `jack:PORT`, `raw:PATH`")
    msc_device: int = Field(
        ALL_CALL, ge=0, le=ALL_CALL, description="midi: whom MIDI Show Control is for; 127 is everybody"
    )
    msc_format: MscFormat = Field("lighting", description="midi: the command format of MIDI Show Control")
    mmc_device: int = Field(127, ge=0, le=127, description="midi: whom MIDI Machine Control is for; 127 is everybody")
    http: BaseAddress | None = None
    artnet: ArtNetPlace | None = None
    timecode: Flag = Field(False, description="artnet: it is sent the timecode that is followed, frame by frame")
    stream: int = Field(0, ge=0, le=255, description="artnet: the stream id in its timecode")
    latency_ms: Annotated[float, Field(ge=0, le=2000)] = Field(
        0.0, description="from our sending until it takes effect; it is sent so much earlier"
    )

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which kinds are written; one in a rig that was accepted."""
        return tuple(kind for kind in RECEIVER_KINDS if getattr(self, kind) is not None)

    @property
    def kind(self) -> str:
        """One of `RECEIVER_KINDS`."""
        return self.kinds[0]

    def complaints(self) -> Findings:
        """What no single field can see."""
        if len(self.kinds) != 1:
            problem = f"{' and '.join(self.kinds)} in one receiver" if self.kinds else "nothing says where it is"
            yield (), "error", problem, f"write one of {', '.join(RECEIVER_KINDS)}"
            return
        kind = self.kind
        for key, owner in (
            ("tcp", "osc"),
            ("msc_device", "midi"),
            ("msc_format", "midi"),
            ("mmc_device", "midi"),
            ("timecode", "artnet"),
            ("stream", "artnet"),
        ):
            if key in self.model_fields_set and owner != kind:
                yield (key,), "error", f"{key} says nothing to a receiver by {kind}", "take it out"
        if self.osc is not None and self.osc.port == 0:
            yield ("osc",), "error", f"{self.osc} names no port", "write ADDRESS:PORT"
        if self.artnet is not None and not self.timecode:
            yield ("artnet",), "warning", "nothing is sent to it", "write timecode: true"


def receiver_complaints(receivers: tuple[Receiver, ...]) -> Findings:
    """What is wrong with them, each and together."""
    seen: set[str] = set()
    for index, one in enumerate(receivers):
        if one.id in seen:
            yield (index, "id"), "error", f"two receivers are called {one.id!r}", "rename one"
        seen.add(one.id)
        for at, severity, problem, hint in one.complaints():
            yield (index, *at), severity, problem, hint

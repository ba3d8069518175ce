"""One simulated motor as a person describes it: on the command line, or as an object in a JSON file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf
from pathlib import Path

from cuefocus.errors import InputError
from cuefocus.sim.lens_motor import MotorCharacter
from cuefocus.timebase.units import NS_PER_MS

_KINDS = {
    "str": "text",
    "int": "a whole number",
    "int | None": "a whole number or null",
    "float": "a number",
    "bool": "true or false",
}
_COUNTS_MAX = {"tilta": 9999, "dji": 4095, "bridge": 65_535}
_ADDRESS = {"tilta": 1, "dji": 0, "bridge": 0}


@dataclass(frozen=True, slots=True)
class SimMotorSpec:
    """One simulated motor, in the units a person writes.

    Args:
        driver: tilta, dji or bridge.
        link: path of the pty's link, or udp:PORT. Motors that share a link share the line.
        name: what faults and logs call it; the link where empty.
        address: its number on the line; None for the family's own.
        counts_near, counts_far: counts at close focus and infinity; far None for the family's highest.
        quantum_counts: smallest step of its encoder.
        start: ring position at first.
        dead_ms, lag_ms, speed, accel, backlash, readback_ms: as in `MotorCharacter` (ring per s, ring per s², ring).
        baud: bits per second; None for the family's own, 0 for no line time.
        framing: DJI: slcan, socketcan (virtual only) or plain.
        command: Tilta: CMD of a focus set-point.
        echo: Tilta: repeat each frame.
        answers: bridge: report positions.
        calibrated: whether it knows its end stops.
        log: CSV file of true positions, or empty.
    """

    driver: str
    link: str
    name: str = ""
    address: int | None = None
    counts_near: int = 0
    counts_far: int | None = None
    quantum_counts: int = 1
    start: float = 0.0
    dead_ms: float = 20.0
    lag_ms: float = 15.0
    speed: float = inf
    accel: float = inf
    backlash: float = 0.0
    readback_ms: float = 4.0
    baud: int | None = None
    framing: str = "slcan"
    command: int = 1
    echo: bool = False
    answers: bool = True
    calibrated: bool = True
    log: str = ""

    def __post_init__(self) -> None:
        if self.driver not in _COUNTS_MAX:
            raise InputError(f"no simulated motor {self.driver!r}", hint=f"have {', '.join(_COUNTS_MAX)}")
        far = _COUNTS_MAX[self.driver] if self.counts_far is None else self.counts_far
        wrong = [
            f"{name} ({range_})"
            for name, range_, bad in (
                ("start", "0 to 1", not 0 <= self.start <= 1),
                ("dead_ms", "0 or more", not 0 <= self.dead_ms < inf),
                ("lag_ms", "0 or more", not 0 <= self.lag_ms < inf),
                ("speed", "above 0", not self.speed > 0),
                ("accel", "above 0", not self.accel > 0),
                ("backlash", "from 0, below 1", not 0 <= self.backlash < 1),
                ("readback_ms", "0 or more", not 0 <= self.readback_ms < inf),
                ("quantum_counts", "1 or more", self.quantum_counts < 1),
                ("baud", "0 or more", self.baud is not None and self.baud < 0),
                ("counts_far", "other than counts_near", far == self.counts_near),
            )
            if bad
        ]
        if wrong:
            raise InputError(f"a motor cannot have this: {', '.join(wrong)}", where=self.title)

    @property
    def title(self) -> str:
        """Its name, or its link."""
        return self.name or self.link

    @property
    def line_address(self) -> int:
        """Its number on the line."""
        return _ADDRESS[self.driver] if self.address is None else self.address

    def character(self) -> MotorCharacter:
        """The same in the model's units."""
        return MotorCharacter(
            counts_near=self.counts_near,
            counts_far=_COUNTS_MAX[self.driver] if self.counts_far is None else self.counts_far,
            dead_ns=round(self.dead_ms * NS_PER_MS),
            lag_ns=round(self.lag_ms * NS_PER_MS),
            speed_ring_per_s=self.speed,
            accel_ring_per_s2=self.accel,
            backlash_ring=self.backlash,
            readback_ns=round(self.readback_ms * NS_PER_MS),
            start_ring=self.start,
            quantum_counts=self.quantum_counts,
        )


def spec_from(values: Mapping[str, object], where: str = "") -> SimMotorSpec:
    """A spec from a JSON object. Raises InputError for a key or a kind of value that does not belong."""
    kinds = {field.name: _KINDS[str(getattr(field.type, "__name__", field.type))] for field in fields(SimMotorSpec)}
    for key, value in values.items():
        if key not in kinds:
            raise InputError(f"unknown key {key!r}", where=where, hint=f"have {', '.join(kinds)}")
        if not _fits(value, kinds[key]):
            raise InputError(f"{key} is {value!r}, which is not {kinds[key]}", where=where)
    if "driver" not in values or "link" not in values:
        raise InputError("a motor needs driver and link", where=where)
    return SimMotorSpec(**values)  # type: ignore[arg-type]  # kinds were checked above


def specs_from_file(path: str) -> list[SimMotorSpec]:
    """The motors of a JSON file, a list of objects. Raises InputError."""
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as problem:
        raise InputError(f"cannot be read: {problem.strerror}", where=path) from None
    except (ValueError, RecursionError) as problem:
        raise InputError(f"is no JSON: {problem}", where=path) from None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise InputError("must be a list of objects, one a motor", where=path)
    return [spec_from(row, f"{path}: motor {number}") for number, row in enumerate(rows, start=1)]


def _fits(value: object, kind: str) -> bool:
    """Whether a JSON value is of that kind."""
    if isinstance(value, bool) or value is None:
        return kind == "true or false" if value is not None else kind.endswith("null")
    if isinstance(value, str):
        return kind == "text"
    return (isinstance(value, int) and "number" in kind) or (isinstance(value, float) and kind == "a number")

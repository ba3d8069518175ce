"""What motion must be told, as plain JSON: axes, motors, ports, privileges. `run` writes it from the rig."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cuefocus.errors import RigFileError
from cuefocus.motor.axis import AxisSpec
from cuefocus.motor.codec import Codec
from cuefocus.motor.driver import QUERY_NS, make_codec
from cuefocus.shells.host_clock import DEFAULT_SPIN_NS
from cuefocus.shells.open_link import framing_of
from cuefocus.shells.realtime import DEFAULT_PRIORITY


@dataclass(frozen=True, slots=True)
class AxisConfig:
    """One axis and the motor that turns it.

    Args:
        spec: the axis.
        driver: motor family, as in the rig file.
        link: address of its port, as in the rig file; axes with the same link share the line.
        baud: bits per second of a serial line, 0 for the family's own.
        address: the motor's address on the line; None for the family's own.
        options: the family's own options.
        query_period_ns: time between position questions.
    """

    spec: AxisSpec
    driver: str
    link: str
    baud: int = 0
    address: int | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    query_period_ns: int = QUERY_NS

    def codec(self) -> Codec:
        """A codec of its own for the axis' line."""
        options = dict(self.options)
        if self.driver == "dji":
            options.setdefault("framing", framing_of(self.link))
        return make_codec(self.driver, **options)


@dataclass(frozen=True, slots=True)
class MotionConfig:
    """All of it.

    Args:
        axes: in the order of the shared memory.
        socket: where motion's own commands are heard; empty for nowhere.
        priority: of the real-time class; 0 for the ordinary one. cpu: the only core to use, or None.
        lock: keep its memory from being paged out. stay_awake: keep the cores out of deep sleep.
        spin_ns: how long before a deadline to stop sleeping.
        allow_remote: whether motors on the network are permitted.
        found, unknown: of links that name a machine, see `MotorNames`.
    """

    axes: tuple[AxisConfig, ...]
    socket: str = ""
    priority: int = DEFAULT_PRIORITY
    cpu: int | None = None
    lock: bool = True
    stay_awake: bool = False
    spin_ns: int = DEFAULT_SPIN_NS
    allow_remote: bool = False
    found: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Put it where motion will read it."""
        path.write_text(json.dumps(asdict(self), indent=1))


def read_motion_config(path: Path) -> MotionConfig:
    """The config `MotionConfig.write` wrote. Raises RigFileError when it is none."""
    try:
        fields = json.loads(path.read_text())
        axes = tuple(AxisConfig(**{**axis, "spec": AxisSpec(**axis["spec"])}) for axis in fields.pop("axes"))
        return MotionConfig(axes=axes, **fields)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise RigFileError(f"no motion config: {problem}", where=str(path), hint="`run` writes it") from None

"""A lens motor in the rig: how to reach it, how far and fast it may go, and what was measured of it."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from cuefocus.files.durations import RingAcceleration, RingJerk, RingSpeed
from cuefocus.files.quantities import Percent
from cuefocus.files.strict import Finding, Milliseconds, Strict, Text
from cuefocus.motor.axis import AxisSpec
from cuefocus.rig.values import CountsRange, Port
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

DriverName = Literal["tilta", "dji", "bridge"]
COUNTS_OF_DRIVER: dict[str, range] = {"tilta": range(10_000), "dji": range(4_096), "bridge": range(1 << 24)}
"""What a family's set-point can say (Tilta 0…9999, DJI R SDK 0…4095; the bridge carries any share of travel)."""
ADDRESSES_OF_DRIVER: dict[str, range] = {"tilta": range(1, 5), "dji": range(1, 2), "bridge": range(1, 256)}
FEEDBACK_OF_DRIVER: dict[str, Literal["read", "none"]] = {"tilta": "none", "dji": "read", "bridge": "read"}
BITS_PER_SERIAL_BYTE = 10
"""8N1: a start bit, eight data bits, a stop bit."""
BITS_PER_CAN_BYTE = 16
"""About 128 bits of a standard frame with stuffing carry 8 bytes."""


class Limits(Strict):
    """What a set-point never exceeds."""

    speed: RingSpeed
    acceleration: RingAcceleration
    jerk: RingJerk


class Simulated(Strict):
    """How the simulator behind this motor behaves, where it differs from what the rig believes."""

    dead_ms: Milliseconds | None = None
    lag_ms: Milliseconds | None = None
    readback_ms: Milliseconds | None = None
    speed: RingSpeed | None = None
    acceleration: RingAcceleration | None = None
    backlash_counts: int | None = Field(None, ge=0, le=100_000)
    quantum_counts: int = Field(1, ge=1, le=10_000, description="smallest step of its encoder")
    report_hz: float = Field(100.0, gt=0, le=2000, description="how often it reports its position")
    start: Percent = Field(Percent.parse("50 %"), description="where it stands when switched on")
    seed: int = Field(0, ge=0, lt=2**32)


class Motor(Strict):
    """One lens motor."""

    name: Text = ""
    driver: DriverName
    port: Port
    address: int = Field(1, ge=1, le=255)
    baud: int = Field(115_200, ge=1200, le=12_000_000, description="bits per second of its line; CAN bit rate for dji")
    command: int = Field(1, ge=0, le=255, description="tilta: the focus command byte (1; some units take 5)")
    setpoints_hz: float = Field(description="how often a set-point goes out", gt=0, le=2000)
    travel: CountsRange = Field(description="counts at the end stops, low first, e.g. 0..9999")
    direction: Literal["normal", "reversed"] = Field("normal", description="reversed: close focus at the high end")
    limits: Limits
    settle_speed: Percent = Field(Percent.parse("30 %"), description="of the speed limit, for moves no cue asked for")
    backlash_counts: int = Field(0, ge=0, le=100_000, description="lost motion when the direction changes")
    residual_backlash_counts: int = Field(0, ge=0, le=100_000, description="what compensation leaves of it")
    dead_ms: Milliseconds = Field(0.0, description="last byte of a set-point to first movement")
    lag_ms: Milliseconds = Field(0.0, description="first-order time constant of its position loop")
    readback_ms: Milliseconds = Field(0.0, description="age of a position report when its last byte arrives")
    feedback: Literal["read", "none"] | None = Field(None, description="default as the driver family has it")
    measured: Text = Field("", description="date on which dead time, lag and backlash were measured")
    simulated: Simulated = Simulated()

    @property
    def reports(self) -> bool:
        """Whether positions can be read back."""
        return (self.feedback or FEEDBACK_OF_DRIVER[self.driver]) == "read"

    @property
    def near_to_far(self) -> CountsRange:
        """Counts at ring 0 and ring 1, direction applied."""
        return self.travel.reversed() if self.direction == "reversed" else self.travel

    def line_ns(self, frame_bytes: int) -> int:
        """Time a frame needs on the line, first to last byte; 0 on a network."""
        if self.port.kind == "udp" or self.driver == "bridge":
            return 0
        bits = BITS_PER_CAN_BYTE if self.driver == "dji" else BITS_PER_SERIAL_BYTE
        return frame_bytes * bits * NS_PER_S // self.baud

    def axis_spec(self, axis_name: str, motor_id: str, frame_bytes: int) -> AxisSpec:
        """The motor on one axis, as plain numbers."""
        ends = self.near_to_far
        return AxisSpec(
            name=axis_name,
            motor=motor_id,
            speed_ring_per_s=self.limits.speed.ring_per_s,
            accel_ring_per_s2=self.limits.acceleration.ring_per_s2,
            jerk_ring_per_s3=self.limits.jerk.ring_per_s3,
            settle_fraction=self.settle_speed.fraction,
            counts_near=ends.near,
            counts_far=ends.far,
            period_ns=round(NS_PER_S / self.setpoints_hz),
            line_ns=self.line_ns(frame_bytes),
            dead_ns=round(self.dead_ms * NS_PER_MS),
            lag_ns=round(self.lag_ms * NS_PER_MS),
            readback_ns=round(self.readback_ms * NS_PER_MS),
            backlash_ring=self.backlash_counts / ends.span,
            residual_backlash_ring=self.residual_backlash_counts / ends.span,
            feedback=self.reports,
        )

    def complaints(self) -> Iterator[Finding]:
        """What no single field can see; places are within the motor."""
        if self.travel.near > self.travel.far:
            ends = self.travel.reversed()
            yield ("travel",), "error", f"{self.travel} runs downwards", f"write {ends} and direction: reversed"
        allowed = COUNTS_OF_DRIVER[self.driver]
        for end in (self.travel.near, self.travel.far):
            if end not in allowed:
                problem = f"{end} counts cannot be sent to a {self.driver} motor"
                yield ("travel",), "error", problem, f"its counts run from {allowed.start} to {allowed.stop - 1}"
        addresses = ADDRESSES_OF_DRIVER[self.driver]
        if self.address not in addresses:
            problem = f"no {self.driver} motor has address {self.address}"
            yield ("address",), "error", problem, f"addresses run from {addresses.start} to {addresses.stop - 1}"
        if self.driver == "bridge" and self.port.kind not in ("sim", "udp"):
            yield ("port",), "error", "the bridge speaks JSON over UDP", "write udp:HOST:PORT or sim"
        if self.driver == "tilta" and self.port.kind not in ("sim", "serial"):
            yield ("port",), "error", "a Tilta motor hangs on a serial line", "write /dev/serial/by-id/… or sim"
        if self.driver == "dji" and self.port.kind not in ("sim", "slcan", "can"):
            yield ("port",), "error", "a DJI motor hangs on CAN", "write can:can0, slcan:/dev/serial/by-id/… or sim"
        if not self.port.stable:
            problem = f"{self.port} may be another device after replugging"
            yield ("port",), "warning", problem, "use the name under /dev/serial/by-id"
        if self.feedback == "read" and FEEDBACK_OF_DRIVER[self.driver] == "none":
            yield ("feedback",), "error", f"{self.driver} motors do not report positions", "write feedback: none"
        if self.residual_backlash_counts > self.backlash_counts:
            hint = "residual_backlash_counts is what compensation leaves of backlash_counts"
            yield ("residual_backlash_counts",), "error", "more is left than there was", hint
        if self.port.kind != "sim" and not self.measured:
            problem = "dead time and lag carry no date of measurement"
            yield ("measured",), "warning", problem, "run `cuefocus calibrate` and write the date"

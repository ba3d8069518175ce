"""A lens motor in the rig: how to reach it, how far and fast it may go, and what was measured of it."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from cuefocus.errors import RigFileError
from cuefocus.files.durations import RingAcceleration, RingJerk, RingSpeed
from cuefocus.files.quantities import Percent
from cuefocus.files.strict import Finding, Milliseconds, Strict, Text
from cuefocus.motor.axis import AxisSpec
from cuefocus.motor.codec import Codec, line_ns
from cuefocus.motor.driver import make_codec
from cuefocus.rig.values import CountsRange, Port
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

DriverName = Literal["tilta", "dji", "bridge"]


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
    address: int | None = Field(None, ge=0, le=255, description="on its line; default the family's own")
    baud: int | None = Field(None, ge=1200, le=100_000_000, description="bits per second; default the family's own")
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

    def codec(self) -> Codec:
        """A fresh codec of its family. Raises: RigFileError for an option the family does not have."""
        if self.driver == "tilta":
            return make_codec("tilta", command=self.command)
        if self.driver == "dji":
            return make_codec("dji", framing="socketcan" if self.port.kind == "can" else "slcan")
        return make_codec("bridge", feedback=self.feedback != "none")

    @property
    def reports(self) -> bool:
        """Whether positions can be read back."""
        return self.feedback != "none" and self.codec().feedback

    @property
    def near_to_far(self) -> CountsRange:
        """Counts at ring 0 and ring 1, direction applied."""
        return self.travel.reversed() if self.direction == "reversed" else self.travel

    def axis_spec(self, axis_name: str, motor_id: str) -> AxisSpec:
        """The motor on one axis, as plain numbers."""
        ends, codec = self.near_to_far, self.codec()
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
            line_ns=line_ns(codec, self.baud or 0),
            dead_ns=round(self.dead_ms * NS_PER_MS),
            lag_ns=round(self.lag_ms * NS_PER_MS),
            readback_ns=round(self.readback_ms * NS_PER_MS),
            backlash_ring=self.backlash_counts / ends.span,
            residual_backlash_ring=self.residual_backlash_counts / ends.span,
            feedback=self.feedback != "none" and codec.feedback,
        )

    def complaints(self) -> Iterator[Finding]:
        """What no single field can see; places are within the motor."""
        if self.travel.near > self.travel.far:
            ends = self.travel.reversed()
            yield ("travel",), "error", f"{self.travel} runs downwards", f"write {ends} and direction: reversed"
        codec = self.codec()
        for end in (self.travel.near, self.travel.far):
            if not 0 <= end <= codec.counts_max:
                problem = f"{end} counts cannot be sent to a {self.driver} motor"
                yield ("travel",), "error", problem, f"its counts run from 0 to {codec.counts_max}"
        try:
            codec.encode_setpoint(codec.default_address if self.address is None else self.address, 0)
        except RigFileError as error:
            yield ("address",), "error", error.sentence, error.hint
        if self.driver == "bridge" and self.port.kind not in ("sim", "udp"):
            yield ("port",), "error", "the bridge speaks JSON over UDP", "write udp:HOST:PORT or sim"
        if self.driver == "tilta" and self.port.kind not in ("sim", "serial"):
            yield ("port",), "error", "a Tilta motor hangs on a serial line", "write /dev/serial/by-id/… or sim"
        if self.driver == "dji" and self.port.kind not in ("sim", "slcan", "can"):
            yield ("port",), "error", "a DJI motor hangs on CAN", "write can:can0, slcan:/dev/serial/by-id/… or sim"
        if "report_hz" in self.simulated.model_fields_set:
            yield ("simulated", "report_hz"), "warning", "a simulated motor reports when it is asked", "take it out"
        if not self.port.stable:
            problem = f"{self.port} may be another device after replugging"
            yield ("port",), "warning", problem, "use the name under /dev/serial/by-id"
        if self.feedback == "read" and not codec.feedback:
            yield ("feedback",), "error", f"{self.driver} motors do not report positions", "write feedback: none"
        if self.residual_backlash_counts > self.backlash_counts:
            hint = "residual_backlash_counts is what compensation leaves of backlash_counts"
            yield ("residual_backlash_counts",), "error", "more is left than there was", hint
        if self.port.kind != "sim" and not self.measured:
            problem = "dead time and lag carry no date of measurement"
            yield ("measured",), "warning", problem, "measure both (docs/howto-motors.md says how) and write the date"

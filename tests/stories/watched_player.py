"""A player that keeps what it sent, and what each set-point was computed from."""

from collections.abc import Iterator
from dataclasses import dataclass

from cuefocus.chase.clock import Clock
from cuefocus.engine.frame import Frame
from cuefocus.engine.plan import AxisPlan, Latch
from cuefocus.engine.player import AxisPlayer
from cuefocus.motor.axis import AxisSpec


@dataclass(frozen=True, slots=True)
class Basis:
    """What a set-point was computed from."""

    orders: AxisPlan | None
    clock: Clock
    latch: Latch
    silent: bool


class WatchedPlayer(AxisPlayer):
    """A player whose set-points are kept, before they are rounded, each with what it was computed from."""

    def __init__(self, spec: AxisSpec, *, grid_origin_ns: int, start_ring: float, start_known: bool) -> None:
        super().__init__(spec, grid_origin_ns=grid_origin_ns, start_ring=start_ring, start_known=start_known)
        self.start_ring = start_ring
        self.frames: list[Frame] = []
        self.starts: dict[int, float] = {}
        self.bases: list[Basis] = []
        self._prepared: tuple[Frame | None, Basis] | None = None

    def observe(self, ring: float, stamp_ns: int) -> None:
        """At first, after a fault and after RELEASE a report says where the next set-points start."""
        before = self.ring
        super().observe(ring, stamp_ns)
        if self.ring != before:
            self.starts[len(self.frames)] = self.ring

    def prepare(
        self, now_ns: int, clock: Clock, plan: AxisPlan | None, latch: Latch, *, conductor_silent: bool
    ) -> Frame | None:
        """Remember from what."""
        frame = super().prepare(now_ns, clock, plan, latch, conductor_silent=conductor_silent)
        self._prepared = frame, Basis(plan, clock, latch, conductor_silent)
        return frame

    def sent(self, frame: Frame) -> None:
        """Keep it."""
        assert self._prepared is not None
        assert self._prepared[0] is frame
        self.frames.append(frame)
        self.bases.append(self._prepared[1])
        super().sent(frame)

    def steps(self) -> Iterator[tuple[float, Frame, Basis]]:
        """Each set-point with what it was computed from, and where the axis stood before it."""
        held = self.start_ring
        for index, (frame, basis) in enumerate(zip(self.frames, self.bases, strict=True)):
            yield self.starts.get(index, held), frame, basis
            held = frame.ring

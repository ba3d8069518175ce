"""One axis of the motion process, step by step, on a pty."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cuefocus.chase.clock import NO_CLOCK
from cuefocus.engine.frame import Frame
from cuefocus.engine.plan import NO_EPOCH, AxisPlan, Latch, OnLoss, Plan, Splice
from cuefocus.motion.track import Segment, Track
from cuefocus.motor.driver import LensMotor
from cuefocus.motor.tilta import TiltaCodec
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.motion_axis import NEVER_NS, MotionAxis
from cuefocus.shells.motion_port import MotionPort
from cuefocus.shells.open_link import open_link
from cuefocus.shells.shared_memory import Publisher, SharedMemory
from cuefocus.timebase.units import NS_PER_MS
from tests.shells.motion_rig import Line, tilta_spec

AXIS = "A.focus"
PERIOD_NS = 20 * NS_PER_MS
HELD = AxisPlan(True, Track(0.5), None, OnLoss.FINISH, None, 1, NO_EPOCH)


class Bench:
    """An axis, and the conductor's side of the memory."""

    def __init__(self, folder: Path) -> None:
        self.memory = SharedMemory.create((AXIS,))
        self.line = Line(folder / "motor")
        self.line.plug()
        codec = TiltaCodec()
        self.port = MotionPort("serial:motor", lambda: open_link(f"serial:{self.line.link}"), codec)
        motor = LensMotor(self.port.link, codec, counts_near=0, counts_far=9999)
        spec, status = tilta_spec(AXIS, period_ns=PERIOD_NS), self.memory.status_writer()
        self.axis = MotionAxis(0, spec, motor, self.port, self.memory, status, start_ring=0.5)
        self.status = self.memory.status_reader()
        self.publisher = Publisher(self.memory, self.status)
        self.axis.prepare(now_ns(), NO_CLOCK, conductor_silent=False)

    def orders(self, plan: AxisPlan) -> None:
        """Publish, and have them looked at."""
        self.status.drain()
        self.publisher.publish(now_ns(), NO_CLOCK, Plan(1, {AXIS: plan}))
        self.axis.look(now_ns(), 100, extra=Latch.NONE)

    def frame(self) -> Frame:
        """Make the next frame."""
        self.axis.prepare(now_ns(), NO_CLOCK, conductor_silent=False)
        assert self.axis.frame is not None
        return self.axis.frame

    def send(self) -> Frame:
        """Make the next frame and write it."""
        frame = self.frame()
        self.axis.settle(self.axis.write(frame.write_ns), frame.write_ns)
        return frame


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.port.link.close()
    os.close(made.line.master)
    for fd in made.memory.handed_down:
        os.close(fd)


def pulled(from_ns: int) -> Splice:
    step = 0.2
    segment = Segment(from_ns, 600 * NS_PER_MS, (0.5, 0.0, 0.0, 10 * step, -15 * step, 6 * step))
    return Splice(Track(0.5, (segment,)), from_ns, segment.end_ns)


def test_a_rack_fired_at_rest_does_not_wait_behind_a_frame_that_repeats_where_the_axis_stands(bench: Bench) -> None:
    bench.orders(HELD)
    sent = bench.send()
    repeated = bench.frame()
    assert repeated.counts == sent.counts
    fired = replace(HELD, splice=pulled(now_ns()), attach=2)
    bench.orders(fired)
    assert bench.axis.write_ns == NEVER_NS
    hurries = bench.axis.urgent
    first = bench.frame()
    assert (hurries, bench.axis.urgent) == (True, False)
    assert sent.due_ns + PERIOD_NS // 2 <= first.due_ns
    assert first.ring > 0.5


def test_orders_that_lay_no_other_splice_leave_the_frame_as_it_is(bench: Bench) -> None:
    fired = replace(HELD, splice=pulled(now_ns() + 500 * NS_PER_MS))
    bench.orders(fired)
    bench.send()
    waiting = bench.frame()
    bench.orders(replace(fired, on_loss=OnLoss.RUN))
    assert bench.axis.frame == waiting
    assert not bench.axis.urgent


def test_the_same_orders_published_again_are_not_news(bench: Bench) -> None:
    bench.orders(HELD)
    generation = bench.publisher.publish(now_ns(), NO_CLOCK, Plan(2, {AXIS: HELD}))
    assert not generation
    assert bench.publisher.publish(now_ns(), NO_CLOCK, Plan(3, {AXIS: replace(HELD, attach=2)}))

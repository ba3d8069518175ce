"""The motion process: `python -m cuefocus.shells.motion_main --fd N --config FILE`, started by `run`.

It owns the ports and the limits, and nothing that could make it late: no numpy, no asyncio, no file, no collection.
"""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from cuefocus.errors import CueFocusError, InputError, LinkError, RigFileError
from cuefocus.motor.driver import LensMotor
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.local_socket import LocalServer
from cuefocus.shells.log_line import log_line
from cuefocus.shells.motion_axis import MotionAxis
from cuefocus.shells.motion_commands import MotionCommands
from cuefocus.shells.motion_config import AxisConfig, MotionConfig, read_motion_config
from cuefocus.shells.motion_loop import Inlet, MotionLoop
from cuefocus.shells.motion_port import MotionPort
from cuefocus.shells.motor_names import MotorNames, has_name
from cuefocus.shells.open_link import ReopenableLink, open_link, split_link
from cuefocus.shells.parent import hear_parent, is_orphan
from cuefocus.shells.port_keeper import PortKeeper
from cuefocus.shells.port_prober import PortProber
from cuefocus.shells.realtime import enter_realtime, quiet_garbage
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.timebase.units import NS_PER_MS

FIRST_READ_NS: Final = 300 * NS_PER_MS
"""How long motors are given to say where they stand before motion begins without their word."""
_ASK_AGAIN_NS: Final = 30 * NS_PER_MS
_MAY_HANG: Final = ("serial", "slcan")


def main(argv: Sequence[str]) -> int:
    """Run motion; the exit status."""
    parser = argparse.ArgumentParser(prog="motion")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--config", type=Path, required=True)
    hear_parent(parser)
    given = parser.parse_args(argv)
    try:
        move(SharedMemory.attach(given.fd), read_motion_config(given.config), given.parent)
    except CueFocusError as problem:
        log_line(f"motion: {problem}")
        return 1 if isinstance(problem, InputError) else 3
    return 0


def move(memory: SharedMemory, config: MotionConfig, parent: int) -> None:
    """Serve the axes of `config` until told to stop, or left alone by who started us: process `parent`."""
    names = tuple(axis.spec.name for axis in config.axes)
    if names != memory.axes:
        raise RigFileError(f"the shared memory is for {', '.join(memory.axes)}, the config for {', '.join(names)}")
    with contextlib.ExitStack() as open_things:
        machines = MotorNames(config.found, config.unknown)
        ports = _ports(config, machines)
        for port in ports:
            open_things.callback(_close, port)
        motors = _motors(config, ports)
        prober = PortProber() if any(port.probed for port in ports) else None
        if prober is not None:
            open_things.callback(prober.close)
        rings = _first_positions(config, ports, motors)
        status = memory.status_writer()
        axes = [
            MotionAxis(index, axis.spec, motor, port, memory, status, start_ring=ring)
            for index, (axis, (motor, port), ring) in enumerate(zip(config.axes, motors, rings, strict=True))
        ]
        for axis in axes:
            if axis.port.gone:
                axis.trip(now_ns(), axis.port.gone)
        keeper = PortKeeper(ports, axes, prober, machines)
        inlets: list[Inlet] = [keeper] if prober is not None else []
        if config.socket:
            server = LocalServer(Path(config.socket))
            open_things.callback(server.close)
            inlets.append(MotionCommands(server, memory, axes))
        loop = MotionLoop(
            memory,
            status,
            axes,
            ports,
            inlets,
            spin_ns=config.spin_ns,
            tend_ports=keeper.tend,
            orphaned=lambda: is_orphan(parent),
        )
        keeper.regain = loop.regain
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _halting(loop))
        granted = enter_realtime(config.priority, cpu=config.cpu, lock=config.lock, stay_awake=config.stay_awake)
        log_line(f"motion: {len(axes)} axes on {len(ports)} ports; {granted.line}")
        memory.wake_histogram.begin()
        memory.last_histogram.begin()
        memory.motion.begin(now_ns(), os.getpid(), fifo=granted.fifo, locked=granted.locked)
        memory.ring_conductor()
        quiet_garbage()
        loop.run()


def _halting(loop: MotionLoop) -> Callable[[int, object], None]:
    def halt(number: int, frame: object) -> None:
        del number, frame
        loop.halt()

    return halt


def _ports(config: MotionConfig, names: MotorNames) -> list[MotionPort]:
    """A port for each line; one that cannot be opened yet is opened later."""
    first_by_link: dict[str, AxisConfig] = {}
    ports: list[MotionPort] = []
    for axis in config.axes:
        first = first_by_link.setdefault(axis.link, axis)
        if first is axis:
            probed = split_link(axis.link)[0] in _MAY_HANG
            opener = _opener(axis, config, names)
            ports.append(MotionPort(axis.link, opener, axis.codec(), probed=probed, named=has_name(axis.link)))
        elif (first.driver, first.baud, first.options) != (axis.driver, axis.baud, axis.options):
            raise RigFileError(
                f"{first.spec.name} and {axis.spec.name} share a line but not its settings", where=axis.link
            )
    return ports


def _opener(axis: AxisConfig, config: MotionConfig, names: MotorNames) -> Callable[[], ReopenableLink]:
    return lambda: open_link(names.link(axis.link), baud=axis.baud, allow_remote=config.allow_remote)


def _motors(config: MotionConfig, ports: Sequence[MotionPort]) -> list[tuple[LensMotor, MotionPort]]:
    by_name = {port.name: port for port in ports}
    motors: list[tuple[LensMotor, MotionPort]] = []
    for axis in config.axes:
        port = by_name[axis.link]
        motor = LensMotor(
            port.link,
            port.codec,
            counts_near=axis.spec.counts_near,
            counts_far=axis.spec.counts_far,
            address=axis.address,
            query_period_ns=axis.query_period_ns if axis.spec.feedback else 0,
            baud=axis.baud,
            neighbours=sum(other.link == axis.link for other in config.axes) - 1,
            keeps_alive=not port.motors,
        )
        port.motors.append(motor)
        motors.append((motor, port))
    return motors


def _first_positions(
    config: MotionConfig, ports: Sequence[MotionPort], motors: Sequence[tuple[LensMotor, MotionPort]]
) -> list[float | None]:
    """Where each motor says it stands; None for those that do not say in time, or never do."""
    rings: list[float | None] = [None] * len(motors)
    wait = DescriptorWait()
    watched = {id(port): port.link.fileno() for port in ports if not port.gone}
    for fd in watched.values():
        wait.watch(fd)
    until_ns, ask_ns = now_ns() + FIRST_READ_NS, 0
    while now_ns() < until_ns:
        asked = [
            index
            for index, (motor, port) in enumerate(motors)
            if rings[index] is None and config.axes[index].spec.feedback and not port.gone
        ]
        if not asked:
            break
        if now_ns() >= ask_ns:
            ask_ns = now_ns() + _ASK_AGAIN_NS
            for index in asked:
                motor, port = motors[index]
                with contextlib.suppress(LinkError):
                    port.link.write(port.codec.encode_query(motor.address))
        wait.wait_until(min(ask_ns, until_ns))
        for port in ports:
            if port.gone:
                continue
            try:
                heard = port.hear()
            except LinkError as problem:
                wait.forget(watched[id(port)])
                port.lose(problem.sentence)
                continue
            for index in asked if heard is not None else ():
                motor, own = motors[index]
                if own is port and heard is not None and (reports := heard.for_address(motor.address)[0]):
                    rings[index] = config.axes[index].spec.ring_at(reports[-1].counts)
    return rings


def _close(port: MotionPort) -> None:
    port.throw_away()
    port.link.close()


if __name__ == "__main__":
    ended = main(sys.argv[1:])
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(ended)  # everything is given back; taking the interpreter down takes time and tells of extensions' leaks

"""Tilta's frames are Modbus-ASCII: pymodbus plays the motor for our driver, and the hand unit for our simulator."""

import asyncio
import os
import select
import threading
import tty
from collections.abc import Callable
from time import monotonic_ns

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from cuefocus.motor.driver import LensMotor, make_codec
from cuefocus.motor.tilta import TiltaCodec
from cuefocus.shells.serial_link import SerialLink
from cuefocus.sim.lens_motor import MotorCharacter
from cuefocus.sim.sim_motor import SimMotorLink, make_sim_motor

PATIENCE_S = 20.0


def heard(link: SerialLink, enough: Callable[[bytes], bool]) -> bytes:
    data = b""
    while not enough(data):
        assert select.select([link.fileno()], [], [], PATIENCE_S)[0], f"silence after {data!r}"
        data += link.read()
    return data


def test_a_foreign_modbus_server_takes_our_set_points_and_echoes_them(modem: tuple[str, str]) -> None:
    async def serve(port: str, ready: threading.Event, done: asyncio.Event) -> None:
        registers = SimData(0x100, values=0, count=256, datatype=DataType.REGISTERS)
        server = ModbusSerialServer(
            SimDevice(1, simdata=registers), framer=FramerType.ASCII, port=port, baudrate=115_200
        )
        await server.serve_forever(background=True)
        ready.set()
        await done.wait()
        await server.shutdown()  # type: ignore[no-untyped-call]

    ours, theirs = modem
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    done = asyncio.Event()
    server = threading.Thread(target=loop.run_until_complete, args=(serve(theirs, ready, done),))
    server.start()
    try:
        assert ready.wait(PATIENCE_S)
        link, codec = SerialLink(ours), TiltaCodec(param=0x70)
        motor = LensMotor(link, codec, counts_near=0, counts_far=9999)
        for counts in (0x270D, 0, 9999):
            frame = motor.encode(counts)
            assert motor.send(frame)
            echo = heard(link, lambda data: data.endswith(b"\n"))
            assert echo == frame
            assert motor.hear(echo) == []
            register = int(frame[7:9], 16)
            question = bytes((1, 3, 1, register, 0, 1))
            link.write(b":%b%02X\r\n" % (question.hex().upper().encode(), -sum(question) & 0xFF))
            answer = heard(link, lambda data: data.endswith(b"\n"))
            assert int(answer[7:11], 16) == counts
        assert motor.counters.complaints == 0
        assert link.write(b":010601000001FF\r\n")  # a wrong check byte is not answered, ...
        assert link.write(b":01060001000AEE\r\n")  # ... a register that is not there is refused
        motor.hear(heard(link, lambda data: data.endswith(b"\n")))
        assert "Modbus exception" in motor.last_complaint
        link.close()
    finally:
        loop.call_soon_threadsafe(done.set)
        server.join(PATIENCE_S)
        loop.close()


def serve_simulator(master: int, sim: SimMotorLink, stop: int) -> None:
    while True:
        ready = select.select([master, stop], [], [], 0.002)[0]
        if stop in ready:
            return
        if master in ready:
            sim.take(os.read(master, 4096))
        answer = sim.read()
        if answer:
            os.write(master, answer)


def test_a_foreign_modbus_client_drives_our_simulator() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    sim = make_sim_motor("tilta", monotonic_ns, {2: MotorCharacter(dead_ns=0, lag_ns=0)}, echo=True)
    stop, stopped = os.pipe()
    server = threading.Thread(target=serve_simulator, args=(master, sim, stop))
    server.start()
    try:
        client = ModbusSerialClient(os.ttyname(slave), framer=FramerType.ASCII, baudrate=115_200, timeout=PATIENCE_S)
        assert client.connect()
        for counts in (1, 5000, 9999):
            answer = client.write_register(0x0105, counts, device_id=2)
            assert not answer.isError()
            sim.advance()
            assert sim.motors[2].counts_at(monotonic_ns()) == counts
        client.close()  # type: ignore[no-untyped-call]
    finally:
        os.close(stopped)
        server.join(PATIENCE_S)
        for descriptor in (master, slave, stop):
            os.close(descriptor)
    assert sim.wire.malformed == 0


def test_make_codec_gives_what_was_tested_here() -> None:
    assert isinstance(make_codec("tilta"), TiltaCodec)

"""python-can, over slcan on a pty, as the other end of our adapter link and of our DJI simulator."""

import os
import select
import threading
import tty
from time import monotonic_ns

import can

from cuefocus.motor.can_frames import CanFrame
from cuefocus.motor.codec import PositionReport
from cuefocus.motor.dji import DjiCodec
from cuefocus.motor.driver import LensMotor, make_codec
from cuefocus.motor.slcan import SlcanReader, encode_frame
from cuefocus.shells.can_link import SlcanLink
from cuefocus.sim.lens_motor import MotorCharacter
from cuefocus.sim.sim_motor import make_sim_motor

PATIENCE_S = 20.0


def open_bus(channel: str) -> can.BusABC:
    return can.Bus(interface="slcan", channel=channel, bitrate=1_000_000, sleep_after_open=0)


def bitwise_crc(data: bytes, width: int, poly: int, register: int) -> bytes:
    """Straight register, one bit at a time, mirrored in and out."""
    for byte in data:
        for bit in range(8):
            feedback = (register >> (width - 1) ^ byte >> bit) & 1
            register = (register << 1 & (1 << width) - 1) ^ (poly if feedback else 0)
    return int(f"{register:0{width}b}"[::-1], 2).to_bytes(width // 8, "little")


def position_reply(counts: int) -> bytes:
    """A gimbal's answer to a query, from the vendor's document."""
    head = bytes.fromhex("aa1a0020000000000300")
    body = head + bitwise_crc(head, 16, 0x8005, 0xC55C) + bytes.fromhex("0e1200150003") + counts.to_bytes(4, "little")
    return body + bitwise_crc(body, 32, 0x04C11DB7, 0xC55C0000)


def test_python_can_and_our_link_understand_each_other(modem: tuple[str, str]) -> None:
    bus, link = open_bus(modem[0]), SlcanLink(modem[1])
    motor = LensMotor(link, make_codec("dji"), counts_near=0, counts_far=4095, query_period_ns=1)
    assert motor.go_to(2048)
    wanted = DjiCodec(sequence=2).encode_setpoint(0, 2048)  # number 1 went into the driver's own check
    pieces: list[bytes] = []
    while sum(map(len, pieces)) < len(wanted):
        message = bus.recv(PATIENCE_S)
        assert message is not None
        assert (message.arbitration_id, message.is_extended_id) == (0x223, False)
        pieces.append(bytes(message.data))
    assert b"".join(pieces) == wanted
    assert [len(piece) for piece in pieces] == [8, 8, 7]

    reply = position_reply(2047)
    bus.send(can.Message(arbitration_id=0x321, data=b"\xaa\xaa", is_extended_id=False))
    for at in range(0, len(reply), 8):
        bus.send(can.Message(arbitration_id=0x222, data=reply[at : at + 8], is_extended_id=False))
    reports: list[PositionReport] = []
    while not reports:
        assert select.select([link.fileno()], [], [], PATIENCE_S)[0]
        reports += motor.poll()
    assert reports == [PositionReport(0, 2047, calibrated=True)]
    assert motor.counters.complaints == 0
    link.close()
    bus.shutdown()


def test_frames_of_every_kind_cross_to_python_can_and_back(modem: tuple[str, str]) -> None:
    bus, link = open_bus(modem[0]), SlcanLink(modem[1])
    frames = [
        CanFrame(0, b""),
        CanFrame(0x7FF, bytes(range(8))),
        CanFrame(0x1FFF_FFFF, b"\xff", extended=True),
        CanFrame(0x123, bytes(4), remote=True),
        CanFrame(0x12345, bytes(8), extended=True, remote=True),
    ]
    reader, returned = SlcanReader(), list[object]()
    for frame in frames:
        assert link.write(encode_frame(frame))
        message = bus.recv(PATIENCE_S)
        assert message is not None
        assert (message.arbitration_id, message.is_extended_id, message.is_remote_frame, message.dlc) == (
            frame.can_id,
            frame.extended,
            frame.remote,
            len(frame.data),
        )
        assert frame.remote or bytes(message.data) == frame.data
        bus.send(message)
    while len(returned) < len(frames):
        assert select.select([link.fileno()], [], [], PATIENCE_S)[0]
        returned += reader.feed(link.read())
    assert returned == frames
    link.close()
    bus.shutdown()


def test_python_can_drives_our_dji_simulator() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    character = MotorCharacter(counts_far=4095, dead_ns=0, lag_ns=0)
    sim = make_sim_motor("dji", monotonic_ns, character, channel_open=False)
    stop, stopped = os.pipe()

    def serve() -> None:
        while True:
            ready = select.select([master, stop], [], [], 0.002)[0]
            if stop in ready:
                return
            if master in ready:
                sim.take(os.read(master, 4096))
            answer = sim.read()
            if answer:
                os.write(master, answer)

    server = threading.Thread(target=serve)
    server.start()
    try:
        bus = open_bus(os.ttyname(slave))
        codec, decoder = DjiCodec(), DjiCodec()
        for counts in (1, 4095, 2000):
            for packet in (codec.encode_setpoint(0, counts), codec.encode_query(0)):
                for at in range(0, len(packet), 8):
                    bus.send(can.Message(arbitration_id=0x223, data=packet[at : at + 8], is_extended_id=False))
            found: list[object] = []
            while not found:
                message = bus.recv(PATIENCE_S)
                assert message is not None
                assert message.arbitration_id == 0x222
                found += decoder.decode(bytes(message.data))
            assert found == [PositionReport(0, counts, calibrated=True)]
        bus.shutdown()
    finally:
        os.close(stopped)
        server.join(PATIENCE_S)
        for descriptor in (master, slave, stop):
            os.close(descriptor)
    assert sim.wire.malformed == 0

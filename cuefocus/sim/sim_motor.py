"""Simulated motors behind a simulated line: a `Link` in virtual time, or the inside of a process on a real pty.

Time comes from a callable; nothing here waits. Bytes act when the last one of their frame would have arrived.
"""

from collections import deque
from collections.abc import Callable, Mapping
from math import inf

from cuefocus.errors import LinkError
from cuefocus.sim.lens_motor import LensMotorModel, MotorCharacter, TruePosition
from cuefocus.sim.line import LineTime
from cuefocus.sim.sim_bridge import BridgeWire
from cuefocus.sim.sim_dji import DjiWire
from cuefocus.sim.sim_tilta import TiltaWire
from cuefocus.sim.sim_wire import Order, SimWire, Verb

LINE_BUFFER_BYTES = 4096  # what a serial port takes before it says no (Linux tty buffer)
CALIBRATION_NS = 3_000_000_000
_NOISE = bytes(range(7, 250, 11))


class SimMotorLink:
    """The motors of one family on one line, as a link.

    Args:
        wire: the family's protocol.
        motors: models by address.
        now_ns: the host clock, virtual or real.
        baud: bits per second of the line, 0 for datagrams.
        name: what an error calls the port.
        calibrated: whether the motors know their end stops from the start.
    """

    def __init__(
        self,
        wire: SimWire,
        motors: Mapping[int, LensMotorModel],
        now_ns: Callable[[], int],
        *,
        baud: int,
        name: str = "sim",
        calibrated: bool = True,
    ) -> None:
        self.wire, self.motors = wire, dict(motors)
        self._now_ns, self._name = now_ns, name
        self._to_motor, self._to_host = LineTime(baud), LineTime(baud)
        self._asked: deque[tuple[int, Order, object]] = deque()
        self._answers: deque[tuple[int, bytes, object]] = deque()
        self._calibrated_from_ns = {address: -inf if calibrated else inf for address in self.motors}
        self._busy_until_ns = dict.fromkeys(self.motors, -1)
        self._unplugged = self._stalled = self._jammed = False
        self._stuck = bytearray()

    # -- the link ---------------------------------------------------------------------------------------------------

    def write(self, frame: bytes) -> bool:
        """Take one frame whole; False when the line's buffer is full (a stalled port)."""
        self._check_plugged()
        if self._stalled:
            if len(self._stuck) + len(frame) > LINE_BUFFER_BYTES:
                return False
            self._stuck += frame
            return True
        self.take(frame)
        return True

    def read(self) -> bytes:
        """Answers whose last byte has arrived by now."""
        self._check_plugged()
        return b"".join(answer for answer, _ in self.collect())

    def fileno(self) -> int:
        """No descriptor."""
        return -1

    def pending_bytes(self) -> int:
        """Bytes still on the way to the motor."""
        self._check_plugged()
        return len(self._stuck) + self._to_motor.pending_bytes(self._now_ns())

    def close(self) -> None:
        """Nothing to give back."""

    def reopen(self) -> None:
        """As a real port: works once it is plugged in again."""
        self._check_plugged()

    # -- time -------------------------------------------------------------------------------------------------------

    def take(self, data: bytes, origin: object = None) -> None:
        """Bytes from the host, put on the line now; any pieces of frames will do. Answers carry `origin` back."""
        start_ns = self._to_motor.send(self._now_ns(), len(data))
        for index, order in self.wire.hear(data):
            self._heard(start_ns + self._to_motor.span_ns(index + 1), order, origin)

    def collect(self) -> list[tuple[bytes, object]]:
        """Answers whose last byte has arrived by now, each with the origin of its question."""
        self.advance()
        now_ns, arrived = self._now_ns(), []
        while self._answers and self._answers[0][0] <= now_ns:
            _, answer, origin = self._answers.popleft()
            arrived.append((answer, origin))
        return arrived

    def advance(self) -> None:
        """Bring motors and answers up to now."""
        now_ns = self._now_ns()
        while self._asked and self._asked[0][0] <= now_ns:
            at_ns, order, origin = self._asked.popleft()
            model = self.motors[order.address]
            calibrated = self._calibrated_from_ns[order.address] <= at_ns
            answer = self.wire.answer(order, model.counts_at(at_ns), calibrated)
            self._reply(at_ns, model.character.readback_ns, answer, origin)
        for model in self.motors.values():
            model.advance_to(now_ns)

    def next_due_ns(self) -> int | None:
        """When there may be an answer to fetch; None while nothing is under way.

        A question heard is answered at the earliest `readback_ns` after; until then there is nothing to do for it.
        """
        due_ns = self._answers[0][0] if self._answers else None
        if self._asked:
            at_ns, order, _ = self._asked[0]
            ready_ns = at_ns + self.motors[order.address].character.readback_ns
            return ready_ns if due_ns is None or ready_ns < due_ns else due_ns
        return due_ns

    def log(self, address: int | None = None) -> list[TruePosition]:
        """A motor's true positions up to now; without an address, those of the first."""
        self.advance()
        return self.motors[next(iter(self.motors)) if address is None else address].log()

    # -- faults -----------------------------------------------------------------------------------------------------

    @property
    def unplugged(self) -> bool:
        """Whether the plug is out."""
        return self._unplugged

    @property
    def stalled(self) -> bool:
        """Whether the port has stopped taking bytes off its buffer."""
        return self._stalled

    def unplug(self) -> None:
        """The port goes away; what is on the line is lost, the motors stay where they were sent."""
        self._unplugged = True
        self.wire.reset()
        self._stuck.clear()
        self._answers.clear()
        self._asked.clear()
        self._to_motor.clear(self._now_ns())

    def plug(self) -> None:
        """The port is back."""
        self._unplugged = False

    def stall(self) -> None:
        """The port keeps what is written and passes nothing on."""
        self._stalled = True

    def resume(self) -> None:
        """A stalled port passes on what it kept."""
        self._stalled = False
        kept = bytes(self._stuck)
        self._stuck.clear()
        if kept:
            self.take(kept)

    def jam(self) -> None:
        """The motors seize where they are and obey nothing until freed."""
        self.advance()
        self._jammed = True
        for model in self.motors.values():
            model.seize(self._now_ns())

    def free(self) -> None:
        """Seized motors turn again, from the next set-point on."""
        self._jammed = False

    def garbage(self) -> None:
        """Bytes that are no frame arrive at the host."""
        self._answers.appendleft((self._now_ns(), _NOISE, None))

    # -- inside -----------------------------------------------------------------------------------------------------

    def _check_plugged(self) -> None:
        if self._unplugged:
            raise LinkError("the port is gone", where=self._name, hint="plug it in again")

    def _heard(self, at_ns: int, order: Order, origin: object) -> None:
        model = self.motors.get(order.address)
        if order.verb is Verb.ASK:
            if model is not None:
                self._asked.append((at_ns, order, origin))
            return
        self._reply(at_ns, 0, self.wire.answer(order, 0, True), origin)
        if model is None or self._jammed or at_ns < self._busy_until_ns[order.address]:
            return
        if order.verb is Verb.GO:
            model.command_counts(at_ns, order.counts)
        elif order.verb is Verb.OFF:
            model.command(at_ns, None)
        elif order.verb is Verb.CALIBRATE:
            self._calibrate(at_ns, order.address, model)

    def _calibrate(self, at_ns: int, address: int, model: LensMotorModel) -> None:
        """To one stop, to the other, back to the middle; knows its end stops after that."""
        for share, ring in ((0, 0.0), (1, 1.0), (2, 0.5)):
            model.command(at_ns + share * CALIBRATION_NS // 3, ring)
        self._calibrated_from_ns[address] = self._busy_until_ns[address] = at_ns + CALIBRATION_NS

    def _reply(self, at_ns: int, readback_ns: int, answer: bytes, origin: object) -> None:
        if answer:
            last_ns = self._to_host.send(at_ns, len(answer)) + self._to_host.span_ns(len(answer))
            self._answers.append((max(last_ns, at_ns + readback_ns), answer, origin))


def make_sim_motor(
    driver: str,
    now_ns: Callable[[], int],
    characters: Mapping[int, MotorCharacter] | MotorCharacter,
    *,
    baud: int | None = None,
    framing: str = "slcan",
    command: int = 1,
    echo: bool = False,
    answers: bool = True,
    calibrated: bool = True,
    keeps_log: bool = True,
    channel_open: bool = True,
    name: str = "sim",
) -> SimMotorLink:
    """Simulated motors of one family on one line, on the clock `now_ns`.

    Args:
        driver: tilta, dji or bridge.
        now_ns: the host clock, virtual or real.
        characters: what the motors are like, by address; a single one for the family's own address.
        baud: bits per second; None for what the family uses (1 Mbit/s for slcan adapters), 0 for no line time.
        framing: how DJI packets travel: slcan, socketcan, plain.
        command: Tilta's CMD of a focus set-point.
        echo: Tilta motors repeat each frame.
        answers: the bridge reports positions.
        calibrated: the motors know their end stops.
        keeps_log: note true positions (`SimMotorLink.log`).
        channel_open: a slcan adapter passes frames before it was told to open its channel.
        name: what an error calls the port.
    """
    wire: SimWire
    if driver == "tilta":
        wire, usual_baud = TiltaWire(focus_command=command, echo=echo), 115_200
    elif driver == "dji":
        wire = DjiWire(framing=framing, channel_open=channel_open)
        usual_baud = 0 if framing == "socketcan" else 1_000_000
    elif driver == "bridge":
        wire, usual_baud = BridgeWire(answers=answers), 0
    else:
        raise ValueError(f"no simulated motor {driver!r}; have tilta, dji, bridge")
    if isinstance(characters, MotorCharacter):
        characters = {wire.default_address: characters}
    models = {
        address: LensMotorModel(character, now_ns=now_ns(), keeps_log=keeps_log)
        for address, character in characters.items()
    }
    return SimMotorLink(
        wire, models, now_ns, baud=usual_baud if baud is None else baud, name=name, calibrated=calibrated
    )

"""Desks that say anything, whoever they are, on the virtual clock: front desk, session, players and simulated motors.

What is not ours to allow never moves a rack, no trigger has two rows, PANIC is always obeyed, and whoever asks is
answered once.
"""

from dataclasses import dataclass
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import build_msg

from cuefocus.engine.front_desk import FrontDesk
from cuefocus.engine.peers import DeskRules, Guest, PeerRule
from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import Command, Trigger
from cuefocus.shells.conductor_desk import cues_of
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.dialects.dialect import ShowView
from cuefocus.wire.osc_triggers import TriggerTable
from cuefocus.wire.said import STOPS, Right
from tests.stories.invariants import nothing_moves_unless_armed_and_engaged
from tests.stories.kit import Story
from tests.stories.scenes import cue
from tests.stories.test_triggers import HOUSE
from tests.stories.within_limits import every_set_point_is_inside_the_limits

CUES = ("1", "2", "3", "4")
SHOW = HOUSE + "".join(
    cue(number, None, to, f"on: [{{manual: GO}}, {{osc: /desk/{number}}}], pull: 500 ms")
    for number, to in zip(CUES, ("far", "near", "mid", "back"), strict=True)
)
AXIS = "A.focus"
STILL_RING = 1e-3  # coarser than a report, finer than any rack
REPEAT_GUARD_NS = 250 * NS_PER_MS
RULES = DeskRules(
    peers=(
        PeerRule("desk", "10.0.0.5/32", Right.OPERATE, trusts=True),
        PeerRule("script", "10.0.0.6/32", Right.EDIT, trusts=True),
        PeerRule("net", "10.0.0.0/24", Right.VIEW, trusts=True),
    ),
    passcodes=(("5678", Right.OPERATE), ("1234", Right.EDIT)),
)
HERE = Guest("127.0.0.1", 5000)
#: By address: what each may do before it says any passcode.
GUESTS = {
    HERE: Right.OPERATE,
    Guest("10.0.0.5", 5000): Right.OPERATE,
    Guest("10.0.0.5", 5001, 1): Right.OPERATE,
    Guest("10.0.0.6", 5000): Right.EDIT,
    Guest("10.0.0.77", 5000): Right.VIEW,
    Guest("10.9.9.9", 5000): Right.NONE,
    Guest("fe80::9%eth0", 5000, 2): Right.NONE,
}
OPERATORS = (Guest("10.0.0.5", 5000), Guest("10.0.0.5", 5001, 1))
FIRES = (
    "/cuefocus/go",
    "/go",
    *(f"{start}{number}{end}" for number in CUES for start, end in (("/cuefocus/cue/", "/fire"), ("/cue/", "/start"))),
    *(f"/desk/{number}" for number in CUES),
    "/desk/{1,3}",
    "/cue/*/start",
)
PANICS = ("/cuefocus/panic", "/panic", "/hardStop", "/workspace/cuefocus/panic")
OTHERS = (
    *(
        "/cuefocus/hold",
        "/stop",
        "/cuefocus/release",
        "/cuefocus/resume",
        "/resume",
        "/cuefocus/arm",
        "/cuefocus/disarm",
    ),
    *("/cuefocus/engage", "/cuefocus/disengage", "/cuefocus/next", "/cuefocus/back", "/cuefocus/top", "/playhead/3"),
    *("/cuefocus/cue/2/load", "/cuefocus/status", "/cuefocus/take/start", "/cuefocus/take/end", "/cuefocus/subscribe"),
    *("/eos/out/active/cue/1/12", "/cuefocus/cue/99/fire", "/cue/2/stop", "/cue/2/panic", "/nothing/of/ours"),
)


@dataclass(frozen=True)
class Packet:
    """What is sent: a message, or a bundle that is due so many ms from when it is sent."""

    address: str
    ahead_ms: int | None = None

    def at(self, now_ns: int) -> bytes:
        message = build_msg(self.address).dgram
        if self.ahead_ms is None:
            return message
        due_ns = max(2, now_ns + self.ahead_ms * NS_PER_MS)
        return b"#bundle\0" + due_ns.to_bytes(8, "big") + len(message).to_bytes(4, "big") + message


guests = st.sampled_from(sorted(GUESTS, key=str))
tags = st.none() | st.sampled_from((-2000, -5, 0, 30, 400, 20_000))


class Desks(RuleBasedStateMachine):
    """Any of them says anything at any time."""

    story: ClassVar[Story]

    def __init__(self) -> None:
        super().__init__()
        self.stage = self.story.stage()
        job, numbers = self.stage.session.job, count(1)
        keys = [key for kind, key in job.wanted() if kind == "osc"]
        self.front = FrontDesk(RULES, TriggerTable(keys), partial(next, numbers))
        self.front.view = ShowView(cues=cues_of(job))
        self.rights = dict(GUESTS)
        self.asked: dict[int, Guest] = {}
        self.may_fire = 0
        self.stops = self.read = 0
        self.wait(1200)
        self.makes_ready_again(HERE)
        self.says(HERE, Packet("/cuefocus/cue/1/fire"))  # from here on it is known on which side the slack is
        self.wait(1500)
        self.may_fire, self.home_ring, self.begun = 0, self.ring, len(self.stage.records)

    @property
    def ring(self) -> float:
        """Where the motor was sent last, or says that it stands."""
        return self.stage.session.stage.orders[AXIS].last_sent_ring

    # --- what happens ---

    def says(self, guest: Guest, packet: Packet) -> list[Command | Trigger]:
        now_ns = self.stage.clock.now_ns
        hearing = self.front.hear(packet.at(now_ns), now_ns, guest, lambda tag: tag)
        right = self.rights[guest]
        for event in hearing.events:
            if isinstance(event, Command):
                self.asked[event.id] = guest
            moves = isinstance(event, Trigger) or event.verb in ("go", "resume")
            assert right is Right.OPERATE or not moves, f"{guest} may only {right.name.lower()}"
            assert right is Right.OPERATE or not isinstance(event, Command) or event.verb in ("status", "setup")
            self.may_fire += moves
            self.stops += isinstance(event, Command) and event.verb in STOPS
            self.stage.virtual.tell(event)
        if right is Right.NONE:
            for told, data in hearing.out:
                assert told == guest
                assert OscMessage(data).params[-2:][0] == 0 or "error" in str(OscMessage(data).params)
        return hearing.events

    @rule(guest=guests, address=st.sampled_from(FIRES), ahead_ms=tags, also=guests, wait_ms=st.sampled_from((0, 5, 21)))
    def fires(self, guest: Guest, address: str, ahead_ms: int | None, also: Guest, wait_ms: int) -> None:
        """By two routes, which may be the same."""
        packet = Packet(address, ahead_ms)
        self.says(guest, packet)
        self.wait(wait_ms)
        self.says(also, packet)

    @rule(
        stop=st.sampled_from(("/cuefocus/hold", "/cuefocus/disengage")),
        addresses=st.lists(st.sampled_from(FIRES), min_size=2, max_size=2),
        wait_ms=st.sampled_from((0, 5, 21)),
    )
    def operators_fire_what_may_not_move(self, stop: str, addresses: list[str], wait_ms: int) -> None:
        self.makes_ready_again(HERE)
        self.says(HERE, Packet(stop))
        self.wait(20)
        for guest, address in zip((HERE, *OPERATORS), (addresses[0], *addresses), strict=True):
            self.says(guest, Packet(address))
            self.wait(wait_ms)

    @rule(guest=guests, address=st.sampled_from(OTHERS), ahead_ms=tags)
    def says_something_else(self, guest: Guest, address: str, ahead_ms: int | None) -> None:
        self.says(guest, Packet(address, ahead_ms))

    @rule(guest=guests, passcode=st.sampled_from(("5678", "1234", "9999")))
    def says_a_passcode(self, guest: Guest, passcode: str) -> None:
        now_ns = self.stage.clock.now_ns
        self.front.hear(build_msg("/cuefocus/connect", passcode).dgram, now_ns, guest, lambda tag: tag)
        self.rights[guest] = self.front.peers.right(guest)
        assert self.rights[guest] <= max(GUESTS[guest], Right.OPERATE if passcode != "9999" else self.rights[guest])

    @rule(guest=guests.filter(lambda guest: guest.line > 0))
    def hangs_up(self, guest: Guest) -> None:
        self.front.leave(guest)
        self.rights[guest] = GUESTS[guest]

    @rule(
        guest=guests,
        address=st.sampled_from(PANICS),
        ahead_ms=tags,
        behind=st.lists(st.sampled_from(FIRES), max_size=5),
    )
    def panics(self, guest: Guest, address: str, ahead_ms: int | None, behind: list[str]) -> None:
        """Behind words of an operator that have not been heard of yet."""
        for word in behind:
            self.says(HERE, Packet(word))
        self.says(guest, Packet(address, ahead_ms))
        self.wait(30)
        if self.rights[guest] is Right.OPERATE:
            side = self.stage.axes[AXIS]
            assert Latch.PANIC in side.latch
            assert not self.stage.session.stage.orders[AXIS].engaged

    @rule(guest=guests.filter(lambda guest: GUESTS[guest] is Right.OPERATE))
    def makes_ready_again(self, guest: Guest) -> None:
        for address in ("/cuefocus/resume", "/cuefocus/arm", "/cuefocus/engage"):
            self.says(guest, Packet(address))
            self.wait(20)

    @rule(ms=st.sampled_from((1, 10, 200, 260, 700, 1500)))
    def wait(self, ms: int) -> None:
        self.stage.run(self.stage.clock.now_ns + ms * NS_PER_MS)
        for moment in self.stage.moments[self.read :]:
            for reply in moment.outcome.replies:
                if reply.id in self.asked:
                    told = self.front.answer(reply)
                    assert {guest for guest, _ in told} == {self.asked.pop(reply.id)}
                    assert self.front.answer(reply) == []
            for event in moment.outcome.events:
                self.front.news({"event": event.kind, **event.fields}, moment.now_ns)
        self.read = len(self.stage.moments)

    # --- what must stay true ---

    @invariant()
    def who_may_not_operate_moves_nothing(self) -> None:
        if not self.may_fire:
            assert abs(self.ring - self.home_ring) < STILL_RING
            assert len(self.stage.records) == self.begun
        if not self.stops:
            assert self.stage.axes[AXIS].latch is Latch.NONE

    @invariant()
    def no_trigger_counts_twice(self) -> None:
        """Whether it was taken or refused: it has one rack, and one row."""
        by_cue: dict[str, list[int]] = {}
        for record in self.stage.records.values():
            if not record.resumed:
                by_cue.setdefault(record.rack.cue, []).append(record.base_ns)
        for stamps in by_cue.values():
            ordered = sorted(stamps)
            assert all(after - before >= REPEAT_GUARD_NS for before, after in pairwise(ordered))
        for moment in self.stage.moments:
            refused = [row.cue for row in moment.outcome.rows if row.verdict == "refused"]
            assert len(refused) == len(set(refused))

    def teardown(self) -> None:
        self.wait(3000)
        told = self.story.account(self.stage)
        for axis, player in told.players.items():
            every_set_point_is_inside_the_limits(told.specs[axis], player)
            nothing_moves_unless_armed_and_engaged(told, axis, player)


def test_whatever_desks_say_nothing_moves_that_may_not_and_nothing_counts_twice(tmp_path: Path) -> None:
    class Here(Desks):
        story = Story(tmp_path, SHOW, takes=0)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # making a failure smaller takes minutes
        ),
    )

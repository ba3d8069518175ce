"""What desks say over OSC, judged by who says it. Packets are made by python-osc's own builder."""

import json
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from cuefocus.engine.front_desk import FURTHEST_NS, FrontDesk, Hearing
from cuefocus.engine.heard_before import TWICE_NS
from cuefocus.engine.outcome import Reply
from cuefocus.engine.peers import CompanionRule, DeskRules, Guest, PeerRule, Peers
from cuefocus.engine.ports import Command, Trigger
from cuefocus.engine.refusals import MOST_OF_A_HOST, MOST_OF_ALL
from cuefocus.engine.subscribers import MOST
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.dialects.dialect import CueView, ShowView
from cuefocus.wire.osc_triggers import TriggerTable, trigger_key
from cuefocus.wire.said import Right

HERE, DESK, VIEWER, STRANGER = (
    Guest("127.0.0.1", 5000),
    Guest("10.0.0.5", 53000),
    Guest("10.0.0.77", 4000),
    Guest("10.9.9.9", 4000),
)
RULES = DeskRules(
    peers=(
        PeerRule("net", "10.0.0.0/24", Right.VIEW),
        PeerRule("desk", "10.0.0.5/32", Right.OPERATE, trusts=True, reply=53001),
    ),
    passcodes=(("5678", Right.OPERATE), ("1234", Right.EDIT)),
)
TRIGGER = "/eos/out/event/cue/1/12/fire"
NOW = 100 * NS_PER_S


def packet(address: str, *arguments: object) -> bytes:
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)  # type: ignore[arg-type]
    return builder.build().dgram


@pytest.fixture
def desk() -> FrontDesk:
    return made()


def made() -> FrontDesk:
    numbers = count(1)
    front = FrontDesk(RULES, TriggerTable([TRIGGER, "/lights/cue 7"]), lambda: next(numbers))
    front.view = ShowView("Duet", {}, {"1": CueView("1", triggered=True), "2": CueView("2", triggered=True)})
    return front


def hear(desk: FrontDesk, data: bytes, guest: Guest = HERE, at_ns: int = NOW) -> Hearing:
    return desk.hear(data, at_ns, guest, lambda tag: tag)


def said(hearing: Hearing) -> list[tuple[str, ...]]:
    return [
        (event.verb, event.target, event.source) if isinstance(event, Command) else (event.key, event.source)
        for event in hearing.events
    ]


def answers(out: list[tuple[Guest, bytes]]) -> Iterator[tuple[Guest, str, list[object]]]:
    for guest, data in out:
        message = OscMessage(data)
        yield guest, message.address, message.params


# --- words and triggers ---


def test_a_word_is_a_command_and_its_answer_goes_to_who_asked(desk: FrontDesk) -> None:
    hearing = hear(desk, packet("/cuefocus/go"))
    assert said(hearing) == [("go", "", "osc:127.0.0.1")]
    (command,) = hearing.events
    assert isinstance(command, Command)
    out = desk.answer(Reply(command.id, command.source, True, "cue 2 lands", {}))
    assert list(answers(out)) == [(HERE, "/cuefocus/out/reply", ["/cuefocus/go", 1, "cue 2 lands"])]
    assert desk.answer(Reply(command.id, command.source, True, "again", {})) == []


def test_the_show_s_own_trigger_is_heard_by_value(desk: FrontDesk) -> None:
    assert said(hear(desk, packet(TRIGGER, "label"))) == [(TRIGGER, "osc:127.0.0.1")]
    for seven in (7, 7.0):
        assert said(hear(desk, packet("/lights/cue", seven), at_ns=NOW + round(seven) + NS_PER_S))[0][0]
    assert said(hear(desk, packet("/lights/cue", 8))) == []


def test_the_same_number_of_another_type_is_not_taken_for_the_one_before(desk: FrontDesk) -> None:
    for at_s, (argument, fires) in enumerate(
        [(2, True), (2.0, False), (2, True), (True, True), (1.0, True), (0, False)]
    ):
        heard = hear(desk, packet(TRIGGER, argument), at_ns=NOW + at_s * NS_PER_S)
        assert bool(heard.events) is fires, argument


def test_qlab_is_answered_where_it_listens(desk: FrontDesk) -> None:
    (command,) = hear(desk, packet("/cue/2/start"), DESK).events
    assert isinstance(command, Command)
    assert (command.target, command.source) == ("2", "osc:desk")
    ((guest, address, (text,)),) = answers(desk.answer(Reply(command.id, "osc:desk", True, "on its way", {})))
    assert (guest, address) == (Guest("10.0.0.5", 53001), "/reply/cue/2/start")
    assert json.loads(str(text))["status"] == "ok"


def test_who_names_a_port_for_replies_is_answered_and_told_there_until_it_has_gone(desk: FrontDesk) -> None:
    there = Guest(HERE.host, 53009)
    hear(desk, packet("/updates", 1))
    ((guest, address, _),) = answers(hear(desk, packet("/udpReplyPort", 53009)).out)
    assert (guest, address) == (there, "/reply/udpReplyPort")
    ((guest, *_),) = answers(hear(desk, packet("/version")).out)
    assert guest == there
    event = {"event": "departure", "cue": "1", "take": 1}
    assert [guest for guest, _ in desk.news(event, NOW)] == [there]
    successor = made()
    successor.admit(desk.guests, NOW)
    for each in (desk, successor):
        ((guest, *_),) = answers(hear(each, packet("/version"), at_ns=NOW + NS_PER_S).out)
        assert guest == there
    ((guest, *_),) = answers(hear(desk, packet("/version"), Guest(HERE.host, 6000)).out)
    assert guest.port == 6000, "each by itself"
    ((guest, *_),) = answers(hear(desk, packet("/version"), at_ns=NOW + 63 * NS_PER_S).out)
    assert guest == HERE, "after so long, whoever speaks from there is another"
    hear(desk, packet("/udpReplyPort", 53009))
    hear(desk, packet("/disconnect"))
    ((guest, *_),) = answers(hear(desk, packet("/version")).out)
    assert guest == HERE


@pytest.mark.parametrize("port", [0, -1, 65_536, 1.5, "many", float("nan")])
def test_a_port_for_replies_that_is_none_is_said(desk: FrontDesk, port: object) -> None:
    ((guest, _, (told,)),) = answers(hear(desk, packet("/udpReplyPort", port)).out)
    assert guest == HERE
    assert json.loads(str(told)) | {"status": "error", "data": "say a port, 1 to 65535"} == json.loads(str(told))


def test_a_stranger_has_no_answers_sent_to_another_port(desk: FrontDesk) -> None:
    hear(desk, packet("/udpReplyPort", 53009), STRANGER)
    assert [guest for guest, *_ in answers(hear(desk, packet("/cuefocus/go"), STRANGER).out)] == [STRANGER]
    assert desk.guests.replies == ()


def test_ports_for_replies_take_bounded_room(desk: FrontDesk) -> None:
    for port in range(1024, 4096):
        hear(desk, packet("/udpReplyPort", 53009), Guest(HERE.host, port), NOW + port * NS_PER_MS)
    assert len(desk.guests.replies) == 1024


# --- who may ---


def test_a_stranger_s_go_is_refused_answered_and_told(desk: FrontDesk) -> None:
    for word in ("/cuefocus/go", TRIGGER):
        hearing = hear(desk, packet(word), STRANGER)
        assert hearing.events == []
        ((guest, _, params),) = answers(hearing.out)
        assert guest == STRANGER
        assert params[1] == 0
        assert "give the passcode" in str(params[2])
    ((kind, text),) = desk.faults.due(NOW)
    assert kind == "alarm"
    assert "10.9.9.9" in text
    assert "give the passcode" in text
    assert desk.faults.due(NOW + NS_PER_S) == []


def test_who_may_look_may_not_go(desk: FrontDesk) -> None:
    assert next(answers(hear(desk, packet("/cuefocus/ping", 3), VIEWER).out))[1] == "/cuefocus/out/ping"
    assert hear(desk, packet("/cuefocus/go"), VIEWER).events == []
    assert hear(desk, packet("/cuefocus/slate", "12A"), VIEWER).events == []
    assert said(hear(desk, packet("/cuefocus/status"), VIEWER)) == [("status", "", "osc:net")]


def test_a_passcode_makes_more_of_a_peer_and_wrong_ones_tire(desk: FrontDesk) -> None:
    right = hear(desk, packet("/connect", "5678"), STRANGER)
    assert '"ok' in str(next(answers(right.out))[2][0])
    assert said(hear(desk, packet("/cuefocus/go"), STRANGER)) == [("go", "", "osc:10.9.9.9")]
    assert hear(desk, packet("/cuefocus/go"), Guest("10.9.9.9", 4001)).events == [], "another program of that host"
    guesser = Guest("10.9.9.8", 9)
    for number in range(6):
        hear(desk, packet("/connect", f"{number:04}"), guesser, NOW + number)
    hear(desk, packet("/connect", "5678"), guesser, NOW + NS_PER_S)
    assert hear(desk, packet("/cuefocus/go"), guesser, NOW + NS_PER_S).events == []
    hear(desk, packet("/connect", "5678"), guesser, NOW + 40 * NS_PER_S)
    assert said(hear(desk, packet("/cuefocus/go"), guesser, NOW + 40 * NS_PER_S))


@pytest.mark.parametrize("passcodes", [(), (("1234", Right.EDIT),)])
def test_where_no_passcode_would_do_a_stranger_is_to_be_named(passcodes: tuple[tuple[str, Right], ...]) -> None:
    front = FrontDesk(DeskRules(passcodes=passcodes), TriggerTable([TRIGGER]), lambda: 1)
    for word in ("/cuefocus/go", TRIGGER):
        hearing = hear(front, packet(word), STRANGER)
        assert all("name it under peers" in str(params[2]) for _, _, params in answers(hearing.out))
    assert "name it under peers" in front.faults.due(NOW)[0][1]


def test_who_guesses_too_often_is_told_for_how_long_nothing_is_taken(desk: FrontDesk) -> None:
    told = []
    for number in range(5):
        ((_, _, params),) = answers(hear(desk, packet("/cuefocus/connect", f"{number}"), STRANGER, NOW + number).out)
        told.append(params[2])
    tired = "wrong passcode 5 times: none is taken from this host for {} s"
    assert told == ["wrong passcode"] * 4 + [tired.format(30)]
    assert tired.format(30) in desk.faults.due(NOW)[0][1]
    for word, *arguments in (("/cuefocus/connect", "5678"), ("/cuefocus/go",), ("/cuefocus/subscribe",)):
        ((_, _, params),) = answers(hear(desk, packet(word, *arguments), STRANGER, NOW + 20 * NS_PER_S).out)
        assert tired.format(11) in str(params[2])
    assert all(tired.format(11) in text for _, text in desk.faults.due(NOW + 20 * NS_PER_S))
    assert hear(desk, packet("/cuefocus/connect", "5678"), STRANGER, NOW + 31 * NS_PER_S).out
    assert said(hear(desk, packet("/cuefocus/go"), STRANGER, NOW + 31 * NS_PER_S))


def test_one_too_many_with_a_passcode_takes_the_place_of_the_oldest_of_the_weakest() -> None:
    rules = DeskRules(passcodes=(("view", Right.VIEW), ("operate", Right.OPERATE)))
    peers = Peers(rules)
    looks = [Guest("10.1.0.1", port) for port in range(1, 1021)]
    desks = [Guest("10.1.0.2", port) for port in range(1, 5)]
    for guest in (*desks, *looks):
        assert peers.prove(guest, "operate" if guest in desks else "view", NOW) == ""
    late = [Guest("10.1.0.3", port) for port in range(1, 1100)]
    assert peers.prove(looks[0], "view", NOW) == "", "said again: it is the newest now"
    assert peers.prove(late[0], "view", NOW) == ""
    rights = [peers.right(guest) for guest in (looks[0], looks[1], looks[2], late[0])]
    assert rights == [Right.VIEW, Right.NONE, Right.VIEW, Right.VIEW]
    assert {peers.right(guest) for guest in desks} == {Right.OPERATE}
    for guest in late[:1020]:
        assert peers.prove(guest, "operate", NOW) == ""
    assert {peers.right(guest) for guest in desks} == {Right.OPERATE}, "they took the place of those that look"
    assert "may do more" in peers.prove(late[1020], "view", NOW)
    assert {peers.right(guest) for guest in (*desks, *late[:1020])} == {Right.OPERATE}
    assert peers.prove(late[1020], "operate", NOW) == ""
    assert [peers.right(guest) for guest in desks] == [Right.NONE, *[Right.OPERATE] * 3]


def test_who_hangs_up_has_to_prove_itself_again(desk: FrontDesk) -> None:
    line = Guest("10.9.9.9", 4000, 3)
    hear(desk, packet("/cuefocus/connect", "5678"), line)
    assert said(hear(desk, packet("/cuefocus/go"), line))
    desk.leave(line)
    assert hear(desk, packet("/cuefocus/go"), line, NOW + NS_PER_S).events == []


def test_who_says_good_bye_has_proven_nothing_and_is_told_nothing(desk: FrontDesk) -> None:
    news = {"event": "state", "armed": True, "standby": "2"}
    for number, line in enumerate((Guest("10.9.9.9", 4000), Guest("10.9.9.9", 4000, 3))):
        at_ns = NOW + number * NS_PER_S
        hear(desk, packet("/connect", "5678"), line, at_ns)
        for asks in ("/cuefocus/subscribe", "/updates"):
            assert hear(desk, packet(asks, 1), line, at_ns + 1).out
        assert desk.news(news, at_ns + 2)
        ((_, address, _),) = answers(hear(desk, packet("/disconnect"), line, at_ns + 3).out)
        assert address == "/reply/disconnect"
        assert hear(desk, packet("/cuefocus/go"), line, at_ns + 4).events == []
        assert desk.news(news, at_ns + 5) == []


def test_a_time_tag_makes_no_guess_at_a_passcode_older_than_it_is(desk: FrontDesk) -> None:
    for number in range(5):
        guess = OscBundleBuilder(0)
        guess.add_content(OscMessage(packet("/connect", f"{number:04}")))
        tagged = bytearray(guess.build().dgram)
        tagged[8:16] = (2).to_bytes(8, "big")
        hear(desk, bytes(tagged), DESK, NOW + number)
    assert "wrong passcode 5 times" in desk.peers.prove(DESK, "5678", NOW + NS_PER_S)


def test_a_passcode_and_a_good_bye_count_for_what_is_behind_them_in_their_packet(desk: FrontDesk) -> None:
    bundle = OscBundleBuilder(0)
    for address, *arguments in (("/cuefocus/next",), ("/connect", "5678"), ("/cuefocus/go",), ("/disconnect",)):
        bundle.add_content(OscMessage(packet(address, *arguments)))
    bundle.add_content(OscMessage(packet("/cuefocus/back")))
    assert said(hear(desk, bundle.build().dgram, STRANGER)) == [("go", "", "osc:10.9.9.9")]


def test_many_strangers_cost_little_and_are_told_once(desk: FrontDesk) -> None:
    answered = sum(
        bool(hear(desk, packet("/cuefocus/go"), Guest(f"10.{n >> 8}.{n & 255}.1", n), NOW + n).out)
        for n in range(1, 3000)
    )
    assert answered <= MOST_OF_ALL
    ((_, text),) = desk.faults.due(NOW + NS_PER_S)
    assert "and 64 others" in text


def test_many_who_guess_at_passcodes_are_answered_no_more_often() -> None:
    desk = made()
    answered = sum(
        bool(hear(desk, packet("/cuefocus/connect", f"{n}"), Guest(f"10.{n >> 8}.{n & 255}.1", n), NOW + n).out)
        for n in range(1, 300)
    )
    assert answered <= MOST_OF_ALL


@pytest.mark.parametrize("strangers", [1, 8, 500])
def test_strangers_keep_nobody_from_giving_a_passcode_and_being_obeyed(strangers: int) -> None:
    desk = made()
    for n in range(2000):
        hear(desk, packet("/cuefocus/go"), Guest(f"10.9.{n % strangers >> 8}.{n % strangers & 255}", 4000), NOW + n)
    mine = Guest("10.8.0.1", 4000)
    for needs in (Right.VIEW, Right.OPERATE):
        ((_, _, params),) = answers(desk.hear(packet("/cuefocus/connect", "5678"), NOW, mine, int, needs=needs).out)
        assert params == ["/cuefocus/connect", 1, "you may operate"]
        assert said(desk.hear(packet("/cuefocus/panic"), NOW, mine, int, needs=Right.OPERATE))
        desk.leave(mine)


def test_a_host_that_is_answered_no_more_may_still_give_a_passcode_until_it_has_guessed_five_times(
    desk: FrontDesk,
) -> None:
    for _ in range(100):
        hear(desk, packet("/cuefocus/go"), STRANGER, NOW)
    assert hear(desk, packet("/cuefocus/go"), STRANGER).out == []
    other = Guest(STRANGER.host, 4001)
    assert list(answers(hear(desk, packet("/workspace/cuefocus/connect", "5678"), other).out))
    assert said(hear(desk, packet("/cuefocus/go"), other))
    desk.leave(other)
    for n in range(5):
        hear(desk, packet("/connect", f"{n:04}"), STRANGER)
    assert hear(desk, packet("/connect", "5678"), other).out == []
    assert hear(desk, packet("/cuefocus/go"), other).events == []


def test_who_is_refused_too_often_leaves_answers_for_other_hosts(desk: FrontDesk) -> None:
    for _ in range(2000):
        hear(desk, packet("/cuefocus/go"), STRANGER, NOW)
    ((_, _, params),) = answers(hear(desk, packet("/cuefocus/go"), VIEWER).out)
    assert "it may not" in str(params[2])


@pytest.mark.parametrize(("address", "why"), [("/cuefocus/{go,back}", "say which"), ("/cuefocus/*/*/*", "at once")])
def test_wildcards_that_name_too_much_do_nothing_and_who_sent_them_is_told(address: str, why: str) -> None:
    desk = made()
    desk.view = ShowView("Duet", {}, {f"{n}": CueView(f"{n}") for n in range(100)})
    hearing = hear(desk, packet(address, 1))
    assert hearing.events == []
    ((_, _, params),) = answers(hearing.out)
    assert params[1] == 0
    assert why in str(params[2])
    assert why in desk.faults.due(NOW)[0][1]
    assert hear(desk, packet(address, 0), at_ns=NOW + 1).out == [], "a button let go"


def test_one_packet_full_of_words_is_answered_no_more_often_than_many(desk: FrontDesk) -> None:
    go = packet("/cuefocus/go")
    bundle = b"#bundle\0" + bytes(7) + b"\1" + (len(go).to_bytes(4, "big") + go) * 300
    assert len(hear(desk, bundle, STRANGER).out) <= MOST_OF_A_HOST
    assert hear(desk, bundle + (len(go).to_bytes(4, "big") + go) * 100, HERE).events == [], "too long to be a desk's"


# --- twice, stops, time tags ---


def test_a_packet_sent_twice_in_a_breath_is_one_word(desk: FrontDesk) -> None:
    go = packet("/cuefocus/next")
    assert said(hear(desk, go))
    assert hear(desk, go, at_ns=NOW + TWICE_NS - 1).events == []
    ((kind, text),) = desk.faults.due(NOW + TWICE_NS)
    assert kind == "state"
    assert "/cuefocus/next came again" in text
    assert said(hear(desk, go, at_ns=NOW + 2 * TWICE_NS))


def test_a_stop_is_heard_each_time_and_never_waits(desk: FrontDesk) -> None:
    for number in range(3):
        hearing = hear(desk, packet("/panic"), at_ns=NOW + number)
        assert said(hearing) == [("panic", "", "osc:127.0.0.1")]
    bundle = OscBundleBuilder(0)
    bundle.add_content(OscMessageBuilder("/cuefocus/panic").build())
    tagged = bytearray(bundle.build().dgram)
    tagged[8:16] = (NOW + NS_PER_S).to_bytes(8, "big")
    (command,) = hear(desk, bytes(tagged), DESK).events
    assert command.due_ns == 0


@pytest.mark.parametrize(
    ("address", "arguments"),
    [
        ("/cuefocus/disarm", ()),
        ("/cuefocus/arm", (0,)),
        ("/cuefocus/disengage", ()),
        ("/cuefocus/engage", ("A.focus", 0)),
        ("/cuefocus/hold", ()),
        ("/hardStop", ()),
        ("/panicInTime", (1.0,)),
        ("/workspace/cuefocus/stop", ()),
        ("/cuefocus/pan*", ()),
    ],
)
def test_what_stops_or_disarms_is_heard_each_time(desk: FrontDesk, address: str, arguments: tuple[object, ...]) -> None:
    said_again = [hear(desk, packet(address, *arguments), at_ns=NOW + number) for number in range(3)]
    assert [len(hearing.events) for hearing in said_again] == [1, 1, 1]


@pytest.mark.parametrize(
    ("address", "arguments", "verb"),
    [
        ("/cuefocus/disarm", (), "disarm"),
        ("/cuefocus/arm", (0,), "disarm"),
        ("/cuefocus/disengage", (), "disengage"),
        ("/cuefocus/engage", ("A.focus", 0), "disengage"),
        ("/cuefocus/hold", (), "hold"),
        ("/cuefocus/hand", (), "hand"),
        ("/cuefocus/release", (), "release"),
        ("/panic", (), "panic"),
        ("/stop", (), "hold"),
    ],
)
def test_no_trigger_of_a_show_takes_the_place_of_a_word_that_stops_or_disarms(
    address: str, arguments: tuple[object, ...], verb: str
) -> None:
    written = trigger_key(address, arguments)
    front = FrontDesk(RULES, TriggerTable([address, written]), count(1).__next__)
    (event,) = hear(front, packet(address, *arguments)).events
    assert isinstance(event, Command)
    assert event.verb == verb


def test_a_trigger_takes_the_place_of_any_other_word() -> None:
    front = FrontDesk(RULES, TriggerTable(["/cuefocus/go"]), count(1).__next__)
    assert said(hear(front, packet("/cuefocus/go"))) == [("/cuefocus/go", "osc:127.0.0.1")]


def tagged(due_ns: int, address: str = "/cuefocus/go") -> bytes:
    return b"#bundle\0" + due_ns.to_bytes(8, "big") + len(packet(address)).to_bytes(4, "big") + packet(address)


@pytest.mark.parametrize(
    ("guest", "ahead_ns", "due_ns"), [(DESK, 5 * NS_PER_MS, NOW + 5 * NS_PER_MS), (HERE, 5 * NS_PER_MS, 0)]
)
def test_a_time_tag_is_obeyed_only_of_who_is_trusted(desk: FrontDesk, guest: Guest, ahead_ns: int, due_ns: int) -> None:
    (command,) = hear(desk, tagged(NOW + ahead_ns), guest).events
    assert command.due_ns == due_ns


def test_a_time_tag_far_ahead_is_a_clock_set_wrong(desk: FrontDesk) -> None:
    assert hear(desk, tagged(NOW + FURTHEST_NS + NS_PER_S), DESK).events == []
    ((_, text),) = desk.faults.due(NOW)
    assert "11 s ahead; are both clocks set?" in text


def test_a_trusted_tag_that_has_passed_makes_its_word_as_old(desk: FrontDesk) -> None:
    (command,) = hear(desk, tagged(NOW - 5 * NS_PER_S), DESK).events
    assert command.stamp_ns == NOW - 5 * NS_PER_S
    (command,) = hear(desk, tagged(NOW - 5 * NS_PER_S), HERE, NOW + NS_PER_S).events
    assert command.stamp_ns == NOW + NS_PER_S


def test_another_word_between_makes_the_same_again_a_word_of_its_own(desk: FrontDesk) -> None:
    words = [packet("/cuefocus/next"), packet("/cuefocus/back"), packet("/cuefocus/next")]
    assert [bool(hear(desk, word, at_ns=NOW + number).events) for number, word in enumerate(words)] == [True] * 3
    off = packet("/cuefocus/disarm")
    assert [bool(hear(desk, off, at_ns=NOW + number).events) for number in range(2)] == [True] * 2


def test_who_was_refused_often_is_answered_again_a_second_later(desk: FrontDesk) -> None:
    def answered(at_ns: int) -> int:
        return sum(bool(hear(desk, packet("/cuefocus/slate", f"{n}"), VIEWER, at_ns + n).out) for n in range(100))

    assert answered(NOW) == MOST_OF_A_HOST
    assert answered(NOW + 2 * NS_PER_S) == MOST_OF_A_HOST


# --- news ---


def test_subscribers_are_told_until_they_fall_silent(desk: FrontDesk) -> None:
    hear(desk, packet("/cuefocus/subscribe"))
    event: dict[str, object] = {"event": "landing", "cue": "1", "take": 1, "verdict": "landed", "planned_s": 1.5}
    ((guest, address, _),) = answers(desk.news({**event, "error_ms": 0.25}, NOW))
    assert (guest, address) == (HERE, "/cuefocus/out/event/cue/1/landed")
    assert desk.news(event, NOW + 62 * NS_PER_S) == []


def test_each_companion_is_told_in_its_own_words_and_at_its_own_button() -> None:
    first, second = CompanionRule("10.0.0.8", 12321, (1, 0, 3)), CompanionRule("10.0.0.9", 12321, (2, 1, 0))
    rules = DeskRules(told=(("10.0.0.7", 9000),), companions=(first, second, CompanionRule("10.0.0.9", 12322)))
    front = FrontDesk(rules, TriggerTable([]), lambda: 1)
    told = list(answers(front.news({"event": "state", "state": "locked", "armed": True, "standby": "7"}, NOW)))
    at = {guest: [address for other, address, _ in told if other == guest] for guest, _, _ in told}
    assert Guest("10.0.0.7", 9000) in at
    variable, button = "/custom-variable/cuefocus_standby/value", "/location/{}/style/bgcolor"
    assert variable not in at[Guest("10.0.0.7", 9000)]
    for guest, place in ((Guest("10.0.0.8", 12321), "1/0/3"), (Guest("10.0.0.9", 12321), "2/1/0")):
        assert variable in at[guest]
        assert [each for each in at[guest] if "bgcolor" in each] == [button.format(place)]
    assert not [each for each in at[Guest("10.0.0.9", 12322)] if "location" in each]


def test_one_more_than_can_be_told_is_refused_until_another_is_told_no_longer(desk: FrontDesk) -> None:
    told = [Guest("127.0.0.1", 6000 + n) for n in range(MOST)]
    late = Guest("127.0.0.1", 9)
    for guest in told:
        hear(desk, packet("/cuefocus/subscribe"), guest)
    ((_, _, params),) = answers(hear(desk, packet("/cuefocus/subscribe"), late).out)
    assert "64 are told of news already" in str(params[2])
    assert desk.changes == MOST, "a successor need not be told of one that was refused"
    hear(desk, packet("/cuefocus/subscribe", 0), told[0])
    ((_, _, params),) = answers(hear(desk, packet("/cuefocus/subscribe"), late, NOW + NS_PER_S).out)
    assert params[2] == "subscribed"


def test_one_more_that_may_do_more_is_told_in_place_of_the_oldest_that_may_do_least(desk: FrontDesk) -> None:
    viewers = [Guest(VIEWER.host, 6000 + n) for n in range(MOST)]
    for guest in viewers:
        hear(desk, packet("/cuefocus/subscribe"), guest)
    ((_, _, params),) = answers(hear(desk, packet("/cuefocus/subscribe"), HERE).out)
    assert params[2] == "subscribed"
    told = [guest for guest, _ in desk.news({"event": "alarm", "text": "late"}, NOW)]
    assert set(told) == {HERE, *viewers[1:]}
    ((_, _, params),) = answers(hear(desk, packet("/cuefocus/subscribe"), viewers[0], NOW + NS_PER_S).out)
    assert "64 are told of news already" in str(params[2])


def test_a_cue_under_way_is_known_to_who_asks(desk: FrontDesk) -> None:
    desk.observe({"event": "departure", "cue": "2"})
    asked = hear(desk, packet("/cue/2/isRunning"))
    assert '"data": true' in str(next(answers(asked.out))[2][0])
    desk.observe({"event": "landing", "cue": "2"})
    asked = hear(desk, packet("/cue/2/isRunning"), at_ns=NOW + NS_PER_S)
    assert '"data": false' in str(next(answers(asked.out))[2][0])


# --- anything at all ---


@given(st.lists(st.tuples(st.binary(max_size=80), st.sampled_from([HERE, DESK, STRANGER])), max_size=30))
def test_no_bytes_raise_or_fire_anything(packets: list[tuple[bytes, Guest]]) -> None:
    desk = made()
    for number, (data, guest) in enumerate(packets):
        hearing = hear(desk, data, guest, NOW + number)
        assert not any(isinstance(event, Trigger) for event in hearing.events)
    desk.faults.due(NOW + NS_PER_S)


@given(st.sampled_from([packet("/cuefocus/go"), packet(TRIGGER, "x"), tagged(NOW + 5)]), st.data())
def test_what_is_cut_short_says_nothing(whole: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(whole) - 1))
    hearing = hear(made(), whole[:cut])
    assert hearing.events == [] or whole[:cut].endswith(b"\0\0")


def test_a_go_of_who_is_named_with_too_few_rights_is_refused_for_these() -> None:
    front = FrontDesk(DeskRules(peers=RULES.peers), TriggerTable([TRIGGER]), count(1).__next__)
    for word in ("/cuefocus/go", TRIGGER):
        hearing = hear(front, packet(word), VIEWER)
        assert hearing.events == []
        ((_, _, params),) = answers(hearing.out)
        cure = "its `rights:` under peers in the rig's network section do not allow that"
        assert params[1:] == [0, f"refused: it may not; {cure}"]
    ((_, text),) = front.faults.due(NOW)
    assert text.endswith(f"(2 times): /cuefocus/go, {TRIGGER} are refused; {cure}")

"""Which dialect hears what, and what wildcards may name: cues there are, one word, never more than is sound."""

import random
import tracemalloc
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.wire.dialects.addresses import MOST_NAMED, cue_named, in_address, named_by, speakable
from cuefocus.wire.dialects.all import DIALECTS, LONGEST_ADDRESS, hear
from cuefocus.wire.dialects.dialect import CueView, ShowView
from cuefocus.wire.osc import Argument, OscMessage, read_packet, write_bundle, write_message
from cuefocus.wire.osc_triggers import TriggerTable
from cuefocus.wire.said import Said
from tests.wire.dialects.shows import DUET, crossed


def said(address: str, *arguments: Argument, view: ShowView = DUET) -> list[Said] | None:
    found = hear(crossed(address, *arguments), view)
    return None if found is None else list(found[1].said)


@pytest.mark.parametrize(
    ("address", "name"),
    [("/cuefocus/go", "cuefocus"), ("/go", "qlab"), ("/eos/out/ping", "eos"), ("/eos/out/active/cue/1/2", "eos")],
)
def test_each_is_heard_by_its_own(address: str, name: str) -> None:
    found = hear(crossed(address), DUET)
    assert found is not None
    assert found[0].name == name


REAPER = ("/play", "/stop", "/pause", "/record", "/time", "/time/str", "/beat/str", "/frames/str", "/lastmarker/name")
ABLETON = ("/live/song/get/beat", "/live/song/get/is_playing", "/live/error", "/live/startup")
OTHERS = ("/hog/playback/go/0/1.1", "/pb/1/go", "/exec/1/1", "/0/dmx/0", "/Page1/Key201", "/eos/out/event/cue/1/1/fire")


@pytest.mark.parametrize("address", [*REAPER, *ABLETON, *OTHERS])
@pytest.mark.parametrize("argument", [0, 1, 0.0, 1.0, "1"])
def test_what_other_programs_send_fires_nothing_by_accident(address: str, argument: Argument) -> None:
    assert hear(crossed(address, argument), DUET) is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/cue/*/stop", [Said("hold", "A.focus"), Said("hold", "B.iris")]),
        ("/cue/1*/stop", [Said("hold", "A.focus"), Said("hold", "B.iris")]),
        ("/cue/1?*/stop", [Said("hold", "B.iris")]),
        ("/cue/[23]/stop", []),
        ("/cue/{3,12.5}/start", [Said("go", "3"), Said("go", "12.5")]),
        ("/cue/{3,99}/start", [Said("go", "3")]),
        ("/cue/*/start", [Said("go", cue) for cue in ("1", "2", "3", "12.5", "out of here")]),
        ("/cue/*_here/start", [Said("go", "out of here")]),
        ("/workspace/*/cue/3/start", [Said("go", "3")]),
        ("//cue/3/start", [Said("go", "3")]),
        ("/cuefocus/cue/[1-3]/fire", [Said("go", "1"), Said("go", "2"), Said("go", "3")]),
        ("/cuefocus/pan*", [Said("panic")]),
        ("/cue/3/{start,stop}", [Said("go", "3")]),
        ("/cue/1/{start,stop}", [Said("hold", "A.focus")]),
        ("/cuefocus/*", [Said("panic")]),
        ("/cuefocus/{arm,engage}", []),
        ("/*", [Said("panic")]),
    ],
)
def test_wildcards(address: str, expected: list[Said]) -> None:
    assert said(address) == expected


@pytest.mark.parametrize(
    "address", ["/nothing/*", "/cue/x*/start", "/cue/[", "/{cue,x}/", "/cue/*/fly", "/*/*/*/*/*/*"]
)
def test_wildcards_that_name_nothing_are_of_no_dialect(address: str) -> None:
    assert hear(crossed(address), DUET) is None


def test_a_button_let_go_says_nothing_with_wildcards_either() -> None:
    assert said("/cue/*/start", 0) == []


def big(cues: int, *running: int) -> ShowView:
    views = {str(n): CueView(str(n), camera="A", axis=f"A.{n}", running=n in running) for n in range(cues)}
    return ShowView(cues=views)


def test_more_than_is_sound_is_not_fired_but_is_stopped() -> None:
    show = big(MOST_NAMED + 1, 7, 60)
    assert said("/cue/*/start", view=show) == []
    assert said("/cue/?/start", view=show) == [Said("go", str(n)) for n in range(10)]
    assert said("/cue/*/stop", view=show) == [Said("hold", "A.7"), Said("hold", "A.60")]
    found = hear(crossed("/cue/*/start"), show)
    assert found is not None
    assert f"more than {MOST_NAMED}" in found[1].ignored


def test_an_address_beyond_all_measure_is_no_word() -> None:
    assert hear(crossed("/cuefocus/" + "x" * LONGEST_ADDRESS), DUET) is None


def test_a_question_with_wildcards_is_answered_for_each() -> None:
    found = hear(crossed("/cue/*/number"), DUET)
    assert found is not None
    assert [answer.address for answer in found[1].answers] == [
        f"/reply/cue/{n}/number" for n in ("1", "2", "3", "12.5", "out_of_here")
    ]


def test_wildcards_are_resolved_in_no_time() -> None:
    show = big(10_000)
    started = perf_counter()
    said("/cue/*9?[0-9]{1,2,3}*/st*", view=show)
    assert perf_counter() - started < 2.0


def test_what_may_stand_in_an_address() -> None:
    assert [speakable(each) for each in ("12.5", "A-1", "a b", "a/b", "a*", "", "ä")] == [
        True, True, False, False, False, False, False,
    ]  # fmt: skip
    assert in_address("a b/c*ä") == "a_b_c__"
    assert cue_named("a_b", ["a b"]) == "a b"
    assert cue_named("a_b", ["a b", "a_b"]) == "a_b"
    assert cue_named("a_b", []) == "a_b"


numbers = st.text("ab1.", min_size=1, max_size=4)
levels = st.lists(st.sampled_from(["cue", "*", "?", "1", "a", "start", "go", "", "{a,1}", "[!a]"]), max_size=5)


@given(levels=levels, cues=st.lists(numbers, max_size=8, unique=True))
def test_wildcards_never_name_a_cue_that_is_not_there(levels: list[str], cues: list[str]) -> None:
    pattern = "/" + "/".join(levels)
    written = ("/go", "/cue/{cue}/start", "/cue/{cue}/go", "/cue/{cue}")
    real = {each.replace("{cue}", cue) for each in written for cue in cues} | {"/go"}
    assert set(named_by(pattern, written, cues).addresses) <= real


def known_addresses() -> list[str]:
    return [each.replace("{cue}", cue) for one in DIALECTS for each in one.addresses for cue in ("3", "99", "*")]


messages = st.builds(
    OscMessage,
    st.one_of(st.sampled_from(known_addresses()), st.text("/cue*?[]{},1go", max_size=30).map(lambda rest: f"/{rest}")),
    st.lists(
        st.one_of(
            st.integers(-3, 3),
            st.floats(width=32),
            st.booleans(),
            st.none(),
            st.text(max_size=8),
            st.binary(min_size=1),
        ),
        max_size=4,
    ).map(tuple),
)


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    """What a peer may send: sound, or with some of its bytes changed, or cut, or doubled."""
    sent = draw(st.lists(messages, min_size=1, max_size=3))
    data = bytearray(write_message(sent[0]) if len(sent) == 1 else write_bundle(sent))
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))]) if draw(st.booleans()) else bytes(data)


TABLE = TriggerTable(["/cue/3/go", "/cue/3/go 1", "/c*", "/go left"])


def understand(data: bytes) -> None:
    for message in read_packet(data).messages:
        assert len(TABLE.heard(message)) <= 4
        found = hear(message, DUET)
        if found is None:
            continue
        dialect, heard = found
        assert len(heard.said) <= MOST_NAMED
        assert len(heard.answers) <= MOST_NAMED
        for answer in (*heard.answers, *dialect.answer(message, False, "no", {})):
            assert read_packet(write_message(answer)).faults == ()


@given(packets())
def test_nothing_that_is_sent_is_too_odd(data: bytes) -> None:
    understand(data)


@given(st.binary(max_size=200))
def test_no_noise_is_too_odd(data: bytes) -> None:
    understand(b"/" + data)


@pytest.mark.parametrize("address", ["/cuefocus/ping", "/eos/ping"])
def test_what_cannot_be_sent_back_is_not(address: str) -> None:
    odd = OscMessage(address, (1, b"", (2, 3), b"x", None, False, "a"))
    found = hear(odd, DUET)
    assert found is not None
    (answer,) = found[1].answers
    assert answer.arguments == (1, b"x", None, False, "a")
    assert read_packet(write_message(answer)).messages[0].arguments == answer.arguments


def test_hearing_keeps_nothing() -> None:
    chance = random.Random(5)
    addresses = known_addresses()

    def much() -> None:
        for _ in range(500):
            data = bytearray(write_message(OscMessage(chance.choice(addresses), (chance.randint(0, 2),))))
            data[chance.randrange(len(data))] = chance.randrange(256)
            understand(bytes(data))

    much()
    tracemalloc.start()
    much()
    first, _ = tracemalloc.get_traced_memory()
    much()
    second, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert second - first < 50_000

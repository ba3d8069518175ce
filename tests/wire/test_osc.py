"""OSC packets, made by python-osc's builder or by hand: what they hold, and what is wrong with those that are torn."""

import logging
import random
import struct
from time import perf_counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import ArgValue, OscMessageBuilder, build_msg

from cuefocus.wire.osc import IMMEDIATELY, MOST_BYTES, OscMessage, OscPacket, read_packet, write_bundle, write_message

NTP_AT_1970 = 2_208_988_800


def message(address: str, *arguments: ArgValue) -> bytes:
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return bytes(builder.build().dgram)


def bundle(*elements: bytes, time_tag: int = IMMEDIATELY) -> bytes:
    packed = b"".join(struct.pack(">i", len(element)) + element for element in elements)
    return b"#bundle\0" + struct.pack(">Q", time_tag) + packed


scalars = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.floats(width=32, allow_nan=False),
    st.booleans(),
    st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20),
    st.binary(min_size=1, max_size=20),
    st.none(),
)


@given(
    address=st.from_regex(r"/[a-z/]{0,20}", fullmatch=True),
    arguments=st.lists(st.one_of(scalars, st.lists(scalars, max_size=3)), max_size=8),
)
def test_what_another_library_builds_is_read(address: str, arguments: list[ArgValue]) -> None:
    expected = tuple(tuple(each) if isinstance(each, list) else each for each in arguments)
    assert read_packet(message(address, *arguments)) == OscPacket((OscMessage(address, expected),))


def test_a_packet_of_fixed_length_ends_in_zeros() -> None:
    assert read_packet(message("/a", 1) + bytes(8)) == OscPacket((OscMessage("/a", (1,)),))


def test_an_impulse_is_a_press_and_a_symbol_a_string() -> None:
    sent = b"/SI/I\0\0\0,ISi\0\0\0\0SI\0\0" + struct.pack(">i", 7)
    assert read_packet(sent) == OscPacket((OscMessage("/SI/I", (True, "SI", 7)),))
    assert "torn" in read_packet(b"/a\0\0,S\0\0").faults[0]


def test_bundles_are_flattened_in_order_and_keep_the_nearest_time_tag() -> None:
    outer = OscBundleBuilder(1_000_000_000)
    outer.add_content(build_msg("/a", [1]))
    inner = OscBundleBuilder(0)  # immediately
    inner.add_content(build_msg("/b", ["two"]))
    outer.add_content(inner.build())
    outer.add_content(build_msg("/c", []))
    packet = read_packet(bytes(outer.build().dgram))
    tag = (NTP_AT_1970 + 1_000_000_000) << 32
    assert packet == OscPacket((OscMessage("/a", (1,), tag), OscMessage("/b", ("two",)), OscMessage("/c", (), tag)))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not OSC"),
        (b"hello world.", "not OSC"),
        (b"/abc", "without an end"),
        (b"/abc\0\0\0", "multiple of 4"),
        (b"/a\0\0i\0\0\0", "without type tags"),
        (b"/a\0\0,iii", "without an end"),
        (message("/a", 1)[:-4], "torn"),
        (b"/a\0\1,i\0\0" + bytes(4), "without an end"),
        (b"/a\0\0,i\0\1" + bytes(4), "without an end"),
        (b"/a\0\0,s\0\0b\0\0\1", "torn"),
        (b"/a\0\0,b\0\0\0\0\0\1b\0\0\1", "torn"),
        (b"/a\0\0,i\0\0" + bytes(7) + b"\1", "goes on behind"),
        (b"/a\0\0,\0\0\0junk", "goes on behind"),
        (b"/a\0\0,Q\0\0", "unknown type 'Q'"),
        (b"/a\0\0,c\0\0\0\0\0x", "unknown type 'c'"),
        (b"/a\0\0,s\0\0\xff\xfe\0\0", "not UTF-8"),
        (b"/\xff\0\0", "not UTF-8"),
        (b"/a\0\0,b\0\0" + struct.pack(">i", -8), "torn"),
        (b"/a\0\0,b\0\0" + struct.pack(">i", 9) + bytes(8), "torn"),
        (b"/a\0\0,]\0\0", "do not close"),
        (b"/a\0\0,[i\0" + bytes(4), "do not close"),
        (b"/a\0\0,[[[[[[[[[]]]]]]]]]\0", "too deep"),
        (b"/a\0\0," + b"N" * 1027 + bytes(4), "more than 1024 arguments"),
        (b"#bundle\0\0\0\0", "without its time tag"),
        (b"#bundle\0" + bytes(8) + struct.pack(">i", -4), "claims -4 bytes"),
        (b"#bundle\0" + bytes(8) + struct.pack(">i", 8) + b"/a\0\0", "claims 8 bytes of 4"),
        (b"/" + bytes(MOST_BYTES + 2), "more than 65507"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, why: str) -> None:
    packet = read_packet(data)
    assert not packet.messages
    assert len(packet.faults) == 1
    assert why in packet.faults[0]


def test_bundles_nest_to_a_limit() -> None:
    nested = message("/a", 1)
    for _ in range(8):
        nested = bundle(nested)
    assert read_packet(nested) == OscPacket((OscMessage("/a", (1,)),))
    assert "nested more than 8 deep" in read_packet(bundle(nested)).faults[0]
    deep = b"#bundle\0" + bytes(8)
    while len(deep) < MOST_BYTES - 20:
        deep = bundle(deep)
    assert "nested" in read_packet(deep).faults[0]


def test_a_torn_message_in_a_bundle_costs_only_itself() -> None:
    packet = read_packet(bundle(message("/a", 1), b"/b\0\0,i\0\0", message("/c", 2)))
    assert [each.address for each in packet.messages] == ["/a", "/c"]
    assert packet.faults == ("a torn OSC message",)


def test_a_message_without_type_tags_has_no_arguments() -> None:
    assert read_packet(b"/cue/1/go\0\0\0") == OscPacket((OscMessage("/cue/1/go"),))


def test_noise_and_torn_packets_never_raise_nor_take_long(caplog: pytest.LogCaptureFixture) -> None:
    """100,000 packets: noise, and whole ones with bytes changed, cut out, doubled, lengths and tags overwritten."""
    chance = random.Random(20261122)
    whole = [
        message("/time", 12.5),
        message("/frames/str", "01:00:00:00"),
        message("/x", 1, "two", 3.0, b"four", [5, ["six"]], True, None),
        bundle(message("/time", 1.0), bundle(message("/play", 1.0), message("/s", "text")), message("/stop", 0.0)),
    ]
    caplog.set_level(logging.DEBUG)
    read = faults = 0
    begun = perf_counter()
    for _ in range(100_000):
        data = bytearray(chance.choice(whole)) if chance.random() < 0.9 else bytearray(chance.randbytes(40))
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(data)) if data else 0
            what = chance.randrange(5)
            if what == 0 and data:
                data[at] = chance.randrange(256)
            elif what == 1:
                del data[at : at + chance.randrange(9)]
            elif what == 2:
                data[at:at] = data[at : at + chance.randrange(9)]
            elif what == 3:
                data[at : at + 4] = struct.pack(">i", chance.choice((-1, -4, -(2**31), 2**31 - 1, 0, 4, 16)))
            else:
                data[at : at + 1] = chance.choice((b",", b"[", b"]", b"b", b"#", b"/"))
        packet = read_packet(bytes(data))
        read, faults = read + len(packet.messages), faults + len(packet.faults)
    assert read > 10_000
    assert faults > 10_000
    assert perf_counter() - begun < 60.0, "no packet may take long"
    assert not caplog.records


@pytest.mark.parametrize(
    "data",
    [
        bundle(*[b"/\0\0\0"] * 8000)[:MOST_BYTES],
        b"/" + b"a" * 65_000 + bytes(7),
        b"/a\0\0,s\0\0" + b"a" * 65_000 + bytes(8),
        b"/a\0\0," + b"[" * 1000 + bytes(7),
    ],
)
def test_the_longest_packets_are_read_in_milliseconds(data: bytes) -> None:
    begun = perf_counter()
    read_packet(data)
    assert perf_counter() - begun < 1.0


@example(address="/", arguments=[3e38, -3.4e38, 3.5e38])
@given(
    address=st.from_regex(r"/[a-z/]{0,20}", fullmatch=True),
    arguments=st.lists(st.one_of(scalars, st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False)), max_size=8),
)
def test_what_we_write_is_what_we_read(address: str, arguments: list[ArgValue]) -> None:
    read = read_packet(write_message(OscMessage(address, tuple(arguments))))
    assert read.faults == ()
    assert read.messages[0].address == address
    assert read.messages[0].arguments == tuple(as_single(each) for each in arguments)


def as_single(argument: ArgValue) -> ArgValue:
    """A float as OSC's `f` carries it; one that is beyond a single's range goes as a double."""
    if not isinstance(argument, float):
        return argument
    try:
        return float(struct.unpack(">f", struct.pack(">f", argument))[0])
    except OverflowError:
        return argument


def test_a_bundle_of_ours_has_one_tag_for_all() -> None:
    sent = [OscMessage("/a", (1,)), OscMessage("/b", ("two", None, True))]
    assert read_packet(write_bundle(sent)) == OscPacket(tuple(sent))
    tagged = read_packet(write_bundle(sent, time_tag=NTP_AT_1970 << 32)).messages
    assert [message.time_tag for message in tagged] == [NTP_AT_1970 << 32] * 2
    assert write_bundle([]) == bundle()
    assert write_bundle(sent[:1]) == bundle(message("/a", 1))


def test_a_text_of_ours_ends_where_it_ends() -> None:
    read = read_packet(write_message(OscMessage("/a\0b", ("c\0d", "\ud800"))))
    assert read == OscPacket((OscMessage("/a?b", ("c?d", "?")),))


@pytest.mark.parametrize("argument", [1 << 64, (1, 2), b"", object()])
def test_what_osc_cannot_carry_is_our_mistake(argument: object) -> None:
    with pytest.raises(TypeError):
        write_message(OscMessage("/a", (argument,)))

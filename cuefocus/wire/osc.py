"""OSC packets to messages and back: python-osc's parser behind checks that it does not make itself, and its builder.

What no sender of good faith would send is found before the parser sees it: a length that leads backwards, arguments
that the packet does not hold, a type nobody knows the size of. Bundles are flattened in order; each message keeps the
time tag of the innermost bundle around it, and waits for nothing.
Source: The Open Sound Control 1.0 Specification (types, alignment, bundles); 1.1 for T, F, N and I.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pythonosc import osc_message
from pythonosc.osc_message_builder import OscMessageBuilder

MOST_BYTES: Final = 65_507
"""The longest UDP datagram; by TCP a packet is no longer either, and a peer that announces more has lost its place."""
MOST_SAID_BYTES: Final = 9_216
"""No desk says more in a packet, and reading one takes no more than a few milliseconds."""
IMMEDIATELY: Final = 1
"""The time tag that asks for no moment."""
_BUNDLE: Final = b"#bundle\0"
_TAG_BYTES: Final = 8
_SIZE_BYTES: Final = 4
_DEEPEST: Final = 8
_MOST_ARGUMENTS: Final = 1024
_SIZES: Final = {"i": 4, "f": 4, "r": 4, "m": 4, "h": 8, "d": 8, "t": 8, "T": 0, "F": 0, "N": 0, "I": 0, "[": 0, "]": 0}
_STRINGS: Final = ("s", "S")
_ALIKE: Final = bytes.maketrans(b"IS", b"Ts")
"""Types that python-osc does not read, as those it does: an impulse is a press, a symbol a string."""
Argument = object
"""int, float, str, bytes, bool, None, or what python-osc makes of the rarer types."""


@dataclass(frozen=True, slots=True)
class OscMessage:
    """One message.

    Args:
        address: as sent; a pattern is not resolved.
        arguments: arrays among them are tuples.
        time_tag: NTP format, 32 bits of seconds since 1900 and 32 of their fraction; None outside of any bundle, or
            where the bundle says `IMMEDIATELY`.
    """

    address: str
    arguments: tuple[Argument, ...] = ()
    time_tag: int | None = None

    @property
    def first(self) -> Argument:
        """The first argument; None where there is none."""
        return self.arguments[0] if self.arguments else None


@dataclass(frozen=True, slots=True)
class OscPacket:
    """What a packet held.

    Args:
        messages: in the order in which they were sent.
        faults: what was wrong, a sentence each; the messages beside it are whole all the same.
    """

    messages: tuple[OscMessage, ...] = ()
    faults: tuple[str, ...] = ()


def read_packet(data: bytes, *, most_bytes: int = MOST_BYTES) -> OscPacket:
    """The messages of a packet: a datagram, or what a stream's framing set apart.

    Nothing raises: what is torn, too long, nested too deep or no OSC is a fault. Reading takes a time in proportion to
    the packet's length.
    """
    if len(data) > most_bytes:
        return OscPacket(faults=(f"an OSC packet of {len(data)} bytes, more than {most_bytes}",))
    messages: list[OscMessage] = []
    faults: list[str] = []
    for element, time_tag in _elements(data, faults):
        read = _message(element, time_tag)
        if isinstance(read, str):
            faults.append(read)
        else:
            messages.append(read)
    return OscPacket(tuple(messages), tuple(faults))


def write_message(message: OscMessage) -> bytes:
    """The bytes of a message, by itself: its time tag is not written.

    int is sent as `i`, or `h` where it needs more than 32 bits; float as `f`, or `d` where that cannot hold it. A NUL
    in a text, which would end it there, and what is no UTF-8 become `?`. Raises: TypeError for an argument that OSC
    cannot carry, and for an array or an empty blob: we send none.
    """
    builder = OscMessageBuilder(_writable(message.address))
    for argument in message.arguments:
        if isinstance(argument, int) and not -(1 << 63) <= argument < 1 << 63:
            raise TypeError(f"{argument} does not fit an OSC integer")
        builder.add_arg(*_typed(argument))
    return bytes(builder.build().dgram)


def write_bundle(messages: Sequence[OscMessage], *, time_tag: int = IMMEDIATELY) -> bytes:
    """The bytes of a bundle with one time tag for all; the messages' own are not written. Raises: TypeError."""
    elements = [write_message(message) for message in messages]
    sized = (len(element).to_bytes(_SIZE_BYTES, "big") + element for element in elements)
    return _BUNDLE + time_tag.to_bytes(_TAG_BYTES, "big") + b"".join(sized)


def _typed(argument: Argument) -> tuple[str | bytes | float | None, str | None]:
    """An argument as the builder takes it, and its type; None lets the builder see for itself."""
    if isinstance(argument, str):
        return _writable(argument), None
    if isinstance(argument, float):
        return argument, "f" if _fits_single(argument) else "d"
    if argument is None or isinstance(argument, int) or (isinstance(argument, bytes) and argument):
        return argument, None
    raise TypeError(f"OSC as we write it carries no {argument!r:.40}")


def _fits_single(number: float) -> bool:
    try:
        struct.pack(">f", number)
    except OverflowError:
        return False
    return True


def _writable(text: str) -> str:
    return text.replace("\0", "?").encode("utf-8", "replace").decode("utf-8")


def _elements(data: bytes, faults: list[str]) -> Iterator[tuple[bytes, int | None]]:
    """The messages' bytes and their time tags; bundles are walked through, depth first, in order."""
    levels: list[tuple[bytes, int, int | None]] = []
    if not data.startswith(_BUNDLE):
        yield data, None
        return
    levels.append(_opened(data))
    while levels:
        bundle, at, time_tag = levels.pop()
        if len(bundle) < at:
            faults.append("an OSC bundle without its time tag")
            continue
        if at == len(bundle):
            continue
        size = int.from_bytes(bundle[at : at + _SIZE_BYTES], "big", signed=True)
        at += _SIZE_BYTES
        if size <= 0 or size % 4 or at + size > len(bundle):
            faults.append(f"an OSC bundle's element claims {size} bytes of {max(len(bundle) - at, 0)}")
            continue
        element, after = bundle[at : at + size], (bundle, at + size, time_tag)
        levels.append(after)
        if not element.startswith(_BUNDLE):
            yield element, time_tag
        elif len(levels) < _DEEPEST:
            levels.append(_opened(element))
        else:
            faults.append(f"OSC bundles nested more than {_DEEPEST} deep")


def _opened(bundle: bytes) -> tuple[bytes, int, int | None]:
    start = len(_BUNDLE)
    time_tag = int.from_bytes(bundle[start : start + _TAG_BYTES], "big")
    return bundle, start + _TAG_BYTES, None if time_tag == IMMEDIATELY else time_tag


def _message(data: bytes, time_tag: int | None) -> OscMessage | str:
    """A message, or why it is none."""
    fault = _fault(data)
    if fault:
        return fault
    try:
        parsed = osc_message.OscMessage(_plain_types(data))
        return OscMessage(parsed.address, tuple(_frozen(argument) for argument in parsed), time_tag)
    except UnicodeDecodeError:
        return "an OSC string that is not UTF-8"
    except (osc_message.ParseError, ValueError, OverflowError) as problem:
        return f"an OSC message that cannot be read: {problem}"


def _plain_types(data: bytes) -> bytes:
    """A message of sound layout with the types that python-osc reads."""
    if b"I" not in data and b"S" not in data:
        return data
    begin = _string_end(data, 0) or 0
    end = _string_end(data, begin) or begin
    return data[:begin] + data[begin:end].translate(_ALIKE) + data[end:]


def _frozen(argument: Argument) -> Argument:
    return tuple(_frozen(each) for each in argument) if isinstance(argument, list) else argument


def _fault(data: bytes) -> str:
    """What is wrong with a message's layout; empty if it may be parsed."""
    if not data.startswith(b"/"):
        return "a packet that is not OSC"
    if len(data) % 4:
        return f"an OSC message of {len(data)} bytes, no multiple of 4"
    at = _string_end(data, 0)
    if at is None:
        return "an OSC address without an end"
    if at == len(data):
        return ""  # older senders leave the type tags out where there is no argument
    if data[at] != ord(","):
        return "an OSC message without type tags"
    begin, end = at + 1, _string_end(data, at)
    if end is None:
        return "OSC type tags without an end"
    tags = data[begin:end].rstrip(b"\0").decode("latin-1")
    if len(tags) > _MOST_ARGUMENTS:
        return f"an OSC message of more than {_MOST_ARGUMENTS} arguments"
    depth, at = 0, end
    for tag in tags:
        depth += (tag == "[") - (tag == "]")
        if not 0 <= depth <= _DEEPEST:
            return "OSC arrays that do not close, or are nested too deep"
        after = _argument_end(data, at, tag)
        if after is None:
            return (
                f"an OSC argument of unknown type {tag!r}"
                if tag not in (*_SIZES, *_STRINGS, "b")
                else "a torn OSC message"
            )
        at = after
    if any(data[at:]):
        return "an OSC message that goes on behind its last argument"
    return "OSC arrays that do not close" if depth else ""


def _argument_end(data: bytes, at: int, tag: str) -> int | None:
    """Where an argument ends; None where it has no end in here, or is of a type nobody knows the size of."""
    if tag in _STRINGS:
        return _string_end(data, at)
    if tag == "b":
        size = int.from_bytes(data[at : at + _SIZE_BYTES], "big", signed=True)
        last = at + _SIZE_BYTES + size
        end = last + -size % 4
        whole = size >= 0 and at + _SIZE_BYTES <= len(data) and end <= len(data)
        return end if whole and not any(data[last:end]) else None
    size_known = _SIZES.get(tag)
    return at + size_known if size_known is not None and at + size_known <= len(data) else None


def _string_end(data: bytes, at: int) -> int | None:
    """Where a string's padding ends; None where it has no end, or is padded with other than zeros."""
    last = data.find(0, at)
    end = (last + 4) // 4 * 4
    return None if last < 0 or end > len(data) or any(data[last:end]) else end

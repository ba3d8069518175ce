"""Classic BPF for UDP sockets: the kernel drops what nobody here would read, and a flood of it costs us nothing.

Source: linux/filter.h; Documentation/networking/filter.rst. A socket's program sees a datagram from its UDP header on.
"""

import ctypes
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_SO_ATTACH_FILTER: Final = 26  # asm-generic/socket.h; Python does not name it
UDP_HEADER_BYTES: Final = 8
"""Counted in the length that a program sees."""
_ALL_BYTES: Final = 0xFFFF_FFFF
_RANDOM: Final = 0xFFFF_F000 + 56 - UDP_HEADER_BYTES  # SKF_AD_OFF + SKF_AD_RANDOM


class Op(IntEnum):
    """Instructions."""

    LOAD_WORD = 0x20
    LOAD_HALF = 0x28
    LOAD_BYTE = 0x30
    LOAD_LENGTH = 0x80
    LOAD_WORD_BEHIND_X = 0x40
    ADD = 0x04
    ADD_X = 0x0C
    KEEP_AS_X = 0x07
    GO_ON = 0x05
    AND = 0x54
    MODULO = 0x94
    IF_EQUAL = 0x15
    IF_GREATER = 0x25
    IF_AT_LEAST = 0x35
    RETURN = 0x06


_LOADS: Final = (Op.LOAD_WORD, Op.LOAD_HALF, Op.LOAD_BYTE, Op.LOAD_WORD_BEHIND_X)
_BRANCHES: Final = (Op.IF_EQUAL, Op.IF_GREATER, Op.IF_AT_LEAST)


@dataclass(frozen=True, slots=True)
class Line:
    """One instruction; a load that reaches beyond the datagram drops it.

    Args:
        op: what to do.
        value: offset in the datagram's payload, or the number to work with.
        then, otherwise: labels where a comparison goes on, 255 lines ahead at most; empty for the next line. GO_ON
            goes on at `then`, however far ahead.
        label: name of this line.
    """

    op: Op
    value: int = 0
    then: str = ""
    otherwise: str = ""
    label: str = ""


def keep(label: str = "") -> Line:
    """Hand the datagram over."""
    return Line(Op.RETURN, _ALL_BYTES, label=label)


def drop(label: str = "") -> Line:
    """Nobody gets the datagram."""
    return Line(Op.RETURN, 0, label=label)


def keep_one_in(share: int, label: str) -> tuple[Line, ...]:
    """Hand over one in `share` (a power of two) by chance, drop the others."""
    return (
        Line(Op.LOAD_WORD, _RANDOM, label=label),
        Line(Op.AND, share - 1),
        Line(Op.IF_EQUAL, 0, "", "_drop"),
        keep(),
        drop("_drop"),
    )


def assembled(lines: Sequence[Line], *, header_bytes: int = UDP_HEADER_BYTES) -> bytes:
    """The program as the kernel takes it (struct sock_filter each). Raises KeyError for a label that no line has.

    Args:
        lines: its instructions.
        header_bytes: what the program sees before the payload.
    """
    places = {line.label: number for number, line in enumerate(lines) if line.label}
    program = b""
    for number, line in enumerate(lines):

        def way(label: str, *, here: int = number) -> int:
            return places[label] - here - 1 if label else 0

        value = line.value + header_bytes if line.op in _LOADS else line.value
        value = way(line.then) if line.op is Op.GO_ON else value
        ways = (way(line.then), way(line.otherwise)) if line.op in _BRANCHES else (0, 0)
        program += struct.pack("=HBBI", line.op, *ways, value)
    return program


def attach(made: socket.socket, lines: Sequence[Line]) -> None:
    """Let the kernel filter what comes to a UDP socket. Raises OSError where it refuses the program."""
    program = ctypes.create_string_buffer(assembled(lines))
    made.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(lines), ctypes.addressof(program)))

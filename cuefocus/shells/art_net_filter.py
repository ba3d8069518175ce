"""What the kernel lets through to who listens for Art-Net timecode: that, and a sample of what wants to be it."""

from typing import Final

from cuefocus.shells.packet_filter import UDP_HEADER_BYTES, Line, Op, drop, keep, keep_one_in
from cuefocus.wire.artnet import ART_NET_RATES, OP_TIMECODE, PACKET_BYTES, VERSION

SAMPLED: Final = 64
"""Of malformed timecode one in so many is let through: enough to be told, too little to crowd anything out."""
_DROP_FRAME: Final = next(kind for kind, rate in enumerate(ART_NET_RATES) if rate.drop)
_FRAMES, _SECONDS, _MINUTES, _HOURS, _KIND = range(14, PACKET_BYTES)


def _counts_by_kind() -> tuple[Line, ...]:
    """Frames below what the type counts to; goes on at `counted`, of a type that does not exist at `odd`."""
    lines: list[Line] = []
    for kind, rate in enumerate(ART_NET_RATES):
        last = kind == len(ART_NET_RATES) - 1
        following = "odd" if last else f"not {kind}"
        lines += [
            Line(Op.LOAD_BYTE, _KIND, label=f"not {kind - 1}" if kind else ""),
            Line(Op.IF_EQUAL, kind, "", following),
            Line(Op.LOAD_BYTE, _FRAMES),
            Line(Op.IF_AT_LEAST, rate.word_nominal, "odd", "counted"),
        ]
    return tuple(lines)


ART_NET_FILTER: Final = (
    Line(Op.LOAD_WORD, 0),
    Line(Op.IF_EQUAL, int.from_bytes(b"Art-", "big"), "", "other"),
    Line(Op.LOAD_WORD, 4),
    Line(Op.IF_EQUAL, int.from_bytes(b"Net\0", "big"), "", "other"),
    Line(Op.LOAD_HALF, 8),
    Line(Op.IF_EQUAL, int.from_bytes(OP_TIMECODE, "big"), "", "other"),
    Line(Op.LOAD_LENGTH),
    Line(Op.IF_AT_LEAST, PACKET_BYTES + UDP_HEADER_BYTES, "", "odd"),
    Line(Op.LOAD_HALF, 10),
    Line(Op.IF_AT_LEAST, VERSION, "", "odd"),
    Line(Op.LOAD_BYTE, _HOURS),
    Line(Op.IF_AT_LEAST, 24, "odd"),
    Line(Op.LOAD_BYTE, _MINUTES),
    Line(Op.IF_AT_LEAST, 60, "odd"),
    Line(Op.LOAD_BYTE, _SECONDS),
    Line(Op.IF_AT_LEAST, 60, "odd"),
    *_counts_by_kind(),
    # labels that drop-frame leaves out: the first two of a minute, but of each tenth
    Line(Op.LOAD_BYTE, _KIND, label="counted"),
    Line(Op.IF_EQUAL, _DROP_FRAME, "", "fine"),
    Line(Op.LOAD_BYTE, _SECONDS),
    Line(Op.IF_EQUAL, 0, "", "fine"),
    Line(Op.LOAD_BYTE, _FRAMES),
    Line(Op.IF_GREATER, 1, "fine"),
    Line(Op.LOAD_BYTE, _MINUTES),
    Line(Op.MODULO, 10),
    Line(Op.IF_EQUAL, 0, "fine", "odd"),
    keep("fine"),
    *keep_one_in(SAMPLED, "odd"),
    drop("other"),
)
"""What is no Art-Net timecode, such as DMX, never leaves the kernel; nor does most of what is malformed."""

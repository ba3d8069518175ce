"""`cuefocus tell`: a word to the running daemon over its local sockets."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cuefocus.app.runtime_dir import RuntimeDir
from cuefocus.errors import InputError
from cuefocus.files.quantities import FocalLength, Stop
from cuefocus.files.text_value import BadText
from cuefocus.shells.orders import ANSWER_NS, Answer, Order, give
from cuefocus.wire.said import STOPS

STACK: Final = ("standby", "next", "back", "load", "top")
"""Verbs that say what GO fires next."""
PLAIN: Final = (
    "arm",
    "disarm",
    "engage",
    "disengage",
    "go",
    *STACK,
    "resume",
    "slate",
    "setup",
    "offset",
    "source",
    "status",
)
_OF_A_LIST: Final = ("next", "back", "top")
_ALONE: Final = ("arm", "disarm", "status")
_CONFIRMED: Final = ("engage", "source")
CONFIRM: Final = "confirm"
"""After `engage`: the operator has seen that the motor stands where it is assumed to. After `source`: take off what it
differs by."""
CLEAR: Final = "clear"
"""A setting: what the camera was last set to counts no longer."""
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")
_SLATE: Final = "the slate is a word of its own: say slate 47B"
_TAKE: Final = {"start": ("take_start", ""), "end": ("take_end", ""), "good": ("mark", "good"), "ng": ("mark", "ng")}


def order_from(
    words: Sequence[str],
    *,
    by_ring: float | None = None,
    value: str = "",
    stop: str = "",
    focal: str = "",
    clear: bool = False,
) -> Order:
    """The order of a command line's words: `arm`, `go 12.1`, `hand A.focus`, `take good`, …

    Args:
        words: verb and names.
        by_ring: how far a hand moves.
        value: the rest, by verb.
        stop: what an iris is set to, as written.
        focal: what a zoom is set to, as written.
        clear: take both back.

    Raises: InputError naming what can be said.
    """
    verb, *rest = words or ("",)
    if stop or focal or clear:
        if verb != "setup":
            raise InputError("--stop, --focal and --clear belong to setup", hint="say setup A --stop T2.8")
        value = _setting(stop, focal, clear=clear)
    if any(word.startswith("-") and not _NUMBER.fullmatch(word) for word in rest):
        raise InputError(f"no option {next(word for word in rest if word.startswith('-'))}", hint="say tell --help")
    if verb == "slate" and not (value or " ".join(rest)).strip():
        raise InputError("a slate needs a text", hint="say slate 47B")
    if "" in rest and verb in PLAIN and verb not in _ALONE:
        raise InputError(f"`{verb}` is given an empty name", hint=f"say {verb} NAME, or {verb} without a name")
    if verb == "offset":
        return _offset(rest, value)
    if verb == "take":
        what = rest[0] if rest else ""
        if what not in _TAKE:
            raise InputError(f"no `take {what}`".rstrip(), hint="say take start, end, good or ng")
        if len(rest) > 1 or value:
            raise InputError(
                f"`take {what}` stands alone; {(rest[1:] or [value])[0]!r} says nothing to it", hint=_SLATE
            )
        said, marked = _TAKE[what]
        return Order(said, "", marked)
    if verb not in STOPS and verb not in PLAIN:
        raise InputError(f"no order {verb!r}", hint=f"say {', '.join((*PLAIN, *STOPS))} or take …")
    if rest[-1:] == [CONFIRM] and verb in _CONFIRMED and (verb == "engage" or len(rest) > 1):
        rest, value = rest[:-1], CONFIRM
    if rest and verb in _ALONE:
        raise InputError(f"`{verb}` stands alone; {rest[0]!r} says nothing to it", hint=f"say {verb}")
    if len(rest) == 2 and verb in _CONFIRMED:
        raise InputError(f"`{verb} {rest[0]}` takes no {rest[1]!r}", hint=f"say {verb} {rest[0]}, or with {CONFIRM}")
    if len(rest) > 1 and verb != "slate":
        raise InputError(f"`{verb}` takes one name, not {len(rest)}")
    if verb == "hand" and not any(rest):
        raise InputError("a hand needs an axis", hint="say hand A.focus, or hand A.focus --by 0.01")
    if by_ring is not None and verb != "hand":
        raise InputError(f"`{verb}` moves nothing by hand", hint="--by belongs to hand")
    if by_ring is not None and not -1.0 <= by_ring <= 1.0:
        raise InputError(f"--by {by_ring:g} is no share of the ring", hint="say -1 to 1, such as 0.01")
    if verb == "setup" and not rest:
        raise InputError("a setup needs a camera", hint="say setup A --stop T2.8, setup A --clear, or setup A to ask")
    if verb == "slate":
        return Order(verb, "", value or " ".join(rest))
    if rest and verb in _OF_A_LIST:
        return Order(verb, "", rest[0])
    return Order(verb, rest[0] if rest else "", value, by_ring)


def _offset(rest: Sequence[str], value: str) -> Order:
    """`offset`, `offset MS`, `offset A`, `offset A MS`, `offset 12 clear`; alone, `+40` is milliseconds and `40` a cue.

    Raises: InputError for more than that.
    """
    *names, last = rest or ("",)
    if len(names) > 1 or (value and names):
        raise InputError(
            "an offset is for one camera or cue, or for all", hint="say offset A +40, offset +40, offset 12 clear"
        )
    if value:
        return Order("offset", last, value)
    if names or last == CLEAR or (last[:1] in ("+", "-") and _NUMBER.fullmatch(last)):
        return Order("offset", names[0] if names else "", last)
    return Order("offset", last, "")


def _setting(stop: str, focal: str, *, clear: bool) -> str:
    """The value of `setup`: a stop and a focal length as written, or to forget both.

    Raises: InputError for what is no stop or focal length.
    """
    if clear and (stop or focal):
        raise InputError("--clear goes back to the files", hint="clear, or set; not both")
    try:
        words = [f"stop={Stop.parse(stop).t_number:.4f}"] if stop else []
        words += [f"focal_mm={FocalLength.parse(focal).mm:.4f}"] if focal else []
    except BadText as problem:
        raise InputError(problem.problem, hint=problem.hint) from None
    return CLEAR if clear else " ".join(words)


def tell(runtime: RuntimeDir, order: Order, *, source: str = "tell", timeout_ns: int = ANSWER_NS) -> Answer:
    """Give an order to a running daemon.

    Raises: DeviceError when nobody is there to obey it.
    """
    answer = give(runtime.motion_socket, runtime.conductor_socket, order, source=source, timeout_ns=timeout_ns)
    if not runtime.others:
        return answer
    addressed = f"{answer.text} (told {runtime.name}; {', '.join(runtime.others)} running too, --run NAME chooses)"
    return replace(answer, text=addressed, data={**answer.data, "run": runtime.name})

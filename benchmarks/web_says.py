"""What a request to the page may say, by a grammar of patterns that shares nothing with the page's own code.

It is what that is held against: who asks, by which name, from which page of a browser, and which word that is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import unquote_plus

CUES: Final = ("1", "2", "12.5", "Q/3 é")
TOKENS: Final = {"view-0123456789abcdef": 1, "edit-0123456789abcdef": 2, "oper-0123456789abcdef": 3}
"""And the right that each is good for: looking, editing, operating."""
HERE: Final = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
NAMED: Final = ("10.0.0.5", "192.0.2.7")
"""In the rig: the first may look, the second may operate by OSC, and look by HTTP."""
HOSTS: Final = (*HERE, *NAMED, "192.0.2.8", "2001:db8::1", "fe80::1%eth0", "")
"""Where requests come from."""

_BYTE: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_OURS: Final = re.compile(
    rf"(?:localhost|stage\.example)\.?(?::[0-9]*)?|{_BYTE}(?:\.{_BYTE}){{3}}(?::[0-9]*)?", re.IGNORECASE | re.ASCII
)
_SIXTH: Final = re.compile(r"\[(.*)\](?::[0-9]*)?", re.DOTALL)
_SHORT: Final = re.compile(r"0*(?:\d{1,4}|1[0-5]\d{3}|16[0-2]\d{2}|163[0-7]\d|1638[0-4])", re.ASCII)
_LONGEST: Final = 256
_TAKES: Final = {"start": ("take_start", ""), "end": ("take_end", ""), "good": ("mark", "good"), "ng": ("mark", "ng")}
_OF_A_CUE: Final = {"fire": "go", "standby": "standby", "load": "load"}
_WORD: Final = re.compile(
    r"/api/(?:(?P<of_list>go|next|back|top)|(?P<stop>hold|panic|release)|(?P<of_axis>hand|resume|engage|disengage)"
    r"|(?P<plain>arm|disarm)|take/(?P<take>start|end|good|ng)|(?P<slate>slate)"
    r"|cue/(?P<cue>.+)/(?P<of_cue>fire|standby|load))/*",
    re.DOTALL,
)

Word = tuple[str, str, str]
"""Verb, target and value of an order."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request.

    Args:
        host: where it comes from.
        tokens: whether the rig names any.
        path: without its percents. query: as sent.
        headers: by name, of several the last.
    """

    host: str
    tokens: bool
    method: str
    path: str
    query: str
    headers: Mapping[str, str]


def right(asked: Asked, *, changes: bool) -> int:
    """What whoever asks may do: 0 for nothing."""
    headers = asked.headers
    called, origin = headers.get("host", ""), headers.get("origin")
    if not (_OURS.fullmatch(called) or _is_sixth(called)):
        return 0
    elsewhere = origin is not None and origin.lower().split("://", 1)[1:] != [called.lower()]
    if changes and (elsewhere or headers.get("sec-fetch-site") in ("cross-site", "same-site")):
        return 0
    shown = headers.get("authorization")
    if shown is not None:
        found = re.fullmatch(r"bearer (.*)", shown, re.IGNORECASE)
        return TOKENS.get(found[1].strip(), 0) if found and asked.tokens else 0
    if asked.host in HERE:
        return 0 if asked.tokens else 3
    return int(asked.host in NAMED)


def _is_sixth(called: str) -> bool:
    found = _SIXTH.fullmatch(called)
    try:
        return found is not None and bool(IPv6Address(found[1]))
    except ValueError:
        return False


def word(asked: Asked) -> Word | None:
    """The order that a request gives; None where it gives none."""
    found = _WORD.fullmatch(asked.path) if asked.method == "POST" else None
    may = right(asked, changes=True)
    if found is None or not may:
        return None
    given = [tuple(map(unquote_plus, part.partition("=")[::2])) for part in asked.query.split("&") if part]
    targets = [text for key, text in given if key == "target"]
    operates = may >= 3
    if found["stop"]:
        one = targets[0] if len(targets) == 1 and len(targets[0]) <= _LONGEST else ""
        return (found["stop"], one, "") if operates else None
    if too_long(asked.headers) or len(dict(given)) < len(given) or not all(text for _, text in given):
        return None
    return _other(found, dict(given), operates=operates, edits=may >= 2)


def too_long(headers: Mapping[str, str]) -> bool:
    """Whether nothing but a stop is heard of what has so long a body, or two lengths."""
    length = headers.get("content-length", "0")
    return not _SHORT.fullmatch(length) or len(length) > 9 or {"content-length", "transfer-encoding"} <= headers.keys()


def _other(found: re.Match[str], given: Mapping[str, str], *, operates: bool, edits: bool) -> Word | None:
    """What is said beside stops."""
    takes = _meant(found, given)
    if takes is None:
        return None
    known, word = takes
    may = edits if word[0] in ("slate", "mark") else operates
    short = max(map(len, word)) <= _LONGEST
    return word if may and short and given.keys() <= set(known) else None


def _meant(found: re.Match[str], given: Mapping[str, str]) -> tuple[Sequence[str], Word] | None:
    """The parameters that a word takes, and the word."""
    if verb := found["of_list"]:
        return ("list",), (verb, "", given.get("list", ""))
    if verb := found["plain"]:
        return (), (verb, "", "")
    if found["take"]:
        verb, value = _TAKES[found["take"]]
        return (), (verb, "", value)
    if found["slate"]:
        return (("text",), ("slate", "", given["text"])) if "text" in given else None
    if found["of_cue"]:
        return ((), (_OF_A_CUE[found["of_cue"]], found["cue"], "")) if found["cue"] in CUES else None
    verb, target = found["of_axis"], given.get("target", "")
    if verb == "hand" and not target:
        return None
    confirm = "confirm" if verb == "engage" and given.get("confirm") == "true" else ""
    return ("target", "confirm") if verb == "engage" else ("target",), (verb, target, confirm)

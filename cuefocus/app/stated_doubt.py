"""How far each kind of timecode may be off though it is steady, and what that keeps from being ready."""

from collections.abc import Iterator, Mapping
from typing import Final

from cuefocus.errors import TimecodeError
from cuefocus.files.complaint import Complaint
from cuefocus.files.load import Loaded
from cuefocus.rig.models import Rig
from cuefocus.show.models import Show
from cuefocus.timebase.frames import parse_timecode
from cuefocus.timebase.units import NS_PER_MS

MESSAGE_COMMON_NS: Final = 50_000.0
"""What the readings of messages share as an error: successive ones lean on the same early arrivals, so no averaging
takes it away (decision 19)."""
SCREEN_COMMON_NS: Final = 3_100_000.0
"""The same where a program says where it is when its screen is drawn: a position is as old as the block of sound it was
taken from, and where both keep step the earliest is, too. Of 512 frames at 48 kHz, evenly: 10.7 ms / √12."""
LINK_COMMON_NS: Final = 1_000_000.0
"""By how much the programs of a Link session may differ in what they call now."""
COMMON_NS: Final[Mapping[str, float]] = {
    "mtc": MESSAGE_COMMON_NS,
    "artnet": MESSAGE_COMMON_NS,
    "midi-clock": MESSAGE_COMMON_NS,
    "reaper": SCREEN_COMMON_NS,
    "ableton": SCREEN_COMMON_NS,
    "link": LINK_COMMON_NS,
}
"""Standard error that all readings of a kind of source share; kinds without one have none."""
CURE: Final = "let LTC or MIDI timecode lead, and this source stand by or tell of the transport"
_READY_SHARE: Final = 4  # a rack is made ready at a quarter of its tolerance (design §4)
_NAMES: Final = {"reaper": "REAPER", "ableton": "Live"}


def doubt(kind: str) -> str:
    """What to expect of a source that is no clock; empty for one that is."""
    if kind not in _NAMES:
        return ""
    off_ms = COMMON_NS[kind] / NS_PER_MS
    tells = f"{_NAMES[kind]} says where it is when its screen is drawn, so time is uncertain by ±{off_ms:.1f} ms"
    return f"{tells}; racks whose tolerance is less than {_READY_SHARE * off_ms:.1f} ms are not made ready"


def source_complaints(show: Show, rig: Loaded[Rig]) -> Iterator[Complaint]:
    """What is to be known of the programs that the rig follows: how exact they are, what does not fit the show."""
    for index, source in enumerate(rig.value.sources):
        loc = ("sources", index)
        if sentence := doubt(source.kind):
            yield rig.located.complaint((*loc, "kind"), sentence, CURE, severity="note")
        if source.kind != "reaper":
            continue
        rate = source.rate or show.rate
        others = sorted({own.name for act in show.acts if (own := show.rate_of(act)) is not rate})
        if others:
            problem = f"its frames are taken to count at {rate.name}; acts count at {', '.join(others)}"
            hint = "one project has one rate: write it as the source's `rate`"
            yield rig.located.complaint((*loc, "kind"), problem, hint, severity="warning")
        try:
            parse_timecode(source.starts or "00:00:00:00", rate)
        except TimecodeError as wrong:
            yield rig.located.complaint((*loc, "starts"), wrong.sentence, wrong.hint)

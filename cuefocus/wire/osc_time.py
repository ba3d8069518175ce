"""OSC time tags: NTP's 64 bits, of which the upper half counts seconds since 1900.

Source: RFC 5905 §6 (the NTP timestamp format); The Open Sound Control 1.0 Specification, time tags.
"""

from typing import Final

from cuefocus.timebase.units import NS_PER_S

UNIX_EPOCH_S: Final = 2_208_988_800
"""1970 in seconds since 1900."""
_ERA_S: Final = 1 << 32
_HALF: Final = 32
_LOW: Final = (1 << _HALF) - 1


def wall_ns_of_tag(tag: int, near_ns: int) -> int:
    """Nanoseconds since 1970 of a time tag, in the era nearest to `near_ns` (an era ends in 2036)."""
    seconds = (tag >> _HALF) - UNIX_EPOCH_S
    era = round((near_ns / NS_PER_S - seconds) / _ERA_S)
    return (seconds + era * _ERA_S) * NS_PER_S + (((tag & _LOW) * NS_PER_S) >> _HALF)


def tag_of_wall_ns(wall_ns: int) -> int:
    """The time tag of a moment in nanoseconds since 1970, rounded up: whoever waits for it is not early."""
    seconds, rest_ns = divmod(wall_ns, NS_PER_S)
    fraction = -(-(rest_ns << _HALF) // NS_PER_S)
    return (((seconds + UNIX_EPOCH_S) << _HALF) + fraction) & ((1 << 2 * _HALF) - 1)

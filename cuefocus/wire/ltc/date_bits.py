"""The date in LTC's user bits: day, month and year as decimal digits, and a time zone.

Source: SMPTE ST 309 (date and time zone in the binary groups), ST 12-1 §8.5 (what the group flags say); libltc writes
and reads the same digits (`LTC_USE_DATE`).
"""

from datetime import date

from cuefocus.wire.ltc.word import WordFlags

DATE_GROUP_FLAGS = (0, 0, 1)
"""BGF2 alone: the groups hold date and time zone."""


def flags_with_date(day: date, *, colour_frame: bool = False) -> WordFlags:
    """Flags whose user bits name a day, in UTC. Years count from 2000."""
    digits = (day.day % 10, day.day // 10, day.month % 10, day.month // 10, day.year % 10, day.year // 10 % 10)
    bits = sum(digit << 4 * group for group, digit in enumerate(digits))  # groups 7 and 8: the zone, 00 is UTC
    return WordFlags(user_bits=bits, group_flags=DATE_GROUP_FLAGS, colour_frame=colour_frame)

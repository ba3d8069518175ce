"""A flood is told when it begins, each minute, and when it is over."""

from cuefocus.shells.glitch_spells import GlitchSpells
from cuefocus.timebase.units import NS_PER_S


def test_a_long_flood_is_told_at_its_ends_and_each_minute_with_its_count() -> None:
    spells, told = GlitchSpells(one_in=64), []
    for second in range(200):
        if second < 150:
            spells.take(f"Art-Net timecode 25:00:{second % 60:02}:00 does not exist at 25 fps", second * NS_PER_S)
        told += [(second, sentence) for sentence in spells.news(second * NS_PER_S)]
    assert [second for second, _ in told] == [0, 60, 120, 154]
    assert "it goes on, about 3904 like it in 60 s" in told[1][1]
    assert "over, the last of about 9600 like it in 149 s, for one in 64 is looked at" in told[-1][1]


def test_what_is_not_alike_is_told_by_itself_though_a_flood_goes_on() -> None:
    spells = GlitchSpells()
    for second in range(5):
        spells.take(f"quarter frame {second} after 7", second * NS_PER_S)
    spells.take("no clock for 1.2 s: the place in the song is not known", 5 * NS_PER_S)
    assert spells.news(5 * NS_PER_S) == [
        "quarter frame 0 after 7",
        "no clock for 1.2 s: the place in the song is not known",
    ]
    [over] = spells.news(9 * NS_PER_S)
    assert over.startswith("quarter frame 4 after 7: over, the last of 5")
    assert spells.news(10 * NS_PER_S) == [], "one alone is told once"


def test_kinds_without_end_are_told_as_a_bounded_number() -> None:
    spells = GlitchSpells()
    for letter in range(10_000):
        spells.take("".join(chr(97 + (letter >> shift) % 16) for shift in (0, 4, 8, 12)), 0)
    assert len(spells.news(0)) <= 17
    assert len(spells.news(60 * NS_PER_S)) <= 17

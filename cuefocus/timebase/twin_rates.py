"""Rates whose labels are numbered alike: nothing but the speed at which they pass tells 23.976 from 24."""

from typing import Final

from cuefocus.timebase.frames import RATES, FrameRate

CRYSTAL: Final = 300e-6
"""How far two clocks run apart, share of the speed: crystals keep 100 ppm, playback chains 300; twins lie 1,000 off."""
TWINS: Final[dict[int, tuple[FrameRate, ...]]] = {
    24: (RATES["24"], RATES["23.976"]),
    25: (RATES["25"],),
    30: (RATES["30"], RATES["29.97ndf"]),
}
"""By the labels of a second, without drop-frame."""

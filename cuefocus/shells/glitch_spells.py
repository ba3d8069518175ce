"""What is torn or no timecode, told to the operator as spells: when one begins, each minute of it, and its end."""

import re
from dataclasses import dataclass
from typing import Final

from cuefocus.timebase.units import NS_PER_S

_OVER_NS: Final = 5 * NS_PER_S
"""As long as nothing like it comes, a spell is over."""
_AGAIN_NS: Final = 60 * NS_PER_S
_MOST: Final = 16
_DIGITS: Final = re.compile(r"[0-9]+")
_WORDS: Final = 3


@dataclass(slots=True)
class _Spell:
    reason: str
    since_ns: int
    last_ns: int
    told_ns: int
    count: int = 0


class GlitchSpells:
    """Glitches that begin with the same words, whatever numbers are in them, are alike; a spell is of those.

    Args:
        one_in: one in so many is looked at at all.
    """

    def __init__(self, *, one_in: int = 1) -> None:
        self._one_in = one_in
        self._spells: dict[str, _Spell] = {}
        self._begun: list[str] = []

    def take(self, reason: str, at_ns: int) -> None:
        """A glitch came.

        Args:
            reason: in words.
            at_ns: host time.
        """
        kind = " ".join(_DIGITS.sub("0", reason).split()[:_WORDS])
        if kind not in self._spells:
            kind = kind if len(self._spells) < _MOST else ""
        spell = self._spells.get(kind)
        if spell is None:
            spell = self._spells[kind] = _Spell(reason, at_ns, at_ns, at_ns)
            self._begun.append(reason)
        spell.reason, spell.last_ns = reason, at_ns
        spell.count += 1

    def news(self, at_ns: int) -> list[str]:
        """Sentences since the last call: what began, what has lasted for another minute, what is over.

        Args:
            at_ns: host time.
        """
        told, self._begun = self._begun, []
        for kind, spell in list(self._spells.items()):
            if at_ns - spell.last_ns >= _OVER_NS:
                del self._spells[kind]
                if spell.count > 1:
                    told.append(f"{spell.reason}: over, the last of {self._counted(spell)}")
            elif at_ns - spell.told_ns >= _AGAIN_NS:
                spell.told_ns = at_ns
                told.append(f"{spell.reason}: it goes on, {self._counted(spell)}")
        return told

    def _counted(self, spell: _Spell) -> str:
        seconds = max(1, round((spell.last_ns - spell.since_ns) / NS_PER_S))
        looked = "" if self._one_in == 1 else f", for one in {self._one_in} is looked at"
        about = "" if self._one_in == 1 else "about "
        return f"{about}{spell.count * self._one_in} like it in {seconds} s{looked}"

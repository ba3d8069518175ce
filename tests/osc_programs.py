"""Programs that tell by OSC where they are, as far as a listener can see them. python-osc builds what they send.

A program draws its screen every 33 ms or so, not exactly; then it says where the sound was when its newest block began.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import ArgValue, build_msg

from cuefocus.timebase.frames import FrameRate, timecode_at_frame

Place = Callable[[float], float]
"""Project seconds at a host second."""
ALL = ("/time", "/time/str", "/samples/str", "/frames/str", "/beat/str")


@dataclass
class Reaper:
    """REAPER's feedback.

    Args:
        place: where the project is.
        rate: its frame rate.
        zero_frames: its start time, in frames.
        fields: which positions its pattern file sends.
        buttons: whether it sends its transport's.
        draws_s: from one drawing of its screen to the next.
        jitter_s: how much later it may be drawn.
        block_s: length of a block of sound.
        seed: of its chance.
    """

    place: Place
    rate: FrameRate
    zero_frames: int = 0
    fields: Sequence[str] = ALL
    buttons: bool = True
    bundled: bool = True
    draws_s: float = 0.033
    jitter_s: float = 0.012
    block_s: float = 512 / 48_000
    seed: int = 1
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def packets(self, until_s: float) -> Iterator[tuple[float, bytes]]:
        """Host seconds at which each arrives, and its bytes."""
        due_s, told_s, rolled = 0.0, None, None
        while due_s < until_s:
            at_s = due_s + self._chance.uniform(0.0, self.jitter_s)
            block_s = at_s // self.block_s * self.block_s
            project_s = self.place(block_s)
            rolls = abs(self.place(block_s + 1e-4) - project_s) > 1e-7
            messages: list[tuple[str, ArgValue]] = []
            if self.buttons and rolls is not rolled:
                messages += [("/play", float(rolls)), ("/stop", float(not rolls))]
            if project_s != told_s:
                messages += [(name, self.said(name, project_s)) for name in self.fields]
            rolled, told_s = rolls, project_s
            for data in self.packed(messages):
                yield at_s + self._chance.expovariate(1 / 0.0002), data
            due_s += self.draws_s

    def said(self, name: str, project_s: float) -> ArgValue:
        """A position as one of the pattern file's lines says it."""
        if name == "/time":
            return project_s
        if name == "/time/str":
            minutes, seconds = divmod(int(project_s * 1000) / 1000, 60)
            return f"{int(minutes) // 60}:{int(minutes) % 60:02d}:{seconds:06.3f}"
        if name == "/samples/str":
            return str(round(project_s * 48_000))
        if name == "/frames/str":
            frames = self.zero_frames + int(project_s * self.rate.fps + 1e-6)
            return timecode_at_frame(frames, self.rate).text()
        return "12.3.45"

    def packed(self, messages: Sequence[tuple[str, ArgValue]]) -> list[bytes]:
        """In one bundle, or one by one."""
        if not messages:
            return []
        if not self.bundled:
            return [bytes(build_msg(name, [value]).dgram) for name, value in messages]
        builder = OscBundleBuilder(IMMEDIATELY)
        for name, value in messages:
            builder.add_content(build_msg(name, [value]))
        return [bytes(builder.build().dgram)]


@dataclass
class Live:
    """AbletonOSC in Live: it tells what has changed when Live draws its screen, and all of it when it is asked.

    Args:
        quarters: where the song is, by host seconds.
        bpm: what its tempo is said to be.
        asked_s: how often somebody asks.
        draws_s, jitter_s, block_s: as REAPER's.
        fine: it tells song time; else only beats.
    """

    quarters: Place
    bpm: float = 120.0
    asked_s: float = 3.0
    draws_s: float = 0.1
    jitter_s: float = 0.03
    block_s: float = 512 / 44_100
    fine: bool = True
    seed: int = 1
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def packets(self, until_s: float) -> Iterator[tuple[float, bytes]]:
        """Host seconds at which each arrives, and its bytes."""
        due_s, ask_s = 0.0, 0.0
        told: dict[str, ArgValue] = {}
        while due_s < until_s:
            at_s = due_s + self._chance.uniform(0.0, self.jitter_s)
            told = {} if at_s >= ask_s else told
            ask_s += self.asked_s if at_s >= ask_s else 0.0
            now = self.said(at_s)
            for name, value in now.items():
                if told.get(name) != value:
                    yield at_s + self._chance.expovariate(1 / 0.0003), self.answer(name, value)
            told = now
            due_s += self.draws_s

    def said(self, at_s: float) -> dict[str, ArgValue]:
        """All that may be asked."""
        block_s = at_s // self.block_s * self.block_s
        place = self.quarters(block_s)
        plays = abs(self.quarters(block_s + 1e-4) - place) > 1e-7
        values: dict[str, ArgValue] = {"is_playing": plays, "tempo": self.bpm, "beat": int(place)}
        return {**values, "current_song_time": place} if self.fine else values

    def answer(self, name: str, value: ArgValue) -> bytes:
        """One answer."""
        return bytes(build_msg(f"/live/song/get/{name}", [value]).dgram)

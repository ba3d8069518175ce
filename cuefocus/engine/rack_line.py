"""The racks one axis has yet to make or has made in this run, in order, and the track that is compiled from them.

Positions of racks are lens ring; the track is motor ring. What has been compiled is known again by its racks, so that a
change costs what it changes.
"""

from collections.abc import Mapping, Sequence

from cuefocus.engine.job import Planner
from cuefocus.errors import PlanError
from cuefocus.motion.compile_track import Laid, direction_after
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.track import Track, same_ends


class RackLine:
    """Racks of one axis. `direction` is always which way the motor moved last before the first of them.

    Args:
        axis: `CAMERA.axis`.
        planner: plans racks at run time; another once the camera is set otherwise.
        rest_lens: lens ring before the first rack.
        motor_ring: where the motor stands then.
    """

    def __init__(self, axis: str, planner: Planner, rest_lens: float, motor_ring: float) -> None:
        self.rest_lens = rest_lens
        self.track = Track(motor_ring)
        self.racks: tuple[PlannedRack, ...] = ()
        self.planner = planner
        self._axis = axis
        self._by_cue: dict[str, PlannedRack] = {}
        self._laid: Laid | None = None  # the track compiled last
        self._longest: Laid | None = None  # the longest of them: playback that is located back wants its racks again

    @property
    def by_cue(self) -> Mapping[str, PlannedRack]:
        """The racks by the cue each is of."""
        return self._by_cue

    def rest(self, rest_lens: float, motor_ring: float) -> None:
        """Where the axis stands while it has no racks."""
        self.rest_lens, self.track = rest_lens, Track(motor_ring)

    def lay(self, racks: Sequence[PlannedRack], rest_lens: float, direction: int) -> None:
        """Let these racks be the line, each as it is; the first leaves from `rest_lens`."""
        self.racks, self.rest_lens = tuple(racks), rest_lens
        self._compile(direction)

    def replan(self, racks: Sequence[PlannedRack], rest_lens: float, direction: int) -> None:
        """Let these racks be the line, the first planned anew from `rest_lens`, each keeping its own moment."""
        self.lay(self.planner.replan(self._axis, racks, rest_lens, direction), rest_lens, direction)

    def put_before(self, rack: PlannedRack, later: Sequence[PlannedRack], direction: int) -> None:
        """Let `rack` be the first as it is, and `later` leave from where it lands."""
        after = direction_after((rack,), direction)
        follow = self.planner.replan(self._axis, later, rack.band.target_ring, after)
        self.lay((rack, *follow), self.rest_lens, direction)

    def without(self, cue: str, direction: int) -> None:
        """Take one rack that has not departed out; the next one leaves from where this one would have."""
        index = next((i for i, rack in enumerate(self.racks) if rack.cue == cue), None)
        if index is None:
            return
        kept = self.racks[:index]
        start_lens, turned = _ended(kept, self.rest_lens, direction)
        follow = self.planner.replan(self._axis, self.racks[index + 1 :], start_lens, turned)
        self.lay((*kept, *follow), self.rest_lens, direction)

    def recompile(
        self, kept: int, cut: tuple[int, int], later: Sequence[PlannedRack], closed_ns: int, direction: int
    ) -> dict[str, str]:
        """Put `later` racks in place of those of `cut` (from an index to before another); the first `kept` stay.

        Nothing new moves before `closed_ns`. The rack after them is another too, where it leaves from elsewhere now.

        Returns: cues that would have to leave before they can, and why.
        """
        begun = self.racks[: max(kept, cut[0])]
        rest, after = list(later), self.racks[max(cut[1], len(begun)) :]
        start_lens, turned = _ended(begun, self.rest_lens, direction)
        refused: dict[str, str] = {}
        line: list[PlannedRack] = []
        if cut[0] <= kept:
            free_ns = begun[-1].stop_ns if begun else None
            while not line and (rest or after):
                if rest:
                    wanted = rest.pop(0)
                else:
                    wanted, after = after[0], after[1:]
                try:
                    line = [self._first(wanted, start_lens, turned, closed_ns, free_ns)]
                except PlanError as error:
                    refused[wanted.cue] = error.sentence
        start_lens, turned = _ended(line, start_lens, turned)
        line += self.planner.in_line(self._axis, rest, start_lens, turned)
        start_lens, turned = _ended(line, start_lens, turned)
        while after and after[0].from_ring != start_lens:
            line += self.planner.in_line(self._axis, after[:1], start_lens, turned)
            start_lens, turned = _ended(line, start_lens, turned)
            after = after[1:]
        racks = (*begun, *line, *after)
        if len(racks) != len(self.racks) or same_ends(racks, self.racks)[0] < len(racks):
            self.lay(racks, self.rest_lens, direction)
        return refused

    def _first(
        self, wanted: PlannedRack, start_lens: float, direction: int, closed_ns: int, free_ns: int | None
    ) -> PlannedRack:
        """The first rack that has not begun, in time. Raises: PlanError where it would have to leave too soon."""
        here = self._by_cue.get(wanted.cue)
        if here is not None and _set_so(here) == _set_so(wanted) and here.from_ring == start_lens:
            return here  # it may have been shortened to leave in time: not again
        return self.planner.in_time(self._axis, wanted, start_lens, direction, closed_ns, free_ns)

    def _compile(self, direction: int) -> None:
        before = self._laid.racks if self._laid is not None else ()
        head, tail = same_ends(self.racks, before)
        for rack in before[head : len(before) - tail]:
            self._by_cue.pop(rack.cue, None)
        self._by_cue.update((rack.cue, rack) for rack in self.racks[head : len(self.racks) - tail])
        known, longest = self._laid, self._longest
        if longest is not None and sum(same_ends(self.racks, longest.racks)) > head + tail:
            known = longest
        self._laid = self.planner.lay(self._axis, self.racks, self.rest_lens, direction, known)
        if longest is None or len(self.racks) >= len(longest.racks):
            self._longest = self._laid
        self.track = self._laid.track


def _set_so(rack: PlannedRack) -> tuple[float | None, float | None, int]:
    """All of a rack that may be set live."""
    return rack.stop, rack.focal_mm, rack.offset_ns


def _ended(line: Sequence[PlannedRack], lens_ring: float, direction: int) -> tuple[float, int]:
    """Where the lens stands once `line` is done, and which way it moved last; as given where `line` is empty."""
    return (line[-1].band.target_ring if line else lens_ring), direction_after(line, direction)

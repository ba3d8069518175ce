"""What cameras were last set to and how much later they are to land, and the timed racks as that leaves them.

A change makes every rack that has not departed another one, the nearest first and a bounded number each step, so that
a long show never keeps the conductor from its clock. Racks under way, and those about to leave, stay as they are.
"""

from bisect import bisect_right
from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING

from cuefocus.chase.clock import Clock, ClockState
from cuefocus.engine.ahead import Stretch, recompile
from cuefocus.engine.job import ActJob, CueCard, Job, Planner
from cuefocus.motion.chain import Chain, link
from cuefocus.motion.compile_track import direction_of
from cuefocus.motion.live import NO_OFFSETS, NOTHING_SET, Glass, Live, Offsets
from cuefocus.motion.racks import PlannedRack
from cuefocus.motor.axis import AxisSpec

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

#: Racks planned at once when a value is set, or the clock goes elsewhere before all are done; and in each step after.
_AT_ONCE, _EACH_STEP = 32, 32
#: So many go into the track together: more would keep the conductor too long, fewer would keep motion busy.
_TRACK_AFTER = 256
_TOLD_BY_NAME = 3
_CUE = attrgetter("cue")


class Sheet:
    """The timed cues of one axis in one act, as they are planned now."""

    def __init__(self, act: ActJob, axis: str, chain: Chain, spec: AxisSpec) -> None:
        racks = act.racks.get(axis, ())
        by_cue = dict(zip(map(_CUE, racks), racks, strict=True))
        self.act, self.axis = act.name, axis
        self._chain, self._spec = chain, spec
        self._planned: list[PlannedRack | None] = list(map(by_cue.get, chain.cues))
        self._why = {cue: act.infeasible.get(cue, "") for cue in chain.cues if cue not in by_cue}
        self._stale = bytearray(len(chain.cues))
        self._fresh = bytearray(len(chain.cues))  # planned anew since the stage took them over
        self._places = dict(zip(chain.cues, range(len(chain.cues)), strict=True))
        self._from = 0
        self._news: dict[str, str] = {}
        self._racks: tuple[PlannedRack, ...] | None = None

    @property
    def racks(self) -> tuple[PlannedRack, ...]:
        """Those that can land, in order."""
        if self._racks is None:
            self._racks = tuple(filter(None, self._planned))
        return self._racks

    @property
    def refusals(self) -> dict[str, str]:
        """Why the others cannot."""
        return dict(self._why)

    @property
    def cues(self) -> tuple[str, ...]:
        """All of them."""
        return self._chain.cues

    def spoil(self, cue: str = "") -> None:
        """What a cue (empty: the camera) is set to has changed: it stands no more."""
        if cue:
            self._stale[self._places[cue]] = 1
        else:
            self._stale = bytearray(b"\1" * len(self._planned))

    def begin_at(self, show_ns: int) -> None:
        """The cue due next at a show time is the first to be planned."""
        self._from = bisect_right(self._chain.dues_ns, show_ns)

    @property
    def stands(self) -> bool:
        """Whether every cue is planned for what the camera is set to."""
        return self._stale.find(1) < 0

    def renew(self, planner: Planner, most: int) -> None:
        """Plan up to `most` cues anew, the one due next first."""
        for _ in range(most):
            index = self._stale.find(1, self._from)
            index = index if index >= 0 else self._stale.find(1)
            if index < 0:
                break
            self._renew(planner, index)

    def _renew(self, planner: Planner, index: int) -> None:
        cue, old = self._chain.cues[index], self._planned[index]
        request = planner.request(cue)
        self._stale[index], self._fresh[index] = 0, 1
        if request is None:
            return
        before = self._before(index)
        direction = self._direction(index)
        new = link(request, before, self._chain.start_ring, direction, self._spec, self._chain.bounds)
        self._planned[index], self._racks = new.rack, None
        if new.refusal != self._why.get(cue, ""):
            self._news[cue] = new.refusal
        if new.rack is None:
            self._why[cue] = new.refusal
        else:
            self._why.pop(cue, None)
        if index + 1 < len(self._planned) and _end(new.rack) != _end(old):
            self._stale[index + 1] = 1  # it leaves from elsewhere, or finds the axis busy until another moment

    def _before(self, index: int) -> PlannedRack | None:
        """The rack that the cue at `index` leaves from."""
        return next((rack for at in range(index - 1, -1, -1) if (rack := self._planned[at]) is not None), None)

    def _direction(self, index: int) -> int:
        for position in range(index - 1, -1, -1):
            rack = self._planned[position]
            if rack is not None and direction_of(rack):
                return direction_of(rack)
        return 0

    @property
    def fresh(self) -> int:
        """How many were planned anew since the stage took them over."""
        return self._fresh.count(1)

    def stretch(self, most: int) -> Stretch:
        """Those planned anew that are due next, and up to `most` of them: the stage takes them over now."""
        first = self._fresh.find(1, self._from)
        first = first if first >= 0 else max(0, self._fresh.find(1))
        last = self._fresh.rfind(1, first, first + most) + 1
        self._fresh[first:last] = bytes(last - first)
        racks = tuple(rack for rack in self._planned[first:last] if rack is not None)
        return Stretch(first, last, racks, self._places)

    def news(self, stretch: Stretch) -> dict[str, str]:
        """Cues of it that can land no longer, with the reason, or can again (an empty one), since this was asked."""
        cues = self._chain.cues[stretch.first : stretch.last]
        return {cue: self._news.pop(cue) for cue in cues if cue in self._news}

    def card(self, planner: Planner, cue: str) -> CueCard | None:
        """What a report says of a cue that cannot land."""
        request = planner.request(cue)
        if cue not in self._chain.cues or request is None:
            return None
        axis, anchor = self.axis.rpartition(".")[2], request.anchor or request.leave_anchor
        return CueCard(request.name, request.camera, axis, request.target, anchor, request.wanted_ns)


def _end(rack: PlannedRack | None) -> tuple[float, int, int] | None:
    return None if rack is None else (rack.band.target_ring, rack.stop_ns, direction_of(rack))


class Settings:
    """The cameras' values last set. Until one is, everything is as it was compiled."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.planner = job.planner
        self.live: dict[str, Live] = {}
        self.offsets = NO_OFFSETS
        self._sheets: dict[tuple[str, str], Sheet] = {}
        self._waiting: list[Sheet] = []
        self._place: tuple[str, int] | None = None

    # --- asked ---

    def racks(self, act: ActJob, axis: str) -> tuple[PlannedRack, ...]:
        """Timed racks of an axis in an act that can land, in order."""
        sheet = self._sheets.get((act.name, axis))
        return sheet.racks if sheet is not None else act.racks.get(axis, ())

    def infeasible(self, act: ActJob) -> Mapping[str, str]:
        """Cue → why it cannot land."""
        sheets = [sheet for (name, _), sheet in self._sheets.items() if name == act.name]
        if not sheets:
            return act.infeasible
        planned = {cue for sheet in sheets for cue in sheet.cues}
        found = {cue: why for cue, why in act.infeasible.items() if cue not in planned}
        for sheet in sheets:
            found.update(sheet.refusals)
        return found

    def card(self, act: ActJob, cue: str) -> CueCard | None:
        """What a report says of a cue that cannot land."""
        sheets = (sheet for (name, _), sheet in self._sheets.items() if name == act.name)
        found = (card for sheet in sheets if (card := sheet.card(self.planner, cue)) is not None)
        return act.cards.get(cue) or next(found, None)

    def glass(self, act: ActJob, camera: str) -> Glass | None:
        """What a camera wears in an act; None for one that the rig does not have or that cannot be used."""
        return act.glass.get(camera) or self._job.glass.get(camera)

    def shown(self, act: ActJob, show_ns: int | None) -> dict[str, dict[str, object]]:
        """Stop and focal length by camera, and who says so: `set`, `track`, `act` or `rig`."""
        told: dict[str, dict[str, object]] = {}
        for camera in self._job.glass:
            glass = self.glass(act, camera)
            if glass is not None:
                (stop, stop_by), (focal, focal_by) = glass.seen(self.live.get(camera, NOTHING_SET), show_ns)
                rounded = {"stop": round(stop, 2), "stop_by": stop_by, "focal_mm": round(focal, 2)}
                told[camera] = {**rounded, "focal_by": focal_by}
        return told

    # --- set ---

    def set(self, session: "Session", camera: str, live: Live) -> None:
        """A camera is set so from now on; `NOTHING_SET`: as the files say."""
        if live == self.live.get(camera, NOTHING_SET):
            return
        kept = {name: one for name, one in self.live.items() if name != camera}
        self.live = {**kept, camera: live} if live else kept
        self._plan_anew(session, camera)

    def set_offsets(self, session: "Session", offsets: Offsets, camera: str = "", cue: str = "") -> None:
        """So much later everything lands from now on; what has changed is a camera's or a cue's, if one is named."""
        if offsets != self.offsets:
            self.offsets = offsets
            self._plan_anew(session, camera, cue)

    def _plan_anew(self, session: "Session", camera: str = "", cue: str = "") -> None:
        """Everything (a camera's racks, one cue) is planned as is set now, the nearest at once."""
        self.planner = self._job.planner.under(self.live, self.offsets)
        session.stage.plan_with(self.planner)
        waiting = set(map(id, self._waiting))
        for act in self._job.acts.values():
            for axis, chain in act.chains.items():
                if (camera and axis.rpartition(".")[0] != camera) or (cue and cue not in chain.cues):
                    continue
                sheet = self._sheet(act, axis, chain)
                sheet.spoil(cue)
                if id(sheet) not in waiting:
                    self._waiting.append(sheet)
        self._place = None
        self.step(session)

    def _sheet(self, act: ActJob, axis: str, chain: Chain) -> Sheet:
        key = (act.name, axis)
        if key not in self._sheets:
            self._sheets[key] = Sheet(act, axis, chain, self._job.axes[axis].spec)
        return self._sheets[key]

    def step(self, session: "Session") -> None:
        """Plan on, a little."""
        if not self._waiting:
            return
        act, clock = session.act, session.clock
        here = [sheet for sheet in self._waiting if sheet.act == act.name]
        if self._place != (act.name, clock.epoch):
            self._place = (act.name, clock.epoch)
            for sheet in here:
                sheet.begin_at(clock.show_at(session.now_ns) - self.offsets.latest_ns)
                sheet.renew(self.planner, _AT_ONCE)
                self._adopt(session, sheet)
            return
        sheet = here[0] if here else self._waiting[0]
        if here and (sheet.stands or sheet.fresh >= _TRACK_AFTER):
            self._adopt(session, sheet)  # that is enough for one step
        else:
            sheet.renew(self.planner, _EACH_STEP)
        if sheet.stands and not (here and sheet.fresh):
            self._waiting.remove(sheet)

    def _adopt(self, session: "Session", sheet: Sheet) -> None:
        """Have the stage take over what a sheet of the present act says now, as much of it as a step has time for."""
        stretch = sheet.stretch(_TRACK_AFTER)
        news = sheet.news(stretch)
        news.update(recompile(session, session.stage.orders[sheet.axis], stretch))
        for cue, why in news.items():
            session.book.bar(cue, why)
        refused = [f"cue {cue} cannot land: {why}" for cue, why in news.items() if why]
        if refused:
            more = len(refused) - _TOLD_BY_NAME
            session.alarm("; ".join(refused[:_TOLD_BY_NAME] + ([f"and {more} more"] if more > 0 else [])))


def shown_ns(clock: Clock, now_ns: int) -> int | None:
    """The show time by which iris and zoom tracks are read; None before any timecode."""
    return None if clock.state is ClockState.NO_SIGNAL else clock.show_at(now_ns)

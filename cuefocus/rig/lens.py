"""A lens file: which ring position is which distance, on one serial number, as somebody measured it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cuefocus.files.quantities import Distance, FocalLength, Stop
from cuefocus.files.strict import Finding, Name, Strict, Text, one_or_many
from cuefocus.rig.values import CountsRange

LENS_SCHEMA_ID = "cuefocus-lens/1"
Approach = Literal["near", "far", "either"]
Ring = Annotated[float, Field(ge=0, le=1)]
MIN_MARKS = 4
"""Fewer cannot show the curvature of a focus scale."""


class _Place(Strict):
    """A ring position: a share of travel, or encoder counts within the lens file's `travel`."""

    ring: Ring | None = None
    counts: int | None = Field(None, ge=-(2**31), lt=2**31)

    def ring_on(self, travel: CountsRange | None) -> float:
        """Ring position 0 to 1; counts are read against `travel`, close focus at its near end."""
        if self.ring is not None:
            return self.ring
        if self.counts is None or travel is None:
            raise ValueError("a place needs ring, or counts and a travel")
        return (self.counts - travel.near) / (travel.far - travel.near)


class LensMark(_Place):
    """One measured mark: at this ring position the lens is sharp at this distance from the film plane."""

    distance: Distance
    approach: Approach = Field("either", description="the side the ring came from when the mark was made")
    date: Text = ""


class IrisMark(_Place):
    """One measured stop of the iris ring."""

    stop: Stop
    date: Text = ""


class ZoomMark(_Place):
    """One measured focal length of the zoom ring."""

    focal: FocalLength
    date: Text = ""


class Lens(Strict):
    """One lens, by serial number, with its measured marks."""

    schema_: Literal["cuefocus-lens/1"] = Field(alias="schema")
    name: Name
    serial: Name
    notes: Text = ""
    focal_length: Annotated[
        tuple[FocalLength, ...],
        Field(min_length=1, max_length=2, description="one, or [wide, tele] of a zoom"),
        BeforeValidator(one_or_many, json_schema_input_type=FocalLength | tuple[FocalLength, ...]),
    ]
    t_stop: Stop = Field(description="widest transmittance stop")
    close_focus: Distance
    travel: CountsRange | None = Field(None, description="counts from the close-focus stop to the far stop, 105..17733")
    iris_travel: CountsRange | None = None
    zoom_travel: CountsRange | None = None
    back_focus_trim_dioptres: float = Field(0.0, ge=-5, le=5)
    marks: Annotated[tuple[LensMark, ...], Field(min_length=MIN_MARKS, max_length=1000)]
    iris: tuple[IrisMark, ...] = ()
    zoom: tuple[ZoomMark, ...] = ()

    @property
    def key(self) -> str:
        """`name#serial`, as rigs and shows refer to it."""
        return f"{self.name}#{self.serial}"

    @property
    def focal_mm(self) -> float:
        """The focal length; the wide end of a zoom."""
        return self.focal_length[0].mm

    def focus_points(self) -> tuple[tuple[float, float], ...]:
        """(ring, distance in mm) of every mark, by ring."""
        return tuple(sorted((mark.ring_on(self.travel), mark.distance.mm) for mark in self.marks))

    def iris_points(self) -> tuple[tuple[float, float], ...]:
        """(ring, T-number) of every iris mark, by ring."""
        return tuple(sorted((mark.ring_on(self.iris_travel), mark.stop.t_number) for mark in self.iris))

    def zoom_points(self) -> tuple[tuple[float, float], ...]:
        """(ring, focal length in mm) of every zoom mark, by ring."""
        return tuple(sorted((mark.ring_on(self.zoom_travel), mark.focal.mm) for mark in self.zoom))

    def complaints(self) -> Iterator[Finding]:
        """What no single field can see: places without a travel, marks out of order."""
        if len(self.focal_length) == 2 and self.focal_length[0].mm >= self.focal_length[1].mm:
            yield ("focal_length",), "error", "a zoom runs from wide to tele", "write [24 mm, 70 mm]"
        yield from self._misplaced("marks", self.marks, self.travel, "travel")
        yield from self._misplaced("iris", self.iris, self.iris_travel, "iris_travel")
        yield from self._misplaced("zoom", self.zoom, self.zoom_travel, "zoom_travel")

    def _misplaced(
        self, field: str, marks: tuple[_Place, ...], travel: CountsRange | None, travel_field: str
    ) -> Iterator[Finding]:
        values: list[_Placed] = []
        for index, mark in enumerate(marks):
            loc = (field, index)
            if (mark.ring is None) == (mark.counts is None):
                yield loc, "error", "a mark has either counts or ring", "write counts: 9228, or ring: 0.52"
                continue
            if mark.counts is not None and travel is None:
                hint = f"add {travel_field}: LOW..HIGH, the counts at the end stops"
                yield (*loc, "counts"), "error", f"counts mean nothing without {travel_field}", hint
                continue
            ring = mark.ring_on(travel)
            if not 0.0 <= ring <= 1.0:
                yield (*loc, "counts"), "error", f"{mark.counts} counts lie outside {travel_field} {travel}", ""
                continue
            values.append(_Placed(ring, index, *_scale(mark)))
            if isinstance(mark, LensMark) and mark.distance.mm < self.close_focus.mm * 0.98:
                hint = "correct the mark or close_focus"
                yield (
                    (*loc, "distance"),
                    "error",
                    f"{mark.distance} is nearer than close focus {self.close_focus}",
                    hint,
                )
        yield from _out_of_order(field, values, travel)


@dataclass(frozen=True, slots=True, order=True)
class _Placed:
    """A mark where it stands.

    Args:
        scale: what must fall as the ring turns away from close focus (dioptres), or run one way (stop, focal length).
    """

    ring: float
    index: int
    scale: float
    text: str


def _scale(mark: _Place) -> tuple[float, str]:
    if isinstance(mark, LensMark):
        return mark.distance.dioptres, str(mark.distance)
    if isinstance(mark, IrisMark):
        return mark.stop.t_number, str(mark.stop)
    return (mark.focal.mm, str(mark.focal)) if isinstance(mark, ZoomMark) else (0.0, "")


def _out_of_order(field: str, values: list[_Placed], travel: CountsRange | None) -> Iterator[Finding]:
    values = sorted(values)
    pairs = list(pairwise(values))
    if field == "marks" and pairs and all(after.scale > before.scale for before, after in pairs):
        problem = f"the marks run from {values[0].text} to {values[-1].text}, but ring 0 is close focus"
        hint = f"write travel: {travel.reversed()}" if travel is not None else "turn the ring positions round: 1 - ring"
        yield (field,), "error", problem, hint
        return
    falling = field == "marks" or (bool(pairs) and values[0].scale > values[-1].scale)
    for before, after in pairs:
        if after.ring - before.ring < 1e-6:
            yield (field, after.index), "error", "two marks at one ring position", "keep the better one"
        elif (after.scale >= before.scale) if falling else (after.scale <= before.scale):
            problem = f"the scale turns back from {before.text} (ring {before.ring:.4g}) to {after.text}"
            hint = "nearer marks stand nearer to ring 0" if field == "marks" else "marks run one way along the ring"
            yield (field, after.index), "error", f"{problem} (ring {after.ring:.4g})", hint

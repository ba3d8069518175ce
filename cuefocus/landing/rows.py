"""One landing, as every report, event and file shows it: the landing keys, in their order, rounded for good."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from math import isfinite
from typing import Any

from cuefocus.timebase.values import value

#: What stands for a Python name that may not be a key.
_KEY = {"pass_": "pass"}
_NAME = {key: name for name, key in _KEY.items()}

#: Decimals by key; the rest are words, whole numbers or yes and no.
_DECIMALS = {
    "planned_s": 6,
    "arrived_s": 6,
    "sharp_s": 6,
    "stopped_s": 6,
    "error_ms": 3,
    "uncertainty_ms": 3,
    "error_frames": 3,
    "error_dioptres": 6,
    "error_mm": 2,
    "blur_coc": 3,
    "held_s": 3,
    "speed": 6,
    "offset_ms": 3,
    "stop": 3,
    "focal_mm": 3,
    "leave_planned_s": 6,
    "leave_arrived_s": 6,
    "leave_error_ms": 3,
    "leave_uncertainty_ms": 3,
    "leave_error_frames": 3,
}


@value
class LandingRow:
    """One rack's landing. None where there is nothing.

    Args:
        pass_: the key "pass".
        axis: focus, iris or zoom.
        land_at: timecode of the landing; None when triggered.
        estimated: judged from a model of the motor, not from its reports.
        measured_at: "motor", "lens" or "none".
        planned_s, arrived_s, sharp_s, stopped_s: show seconds from the act's start; triggered: host seconds from the
            trigger. `arrived_s` is the moment that was judged: sharp, or stopped for `landing: stopped`.
        error_ms, uncertainty_ms: host time, + = late; one standard deviation.
        error_frames: of the camera.
        error_dioptres, error_mm: at `land_at`, + = focused too near; mm is None at ∞.
        blur_coc: blur-circle diameter at `land_at`, in circles of confusion.
        overshoot_counts: farthest past the target.
        held_s: host seconds in the band since its last entry.
        speed: show time per host time when it landed; None when triggered.
        offset_ms: act, camera and cue offsets together.
        leave_…: the same for the departure of a rack that leaves on an anchor.
        show: title and file of its show, where landings of several shows are kept together: in the take store.
    """

    take: int
    pass_: int
    cue: str
    name: str | None
    camera: str
    axis: str
    target: str
    anchor: str | None
    land_at: str | None
    verdict: str
    reason: str | None = None
    estimated: bool = False
    measured_at: str = "none"
    planned_s: float | None = None
    arrived_s: float | None = None
    sharp_s: float | None = None
    stopped_s: float | None = None
    error_ms: float | None = None
    uncertainty_ms: float | None = None
    error_frames: float | None = None
    error_dioptres: float | None = None
    error_mm: float | None = None
    blur_coc: float | None = None
    overshoot_counts: int | None = None
    held_s: float | None = None
    speed: float | None = None
    source: str | None = None
    offset_ms: float | None = None
    stop: float | None = None
    focal_mm: float | None = None
    leave_anchor: str | None = None
    leave_at: str | None = None
    leave_planned_s: float | None = None
    leave_arrived_s: float | None = None
    leave_error_ms: float | None = None
    leave_uncertainty_ms: float | None = None
    leave_error_frames: float | None = None
    show: str | None = None

    @property
    def leaves(self) -> bool:
        """Whether its departure was called too."""
        return self.leave_planned_s is not None or self.leave_anchor is not None

    def as_dict(self) -> dict[str, Any]:
        """The landing keys in order, rounded.

        After them the `leave_` keys, only for racks that leave on an anchor, and the show, only where it is known.
        """
        wanted = _LANDING_NAMES + (LEAVE_KEYS if self.leaves else ()) + (() if self.show is None else (SHOW_KEY,))
        return {_KEY.get(name, name): _rounded(name, getattr(self, name)) for name in wanted}


def _rounded(name: str, value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)) or name not in _DECIMALS:
        return value
    if not isfinite(value):
        return None
    return round(float(value), _DECIMALS[name]) + 0.0  # + 0.0 turns -0.0 into 0.0


ALL_NAMES: tuple[str, ...] = tuple(field.name for field in fields(LandingRow))
#: Not one of the contract's keys: it follows them.
SHOW_KEY = "show"
_LANDING_NAMES = tuple(name for name in ALL_NAMES if not name.startswith("leave_") and name != SHOW_KEY)

#: The contract's keys, in order.
LANDING_KEYS: tuple[str, ...] = tuple(_KEY.get(name, name) for name in _LANDING_NAMES)
LEAVE_KEYS: tuple[str, ...] = tuple(name for name in ALL_NAMES if name.startswith("leave_"))


def row_from_dict(keys: Mapping[str, Any]) -> LandingRow:
    """A row from its keys; keys that are not landing keys are ignored.

    Raises: KeyError naming a key that may not be absent.
    """
    known = {_NAME.get(key, key): value for key, value in keys.items()}
    make: Callable[..., LandingRow] = LandingRow
    missing = [name for name in _REQUIRED if name not in known]
    if missing:
        raise KeyError(_KEY.get(missing[0], missing[0]))
    return make(**{name: known[name] for name in ALL_NAMES if name in known})


_REQUIRED = ("take", "pass_", "cue", "name", "camera", "axis", "target", "anchor", "land_at", "verdict")

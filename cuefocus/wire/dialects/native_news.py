"""What CueFocus tells its subscribers: racks, takes, state and alarms, at `/cuefocus/out/…`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cuefocus.wire.dialects.addresses import in_address
from cuefocus.wire.dialects.dialect import ShowView
from cuefocus.wire.osc import OscMessage

ROOT: Final = "/cuefocus"
OUT: Final = f"{ROOT}/out"


def native_news(event: Mapping[str, object], view: ShowView) -> Iterator[OscMessage]:
    """What a subscriber is told of an event, as `run --json` prints it."""
    match event.get("event"):
        case "departure":
            yield _rack(event, "fire")
        case "landing":
            yield _rack(event, str(event.get("verdict", "")))
        case "alarm":
            yield OscMessage(f"{OUT}/alarm", (str(event.get("text", "")),))
        case "take":
            yield from _take(event)
        case "state" if "suppressed" in event:
            yield _suppressed(event)
        case "state":
            yield from state_told(event, view)


def _rack(event: Mapping[str, object], happened: str) -> OscMessage:
    """Take, planned second, error in ms; nil for what is not known. A departure has no error yet."""
    told = (event.get("take"), _float(event.get("planned_s")), _float(event.get("error_ms")))
    cue = in_address(str(event.get("cue", "")))
    return OscMessage(f"{OUT}/event/cue/{cue}/{in_address(happened)}", told[:2] if happened == "fire" else told)


def _suppressed(event: Mapping[str, object]) -> OscMessage:
    routes = (str(event.get("route", "")), str(event.get("by", "")))
    return OscMessage(f"{OUT}/event/cue/{in_address(str(event['suppressed']))}/suppressed", routes)


def _take(event: Mapping[str, object]) -> Iterator[OscMessage]:
    for key in ("state", "slate", "mark"):
        if key in event:
            happened = str(event[key]) if key == "state" else key
            more = () if key == "state" else (str(event[key]),)
            yield OscMessage(f"{OUT}/event/take/{in_address(happened)}", (event.get("take"), *more))


def state_told(event: Mapping[str, object], view: ShowView | None) -> Iterator[OscMessage]:
    """The state, as far as an event tells it; the next rack's countdown is the view's."""
    for key in ("state", "timecode", "standby"):
        if key in event:
            yield OscMessage(f"{OUT}/{key}", ("" if event[key] is None else str(event[key]),))
    if "armed" in event:
        yield OscMessage(f"{OUT}/armed", (int(bool(event["armed"])),))
    if isinstance(engaged := event.get("engaged"), Sequence) and not isinstance(engaged, str):
        yield OscMessage(f"{OUT}/engaged", tuple(map(str, engaged)))
    if "next" in event:
        coming = event["next"]
        cue = str(coming.get("cue", "")) if isinstance(coming, Mapping) else ""
        yield OscMessage(f"{OUT}/next", (cue, _float(view.countdown_s) if view is not None and cue else None))


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None

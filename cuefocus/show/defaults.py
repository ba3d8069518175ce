"""What a cue takes over from the show's `defaults`."""

from typing import Any

from cuefocus.show.models import Cue, Show


def with_defaults(show: Show) -> Show:
    """The show with every cue and send complete: defaults filled in, iris and zoom landing stopped."""
    given = {name: getattr(show.defaults, name) for name in show.defaults.model_fields_set}
    given = {name: value for name, value in given.items() if value is not None}
    act = given.get("act")
    sends = tuple(send if send.act is not None else send.model_copy(update={"act": act}) for send in show.sends)
    return show.model_copy(update={"cues": tuple(_complete(cue, given) for cue in show.cues), "sends": sends})


def _complete(cue: Cue, given: dict[str, Any]) -> Cue:
    update = {name: value for name, value in given.items() if name not in cue.model_fields_set}
    if cue.form == "leave-land":
        update.pop("pull", None)  # leave and land say how long it takes
    if cue.triggered:
        update.pop("act", None)  # it runs in host time, whatever act is on
    if cue.land_on is not None:
        update.pop("land_after", None)
    if cue.axis != "focus" and "landing" not in cue.model_fields_set:
        update["landing"] = "stopped"
    return cue.model_copy(update=update) if update else cue

"""What is wrong with where the rig's sources are heard: what a run would refuse before it opens anything."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from cuefocus.app.source_choice import AbletonChoice, ReaperChoice, SourceChoice, live_of_rig
from cuefocus.errors import InputError
from cuefocus.files.complaint import Complaint
from cuefocus.files.load import Loaded
from cuefocus.rig.models import Rig
from cuefocus.shells.ableton_inlet import answers_at
from cuefocus.shells.program_device import own_ipv4_towards
from cuefocus.shells.udp_inlet import UdpPort, overlap

_ONE_EACH = "give each a port of its own"


def device_complaints(rig: Loaded[Rig]) -> Iterator[Complaint]:
    """Devices at which nothing of their source's kind is heard, and ports of ours that are named twice."""
    heard: list[tuple[int, ReaperChoice]] = []
    for index, source in enumerate(rig.value.sources):
        try:
            choice = live_of_rig(source, rig.located.file)
        except InputError as wrong:
            key = "kind" if source.device is None else "device"
            yield rig.located.complaint(("sources", index, key), wrong.sentence, wrong.hint)
            continue
        if isinstance(choice, ReaperChoice):  # where Live answers depends on the network of the moment
            heard.append((index, choice))
    for (_, one), (index, other) in combinations(heard, 2):
        if overlap(one.heard, other.heard):
            problem = _twice(one, one.heard, other)
            yield rig.located.complaint(("sources", index, "device"), problem, _ONE_EACH)


def refuse_one_port_twice(choices: Sequence[SourceChoice]) -> None:
    """Refuse sources that would be heard at the same UDP port, of which the second could not be opened.

    Raises: InputError that names both.
    """
    ports = [(choice, port) for choice in choices if (port := _port_of(choice)) is not None]
    for (one, port), (other, second) in combinations(ports, 2):
        if overlap(port, second):
            raise InputError(_twice(one, port, other), where=second.source, hint=_ONE_EACH)


def _port_of(choice: SourceChoice) -> UdpPort | None:
    """The port of ours at which nobody else may listen; Art-Net's is shared."""
    if isinstance(choice, ReaperChoice):
        return choice.heard
    return answers_at(own_ipv4_towards(choice.program.host)) if isinstance(choice, AbletonChoice) else None


def _twice(one: SourceChoice, port: UdpPort, other: SourceChoice) -> str:
    return f"sources {one.source} and {other.source} would both listen at UDP port {port.port}"

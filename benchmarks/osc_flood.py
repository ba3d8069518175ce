"""A song, without and with a flood on the OSC port; called by `osc.py --flood`.

Four cameras have timed racks a second apart, two are fired by desks. Three times 40,000 packets come as fast as one
sender can: torn, oversized, nested too deep, of addresses nobody knows, of cues that do not exist, faders on their way;
among them are cues that exist, each once; in the last of them another desk says PANIC. The quiet run has the cues and
the PANIC alone. `moving`: axes under way at the PANIC; `stopped`: until the last of their set-points that moves.

Two processes above ours tell when a core ran nobody for a millisecond or more: then the whole machine stood still. A
landing that was due in such a stall, or within a set-point's period after it, is not in the percentiles, but counted
beside them (`stalled`) with the worst of them; in the quiet run as in the flooded.
"""

import itertools
import random
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic_ns

from landing import arrivals_of, middle_of
from osc_stage import ANSWERS, CAMERAS, Frames, Stage, fired, frames_of, performing, records_of, said, volley
from timing_rig import Percentiles, compiled, percentiles_of, stalls

from cuefocus.app.check import check
from cuefocus.app.job import build_job
from cuefocus.motion.racks import PlannedRack

MS = 1_000_000
SONG_S, BURSTS, EVERY_MS, EXTRA = 34, 3, 6000, 45
PANIC_AFTER_MS = 130  # between two cues: which of two packets sent at once is heard first, nobody can say
PANIC_WORD = b"/cuefocus/panic"
PANIC = said("/cuefocus/panic")
APART_MS, PANIC_MS = 0.2, 5.0
_NEAR_NS, _JUST_NS = 100 * MS, 40 * MS


@dataclass(frozen=True, slots=True)
class Flooded:
    """One run of the song.

    Args:
        landings: errors about the run's median, µs, but for those in a stall of the machine.
        stalled: errors of those; `stall_ms`: how long the machine stood still, all in all.
        missed: racks that were to land before the PANIC, and did not.
        sent: packets; `dropped`: those the kernel had no room for, as the daemon tells.
        cues: how many cues were sent; `once`: were fired once; `again`: more often.
        acknowledged_ms, stopped_ms: from PANIC to its answer, and to the last set-point that moves.
        moving: axes that were under way then.
        grown_kib: what the conductor's memory grew by.
    """

    landings: Percentiles
    count: int
    stalled: Sequence[float]
    stall_ms: float
    missed: int
    sent: int
    dropped: int
    cues: int
    once: int
    again: int
    acknowledged_ms: float
    moving: int
    stopped_ms: float
    grown_kib: int

    def __str__(self) -> str:
        land = self.landings
        return (
            f"{self.sent:8}{self.dropped:9}{self.count:10}{self.missed:8}{land.p50:9.1f}{land.p99:9.1f}{land.most:10.1f}"
            f"{f'{self.once} of {self.cues}':>12}{self.again:7}{self.acknowledged_ms:10.3f}"
            f"{self.moving:8}{self.stopped_ms:10.3f}{self.grown_kib:9}"
            f"{len(self.stalled):9}{max(self.stalled, default=0.0):10.1f}{self.stall_ms:10.1f}"
        )


def flood(folder: Path, hz: int, packets: int) -> int:
    """Both runs, and what they say; the exit status."""
    stage = Stage(folder, hz, song_s=SONG_S, extra=EXTRA)
    compiled("volley")  # before two threads want it
    print(
        f"\n{'song':8}{'packets':>8}{'dropped':>9}{'landings':>10}{'missed':>8}{'p50 µs':>9}{'p99':>9}{'max':>10}"
        f"{'cues once':>12}{'again':>7}{'PANIC ms':>10}{'moving':>8}{'stopped':>10}{'kiB':>9}"
        f"{'stalled':>9}{'worst µs':>10}{'stood ms':>10}"
    )
    runs = []
    for name, each in (("quiet", 0), ("flooded", packets)):
        runs.append(one_run(stage, each))
        print(f"{name:8}{runs[-1]}", flush=True)
    quiet, flooded = runs
    gates = [
        ("p99 of the landings over the quiet run's, ms", (flooded.landings.p99 - quiet.landings.p99) / 1000, APART_MS),
        ("landings missed", float(flooded.missed), float(quiet.missed)),
        ("cues fired again", float(flooded.again), 0.0),
        ("PANIC to its answer, ms", flooded.acknowledged_ms, PANIC_MS),
    ]
    for name, value, gate in gates:
        print(f"{name:46}{value:9.3f} ≤ {gate:g}  {'reached' if value <= gate else 'MISSED'}")
    return 0 if all(value <= gate for _, value, gate in gates) else 3


def one_run(stage: Stage, packets: int) -> Flooded:
    """Play the song once, with so many packets in each burst."""
    stamps, log = stage.folder / f"song-{packets}.bin", stage.folder / f"flood-{packets}.bin"
    shots = bursts(packets)
    with (
        stalls() as stood,
        performing(stage, stamps, f"file:{stage.sound}", "--arm", "--attended") as spoken,
    ):
        spoken.until("departure")
        before_kib = spoken.resident_kib()
        start_ns, panicking = monotonic_ns(), stage.folder / f"panic-{packets}.bin"
        panic = [(BURSTS * EVERY_MS * MS + PANIC_AFTER_MS * MS, PANIC)]
        other = {"start_ns": start_ns, "tail_ms": 2000, "answers": ANSWERS + 1}
        desk = threading.Thread(target=volley, args=(panicking, panic), kwargs=other)
        desk.start()
        volley(log, shots, start_ns=start_ns, tail_ms=2500, priority=0)
        desk.join()
        grown_kib = spoken.resident_kib() - before_kib
        events = list(spoken.events)
    sent = [(stamp_ns, data) for stamp_ns, kind, data in records_of(log) if kind == 0]
    panic_ns, answered_ns = (stamp_ns for stamp_ns, _, data in records_of(panicking) if PANIC_WORD in data)
    cues = {named(data) for stamp_ns, data in sent if data.startswith(b"/extra/") and stamp_ns < panic_ns}
    frames = frames_of(stamps)
    land, stalled, missed = landings_before(stage, frames, panic_ns, stood)
    times = Counter(event["cue"] for event in events if event["event"] == "landing" and event["cue"].startswith("X"))
    return Flooded(
        landings=percentiles_of(land),
        count=len(land),
        stalled=stalled,
        stall_ms=sum(until_ns - from_ns for from_ns, until_ns in stood) / MS,
        missed=missed,
        sent=len(sent),
        dropped=sum(map(dropped_in, events)),
        cues=len(cues),
        once=sum(times[cue] == 1 for cue in cues),
        again=sum(count > 1 for count in times.values()),
        acknowledged_ms=(answered_ns - panic_ns) / MS,
        moving=sum(last_moved(each, panic_ns - _JUST_NS, panic_ns) > panic_ns - _JUST_NS for each in frames),
        stopped_ms=(max(last_moved(each, panic_ns) for each in frames) - panic_ns) / MS,
        grown_kib=grown_kib,
    )


def bursts(packets: int) -> list[tuple[int, bytes]]:
    """All that is sent, and when, ns after the start."""
    chance = random.Random(40_000)
    shots: list[tuple[int, bytes]] = []
    for burst in range(BURSTS):
        begins_ns = (burst + 1) * EVERY_MS * MS
        cues = [said(f"/extra/{number}", "go") for number in range(burst, EXTRA, BURSTS)]
        flooding = [noise(chance) for _ in range(packets)]
        for number, cue in enumerate(cues):
            flooding.insert((number + 1) * len(flooding) // (len(cues) + 1), cue)
        quiet_ns = 0 if packets else 20 * MS
        shots += [(begins_ns + number * quiet_ns, packet) for number, packet in enumerate(flooding)]
    return shots


def noise(chance: random.Random) -> bytes:
    """One packet that means nothing."""
    number = chance.randrange(1_000_000)
    kind = chance.randrange(7)
    if kind == 0:
        return said(f"/lights/channel/{number}", number / 1e6)
    if kind == 1:
        return said(f"/cuefocus/cue/none-{number}/fire")
    if kind == 2:
        return said(fired(number % len(CAMERAS), True), 0.5 + number / 4e6)  # a fader on its way
    torn = bytearray(said(f"/lights/blind/{number}", "label", number, 0.25))
    if kind == 3:
        for _ in range(1 + number % 4):
            torn[chance.randrange(8, len(torn))] = chance.randrange(256)
        return bytes(torn)
    if kind == 4:
        return bytes(torn[: chance.randrange(len(torn))])
    if kind == 5:
        nested = bytes(torn)
        for _ in range(12):
            nested = b"#bundle\0" + bytes(7) + b"\1" + len(nested).to_bytes(4, "big") + nested
        return nested
    return said("/lights/blob", bytes(2000 + number % 6000)) if number % 50 == 0 else chance.randbytes(64)


def landings_before(
    stage: Stage, frames: Sequence[Frames], panic_ns: int, stood: Sequence[tuple[int, int]]
) -> tuple[list[float], list[float], int]:
    """Errors of the timed racks that were to land before the PANIC, µs about their median: while the machine ran, and
    while it stood still; and how many did not land.
    """
    racks = planned(stage)
    timed = frames[: len(stage.timed)]
    about_ns = middle_of(timed, _Planned(racks))
    offsets, missed = list[tuple[int, int]](), 0
    for each, line in zip(timed, racks, strict=True):
        ended = [rack for rack in line if rack.land_ns + about_ns < panic_ns - _NEAR_NS]
        found = arrivals_of(each, ended, 9999, [rack.land_ns + about_ns for rack in ended])
        offsets += [(rack.land_ns, at - rack.land_ns) for at, rack in zip(found, ended, strict=True) if at is not None]
        missed += found.count(None)
    middle = sorted(offset for _, offset in offsets)[len(offsets) // 2]
    after_ns = 1_000_000_000 // stage.hz
    ran, still = list[float](), list[float]()
    for land_ns, offset in offsets:
        due_ns = land_ns + middle
        in_stall = any(from_ns <= due_ns <= until_ns + after_ns for from_ns, until_ns in stood)
        (still if in_stall else ran).append(abs(offset - middle) / 1000)
    return ran, still, missed


def planned(stage: Stage) -> list[tuple[PlannedRack, ...]]:
    """The timed racks, by axis."""
    job = build_job(check(stage.show, stage.rig))
    return [tuple(job.acts["song"].racks[f"{camera}.focus"]) for camera in stage.timed]


class _Planned:
    """What `landing.middle_of` asks of a bench."""

    counts_span = 9999

    def __init__(self, racks: list[tuple[PlannedRack, ...]]) -> None:
        self.racks = racks


def named(packet: bytes) -> str:
    """The cue that a packet of the extra ones fires."""
    return f"X{packet.split(bytes(1))[0].rpartition(b'/')[2].decode()}"


def last_moved(frames: Frames, after_ns: int, until_ns: int = 1 << 62) -> int:
    """When the last set-point that is not the one before it went out, between two moments; else the first of them."""
    moved = after_ns
    for (_, before), (stamp_ns, counts) in itertools.pairwise(frames):
        if until_ns > stamp_ns > after_ns and counts != before:
            moved = stamp_ns
    return moved


def dropped_in(event: dict[str, object]) -> int:
    """How many datagrams an alarm says were lost."""
    found = re.match(r"(\d+) OSC datagrams were lost", str(event.get("text", "")))
    return int(found[1]) if found else 0

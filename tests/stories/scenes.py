"""The texts of a small show, its rig and its lens."""

LENS = """schema: cuefocus-lens/1
name: prime
serial: "1"
focal_length: 75 mm
t_stop: T2
close_focus: 0.70 m
marks:
  - {distance: 0.70 m, ring: 0.0}
  - {distance: 0.95 m, ring: 0.2458}
  - {distance: 1.15 m, ring: 0.3673}
  - {distance: 1.50 m, ring: 0.5038}
  - {distance: 2.00 m, ring: 0.6178}
  - {distance: 3.00 m, ring: 0.7342}
  - {distance: 6.00 m, ring: 0.8543}
  - {distance: ∞, ring: 0.985}
"""

#: Camera A reports positions (bridge), camera B does not (Tilta).
RIG = """schema: cuefocus-rig/1
lenses: [lens.yaml]
sources:
  - {id: deck, kind: file}
cameras:
  A: {lens: prime#1, stop: T2.8, sensor: super-35, fps: "25", axes: {focus: {motor: bridge}}}
  B: {lens: prime#1, stop: T2.8, sensor: super-35, fps: "25", axes: {focus: {motor: tilta}}}
motors:
  bridge:
    driver: bridge
    port: sim
    setpoints_hz: 100
    travel: 0..65535
    limits: {speed: 240 %/s, acceleration: 4000 %/s2, jerk: 100000 %/s3}
    backlash_counts: 40
    residual_backlash_counts: 8
    dead_ms: 10
    lag_ms: 10
    readback_ms: 2
    measured: "2026-11-20"
    simulated: {quantum_counts: 4}
  tilta:
    driver: tilta
    port: sim
    address: 1
    setpoints_hz: 50
    travel: 0..9999
    limits: {speed: 220 %/s, acceleration: 3000 %/s2, jerk: 80000 %/s3}
    backlash_counts: 12
    residual_backlash_counts: 2
    dead_ms: 22
    lag_ms: 14
    measured: "2026-11-20"
"""

#: Only camera A; quicker to tell.
SOLO_RIG = RIG.replace(
    '  B: {lens: prime#1, stop: T2.8, sensor: super-35, fps: "25", axes: {focus: {motor: tilta}}}\n', ""
).partition("  tilta:\n")[0]

MARKS = "{near: 1.15 m, mid: 1.50 m, far: 3 m, back: 6 m}"


def show_text(
    cues: str, *, act: str = "", rate: str = "25", starts: str = "01:00:00:00", cameras: str = "A", defaults: str = ""
) -> str:
    """A show of one act, `song`, that opens on `near`; `act` and `defaults` hold more keys of theirs."""
    marks = ", ".join(f"{camera}: {MARKS}" for camera in cameras)
    opening = ", ".join(f"{camera}: near" for camera in cameras)
    extra = f", {act}" if act else ""
    shared = f", {defaults}" if defaults else ""
    return (
        f'schema: cuefocus-show/1\nrate: "{rate}"\nmarks: {{{marks}}}\n'
        f"defaults: {{camera: A, pull: 600 ms, tolerance: 0.5 frame{shared}}}\n"
        f'acts:\n  - {{act: song, starts: "{starts}", opening: {{{opening}}}{extra}}}\n'
        f"cues:\n{cues}"
    )


def cue(number: str, at_s: float | None, to: str, more: str = "") -> str:
    """One cue line; `at_s` is its landing in media seconds, None for a cue that waits for a trigger."""
    land = "" if at_s is None else f', act: song, land: {{at: "+{at_s:.3f} s"}}'
    return f'  - {{cue: "{number}"{land}, to: {to}{", " + more if more else ""}}}\n'

"""What `tell` sends is what motion obeys: a real motion process on a pty."""

from pathlib import Path

from cuefocus.app.runtime_dir import RuntimeDir
from cuefocus.app.tell import order_from, tell
from cuefocus.shells.motion_config import AxisConfig
from cuefocus.timebase.units import NS_PER_MS
from tests.shells.motion_rig import Line, MotionRig, tilta_spec

A = "A.focus"


def test_tell_hand_by_moves_the_axis(tmp_path: Path) -> None:
    line = Line(tmp_path / A)
    line.plug()
    rig = MotionRig(tmp_path, [AxisConfig(tilta_spec(A), "tilta", f"serial:{line.link}")])
    try:
        rig.start()
        rig.run_clock()
        rig.pass_time(60 * NS_PER_MS)
        for by, ring in ((0.04, 0.04), (-0.01, 0.03)):
            answer = tell(RuntimeDir(tmp_path), order_from(["hand", A], by_ring=by), timeout_ns=20 * NS_PER_MS)
            assert answer.ok, answer.text
            rig.pass_time(600 * NS_PER_MS)
            line.take()
            assert abs(line.heard[-1] / 9999 - ring) < 0.001
    finally:
        rig.close()

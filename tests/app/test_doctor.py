import os
from pathlib import Path

import pytest

from cuefocus.app.doctor import Finding, examine


@pytest.mark.serial
def test_every_finding_can_be_printed_and_the_worst_come_first(tmp_path: Path) -> None:
    findings = examine(tmp_path / "not" / "yet", seconds=0.1)
    weights = [("error", "warning", "note").index(finding.severity) for finding in findings]
    assert weights == sorted(weights)
    assert {"python", "cores", "disk"} <= {finding.what for finding in findings}
    assert all(set(finding.as_dict()) == {"severity", "what", "problem", "hint"} for finding in findings)
    assert all(finding.problem and (finding.hint or finding.severity == "note") for finding in findings)


@pytest.mark.serial
def test_the_timing_floor_is_measured(tmp_path: Path) -> None:
    timing = [finding for finding in examine(tmp_path, seconds=0.1) if finding.what.startswith("timing")]
    assert any("p99.9" in finding.problem for finding in timing)


@pytest.mark.serial
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert Finding(
        "warning",
        "disk",
        f"{tmp_path} cannot be written",
        "give --journal a folder of yours; without one a take leaves no record",
    ) in examine(tmp_path, seconds=0.05)

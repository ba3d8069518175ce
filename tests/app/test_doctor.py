import os
import re
import tomllib
from pathlib import Path

import pytest

from cuefocus.app.doctor import Finding, examine
from tests.app.verb import ROOT


@pytest.mark.serial
def test_every_finding_can_be_printed_and_the_worst_come_first(tmp_path: Path) -> None:
    findings = examine(tmp_path / "not" / "yet", seconds=0.1)
    weights = [("error", "warning", "note").index(finding.severity) for finding in findings]
    assert weights == sorted(weights)
    assert {"python", "cores", "disk"} <= {finding.what for finding in findings}
    assert all(set(finding.as_dict()) == {"severity", "what", "problem", "hint"} for finding in findings)
    assert all(finding.problem and (finding.hint or finding.severity == "note") for finding in findings)


@pytest.mark.serial
def test_nothing_is_recommended_that_cannot_be_installed(tmp_path: Path) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    offered = {re.split(r"[<>=~!\[ ]", package)[0] for packages in extras.values() for package in packages}
    told = [finding.problem for finding in examine(tmp_path, seconds=0.05)]
    recommended = {
        name
        for problem in told
        for names in re.findall(r"not installed: (.*)|No module named '(\w+)'", problem)
        for name in re.findall(r"\w+(?= \(|$)", " ".join(names).strip())
    }
    assert recommended <= offered | set(extras)


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

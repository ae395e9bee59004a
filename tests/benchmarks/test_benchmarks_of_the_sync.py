"""The benchmark of the sync runs through on the real parts, beside every peer; how fast it is is no test's business."""

import json
import subprocess
import sys
from pathlib import Path

ROWS = 15


def test_a_quick_run_measures_every_row_against_its_peer(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sync", "--quick", "--json", str(file)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text(encoding="utf-8"))
    assert len(found["rows"]) == ROWS
    assert all(row["ours_seconds"] > 0 and row["peer_seconds"] > 0 and row["ratio"] > 0 for row in found["rows"])

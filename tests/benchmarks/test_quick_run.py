"""The benchmarks run through on the real parts and print every row; how fast they are is no test's business."""

import json
import subprocess
import sys
from pathlib import Path

ROWS = {"saving": 3, "starting": 2, "posting": 3, "rendering": 3, "leading": 2, "inbox": 4}


def test_a_quick_run_measures_every_row_against_its_peer(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--json", str(file)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text(encoding="utf-8"))
    assert len(found["rows"]) == sum(ROWS.values())
    assert all(row["ours_seconds"] > 0 and row["peer_seconds"] > 0 and row["ratio"] > 0 for row in found["rows"])
    printed = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0].removeprefix("| ") for line in printed[2:]] == [row["what"] for row in found["rows"]]
    assert found["machine"]["processor"] in done.stdout

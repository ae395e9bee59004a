"""A program that crashes leaves no picture of its memory on the disk."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource
from {module} import main
try:
    main(["--help"])
finally:
    print("core:", resource.getrlimit(resource.RLIMIT_CORE))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows writes no core file unless told to")
@pytest.mark.parametrize("module", ["gjj_desktop.__main__", "gjj_desktop.central.__main__"])
def test_a_crash_leaves_no_picture_of_the_memory(module: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(module=module)], capture_output=True, text=True, check=False
    )
    assert ended.stdout.splitlines()[-1] == "core: (0, 0)", ended.stderr

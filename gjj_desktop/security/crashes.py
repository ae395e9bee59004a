"""What does a crash leave on the disk? No picture of this program's memory, which holds keys and people's data."""

import sys

if sys.platform != "win32":
    import resource


def leave_no_core() -> None:
    """Let no core file be written of this process and of those it starts; Windows writes none unless told to."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

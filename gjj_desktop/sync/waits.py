"""How long to wait before the centre is tried again."""

from random import uniform

WAIT_SECONDS_MIN = 1.0
WAIT_SECONDS_MAX = 300.0
IDLE_SECONDS = 30.0
"""How often a window that hears nothing asks by itself, so that a lost notification costs no more than this."""


def wait_seconds(failures: int) -> float:
    """Seconds to wait after `failures` failures in a row: doubling from 1 s to 5 min, each a little different.

    A whole city's windows that lost their centre at the same moment so do not all come back at the same moment.
    """
    doubled = WAIT_SECONDS_MIN * 2.0 ** min(failures - 1, 16) if failures > 0 else 0.0
    return min(WAIT_SECONDS_MAX, doubled) * uniform(0.6, 1.0)  # noqa: S311, spreads load, guards nothing


def deaf_seconds(for_nothing: int) -> float:
    """Seconds not to listen after so many exchanges in a row that a notice began and that brought nothing.

    Any device may send notices. Some come for nothing by themselves; many do not, and a window that followed each would
    do nothing else. It asks by itself meanwhile, and hears what was said as soon as it listens again.
    """
    return min(10.0, 0.5 * 2.0 ** min(for_nothing - 4, 16)) if for_nothing > 3 else 0.0


LOOK_SECONDS = 2.0
"""How often a window that waits looks whether the network is back."""

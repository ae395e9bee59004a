"""How are measured rows shown: the table of docs/performance.md, and facts for a file."""

from collections.abc import Sequence

import msgspec

from benchmarks.measure import Measured

HEAD = ("measured", "ours", "peer", "ratio", "compared with", "beside")


def cells(row: Measured) -> list[str]:
    """The row as the cells of the table."""
    return [
        row.what,
        f"{_time(row.ours_seconds)}/{row.unit}",
        f"{_time(row.peer_seconds)}/{row.unit}",
        f"{row.ratio:.1f}",
        row.peer,
        row.note,
    ]


def _time(seconds: float) -> str:
    return (
        f"{seconds:.2f} s"
        if seconds >= 1
        else f"{seconds * 1e3:.2f} ms"
        if seconds >= 1e-3
        else f"{seconds * 1e6:.0f} µs"
    )


def line(cells: Sequence[str]) -> str:
    """One line of the table."""
    return f"| {' | '.join(cells)} |"


def facts_of(row: Measured) -> dict[str, object]:
    """The row as it goes into a file of figures."""
    return {**msgspec.structs.asdict(row), "ratio": row.ratio}

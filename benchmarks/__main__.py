"""`python -m benchmarks`: every benchmark in one run, as a table that can go into docs/performance.md."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.inbox import inbox
from benchmarks.leading import leading
from benchmarks.measure import QUICK, Measured, Scale, machine
from benchmarks.posting import posting
from benchmarks.rendering import rendering
from benchmarks.saving import saving
from benchmarks.starting import starting
from benchmarks.table import HEAD, cells, facts_of, line
from benchmarks.world import World, world

BENCHMARKS: dict[str, Callable[[World, Scale], Iterator[Measured]]] = {
    "saving": saving,
    "starting": starting,
    "posting": posting,
    "rendering": rendering,
    "leading": leading,
    "inbox": inbox,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and print it; answers the exit code."""
    asked = _parsed(arguments)
    scale = QUICK if asked.quick else Scale()
    facts = machine()
    print("\n".join(f"- {name}: {value}" for name, value in facts.items()), end="\n\n")
    print(line(HEAD), line(["---"] * len(HEAD)), sep="\n", flush=True)
    rows: list[Measured] = []
    for row in _run(asked.only or list(BENCHMARKS), scale):
        rows.append(row)
        print(line(cells(row)), flush=True)
    if asked.quick:
        print("\nA quick run shows that everything works; its figures mean nothing.")
    if asked.json:
        found = {"machine": facts, "quick": asked.quick, "rows": [facts_of(row) for row in rows]}
        asked.json.write_text(json.dumps(found, ensure_ascii=False, indent=2), encoding="utf-8")
    return 0


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ratios against the bare libraries.")
    parser.add_argument("--only", action="append", choices=list(BENCHMARKS), help="this one; may be given again")
    parser.add_argument("--quick", action="store_true", help="as little of each as shows that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args(arguments)


def _run(names: Sequence[str], scale: Scale) -> Iterator[Measured]:
    with ExitStack() as stack:
        town = stack.enter_context(world())
        for name in names:
            yield from BENCHMARKS[name](town, scale)


if __name__ == "__main__":
    sys.exit(main())

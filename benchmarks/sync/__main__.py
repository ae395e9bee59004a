"""`python -m benchmarks.sync`: window and centre at the size of a city, as a table for docs/performance.md."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.measure import Measured, machine
from benchmarks.sync import peers
from benchmarks.sync.road import road
from benchmarks.sync.sizes import QUICK, Sizes
from benchmarks.sync.spread import spread
from benchmarks.sync.together import together
from benchmarks.sync.wide_scope import wide_scope
from benchmarks.table import HEAD, cells, facts_of, line
from benchmarks.world import world
from gjj_desktop.central import embedded

PARTS = ("road", "spread", "together", "wide_scope")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and print it; answers the exit code."""
    asked = _parsed(arguments)
    sizes = QUICK if asked.quick else Sizes()
    given = {name: getattr(asked, name) for name in Sizes.__struct_fields__ if getattr(asked, name) is not None}
    sizes = msgspec.structs.replace(sizes, **given)
    facts = machine()
    print("\n".join(f"- {name}: {value}" for name, value in facts.items()), end="\n\n")
    print(line(HEAD), line(["---"] * len(HEAD)), sep="\n", flush=True)
    rows: list[Measured] = []
    for row in _run(asked.only or PARTS, sizes):
        rows.append(row)
        print(line(cells(row)), flush=True)
    if asked.quick:
        print("\nA quick run shows that everything works; its figures mean nothing.")
    if asked.json:
        found = {"machine": facts, "sizes": msgspec.to_builtins(sizes), "rows": [facts_of(row) for row in rows]}
        asked.json.write_text(json.dumps(found, ensure_ascii=False, indent=2), encoding="utf-8")
    return 0


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sync", description="Windows and centre beside peers.")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; may be given again")
    parser.add_argument("--quick", action="store_true", help="as little of each as shows that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    for name in Sizes.__struct_fields__:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, metavar="N")
    return parser.parse_args(arguments)


def _run(parts: Sequence[str], sizes: Sizes) -> Iterator[Measured]:
    embedded.SETTINGS["max_connections"] = str(sizes.windows + 100)
    with world() as town:
        tpcb = peers.tpcb_per_second(town.admin, sizes.tpcb_seconds, sizes.tpcb_clients) if _posts(parts) else 0.0
        if "road" in parts:
            yield from road(town, sizes, tpcb)
        if "spread" in parts:
            yield from spread(town, sizes, tpcb)
        if "together" in parts:
            yield from together(town, sizes, tpcb)
        if "wide_scope" in parts:
            yield from wide_scope(town, sizes)


def _posts(parts: Sequence[str]) -> bool:
    return bool({"road", "spread", "together"} & set(parts))


if __name__ == "__main__":
    sys.exit(main())

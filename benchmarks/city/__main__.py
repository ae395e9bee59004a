"""`python -m benchmarks.city`: run the simulated city once or for many seeds, and say what was tried and what held."""

import argparse
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.city.founding import Founded, found
from benchmarks.city.hours import OPENING
from benchmarks.city.killing import Killing
from benchmarks.city.mistakes import MISTAKES, looked_for
from benchmarks.city.play import Outcome, Run, city, memory, people_for, replay_line
from benchmarks.measure import machine
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.clock import utc_now

LAST_LINES = 30
COMMANDS_A_KILL = 10
"""About how many commands the windows save between two kills."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 0 when everything held, else 1 with the seeds to replay. Ctrl-C ends the run that is at
    work in order, with everything mended and checked, and begins no other."""
    asked = _parsed(arguments)
    if asked.kills:
        return _kill(asked)
    if asked.mistakes:
        return _look_for_mistakes(asked)
    print("\n".join(f"- {name}: {value}" for name, value in machine().items()), flush=True)
    failed: dict[int, int] = {}
    total: Counter[str] = Counter()
    began = time.monotonic()
    asked.ended, runs = False, 0
    signal.signal(signal.SIGINT, lambda *_: setattr(asked, "ended", True))
    with (
        TemporaryDirectory(prefix="gjj-city-", dir=memory(), ignore_cleanup_errors=True) as folder,
        EmbeddedServer(Path(folder) / "centre", durable=False) as server,
    ):
        people, strangers = people_for(asked.commands)
        founded = found(server, Path(folder) / "disks", asked.windows, people, strangers, asked.opening)
        for seed in range(asked.seed, asked.seed + asked.runs):
            if asked.ended:
                break
            runs += 1
            outcome = _run(server, founded, seed, asked)
            if outcome is None or outcome.untrue:
                failed[seed] = 0 if outcome is None else outcome.steps
            if outcome is not None:
                total.update(outcome.counted | {"steps": outcome.steps, "commands saved": outcome.saved})
    print(f"\n{runs} runs, {asked.windows} windows, {time.monotonic() - began:.0f} s")
    for name, times in sorted(total.items()):
        print(f"  {name}: {times:,}")
    for seed, steps in failed.items():
        ended_sooner = f" --steps {steps}" if steps and (asked.minutes or asked.ended) else ""
        print(f"seed {seed} did not hold: {replay_line(seed, asked.windows, asked.commands)}{ended_sooner}")
    return 1 if failed else 0


def _kill(asked: argparse.Namespace) -> int:
    """Real processes under SIGKILL on a durable server; the disks are wherever temporary files go."""
    print("\n".join(f"- {name}: {value}" for name, value in machine().items()), flush=True)
    with (
        TemporaryDirectory(prefix="gjj-city-", ignore_cleanup_errors=True) as folder,
        EmbeddedServer(Path(folder) / "centre", durable=True) as server,
    ):
        people, strangers = people_for(asked.kills * COMMANDS_A_KILL)
        founded = found(server, Path(folder) / "disks", asked.windows, people, strangers, utc_now())
        (Path(folder) / "killing").mkdir()
        killing = Killing(server, founded, Path(folder) / "killing", asked.seed)
        killing.tell = lambda killed: print(f"  {killed} killed", flush=True) if killed % 50 == 0 else None
        try:
            came = killing.kill(asked.kills)
        finally:
            killing.close()
    counted = ", ".join(f"{name} {times}" for name, times in sorted(came.killed.items()))
    print(f"killed: {counted}; {came.saved:,} commands were called saved; {came.seconds:.0f} s")
    print(*came.untrue, sep="\n")
    return 1 if came.untrue else 0


def _look_for_mistakes(asked: argparse.Namespace) -> int:
    """Plant one mistake after the other; 0 when the city found each in one of the seeds."""
    missed = 0
    with (
        TemporaryDirectory(prefix="gjj-city-", dir=memory(), ignore_cleanup_errors=True) as folder,
        EmbeddedServer(Path(folder) / "centre", durable=False) as server,
    ):
        founded = found(server, Path(folder) / "disks", asked.windows, *people_for(asked.commands))
        for mistake in MISTAKES:
            noticed, seeds = "not found", 0
            while noticed == "not found" and seeds < asked.runs:
                noticed = looked_for(server, founded, mistake, asked.seed + seeds, asked.commands) or noticed
                seeds += 1
            print(f"{mistake.sentence}: {noticed} ({seeds} seeds)", flush=True)
            missed += noticed == "not found"
    return 1 if missed else 0


def _run(server: EmbeddedServer, founded: Founded, seed: int, asked: argparse.Namespace) -> Outcome | None:
    began = time.monotonic()
    with city(server, founded, seed, asked.commands) as run:
        run.tell = _progress(began) if asked.progress else run.tell
        run.enough = lambda: asked.ended or 0 < 60 * asked.minutes < time.monotonic() - began
        run.steps_max = asked.steps or run.steps_max
        try:
            outcome = run.play()
        except Exception as error:  # noqa: BLE001 - the run ends here, the others go on
            print(*run.log[-LAST_LINES:], f"seed {seed}: {type(error).__name__}: {error}", sep="\n", flush=True)
            return None
    seconds = time.monotonic() - began
    print(f"seed {seed}: {outcome.saved:,} commands in {outcome.steps:,} steps, {seconds:.1f} s, {outcome.trace[:16]}")
    print(*(f"  {each}" for each in outcome.untrue), sep="\n", end="", flush=True)
    return outcome


def _progress(began: float) -> Callable[[Run, int], None]:
    def tell(run: Run, steps: int) -> None:
        if steps % 1_000 == 0:
            print(
                f"  {steps:,} steps, {len(run.clerks.saved):,} commands, {time.monotonic() - began:.0f} s", flush=True
            )

    return tell


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.city", description="A city in which everything fails.")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; a run replays exactly from its seed")
    parser.add_argument("--runs", type=int, default=1, help="how many seeds, counted up from the first")
    parser.add_argument("--windows", type=int, default=3)
    parser.add_argument("--commands", type=int, default=30, help="how many commands the windows save in each run")
    parser.add_argument("--steps", type=int, default=0, help="end a run after so many steps, however much was saved")
    parser.add_argument("--minutes", type=float, default=0, help="end a run after so many minutes of work")
    opening = "when the city opens, ISO 8601 with its offset; the business date is that day in China"
    parser.add_argument("--opening", type=datetime.fromisoformat, default=OPENING, help=opening)
    parser.add_argument("--kills", type=int, default=0, help="instead: real processes, so many of them killed")
    parser.add_argument("--mistakes", action="store_true", help="instead: plant mistakes and see that they are found")
    parser.add_argument("--progress", action="store_true", help="say now and then how far a long run is")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

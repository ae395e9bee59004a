"""One run of the city: misfortunes and work in an order that the seed gives, then everything is mended and checked."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from secrets import token_hex
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.city.acts import Clerks
from benchmarks.city.centre import Centre
from benchmarks.city.founding import Founded
from benchmarks.city.hours import Hours
from benchmarks.city.line import Lines, Weather
from benchmarks.city.machine import Machine
from benchmarks.city.truths import City, light_is_true, untruths
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.clock import utc_text
from gjj_desktop.errors import OperatingError
from gjj_desktop.sync.exchange import exchange
from gjj_desktop.sync.outcomes import LinkError, UnreachableError
from gjj_desktop.sync.wire import CentreAddress

HEALING_ROUNDS = 6
POINTS_MAX = 60
LOG_LINES = 200
JUMPS = (
    timedelta(minutes=-40),
    timedelta(minutes=7),
    timedelta(hours=9),
    timedelta(days=-3),
    timedelta(days=40),
    timedelta(days=-800),
    timedelta(days=1_500),
)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one run came to; `untrue` is empty when every truth holds, `trace` the same for the same seed."""

    seed: int
    steps: int
    saved: int
    trace: str
    counted: dict[str, int]
    untrue: tuple[str, ...]


def people_for(commands: int) -> tuple[int, int]:
    """How many accounts each outlet of a city of so many commands has, and how many strangers may join."""
    return max(12, commands // 20), max(40, commands // 4)


def replay_line(seed: int, windows: int, commands: int) -> str:
    """The command line that runs a seed again."""
    return f"python -m benchmarks.city --seed {seed} --windows {windows} --commands {commands}"


class Run:
    """A city at work. `commands` are how many commands the windows shall save before everything is mended."""

    def __init__(self, server: EmbeddedServer, founded: Founded, folder: Path, seed: int, commands: int) -> None:
        self.seed, self.commands = seed, commands
        self.dice = Random(seed)  # noqa: S311 - a simulation that must replay, no secret
        self.hours = Hours(seed)
        self.folder = folder
        self.counted: Counter[str] = Counter()
        self._trace = sha256()
        self.log: list[str] = []
        database = f"city_{token_hex(6)}"
        self.centre = Centre(server, founded, database, self.hours, self.dice)
        self.weather = Weather(self.dice, self._meanwhile)
        address = CentreAddress(host="127.0.0.1", port=server.port, dbname=database)
        self.lines = Lines(address, self.weather, lambda: utc_text(self.hours.true))
        self.clerks = Clerks(founded, self.dice)
        self.machines = [self._machine(founded, post.device) for post in founded.posts]
        self.offline: dict[str, int] = {}
        self.images: dict[str, Path] = {}
        self.lost: dict[str, str] = {}
        self.tell: Callable[[Run, int], None] = lambda _, __: None
        self._loop = asyncio.new_event_loop()

    def _machine(self, founded: Founded, device: str) -> Machine:
        post = next(each for each in founded.posts if each.device == device)
        shutil.copytree(founded.disks / device, self.folder / f"{device}-0")
        return Machine(post, self.folder, self.hours)

    def play(self) -> Outcome:
        """The whole run."""
        steps = 0
        while len(self.clerks.saved) < self.commands and steps < 20 * self.commands:
            steps += 1
            self.hours.pass_by(timedelta(seconds=self.dice.randrange(5, 400)))
            (step,) = self.dice.choices(list(STEPS), list(STEPS.values()))
            self._note(f"{steps} {step.__name__} {step(self)}")
            self.tell(self, steps)
        self._heal()
        untrue = untruths(self._city())
        self.counted.update({f"weather {mood}": times for mood, times in self.weather.counted.items()})
        self.counted["posting killed"] = self.centre.kills
        self.counted["windows killed"] = sum(machine.kills for machine in self.machines)
        self.counted["centre restored"] = self.centre.restored
        self.counted.update(self.clerks.tally)
        self.counted.update({f"refused by the centre, {code}": times for code, times in self.centre.refusals()})
        self.counted.update({f"posted {name}": times for name, times in self.centre.posted.items()})
        return Outcome(
            seed=self.seed,
            steps=steps,
            saved=len(self.clerks.saved),
            trace=self._trace.hexdigest(),
            counted=dict(self.counted),
            untrue=tuple(untrue),
        )

    def _note(self, line: str) -> None:
        self._trace.update(line.encode())
        self.log.append(line)
        del self.log[:-LOG_LINES]

    def _any(self) -> Machine:
        return self.dice.choice(self.machines)

    def _meanwhile(self) -> None:
        """The posting process works while a window talks."""
        self.centre.post(self.dice.choice((1, 3, 500)))

    # What can happen in a step; each answers a word for the trace.

    def clerk_works(self) -> str:
        """A clerk does something, and in a few cases the process is killed in the middle of it."""
        machine = self._any()
        points = self.dice.randrange(1, POINTS_MAX) if self.dice.random() < 0.06 else 0
        ended = "killed"
        with machine.process(points):
            ended = self.clerks.work(machine)
        self.counted[ended.partition(": ")[0]] += 1
        return f"{machine.post.device} {ended}"

    def window_syncs(self) -> str:
        """A window talks to the centre, where it has a line."""
        machine = self._any()
        if self.offline.get(machine.post.device, 0) > 0:
            self.offline[machine.post.device] -= 1
            return f"{machine.post.device} offline"
        points = self.dice.randrange(1, POINTS_MAX) if self.dice.random() < 0.08 else 0
        return f"{machine.post.device} {self._exchange(machine, points)}"

    def _exchange(self, machine: Machine, points: int = 0) -> str:
        """One exchange; answers how it ended."""
        ended = "killed"
        with machine.process(points):
            try:
                self._loop.run_until_complete(self._talk(machine))
                machine.heard(None, False)
                ended = "synced"
                wrong = list(light_is_true(machine, machine.light().kind))
                assert not wrong, wrong
            except OperatingError as error:
                machine.heard(error, isinstance(error, UnreachableError))
                ended = type(error).__name__ if isinstance(error, LinkError) else error.what
        self.counted[f"exchange {ended}"] += 1
        return ended

    async def _talk(self, machine: Machine) -> None:
        link = await self.lines.link(machine.post.device, machine.post.password)
        await exchange(link, machine.store, lambda _: None, before_leaving=machine.high_water.keep)

    def centre_posts(self) -> str:
        """A posting process takes a batch, and in a few cases is killed in the middle of it."""
        points = self.dice.randrange(1, POINTS_MAX) if self.dice.random() < 0.15 else 0
        return str(tuple(self.centre.post(self.dice.choice((1, 2, 5, 500)), points)))

    def late_calls_arrive(self) -> str:
        """What was given up long ago reaches the centre now."""
        late, self.weather.delayed = self.weather.delayed, []
        for each in late:
            self._loop.run_until_complete(self.lines.deliver(each))
        self.counted["delayed calls that came"] += len(late)
        return str(len(late))

    def line_goes_down(self) -> str:
        """A window has no line for a while."""
        machine = self._any()
        self.offline[machine.post.device] = self.dice.randrange(2, 12)
        return machine.post.device

    def clock_jumps(self) -> str:
        """A machine's clock jumps, or somebody puts it right."""
        machine = self._any()
        machine.error = self.dice.choice((timedelta(), *JUMPS))
        self.counted["clock jumps"] += 1
        return f"{machine.post.device} {machine.error}"

    def disk_fills(self) -> str:
        """A machine's disk is full, or there is room again."""
        machine = self._any()
        room = self.dice.choice((None, 0, 3, 12))
        machine.store.fill_disk(room)
        self.counted["disks filled"] += room is not None
        return f"{machine.post.device} {room}"

    def days_pass(self) -> str:
        """A weekend."""
        self.centre.let_days_pass(self.dice.choice((1, 2, 4)))
        self.counted["day-ends"] += 1
        return str(self.hours.true)

    def money_arrives(self) -> str:
        """The bank's statement."""
        return str(self.centre.receive_money())

    def image_taken(self) -> str:
        """Somebody copies a machine's disk."""
        machine = self._any()
        self.images[machine.post.device] = machine.image(self.folder / f"image-{machine.post.device}")
        return machine.post.device

    def backup_taken(self) -> str:
        """The centre is backed up."""
        if self.centre.has_backup and self.dice.random() < 0.5:
            return "not today"
        self._loop.run_until_complete(self.lines.close())
        self.centre.take_backup()
        return "taken"

    def centre_restored(self) -> str:
        """The centre burns down and comes back as its backup."""
        if not self.centre.has_backup:
            return "no backup"
        self._loop.run_until_complete(self.lines.close())
        self.centre.restore_backup()
        return "restored"

    def disk_restored(self) -> str:
        """A machine's disk comes back as an older image."""
        if not self.images:
            return "no image"
        device = self.dice.choice(sorted(self.images))
        machine = next(each for each in self.machines if each.post.device == device)
        with_keyring = self.dice.random() < 0.3
        before = machine.outbox()
        machine.restore(self.images.pop(device), with_keyring)
        here = {entry.command_id for entry in machine.outbox()}
        self.lost.update({each.command_id: each.case_no for each in before if each.command_id not in here})
        self.counted["machines restored with their keyrings" if with_keyring else "disks restored"] += 1
        return device

    def device_revoked(self) -> str:
        """A window is taken out of service, mid-way; the last ones stay."""
        if len(self.centre.revoked()) + 2 > len(self.machines):
            return "no more"
        machine = self._any()
        self.centre.revoke_device(machine.post.device)
        self.counted["devices revoked"] += 1
        return machine.post.device

    def clerk_stopped(self) -> str:
        """A clerk leaves, mid-way."""
        machine = self._any()
        clerk = self.dice.choice((machine.post.maker, machine.post.boss))
        self.centre.stop_clerk(clerk)
        self.counted["clerks stopped"] += 1
        return clerk

    def _heal(self) -> None:
        """Lines, clocks and disks are put right, and everybody talks until all is said."""
        self.weather.bad = False
        self._note(f"healing {self.late_calls_arrive()}")
        for machine in self.machines:
            machine.error = timedelta()
            machine.store.fill_disk(None)
        for _ in range(HEALING_ROUNDS):
            self.centre.post_all()
            ended = [f"{machine.post.device} {self._exchange(machine)}" for machine in self.machines]
            self._note(" ".join(ended))
        self.centre.post_all()

    def _city(self) -> City:
        """The city with the windows that can not be brought together with the centre any more, for a good reason."""
        revoked = self.centre.revoked()
        cut_off = {machine.post.device for machine in self.machines if machine.post.device in revoked}
        for machine in self.machines:
            faulty = machine.trouble is not None and not machine.trouble.line_only
            if machine.restored and faulty:
                cut_off.add(machine.post.device)
        return City(self.centre, self.machines, self.clerks.saved, frozenset(cut_off), self.lost)

    def close(self) -> None:
        """Everything is put away."""
        self._loop.run_until_complete(self.lines.close())
        self._loop.close()
        for machine in self.machines:
            machine.close()
        self.centre.close()


STEPS: dict[Callable[[Run], str], float] = {
    Run.clerk_works: 52,
    Run.window_syncs: 30,
    Run.centre_posts: 12,
    Run.late_calls_arrive: 2,
    Run.line_goes_down: 2,
    Run.clock_jumps: 0.8,
    Run.disk_fills: 0.8,
    Run.days_pass: 0.5,
    Run.money_arrives: 3,
    Run.image_taken: 1,
    Run.backup_taken: 1,
    Run.centre_restored: 0.7,
    Run.disk_restored: 0.3,
    Run.device_revoked: 0.2,
    Run.clerk_stopped: 0.2,
}
"""What happens, by how often."""


@contextmanager
def city(server: EmbeddedServer, founded: Founded, seed: int, commands: int) -> Iterator[Run]:
    """A run that is about to begin; everything of it is put away in the end."""
    with TemporaryDirectory(prefix=f"gjj-city-{seed}-", dir=memory(), ignore_cleanup_errors=True) as folder:
        run = Run(server, founded, Path(folder), seed, commands)
        try:
            with run.hours.rule():
                yield run
        finally:
            run.close()


def memory() -> str | None:
    """Where files are kept in memory, else None for wherever temporary files go."""
    shared = Path("/dev/shm")  # noqa: S108 - nothing secret, and only for the length of a run
    return str(shared) if shared.is_dir() else None

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
from typing import NamedTuple

import msgspec

from benchmarks.city.acts import BUSY, Clerks, Customs
from benchmarks.city.centre import Centre
from benchmarks.city.founding import (
    BOSSES,
    MAKERS,
    Founded,
    Post,
    clerk_public_key,
    clerk_row,
    keep_clerk_key,
    make_disk,
    open_window,
    post_of,
)
from benchmarks.city.hours import Hours
from benchmarks.city.line import Lines, Weather
from benchmarks.city.machine import Machine
from benchmarks.city.truths import City, light_is_true, untruths
from gjj_desktop.central.city import read_city
from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.devices import add_device, approve_device
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.clock import utc_text
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import STORE_KEY
from gjj_desktop.sync.enrolment import REGISTERED, enrol
from gjj_desktop.sync.exchange import exchange
from gjj_desktop.sync.outcomes import LinkError, UnreachableError
from gjj_desktop.sync.own_login import open_own_link
from gjj_desktop.sync.wire import CentreAddress, ticket_line

HEALING_ROUNDS = 6
POINTS_MAX = 60
WINDOWS_MAX = 9
"""Windows are numbered with one digit here."""
MENDED_AFTER = (3, 40)
"""A clock is put right, a disk has room, a program is brought up to date after so many steps, from and up to."""
FAULTS_MAX = 4
"""After so many exchanges without an end that is right, a window that was restored is given up for a new one."""
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
    return max(12, commands // 5), max(40, commands // 4)


def replay_line(seed: int, windows: int, commands: int) -> str:
    """The command line that runs a seed again."""
    return f"python -m benchmarks.city --seed {seed} --windows {windows} --commands {commands}"


class Pace(NamedTuple):
    """How a run divides its steps. `acts` are what a clerk does in a step at most, `kills` the share of steps in which
    a window's process is killed, `rarity` by how much rarer than in a short run the great misfortunes are."""

    acts: int = 1
    kills: float = 0.07
    rarity: float = 1.0
    customs: Customs = BUSY


SHORT = Pace()
LONG = Pace(acts=40, kills=0.06, rarity=25.0, customs=Customs(scanned=0.03, crowd=240, vain=0.2, sitting=6))
LONG_FROM = 2_000


def pace_for(commands: int) -> Pace:
    """A city of many commands works more between two misfortunes."""
    return SHORT if commands < LONG_FROM else LONG


class Run:
    """A city at work. `commands` are how many commands the windows shall save before everything is mended; `enough`
    may end it sooner."""

    def __init__(self, server: EmbeddedServer, founded: Founded, folder: Path, seed: int, commands: int) -> None:
        self.seed, self.commands = seed, commands
        self.pace = pace_for(commands)
        self.steps_max = 20 * commands
        self.enough: Callable[[], bool] = lambda: False
        self.dice = Random(seed)  # noqa: S311 - a simulation that must replay, no secret
        self.hours = Hours(seed, founded.opening)
        self.folder = folder
        self.counted: Counter[str] = Counter()
        self._trace = sha256()
        self.log: list[str] = []
        database = f"city_{token_hex(6)}"
        self.centre = Centre(server, founded, database, self.hours, self.dice)
        self.weather = Weather(self.dice, self._meanwhile)
        address = CentreAddress(host="127.0.0.1", port=server.port, dbname=database)
        self.address = address
        self.lines = Lines(self.weather, lambda: utc_text(self.hours.true))
        self.clerks = Clerks(founded, self.dice, self.pace.customs)
        self.machines = [self._machine(founded.disks, post) for post in founded.posts]
        self.gone: list[Machine] = []
        self.offline: dict[str, int] = {}
        self.images: dict[str, Path] = {}
        self.lost: dict[str, str] = {}
        self.stopped: dict[str, bool] = {}
        self.steps = 0
        self.mended_at: list[tuple[int, Callable[[], None]]] = []
        self.tell: Callable[[Run, int], None] = lambda _, __: None
        self._loop = asyncio.new_event_loop()
        self._back_up()

    def _machine(self, disks: Path, post: Post) -> Machine:
        shutil.copytree(disks / post.device, self.folder / f"{post.device}-0")
        return Machine(post, self.folder, self.hours)

    def play(self) -> Outcome:
        """The whole run."""
        weights = [share / self.pace.rarity if step in GREAT else share for step, share in STEPS.items()]
        while len(self.clerks.saved) < self.commands and self.steps < self.steps_max and not self.enough():
            self.steps += 1
            self.hours.pass_by(timedelta(seconds=self.dice.randrange(5, 400)))
            self.centre.end_day()
            (step,) = self.dice.choices(list(STEPS), weights)
            self._note(f"{self.steps} {step.__name__} {step(self)}")
            for each in [each for each in self.mended_at if each[0] <= self.steps]:
                self.mended_at.remove(each)
                each[1]()
            self.tell(self, self.steps)
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
            steps=self.steps,
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
        return self.dice.choice(self._working)

    @property
    def _working(self) -> list[Machine]:
        return [machine for machine in self.machines if machine.broken is None]

    def _meanwhile(self) -> None:
        """The posting process works while a window talks."""
        self.centre.post(self.dice.choice((1, 3, 500)))

    # What can happen in a step; each answers a word for the trace.

    def clerk_works(self) -> str:
        """A clerk does something, and in a few cases the process is killed in the middle of it."""
        machine = self._any()
        acts = self.dice.randrange(1, self.pace.acts + 1)
        ended = "killed"
        with machine.process(self._points(self.pace.kills, acts)):
            ended = self.clerks.work(machine, acts)
        return f"{machine.post.device} {ended}"

    def _points(self, share: float, acts: int = 1) -> int:
        """At which point a process is killed, in this share of cases; else 0."""
        return self.dice.randrange(1, POINTS_MAX * acts) if self.dice.random() < share else 0

    def window_syncs(self) -> str:
        """A window talks to the centre, where it has a line."""
        machine = self._any()
        if self.offline.get(machine.post.device, 0) > 0:
            self.offline[machine.post.device] -= 1
            return f"{machine.post.device} offline"
        return f"{machine.post.device} {self._exchange(machine, self._points(self.pace.kills))}"

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
        settings = machine.settings(self.address)
        link = await self.lines.link(settings, machine.keyring, machine.outdated)
        await exchange(link, machine.store, lambda _: None, before_leaving=machine.high_water.keep)
        await machine.keep_keys_young(link, settings, begin=self.weather.bad)

    def centre_posts(self) -> str:
        """A posting process takes a batch, and in a few cases is killed in the middle of it."""
        return str(tuple(self.centre.post(self.dice.choice((1, 2, 5, 500)), self._points(0.15))))

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
        """A machine's clock jumps, until somebody puts it right."""
        machine = self._any()
        machine.error = self.dice.choice(JUMPS)
        self._put_right(lambda: setattr(machine, "error", timedelta()))
        self.counted["clock jumps"] += 1
        return f"{machine.post.device} {machine.error}"

    def disk_fills(self) -> str:
        """A machine's disk is full, until somebody makes room."""
        machine = self._any()
        room = self.dice.choice((0, 3, 12))
        machine.store.fill_disk(room)
        self._put_right(lambda: machine.store.fill_disk(None))
        self.counted["disks filled"] += 1
        return f"{machine.post.device} {room}"

    def days_pass(self) -> str:
        """A weekend."""
        self.centre.let_days_pass(self.dice.choice((1, 2, 4)), self._points(0.2))
        self.counted["day-ends"] += 1
        return str(self.hours.true)

    def money_arrives(self) -> str:
        """The bank's statement."""
        return str([self.centre.receive_money() for _ in range(self.pace.acts // 2 + 1)])

    def image_taken(self) -> str:
        """Somebody copies a machine's disk."""
        machine = self._any()
        self.images[machine.post.device] = machine.image(self.folder / f"image-{machine.post.device}")
        return machine.post.device

    def backup_taken(self) -> str:
        """The centre is backed up."""
        self._back_up()
        return "taken"

    def _back_up(self) -> None:
        self._loop.run_until_complete(self.lines.close())
        self.centre.take_backup()

    def centre_restored(self) -> str:
        """The centre burns down and comes back as its backup."""
        self._loop.run_until_complete(self.lines.close())
        self.centre.restore_backup()
        for machine in self.gone:
            self.centre.revoke_device(machine.post.device)
        for clerk, at_once in self.stopped.items():
            self.centre.stop_clerk(clerk, at_once)
        forgotten = [each.post.device for each in self._working if not self.centre.state_of(each.post.device)]
        self.counted["windows that the centre forgot"] += len(forgotten)
        return f"restored, without {', '.join(forgotten)}" if forgotten else "restored"

    def disk_restored(self) -> str:
        """A machine's disk comes back as an older image."""
        if not self.images:
            return "no image"
        device = self.dice.choice(sorted(self.images))
        machine = next(each for each in self.machines if each.post.device == device)
        with_keyring = self.dice.random() < 0.3
        before = machine.outbox()
        with_keyring = machine.restore(self.images.pop(device), with_keyring)
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
        """A clerk leaves, mid-way; in some cases nothing counts any more that was signed and has not come yet."""
        machine = self._any()
        clerk = self.dice.choice((machine.post.maker, machine.post.boss))
        self.stopped[clerk] = self.dice.random() < 0.3
        self.centre.stop_clerk(clerk, self.stopped[clerk])
        self.counted["clerks stopped"] += 1
        return clerk

    def clerk_joins(self) -> str:
        """Somebody comes in the place of a clerk who left."""
        machine = next((each for each in self._working if self._lacks(each)), None)
        if machine is None:
            return "nobody"
        left = self._lacks(machine)
        clerk = left[:-1] + chr(ord(left[-1]) + 2)
        if machine.post.device in self.centre.revoked() or clerk[-1] not in MAKERS + BOSSES:
            return "nobody"
        try:
            keep_clerk_key(machine.store, machine.post, clerk)
        except OperatingError as error:
            return error.what
        answer = self._introduce(machine, clerk)
        if answer != REGISTERED:
            return answer
        machine.replace_clerk(left, clerk)
        self.images.pop(machine.post.device, None)
        self.counted["clerks joined"] += 1
        return clerk

    def _introduce(self, machine: Machine, clerk: str) -> str:
        """Give the clerk a code and let them register their key at the window; answers what came of it."""
        with self.hours.real():
            code = add_clerk(self.centre.admin, clerk_row(machine.post, clerk))
            try:
                return asyncio.run(self._register_key(machine, clerk, code))
            except OperatingError as error:
                return error.what

    async def _register_key(self, machine: Machine, clerk: str, code: str) -> str:
        async with open_own_link(machine.settings(self.address), machine.keyring) as link:
            return await link.register_clerk_key(clerk, code, clerk_public_key(clerk))

    def clerk_gets_a_code(self) -> str:
        """Somebody whose key the centre has forgotten before their grant reached the window registers it once more."""
        epoch = read_city(self.centre.admin).epoch
        for machine in self._working:
            for clerk in (machine.post.maker, machine.post.boss):
                device = machine.post.device
                is_known = clerk in self.stopped or self.centre.knows_key(clerk, device)
                if machine.epoch() == epoch and self.centre.state_of(device) == "approved" and not is_known:
                    self.counted["clerks registered again"] += 1
                    return f"{clerk} {self._introduce(machine, clerk)}"
        return "nobody"

    def _lacks(self, machine: Machine) -> str:
        """A clerk of the window who left; "" when both are there."""
        return next((each for each in (machine.post.maker, machine.post.boss) if each in self.stopped), "")

    def window_joins(self) -> str:
        """A new window comes in the place of one that is out of service, or that its centre can not let go on."""
        revoked = self.centre.revoked()
        stuck = {each.post.device for each in self._working if each.restored and each.faults > FAULTS_MAX}
        given_up = next((each for each in self._working if each.post.device in revoked | stuck), None)
        if given_up is None:
            return "none"
        outlet = given_up.post.outlet
        taken = [int(each.post.device[4:]) for each in (*self.machines, *self.gone) if each.post.outlet == outlet]
        if max(taken) == WINDOWS_MAX:
            return "no number left"
        self.centre.revoke_device(given_up.post.device)
        with self.hours.real():
            post = open_window(self.centre.admin, self.address, post_of(outlet, max(taken) + 1))
        self.centre.post_all()
        asyncio.run(make_disk(self.folder / "new" / post.device, self.address, post, self.centre.public_keys[0]))
        self.machines[self.machines.index(given_up)] = self._machine(self.folder / "new", post)
        self.gone.append(given_up)
        self.images.pop(given_up.post.device, None)
        self.counted["windows joined"] += 1
        return post.device

    def window_registers_again(self) -> str:
        """A window that its centre has forgotten gets a new ticket for its old number."""
        machine = next((each for each in self._working if self._is_forgotten(each)), None)
        return "none" if machine is None else self._register_again(machine, self._points(self.pace.kills))

    def _is_forgotten(self, machine: Machine) -> bool:
        return self.centre.state_of(machine.post.device) in ("", "ticketed", "pending")

    def _register_again(self, machine: Machine, points: int = 0) -> str:
        device, ended = machine.post.device, "killed"
        with self.hours.real():
            ticket = add_device(self.centre.admin, self.address, machine.post.outlet, device[4:])
            with machine.process(points):
                try:
                    enrol(ticket_line(ticket), machine.keyring, machine.store)
                    ended = "registered"
                except OperatingError as error:
                    ended = error.what
            if self.centre.state_of(device) == "pending":
                approve_device(self.centre.admin, device)
                self.counted["windows registered again"] += 1
        return f"{device} {ended}"

    def machine_breaks(self) -> str:
        """A machine is lost with its keyring, its disk is left; two administrators give a ticket, and back up."""
        if len(self._working) < 2:
            return "no more"
        machine = self._any()
        if not machine.opens_with(self.centre.masks_of(machine.post.device)):
            return f"{machine.post.device} is not prepared"
        with self.hours.real():
            try:
                ticket = self.centre.give_take_over(self.address, machine.post.device)
            except OperatingError as error:
                return f"{machine.post.device} {error.what}"
        machine.break_down(ticket)
        self.images.pop(machine.post.device, None)
        self._back_up()
        self.counted["machines broken"] += 1
        return machine.post.device

    def machine_taken_over(self) -> str:
        """Another machine takes the place of a broken one; nobody goes back to a time before that."""
        machine = next((each for each in self.machines if each.broken is not None), None)
        if machine is None:
            return "none"
        with self.hours.real():
            done = machine.take_over(self.dice.randrange(1, 20) if self.dice.random() < 0.6 else 0)
        if done:
            self._back_up()
        self.counted["machines taken over" if done else "killed as they took over"] += 1
        return f"{machine.post.device} {'taken over' if done else 'killed'}"

    def keys_changed(self) -> str:
        """A clerk has the window go over to other keys; often the program is begun anew then, and so the file's too."""
        machine, ended = self._any(), "killed"
        with machine.process(self._points(0.3)):
            try:
                machine.keys.change_now()
                ended = "changed"
                self.counted["windows that changed their keys"] += 1
            except OperatingError as error:
                ended = error.what
        if self.dice.random() < 0.7:
            self._exchange(machine, self._points(0.3))  # so that there are halves of the next key of the file
            before = machine.keyring.get(STORE_KEY)
            with machine.process(self._points(0.3)):
                machine.restart()
            self.counted["files under another key"] += machine.keyring.get(STORE_KEY) != before
        return f"{machine.post.device} {ended}"

    def centre_key_changed(self) -> str:
        """The centre goes over to another signing key, at times because somebody may have the one before."""
        stolen = self.dice.random() < 0.2
        done = self.centre.rotate_key(stolen, self._points(0.3))
        if not done:
            self._put_right(self.centre.finish_key)
        self.counted["keys of the centre changed"] += 1
        return f"{'stolen ' if stolen else ''}{'changed' if done else 'killed'}"

    def program_ages(self) -> str:
        """The centre speaks a newer wire than a window's program, until the window is brought up to date."""
        machine = self._any()
        machine.outdated = True
        self._put_right(lambda: setattr(machine, "outdated", False))
        self.counted["programs that were too old"] += 1
        return machine.post.device

    def _put_right(self, mend: Callable[[], None]) -> None:
        """Somebody mends it some steps from now."""
        self.mended_at.append((self.steps + self.dice.randrange(*MENDED_AFTER), mend))

    def _heal(self) -> None:
        """Lines, clocks and disks are put right, and everybody talks until all is said."""
        self.weather.bad = False
        self._note(f"healing {self.late_calls_arrive()}")
        everyone = [*self.machines, *self.gone]
        for machine in self.machines:
            if machine.broken is not None:
                with self.hours.real():
                    machine.take_over()
        for machine in everyone:
            machine.error = timedelta()
            machine.outdated = False
            machine.store.fill_disk(None)
        self.centre.finish_key()
        for machine in self.machines:
            if self._is_forgotten(machine):
                self._note(self._register_again(machine))
        for _ in range(HEALING_ROUNDS):
            self.centre.post_all()
            ended = [f"{machine.post.device} {self._exchange(machine)}" for machine in everyone]
            self._note(" ".join(ended))
        self.centre.post_all()

    def _city(self) -> City:
        """The city with the windows that can not be brought together with the centre any more, for a good reason."""
        revoked = self.centre.revoked()
        everyone = [*self.machines, *self.gone]
        cut_off = {each.post.device for each in everyone if each.post.device in revoked or each in self.gone}
        for machine in everyone:
            faulty = machine.trouble is not None and not machine.trouble.line_only
            if machine.restored and faulty:
                cut_off.add(machine.post.device)
        return City(self.centre, everyone, self.clerks.saved, frozenset(cut_off), self.lost, frozenset(self.stopped))

    def close(self) -> None:
        """Everything is put away."""
        self._loop.run_until_complete(self.lines.close())
        self._loop.close()
        for machine in (*self.machines, *self.gone):
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
    Run.backup_taken: 0.6,
    Run.centre_restored: 0.7,
    Run.disk_restored: 0.3,
    Run.device_revoked: 0.2,
    Run.clerk_stopped: 0.2,
    Run.program_ages: 0.4,
    Run.clerk_joins: 1.5,
    Run.window_joins: 1.5,
    Run.machine_breaks: 0.2,
    Run.machine_taken_over: 2,
    Run.keys_changed: 0.8,
    Run.centre_key_changed: 0.3,
    Run.window_registers_again: 2,
    Run.clerk_gets_a_code: 1,
}
"""What happens, by how often."""
GREAT = frozenset(
    {
        Run.days_pass,
        Run.image_taken,
        Run.backup_taken,
        Run.centre_restored,
        Run.disk_restored,
        Run.device_revoked,
        Run.clerk_stopped,
        Run.centre_key_changed,
        Run.machine_breaks,
    }
)
"""What a long run has more seldom: each of them costs the more the more there is."""


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

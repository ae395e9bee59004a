"""Real processes under SIGKILL: windows that work and sync, posting processes, the PostgreSQL server itself.

Every process is a fork of this one, so that it is at work at once; its files, its connections and its death are real.
"""

import asyncio
import multiprocessing
import os
import shutil
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from secrets import token_hex

import msgspec
import psycopg

from benchmarks.city.acts import Clerks, Saved
from benchmarks.city.centre import Centre
from benchmarks.city.founding import Founded, Post
from benchmarks.city.hours import Hours
from benchmarks.city.machine import Machine
from benchmarks.city.truths import City, untruths
from gjj_desktop.central.city import connect
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.central.posting import post_forever
from gjj_desktop.errors import OperatingError
from gjj_desktop.sync.exchange import exchange
from gjj_desktop.sync.link import open_link
from gjj_desktop.sync.outcomes import UnreachableError
from gjj_desktop.sync.wire import CentreAddress

POSTERS = 2
LIFE_SECONDS_MAX = 1.5
HEALING_ROUNDS = 4
TARGETS = {"window": 70, "posting": 27, "server": 3}
"""Who is killed next, in percent."""
START_SECONDS_MAX = 60.0
FILES_MAX = 4096
ENDED = 3
"""How a process ends that found a mistake of the program."""

_fork = multiprocessing.get_context("fork")


class Killings(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to: kills by target, commands that screens called saved, and what did not hold."""

    killed: dict[str, int]
    saved: int
    seconds: float
    untrue: tuple[str, ...]


class Killing:
    """Windows and posting processes at work, and somebody who kills them."""

    def __init__(self, server: EmbeddedServer, founded: Founded, folder: Path, seed: int) -> None:
        self.server, self.founded, self.folder = server, founded, folder
        self.dice = Random(seed)  # noqa: S311 - whom to kill, no secret
        self.killed: Counter[str] = Counter()
        self.mistakes: list[str] = []
        self.tell: Callable[[int], None] = lambda _: None
        database = f"city_{token_hex(6)}"
        self.centre = Centre(server, founded, database, Hours(seed), self.dice)
        self.address = CentreAddress(host="127.0.0.1", port=server.port, dbname=database)
        for post in founded.posts:
            shutil.copytree(founded.disks / post.device, folder / f"{post.device}-0")
        self.alive: dict[str, BaseProcess] = {}

    def kill(self, times: int) -> Killings:
        """Let everybody work until so many were killed, then let all finish and look."""
        began = time.monotonic()
        while sum(self.killed.values()) < times and not self.mistakes:
            self._keep_alive()
            time.sleep(self.dice.uniform(0.02, LIFE_SECONDS_MAX / (len(self.founded.posts) + POSTERS)))
            (target,) = self.dice.choices(list(TARGETS), list(TARGETS.values()))
            if target == "server":
                self._kill_server()
            else:
                self._kill_one(target)
            self.killed[target] += 1
            self.tell(sum(self.killed.values()))
        self._end_all()
        untrue = [*self.mistakes, *self._healed()]
        return Killings(
            killed=dict(self.killed), saved=len(self._saved()), seconds=time.monotonic() - began, untrue=tuple(untrue)
        )

    def _keep_alive(self) -> None:
        for post in self.founded.posts:
            self._keep(f"window {post.device}", lambda post=post: work(self, post))  # type: ignore[misc]
        for number in range(POSTERS):
            self._keep(f"posting {number}", lambda: post_until_killed(self))

    def _keep(self, name: str, what: Callable[[], None]) -> None:
        process = self.alive.get(name)
        if process is not None and process.is_alive():
            return
        if process is not None and process.exitcode != -signal.SIGKILL:
            self.mistakes.append(f"{name} ended by itself with {process.exitcode}: {self._last_words(name)}")
        self.alive[name] = _fork.Process(target=_live, args=(name, what, self.folder), daemon=True)
        self.alive[name].start()

    def _last_words(self, name: str) -> str:
        file = self.folder / f"{name}.died"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def _kill_one(self, target: str) -> None:
        name = self.dice.choice(sorted(name for name in self.alive if name.startswith(target)))
        process = self.alive[name]
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join()

    def _kill_server(self) -> None:
        """SIGKILL the server's first process; its others end by themselves when they notice."""
        file = self.server.data / "postmaster.pid"
        os.kill(int(file.read_text().splitlines()[0]), signal.SIGKILL)
        self.server.stop()
        give_up = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                self.server.start()
                return
            except OperatingError:
                self.server.stop()
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.2)

    def _end_all(self) -> None:
        for process in self.alive.values():
            process.kill()
            process.join()
        self.mistakes += [self._last_words(name) for name in self.alive if (self.folder / f"{name}.died").exists()]

    def _saved(self) -> list[Saved]:
        found = []
        for post in self.founded.posts:
            file = self.folder / f"{post.device}.screen"
            lines = file.read_bytes().splitlines() if file.exists() else []
            found += [msgspec.json.decode(line, type=Saved) for line in lines if line.endswith(b"]")]
        return found

    def _healed(self) -> list[str]:
        """What is not as it must be once everybody was let work in peace."""
        self.centre.reconnect()
        machines = [Machine(post, self.folder, Hours(0)) for post in self.founded.posts]
        for _ in range(HEALING_ROUNDS):
            self.centre.post_all()
            for machine in machines:
                asyncio.run(talk(self.address, machine))
        self.centre.post_all()
        untrue = untruths(City(self.centre, machines, self._saved(), frozenset()))
        for machine in machines:
            machine.close()
        return untrue

    def close(self) -> None:
        """Away with everything."""
        self._end_all()
        self.centre.reconnect()
        self.centre.close()


async def talk(address: CentreAddress, machine: Machine) -> None:
    """One exchange over the network, as the worker of a window has it."""
    async with open_link(address, machine.post.device, machine.post.password) as link:
        while (await exchange(link, machine.store, lambda _: None, before_leaving=machine.high_water.keep)).more:
            continue
        await machine.keep_keys_young(link, machine.settings(address), begin=False)
    machine.heard(None, False)


def work(killing: Killing, post: Post) -> None:
    """A window at work until it is killed: what its screen calls saved is written down at once."""
    machine = Machine(post, killing.folder, Hours(0))
    dice = Random(int.from_bytes(os.urandom(8), "big"))  # noqa: S311 - what a clerk does, no secret
    clerks = Clerks(killing.founded, dice)
    clerks.tally["opened"] = dice.randrange(2 * len(killing.founded.strangers))
    screen = os.open(killing.folder / f"{post.device}.screen", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while True:
        clerks.work(machine)
        for each in clerks.saved:
            os.write(screen, msgspec.json.encode(each) + b"\n")
        clerks.saved.clear()
        if dice.random() < 0.4:
            with suppress(UnreachableError):
                asyncio.run(talk(killing.address, machine))


def post_until_killed(killing: Killing) -> None:
    """A posting process; it begins again when the server went away."""
    while True:
        try:
            with connect(killing.server.url(killing.centre.database)) as connection:
                for _ in post_forever(connection, killing.founded.centre_key):
                    continue
        except (psycopg.OperationalError, OperatingError):
            time.sleep(0.1)


def _live(name: str, what: Callable[[], None], folder: Path) -> None:
    os.closerange(3, FILES_MAX)  # among them is the pipe by whose end the server's keeper learns that we are gone
    try:
        what()
    except BaseException:  # noqa: BLE001 - whatever it is, the one who kills us must hear of it
        (folder / f"{name}.died").write_text(traceback.format_exc(), encoding="utf-8")
        os._exit(ENDED)

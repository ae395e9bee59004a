"""What follows from a batch of commands: decided in memory, in their order, on rows loaded in a few queries."""

import traceback
from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

import msgspec
import psycopg

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.command import Command
from gjj_desktop.cases.decide import apply, decide, needs
from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Refusal, refuse
from gjj_desktop.cases.rows import Clerk, Row
from gjj_desktop.cases.state import Need, State
from gjj_desktop.cases.taken_in import taken_in_on
from gjj_desktop.central.authority import Authority, load_authority
from gjj_desktop.central.checking import Checked, Waiting
from gjj_desktop.central.row_tables import Database, RowKey, load_rows
from gjj_desktop.domain.findings import Finding
from gjj_desktop.rules.policy import Policy

SET_ASIDE = refuse("", "centre.set_aside", "中心暂时办不了这笔业务，已留待技术人员处理，请勿重复录入")


class Decided(NamedTuple):
    """What the centre decided on one line of the inbox; `bodies` are the events as they are kept."""

    waiting: Waiting
    command: Command | None
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    events: tuple[Event, ...] = ()
    bodies: tuple[bytes, ...] = ()
    traceback: str = ""


class Desk:
    """The state that a batch is decided on: rows as stored, and as they are after what has been decided so far.

    The caller holds the state lock: nobody changes what is loaded, nor what its authors may do.
    """

    def __init__(self, connection: Database, policy: Policy, day: date, kinds: dict[str, CommandKind]) -> None:
        self.connection, self.policy, self.day, self.kinds = connection, policy, day, kinds
        self.state = State()
        self.stored: dict[RowKey, Row] = {}
        self.removed: set[RowKey] = set()
        self.blocked = cases_set_aside(connection)
        self._asked: set[Need] = set()
        self._authority = Authority({}, {})
        self._authors: set[str] = set()

    def load_for(self, commands: Sequence[Command]) -> None:
        """Load what the commands look at, asking those again that wanted anything new until none does."""
        self._load_authority({command.author for command in commands} - self._authors)
        asking = list(commands)
        while asking:
            wanted = [(command, set(self._needs(command)) - self._asked) for command in asking]
            asking = [command for command, fresh in wanted if fresh]
            self._load({each for _, fresh in wanted for each in fresh})

    def _load_authority(self, authors: set[str]) -> None:
        if authors:
            self._authority.clerks.update(load_authority(self.connection, authors, ()).clerks)
            self._authors |= authors

    def _needs(self, command: Command) -> Collection[Need]:
        try:
            return needs(self._context(command), self.kinds)
        except Exception:  # noqa: BLE001 - a command that breaks the program is set aside when it is decided
            return ()

    def _load(self, fresh: set[Need]) -> None:
        rows = load_rows(self.connection, fresh)
        self.stored.update({(type(row), row.key): row for row in rows if (type(row), row.key) not in self.stored})
        self.state.load(rows)
        self._asked |= fresh

    def _context(self, command: Command, checked: Checked | None = None) -> Context:
        day = taken_in_on(command, self.policy, self.day)
        context = Context(self.state, command, self.policy, self.day, taken_in_on=day)
        if checked is None:
            return context
        author = self.state.get(Clerk, command.author)
        return context._replace(acting=self._authority.acting(author, checked.signed))

    def decide(self, checked: Checked) -> Decided:
        """Decide one command on the state as it is now, and let what follows happen in it."""
        waiting, command, refusal = checked.waiting, checked.command, checked.refusal
        if refusal is not None or command is None:
            return _refused(waiting, command, refusal or SET_ASIDE)
        decided = self._decide(checked, command)
        if decided.verdict is Verdict.SET_ASIDE and command.case_no:
            self.blocked.add(command.case_no)
        return decided

    def _decide(self, checked: Checked, command: Command) -> Decided:
        waiting = checked.waiting
        if command.case_no in self.blocked:
            return set_aside(waiting, command, f"waits behind an earlier command of case {command.case_no}")
        try:
            self.load_for([command])
            outcome = decide(self._context(command, checked), self.kinds)
            bodies = () if isinstance(outcome, Refusal) else tuple(map(msgspec.msgpack.encode, outcome))
        except psycopg.Error:
            raise
        except Exception:  # noqa: BLE001 - one bad command must not stop the others
            return set_aside(waiting, command, traceback.format_exc())
        if isinstance(outcome, Refusal):
            return _refused(waiting, command, outcome)
        apply(self.state, outcome)
        self.removed |= {(type(row), row.key) for event in outcome for row in event.removed}
        return Decided(waiting, command, Verdict.ACCEPTED, events=outcome, bodies=bodies)


def cases_set_aside(connection: Database) -> set[str]:
    """Cases of which a command is set aside: what comes later on them waits, as it may depend on it."""
    found = connection.execute(
        "select distinct case_no from core.set_aside s where case_no <> ''"
        " and not exists (select from core.answer a where a.command_id = s.command_id and a.verdict <> 'set_aside')"
    )
    return {case_no for (case_no,) in found}


def _refused(waiting: Waiting, command: Command | None, refusal: Refusal) -> Decided:
    return Decided(waiting, command, Verdict.REFUSED, refusal.findings)


def set_aside(waiting: Waiting, command: Command | None, why: str) -> Decided:
    """A command that the centre could not decide or write; why stays at the centre."""
    return Decided(waiting, command, Verdict.SET_ASIDE, SET_ASIDE.findings, traceback=why)

"""What a decision answers: the events that follow, or a refusal."""

import msgspec

from gjj_desktop.cases.rows import Row
from gjj_desktop.domain.findings import Finding
from gjj_desktop.ledger.entry import Entry


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that follows from a command: rows as they are from now on, rows that go, and a journal entry.

    A `central` event is one that only the centre may let happen (money, authoritative states); a window shows its
    own pending work without it.
    """

    kind: str
    case_no: str
    rows: tuple[Row, ...] = ()
    removed: tuple[Row, ...] = ()
    entry: Entry | None = None
    central: bool = False


class Refusal(msgspec.Struct, frozen=True):
    """Why a command can not be: all findings together, never empty; the first one's code names the refusal."""

    findings: tuple[Finding, ...]

    @property
    def code(self) -> str:
        """The stable code of the first finding."""
        return self.findings[0].code


Outcome = tuple[Event, ...] | Refusal


def refuse(field: str, code: str, message: str, source: str = "") -> Refusal:
    """A refusal for one reason."""
    return Refusal((Finding(field, code, message, source),))

"""A journal entry: lines of whole fen that balance."""

from typing import Literal

import msgspec

Side = Literal["debit", "credit"]


class JournalLine(msgspec.Struct, frozen=True):
    """One line: account of the chart, `side` "debit" or "credit", fen (negative in a reversal), and whose it is.

    `owner` is the personal account, employer account or loan account that the line belongs to, "" for none.
    """

    account: str
    side: Side
    amount_fen: int
    owner: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One balanced entry of an event; `reverses` is the number of the entry it takes back (冲正), else None."""

    event: str
    case_no: str
    lines: tuple[JournalLine, ...]
    summary: str = ""
    reverses: int | None = None

    def __post_init__(self) -> None:
        if any(line.side not in {"debit", "credit"} for line in self.lines):
            raise ValueError(f"entry {self.event} has a line that is neither debit nor credit")
        debit = sum(line.amount_fen for line in self.lines if line.side == "debit")
        credit = sum(line.amount_fen for line in self.lines if line.side == "credit")
        if debit != credit or not self.lines:
            raise ValueError(f"entry {self.event} does not balance: debit {debit}, credit {credit}")

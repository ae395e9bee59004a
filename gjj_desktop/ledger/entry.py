"""A journal entry: lines of whole fen that balance."""

import msgspec


class JournalLine(msgspec.Struct, frozen=True):
    """One line: account of the chart, `side` "debit" or "credit", fen (negative in a reversal), and whose it is.

    `owner` is the personal account, employer account or loan account that the line belongs to, "" for none.
    """

    account: str
    side: str
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
        debit = sum(line.amount_fen for line in self.lines if line.side == "debit")
        credit = sum(line.amount_fen for line in self.lines if line.side == "credit")
        if debit != credit or not self.lines:
            raise ValueError(f"entry {self.event} does not balance: debit {debit}, credit {credit}")

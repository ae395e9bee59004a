"""The file that tells the bank whom to pay: the bytes of one batch, the same whenever they are made."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gjj_desktop.domain.money import decimal_string

COLUMNS = ("batch", "number", "payment_no", "payee", "account_no", "bank", "amount")
TOTAL = "total"


class BankLine(NamedTuple):
    """One payment of a batch as it went out, fen."""

    payment_no: str
    payee: str
    account_no: str
    bank: str
    amount_fen: int


def bank_file(batch: str, lines: Sequence[BankLine]) -> bytes:
    """The file: UTF-8 with a byte order mark, lines ended by CR LF, amounts in yuan, a line of totals at the end."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(_rows(batch, lines))
    return text.getvalue().encode("utf-8-sig")


def _rows(batch: str, lines: Sequence[BankLine]) -> Iterator[Sequence[str]]:
    yield COLUMNS
    for number, line in enumerate(lines, start=1):
        amount = decimal_string(line.amount_fen)
        yield (batch, str(number), line.payment_no, line.payee, line.account_no, line.bank, amount)
    total_fen = sum(line.amount_fen for line in lines)
    yield (batch, TOTAL, str(len(lines)), "", "", "", decimal_string(total_fen))

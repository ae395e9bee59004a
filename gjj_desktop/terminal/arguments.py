"""What the words of a command line mean; a word that means nothing ends the command as wrong use."""

import re
from datetime import date
from decimal import Decimal

from gjj_desktop.domain.dates import parse_date
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import Fen, parse_yuan
from gjj_desktop.rules.deposit_interest import Move
from gjj_desktop.rules.penalty import DueAmount
from gjj_desktop.terminal.run import misuse

_PERCENT = re.compile(r"([0-9]{1,2}(\.[0-9]{1,7})?)%?")


def amount(text: str, option: str, allow_negative: bool = False) -> Fen:
    """An amount in yuan as fen."""
    fen = parse_yuan(text, allow_negative=allow_negative)
    return misuse(f"{option} {text}: {fen.message}") if isinstance(fen, Finding) else fen


def positive_amount(text: str, option: str) -> Fen:
    """An amount in yuan above zero as fen."""
    fen = amount(text, option)
    return fen if fen > 0 else misuse(f"{option} {text}: 金额应大于零")


def day(text: str, option: str) -> date:
    """A date."""
    found = parse_date(text)
    return misuse(f"{option} {text}: {found.message}") if isinstance(found, Finding) else found


def percent(text: str, option: str) -> Decimal:
    """A yearly rate in percent, 0 up to 100, at most seven decimals."""
    found = _PERCENT.fullmatch(text)
    return Decimal(found[1]) if found else misuse(f"{option} {text}: 利率按百分数填写，例如 2.6")


def move(text: str) -> Move:
    """DATE=AMOUNT, the amount with a sign: money into an account (+) or out of it (-)."""
    left, found, right = text.partition("=")
    if not found:
        return misuse(f"--move {text}: 请按 2026-03-10=-5000.00 的样子填写")
    return Move(day(left, "--move"), amount(right, "--move", allow_negative=True))


def due_amount(text: str) -> DueAmount:
    """DATE=PRINCIPAL+INTEREST: what was due on a day."""
    left, found, right = text.partition("=")
    principal, plus, interest = right.partition("+")
    if not (found and plus):
        return misuse(f"--due {text}: 请按 2026-04-16=918.37+1083.33 的样子填写")
    return DueAmount(day(left, "--due"), amount(principal, "--due"), amount(interest, "--due"))

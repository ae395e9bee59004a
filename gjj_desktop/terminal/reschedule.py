"""`calc schedule` with a prepayment or a change of rate under way."""

from decimal import Decimal

from gjj_desktop.domain.codes import RepaymentMethod
from gjj_desktop.rules.rescheduling import (
    after_prepayment_keeping_instalment,
    after_prepayment_keeping_term,
    after_repricing,
    state_after,
)
from gjj_desktop.rules.schedule import Schedule
from gjj_desktop.terminal import arguments
from gjj_desktop.terminal.run import misuse

_EFFECTS = {"term": after_prepayment_keeping_term, "instalment": after_prepayment_keeping_instalment}


def prepaid(periods: Schedule, rate: Decimal, method: RepaymentMethod, text: str, keep: str) -> Schedule:
    """The schedule with NO=AMOUNT prepaid right after period NO, the term or the instalment kept."""
    no, found, amount = text.partition("=")
    if keep not in _EFFECTS or not found or not no.isdecimal():
        misuse(f"--prepay {text} --keep {keep}: 请按 --prepay 24=100000.00 --keep term 或 instalment 填写")
    try:
        loan = state_after(periods, int(no), rate, method)
        rest = _EFFECTS[keep](loan, arguments.positive_amount(amount, "--prepay"))
    except ValueError as error:
        misuse(f"--prepay {text}: 期次或金额不对（{error}）")
    return periods[: int(no)] + rest


def repriced(periods: Schedule, rate: Decimal, method: RepaymentMethod, text: str) -> Schedule:
    """The schedule with DATE=RATE: another rate from a day on, the period it falls into split by days."""
    left, _, right = text.partition("=")
    changes_on, new_rate = arguments.day(left, "--reprice"), arguments.percent(right, "--reprice")
    paid = [period for period in periods if period.due is not None and period.due < changes_on]
    if not paid or len(paid) == len(periods):
        misuse(f"--reprice {text}: 日期应在第一期与最后一期之间，并用 --first-due 给出首期还款日")
    last = paid[-1]
    assert last.due is not None
    return tuple(paid) + after_repricing(state_after(periods, last.no, rate, method), new_rate, last.due, changes_on)

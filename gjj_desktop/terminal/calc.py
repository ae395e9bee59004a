"""`gjj-desktop calc`: the rule engine for finance staff."""

from pathlib import Path
from typing import Annotated

import typer

from gjj_desktop import clock, policy_files
from gjj_desktop.domain.codes import IdentityType
from gjj_desktop.domain.credit_code import check_credit_code
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.identity import check_identity
from gjj_desktop.domain.money import capitals, decimal_string, format_yuan
from gjj_desktop.rules.deposit_interest import RateFrom, deposit_interest, deposit_rates
from gjj_desktop.rules.penalty import penalties
from gjj_desktop.rules.policy import NoRuleInForce
from gjj_desktop.rules.quota import quota
from gjj_desktop.rules.schedule import interest_total_fen
from gjj_desktop.rules.schedule import schedule as make_schedule
from gjj_desktop.terminal import arguments
from gjj_desktop.terminal.output import print_json, print_table
from gjj_desktop.terminal.quota_file import METHODS, quota_case, quota_terms, read_quota_file
from gjj_desktop.terminal.reschedule import prepaid, repriced
from gjj_desktop.terminal.run import misuse, refuse

app = typer.Typer(help="The rule engine for finance staff.", add_completion=False, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print JSON; amounts are decimal strings in yuan.")]
Rate = Annotated[str, typer.Option(help="Yearly rate in percent, for example 2.6.")]


@app.command()
def schedule(
    principal: Annotated[str, typer.Option(help="What is lent, yuan.")],
    rate: Rate,
    months: Annotated[int, typer.Option(min=1, max=1200, help="Number of periods.")],
    method: Annotated[str, typer.Option(help="equal-instalment or equal-principal.")],
    first_due: Annotated[str | None, typer.Option(help="Due day of the first period.")] = None,
    prepay: Annotated[str | None, typer.Option(help="NO=AMOUNT: prepaid right after period NO.")] = None,
    keep: Annotated[str, typer.Option(help="What a prepayment keeps: term or instalment.")] = "term",
    reprice: Annotated[str | None, typer.Option(help="DATE=RATE: another rate from a day on.")] = None,
    as_json: Json = False,
) -> None:
    """The repayment schedule of a loan (还款计划)."""
    if method not in METHODS:
        misuse(f"--method {method}: 应为 equal-instalment 或 equal-principal")
    yearly = arguments.percent(rate, "--rate")
    periods = make_schedule(
        arguments.positive_amount(principal, "--principal"),
        yearly,
        months,
        METHODS[method],
        first_due=None if first_due is None else arguments.day(first_due, "--first-due"),
    )
    if prepay is not None and reprice is not None:
        misuse("--prepay 与 --reprice 请分开计算")
    if prepay is not None:
        periods = prepaid(periods, yearly, METHODS[method], prepay, keep)
    if reprice is not None:
        periods = repriced(periods, yearly, METHODS[method], reprice)
    total = interest_total_fen(periods)
    if as_json:
        facts = [
            {
                "no": each.no,
                "due": each.due and each.due.isoformat(),
                "amount": decimal_string(each.amount_fen),
                "principal": decimal_string(each.principal_fen),
                "interest": decimal_string(each.interest_fen),
                "balance": decimal_string(each.balance_fen),
            }
            for each in periods
        ]
        return print_json({"instalments": facts, "interest_total": decimal_string(total)})
    rows = [
        (
            str(each.no),
            each.due.isoformat() if each.due else "",
            format_yuan(each.amount_fen),
            format_yuan(each.principal_fen),
            format_yuan(each.interest_fen),
            format_yuan(each.balance_fen),
        )
        for each in periods
    ]
    print_table(("期次", "还款日", "还款额", "本金", "利息", "余额"), rows, left=2)
    print(f"利息合计 {format_yuan(total)}")


@app.command()
def interest(
    opening: Annotated[str, typer.Option(help="Balance at the beginning of the first day, yuan.")],
    first: Annotated[str, typer.Option("--from", help="First day that counts.")],
    last: Annotated[str, typer.Option("--to", help="Last day that counts; the day before for a closing.")],
    rate: Annotated[str | None, typer.Option(help="Yearly rate in percent; by default the policy's.")] = None,
    base: Annotated[int, typer.Option(help="Days of the year, 360 or 365.")] = 360,
    move: Annotated[list[str] | None, typer.Option(help="DATE=±AMOUNT, as often as needed.")] = None,
    as_json: Json = False,
) -> None:
    """Interest on a personal account by day product (积数计息)."""
    start, end = arguments.day(first, "--from"), arguments.day(last, "--to")
    if base not in (360, 365):
        misuse(f"--base {base}: 应为 360 或 365")
    try:
        rates = (
            deposit_rates(policy_files.read_policy(), start, end)
            if rate is None
            else (RateFrom(start, arguments.percent(rate, "--rate")),)
        )
        moves = [arguments.move(each) for each in move or []]
        found = deposit_interest(arguments.amount(opening, "--opening"), moves, start, end, rates, base)
    except NoRuleInForce:
        refuse(f"政策表中没有 {start} 的存款利率，请用 --rate 给出")
    except ValueError as error:
        misuse(f"期间不对：{error}")
    facts = {
        "day_product": decimal_string(found.day_product),
        "interest": decimal_string(found.interest_fen),
        "balance": decimal_string(found.balance_fen),
    }
    if as_json:
        return print_json(facts)
    words = (("积数", found.day_product), ("利息", found.interest_fen), ("期末余额", found.balance_fen))
    print_table(("", "元"), [(label, format_yuan(fen)) for label, fen in words])


@app.command()
def penalty(
    rate: Rate,
    paid: Annotated[str, typer.Option(help="Day of payment.")],
    due: Annotated[list[str], typer.Option(help="DATE=PRINCIPAL+INTEREST, one for each unpaid period.")],
    as_json: Json = False,
) -> None:
    """Penalty interest on overdue instalments (罚息)."""
    paid_on = arguments.day(paid, "--paid")
    overdue = [arguments.due_amount(each) for each in due]
    try:
        terms = policy_files.read_policy().on("penalty", paid_on)
    except NoRuleInForce:
        refuse(f"政策表中没有 {paid_on} 的罚息规则")
    items, total = penalties(overdue, arguments.percent(rate, "--rate"), paid_on, terms)
    if as_json:
        facts = [
            {"due": each.due.isoformat(), "days": each.days, "penalty": decimal_string(each.penalty_fen)}
            for each in items
        ]
        return print_json({"items": facts, "total": decimal_string(total)})
    print_table(
        ("还款日", "天数", "罚息"),
        [(each.due.isoformat(), str(each.days), format_yuan(each.penalty_fen)) for each in items],
    )
    print(f"罚息合计 {format_yuan(total)}")


@app.command(name="quota")
def loan_quota(
    file: Annotated[Path, typer.Option(help="The case as JSON.")],
    as_json: Json = False,
) -> None:
    """How much may be lent (贷款额度), every limit line by line.

    The file holds one JSON object. Amounts are yuan as strings ("36500.00"). Needed: balances (a list, the monthly
    averages of all borrowers), price, income, months. Optional: home_order (1), contributors (as many as balances),
    other_debt, appraised, wanted, method (equal-instalment), day (today). These replace the policy's figures:
    multiple, down_payment_percent, ability_percent, ceiling, step, rate_percent.
    """
    content = read_quota_file(file)
    case, policy = quota_case(content), policy_files.read_policy()
    on = content.day or clock.utc_now().astimezone().date()
    try:
        found = quota(case, policy, on, quota_terms(content, policy, on), content.rate_percent)
    except NoRuleInForce:
        refuse(f"政策表中没有 {on} 第 {case.home_order} 套住房 {case.months} 个月的贷款额度或利率")
    if as_json:
        limits = [
            {"label": each.label, "amount": decimal_string(each.amount_fen), "source": each.source}
            for each in found.limits
        ]
        return print_json(
            {
                "limits": limits,
                "decided_by": found.decided_by,
                "quota": decimal_string(found.quota_fen),
                "rate_percent": str(found.rate_percent),
                "instalment": decimal_string(found.instalment_fen),
                "source": found.source,
            }
        )
    rows = [(each.label, format_yuan(each.amount_fen)) for each in found.limits]
    print_table(
        ("", "元"), [*rows, ("可贷额度", format_yuan(found.quota_fen)), ("月还款", format_yuan(found.instalment_fen))]
    )


@app.command(name="capitals", context_settings={"ignore_unknown_options": True})
def amount_in_capitals(amount: Annotated[str, typer.Argument(help="Amount in yuan.")]) -> None:
    """An amount in capitals (大写金额)."""
    fen = arguments.amount(amount, "AMOUNT", allow_negative=True)
    if fen < 0:
        refuse("负数金额不写大写，请写绝对值并注明冲正")
    print(capitals(fen))


@app.command()
def identity(
    number: Annotated[str, typer.Argument(help="Identity number.")],
    identity_type: Annotated[str, typer.Option("--type", help="Code of the document: 01, 02, 03, 04 or 99.")] = "01",
    as_json: Json = False,
) -> None:
    """Whether an identity number can be right (证件号码), and what it says."""
    if identity_type not in set(IdentityType):
        misuse(f"--type {identity_type}: 应为 01、02、03、04 或 99")
    found = check_identity(number, IdentityType(identity_type), clock.utc_now().astimezone().date())
    if isinstance(found, Finding):
        refuse(found.message)
    facts = {
        "number": found.number,
        "identity_type": found.identity_type.value,
        "birth_date": found.birth_date and found.birth_date.isoformat(),
        "sex": found.sex and found.sex.label,
        "warnings": [warning.message for warning in found.warnings],
    }
    if as_json:
        return print_json(facts)
    told = (found.identity_type.label, facts["birth_date"], facts["sex"], *(each.message for each in found.warnings))
    print("有效：" + "，".join(str(each) for each in told if each))


@app.command()
def credit_code(
    code: Annotated[str, typer.Argument(help="Unified social credit code.")],
    as_json: Json = False,
) -> None:
    """Whether a unified social credit code can be right (统一社会信用代码)."""
    found = check_credit_code(code)
    if isinstance(found, Finding):
        refuse(found.message)
    warnings = [warning.message for warning in found.warnings]
    if as_json:
        return print_json({"code": found.code, "warnings": warnings})
    print("，".join(["有效：" + found.code, *warnings]))

"""The paper that lists what happened on an account: 个人缴存明细, 提取记录."""

from datetime import date

import msgspec

from gjj_desktop.domain.money import format_yuan
from gjj_desktop.printing.blocks import Block, Closing, Column, Content, Fields, Heading, Pair, Table
from gjj_desktop.printing.paper import Document, grouped


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One movement, amounts in fen: `amount_fen` is positive in and negative out, the interest paid out beside it.

    `employer` is its place among the paper's employers, from 1; 0 for none. `about` is what it was, in a few words.
    """

    day: date
    kind: str
    month: str = ""
    employer_part_fen: int = 0
    personal_part_fen: int = 0
    amount_fen: int
    interest_fen: int = 0
    balance_fen: int
    employer: int = 0
    about: str = ""


class AccountHistory(Document, frozen=True, kw_only=True, tag="account_history"):
    """个人缴存明细 of the days from `first` to `last`, or 提取记录 where `withdrawals_only`; lines oldest first.

    `opening_fen` is the balance before the first day, `closing_fen` that after the last, of all movements.
    """

    name: str
    identity_no: str
    personal_account_no: str
    employer_name: str
    state: str
    first: date
    last: date
    withdrawals_only: bool = False
    opening_fen: int = 0
    closing_fen: int = 0
    lines: tuple[HistoryLine, ...] = ()
    employers: tuple[str, ...] = ()
    contact: str = ""
    note: str = ""


def account_history(paper: AccountHistory) -> Content:
    """What stands on a 个人缴存明细 or a 提取记录."""
    title = "住房公积金提取记录" if paper.withdrawals_only else "住房公积金个人缴存明细"
    fields = Fields(
        (
            Pair("姓名", paper.name),
            Pair("证件号码", paper.identity_no),
            Pair("个人账号", grouped(paper.personal_account_no)),
            Pair("账户状态", paper.state),
            Pair("缴存单位", _employers(paper), wide=True),
            Pair("起止日期", f"{paper.first.isoformat()} 至 {paper.last.isoformat()}"),
            Pair("笔数", f"{len(paper.lines)} 笔"),
            Pair("期初余额", f"{format_yuan(paper.opening_fen)} 元"),
            Pair("期末余额", f"{format_yuan(paper.closing_fen)} 元"),
            *(() if paper.withdrawals_only else _in_and_out(paper.lines)),
        )
    )
    table = withdrawals_table(paper.lines) if paper.withdrawals_only else movements_table(paper.lines)
    contact = f"咨询电话 {paper.contact}。" if paper.contact else ""
    blocks: tuple[Block, ...] = (
        fields,
        Heading("明细", "单位：元"),
        table,
        Closing("", paper.note + contact, (("操作员", paper.head.operator),), paper.head.issued_at[:10]),
    )
    return Content(title, blocks)


def _employers(paper: AccountHistory) -> str:
    """The employer of now; where others paid in, all of them, with the numbers they have in the table."""
    if paper.withdrawals_only or not paper.employers:
        return paper.employer_name
    return "　".join(f"[{number}] {name}" for number, name in enumerate(paper.employers, 1))


def _in_and_out(lines: tuple[HistoryLine, ...]) -> tuple[Pair, ...]:
    coming = sum(line.amount_fen for line in lines if line.amount_fen > 0)
    going = -sum(line.amount_fen for line in lines if line.amount_fen < 0)
    return (Pair("期间转入", f"{format_yuan(coming)} 元"), Pair("期间转出", f"{format_yuan(going)} 元"))


def kind_in_words(kind: str, about: str) -> str:
    """What a movement was: its kind, and what its line in the ledger says beside that.

    >>> kind_in_words("部分提取", "租房提取")
    '部分提取（租房提取）'
    >>> kind_in_words("汇缴", "汇缴")
    '汇缴'
    """
    return f"{kind}（{about}）" if about and about != kind else kind


def _or_dash(fen: int) -> str:
    return format_yuan(fen) if fen else "—"


def movements_table(lines: tuple[HistoryLine, ...]) -> Table:
    """Every movement with both parts, and their sums; what went out stands with a minus."""
    columns = (
        Column("日期", 20, middle=True),
        Column("业务", 30),
        Column("所属年月", 15, middle=True),
        Column("单位", 10, middle=True),
        Column("单位缴存", 20, figures=True),
        Column("个人缴存", 20, figures=True),
        Column("发生额", 23, figures=True),
        Column("另付利息", 17, figures=True),
        Column("余额", 23, figures=True),
    )
    rows = tuple(
        (
            line.day.isoformat(),
            kind_in_words(line.kind, line.about),
            line.month or "—",
            f"[{line.employer}]" if line.employer else "—",
            _or_dash(line.employer_part_fen),
            _or_dash(line.personal_part_fen),
            format_yuan(line.amount_fen),
            _or_dash(line.interest_fen),
            format_yuan(line.balance_fen),
        )
        for line in lines
    )
    sums = (
        "合计",
        f"{len(lines)} 笔",
        "",
        "",
        format_yuan(sum(line.employer_part_fen for line in lines)),
        format_yuan(sum(line.personal_part_fen for line in lines)),
        format_yuan(sum(line.amount_fen for line in lines)),
        _or_dash(sum(line.interest_fen for line in lines)),
        "",
    )
    return Table(columns, rows, sums if lines else (), "该期间没有发生额", dense=True)


def withdrawals_table(lines: tuple[HistoryLine, ...]) -> Table:
    """Withdrawals alone, as positive amounts, with interest, total and their sums."""
    columns = (
        Column("序号", 10, middle=True),
        Column("日期", 22, middle=True),
        Column("业务", 20),
        Column("提取事由", 44),
        Column("提取金额", 26, figures=True),
        Column("利息", 20, figures=True),
        Column("合计", 26, figures=True),
        Column("提取后余额", 26, figures=True),
    )
    rows = tuple(
        (
            str(number),
            line.day.isoformat(),
            line.kind,
            line.about,
            format_yuan(-line.amount_fen),
            _or_dash(line.interest_fen),
            format_yuan(line.interest_fen - line.amount_fen),
            format_yuan(line.balance_fen),
        )
        for number, line in enumerate(lines, 1)
    )
    taken, interest = -sum(line.amount_fen for line in lines), sum(line.interest_fen for line in lines)
    sums = (
        "",
        "合计",
        f"{len(lines)} 笔",
        "",
        format_yuan(taken),
        format_yuan(interest),
        format_yuan(taken + interest),
        "",
    )
    return Table(columns, rows, sums if lines else (), "该期间没有提取", dense=True)

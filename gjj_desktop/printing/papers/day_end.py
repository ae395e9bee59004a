"""The paper that closes a window's day."""

from datetime import date

import msgspec

from gjj_desktop.domain.money import format_yuan
from gjj_desktop.printing.blocks import Block, Closing, Column, Content, Fields, Heading, Pair, Table
from gjj_desktop.printing.paper import Document, number_in_groups


class DayEndLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One kind of business: how many, and how much in fen (in: paid in, out: applied for or paid out)."""

    kind: str
    count: int
    in_fen: int = 0
    out_fen: int = 0


class NumbersUsed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One series of numbers: first and last of the day, how many were used, printed, voided, and why."""

    series: str
    first: str
    last: str
    used: int
    printed: int
    voided: int
    voided_reason: str = ""


class DayEndSheet(Document, frozen=True, kw_only=True, tag="day_end_sheet"):
    """日结单: what a window did on a day, and that its numbers are accounted for."""

    business_date: date
    officer: str
    lines: tuple[DayEndLine, ...]
    numbers: tuple[NumbersUsed, ...]
    reversals: int
    reversals_fen: int = 0
    unsynced: int
    last_sync: str
    remark: str = ""


def _amount(fen: int) -> str:
    return format_yuan(fen) if fen else "—"


def day_end_sheet(paper: DayEndSheet) -> Content:
    """What stands on a 日结单."""
    fields = Fields(
        (
            Pair("业务日期", paper.business_date.isoformat()),
            Pair("操作员", paper.officer),
            Pair("最近同步", paper.last_sync),
            Pair("未同步笔数", f"{paper.unsynced} 笔"),
            Pair("冲正笔数", f"{paper.reversals} 笔　{format_yuan(paper.reversals_fen)} 元"),
            *((Pair("备注", paper.remark, wide=True),) if paper.remark else ()),
        )
    )
    business = Table(
        (
            Column("业务种类", 66),
            Column("笔数", 24, figures=True),
            Column("收入金额", 42, figures=True),
            Column("支出（申请）金额", 42, figures=True),
        ),
        tuple((line.kind, str(line.count), _amount(line.in_fen), _amount(line.out_fen)) for line in paper.lines),
        (
            "合计",
            str(sum(line.count for line in paper.lines)),
            format_yuan(sum(line.in_fen for line in paper.lines)),
            format_yuan(sum(line.out_fen for line in paper.lines)),
        ),
        "当日无业务",
    )
    numbers = Table(
        (
            Column("号码种类", 26),
            Column("起号", 40, whole=True),
            Column("止号", 40, whole=True),
            Column("使用", 13, figures=True),
            Column("打印", 13, figures=True),
            Column("作废", 13, figures=True),
            Column("作废原因", 29),
        ),
        tuple(
            (
                each.series,
                number_in_groups(each.first),
                number_in_groups(each.last),
                str(each.used),
                str(each.printed),
                str(each.voided),
                each.voided_reason,
            )
            for each in paper.numbers
        ),
        (
            "合计",
            "",
            "",
            str(sum(each.used for each in paper.numbers)),
            str(sum(each.printed for each in paper.numbers)),
            str(sum(each.voided for each in paper.numbers)),
            "",
        ),
        "当日未使用号码",
    )
    step = (
        "当日业务与号码核对相符。"
        if paper.unsynced == 0
        else f"另有 {paper.unsynced} 笔待同步，同步后由中心复核，次日核对。"
    )
    signatures = (("操作员（签名）", ""), ("复核人（签名）", ""), ("网点负责人（签名）", ""))
    blocks: tuple[Block, ...] = (
        fields,
        Heading("业务汇总", "单位：元"),
        business,
        Heading("号码使用"),
        numbers,
        Closing("", step, signatures, paper.head.issued_at[:10]),
    )
    return Content("窗口日结单", blocks)

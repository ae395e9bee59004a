"""How is an official letter set? Layout by GB/T 9704-2012: 22 lines of 28 characters in 156 × 225 mm."""

from collections.abc import Sequence
from datetime import date

from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.printing import fonts
from gjj_desktop.printing.blocks import Column, Table
from gjj_desktop.printing.breaking import break_lines
from gjj_desktop.printing.flow import Flow, foot_lines
from gjj_desktop.printing.marks import RED, Ghost, Mark, Page, Rule, Words, box, centred, ending
from gjj_desktop.printing.paper import day_in_words
from gjj_desktop.printing.papers.overdue import OverdueLetter
from gjj_desktop.printing.sheets import LETTER, MM
from gjj_desktop.printing.table import lay_table

WIDTH = 156 * MM
BODY = WIDTH / 28  # size 3 (16 pt) set so that 28 characters fill the line
LEADING = 225 * MM / 22
TITLE = 22.0
HEAD = 30.0
LEFT = LETTER.left
RIGHT = LETTER.left + WIDTH
TOP = LETTER.top
BOTTOM = TOP + 225 * MM
SEAL = 45 * MM
OVERDUE_TITLE = "住房公积金贷款逾期催收函"


class LetterFlow:
    """The pages of a letter while they are filled, line by line on the standard's grid."""

    def __init__(self, *, practice: bool) -> None:
        self.practice = practice
        self.pages: list[Page] = []
        self.turn()

    def turn(self) -> None:
        """Start a page."""
        self.pages.append([Ghost("练习 不作凭证")] if self.practice else [])
        self.y = TOP

    def put(self, *marks: Mark) -> None:
        """Set marks on the page."""
        self.pages[-1].extend(marks)

    def need(self, height: float) -> None:
        """Turn the page when `height` no longer fits."""
        if self.y + height > BOTTOM + 0.1:
            self.turn()

    def line(self, text: str, *, indent: int = 0, filled: bool = False) -> None:
        """One line on the grid; a filled one is spread to the right margin."""
        self.need(LEADING)
        baseline = self.y + LEADING * 0.5 + BODY * 0.36
        slack = WIDTH - indent * BODY - fonts.width_of(fonts.FANG, text, BODY)
        spread = slack / (len(text) - 1) if filled and len(text) > 1 and slack < 4 * BODY else 0.0
        self.put(Words(LEFT + indent * BODY, baseline, text, BODY, fonts.FANG, spread=spread))
        self.y += LEADING

    def paragraph(self, text: str, *, indent: int = 2) -> None:
        """Running text whose first line is indented by `indent` characters."""
        lines = break_lines(
            text, lambda character: fonts.advance(fonts.FANG, character) * BODY, WIDTH, first_indent=indent * BODY
        )
        for number, line in enumerate(lines):
            last = number == len(lines) - 1
            self.line(line, indent=0 if number else indent, filled=not last)


def letter_pages(paper: OverdueLetter, copy: str, remark: str) -> list[Page]:
    """The pages of one copy of an overdue letter: letter, annex with every period, return slip."""
    flow = LetterFlow(practice=paper.head.practice)
    letter_head(flow, paper.head.centre, paper.letter_no, OVERDUE_TITLE)
    _body(flow, paper)
    flow.need(LEADING * 3 + SEAL)
    flow.y += LEADING * 0.5
    flow.line("附件：1.逾期明细表", indent=2)
    flow.line("2.回执", indent=5)
    letter_signature(flow, paper.head.centre, paper.letter_date)
    pages = [*flow.pages, *_annex(paper), *_return_slip(paper)]
    for number, page in enumerate(pages, 1):
        letter_foot(page, number, copy, remark)
    return pages


def letter_head(flow: LetterFlow, mark: str, number: str, title: str) -> None:
    """The sender's mark in red, a double rule, the number under it at the right, the title."""
    size = min(HEAD, WIDTH / max(fonts.width_of(fonts.SONG, mark, 1), 1))
    spread = fonts.width_of(fonts.SONG, mark, size)
    y = TOP + 25
    flow.put(Words(LEFT + (WIDTH - spread) / 2, y, mark, size, fonts.SONG, bold=True, colour=RED))
    rule = y + 16
    flow.put(Rule(LEFT, rule, RIGHT, rule, 2.2, colour=RED), Rule(LEFT, rule + 3.2, RIGHT, rule + 3.2, 0.6, colour=RED))
    flow.put(ending(RIGHT, rule + 3.2 + LEADING * 0.5 + BODY * 0.5, number, BODY, fonts.FANG))
    flow.y = rule + 3.2 + LEADING * 1.75
    flow.put(centred(LEFT + WIDTH / 2, flow.y + TITLE * 0.9, title, TITLE, fonts.SONG, bold=True))
    flow.y += TITLE + LEADING * 0.55


def _body(flow: LetterFlow, paper: OverdueLetter) -> None:
    borrowers = "、".join(name for name in (paper.borrower, paper.co_borrower) if name)
    principal = sum(each.principal_fen for each in paper.periods)
    interest = sum(each.interest_fen for each in paper.periods)
    penalty = sum(each.penalty_fen for each in paper.periods)
    total = principal + interest + penalty
    flow.paragraph(f"{borrowers}：", indent=0)
    signed = f"于{day_in_words(paper.contract_date)}" if paper.contract_date else ""
    lent = f"贷款已于{day_in_words(paper.payout_date)}发放，" if paper.payout_date else ""
    flow.paragraph(
        f"您（证件号码{paper.identity_no}）{signed}与我中心签订《住房公积金借款合同》"
        f"（合同编号{paper.contract_no}，贷款账号{paper.loan_account_no}），{lent}用于购买坐落于{paper.home_address}的住房。"
        f"截至{day_in_words(paper.computed_to)}，该笔贷款已逾期{len(paper.periods)}期，"
        f"拖欠本金{format_yuan(principal)}元、利息{format_yuan(interest)}元、罚息{format_yuan(penalty)}元，"
        f"合计{format_yuan(total)}元（{capitals(total)}），明细见附件1。"
    )
    flow.paragraph(
        f"请您于{day_in_words(paper.pay_by)}前还清上述欠款。{paper.pay_how}"
        f"罚息按日计收，实际应还金额以还款当日计算为准。"
    )
    if paper.consequences:
        flow.paragraph("逾期仍未还清的，我中心将依照合同约定和有关规定采取以下措施：")
        for number, consequence in enumerate(paper.consequences, 1):
            flow.paragraph(f"{number}.{consequence}")
    flow.paragraph("收到本函后，请填写附件2回执交送达人或者寄回我中心。如您已还款，请不必理会本函。")
    flow.paragraph(f"联系人：{paper.contact}，联系电话：{paper.phone}，地址：{paper.address}。")
    flow.paragraph("特此函告。")


def letter_signature(flow: LetterFlow, centre: str, day: date) -> None:
    """Sender and date with room for the seal over them, which is kept whole."""
    flow.need(LEADING + SEAL)
    written = day_in_words(day)
    right = RIGHT - 4 * BODY
    width = fonts.width_of(fonts.FANG, written, BODY)
    flow.y = max(flow.y + SEAL - LEADING * 1.6, flow.y + LEADING)
    flow.put(centred(right - width / 2, flow.y - LEADING * 0.35, centre, BODY, fonts.FANG))
    flow.put(Words(right - width, flow.y + LEADING * 0.65, written, BODY, fonts.FANG))
    flow.y += LEADING


def _annex_head(title: str, annex: str) -> list[Mark]:
    return [
        Words(LEFT, TOP + BODY, annex, BODY, fonts.TEXT),
        centred(LEFT + WIDTH / 2, TOP + LEADING * 2.1, title, TITLE, fonts.SONG, bold=True),
    ]


def _annex(paper: OverdueLetter) -> list[Page]:
    flow = Flow(LETTER, "逾期明细表", paper.letter_no, practice=paper.head.practice)
    flow.put(*_annex_head("逾期明细表", "附件1"))
    flow.y = TOP + LEADING * 2.9
    borrowers = "、".join(name for name in (paper.borrower, paper.co_borrower) if name)
    flow.y += flow.column(
        LEFT, flow.y, flow.lines(f"借款人：{borrowers}　贷款账号：{paper.loan_account_no}", 10.5, WIDTH), 10.5
    )
    flow.put(
        Words(LEFT, flow.y + 13, f"计算截止日：{day_in_words(paper.computed_to)}", 10.5),
        ending(RIGHT, flow.y + 13, "单位：元", 10.5),
    )
    flow.y += 21
    lay_table(flow, period_table(paper))
    return flow.pages


def period_table(paper: OverdueLetter) -> Table:
    """Every unpaid instalment with its sums."""
    columns = (
        Column("期次", 14, middle=True),
        Column("应还日期", 28, middle=True),
        Column("逾期天数", 20, figures=True),
        Column("拖欠本金", 25, figures=True),
        Column("拖欠利息", 25, figures=True),
        Column("罚息", 21, figures=True),
        Column("小计", 27, figures=True),
    )
    rows = tuple(
        (
            str(each.no),
            each.due.isoformat(),
            str(each.days),
            *_amounts((each.principal_fen,), (each.interest_fen,), (each.penalty_fen,)),
        )
        for each in paper.periods
    )
    sums = _amounts(
        [each.principal_fen for each in paper.periods],
        [each.interest_fen for each in paper.periods],
        [each.penalty_fen for each in paper.periods],
    )
    return Table(columns, rows, ("合计", f"{len(paper.periods)} 期", "", *sums))


def _amounts(principal: Sequence[int], interest: Sequence[int], penalty: Sequence[int]) -> tuple[str, ...]:
    parts = (sum(principal), sum(interest), sum(penalty))
    return tuple(format_yuan(fen) for fen in (*parts, sum(parts)))


def _return_slip(paper: OverdueLetter) -> list[Page]:
    """The slip the borrower signs, on a page of its own so that it can be torn off or sent back."""
    flow = LetterFlow(practice=paper.head.practice)
    flow.put(*_annex_head("回　　执", "附件2"))
    flow.y = TOP + LEADING * 3.2
    flow.paragraph(f"{paper.head.centre}：", indent=0)
    flow.paragraph(f"本人已收到你中心《住房公积金贷款逾期催收函》（{paper.letter_no}），对所列欠款：")
    flow.line("□ 无异议，于　　　　年　　月　　日前还清。", indent=2)
    flow.line("□ 有异议，说明如下：", indent=2)
    top = flow.y + 6
    flow.put(*box(LEFT + 2 * BODY, top, RIGHT, top + LEADING * 3, 0.6))
    flow.y = top + LEADING * 3 + LEADING * 0.6
    for label in ("签收人（签名）", "与借款人关系", "联系电话", "签收日期", "送达人（两人签名）", "送达方式和地点"):
        start = LEFT + 2 * BODY
        baseline = flow.y + LEADING * 0.5 + BODY * 0.36
        after = start + fonts.width_of(fonts.FANG, f"{label}：", BODY)
        flow.put(
            Words(start, baseline, f"{label}：", BODY, fonts.FANG), Rule(after, baseline + 3, RIGHT, baseline + 3, 0.6)
        )
        flow.y += LEADING * 1.15
    return flow.pages


def letter_foot(page: Page, number: int, copy: str, remark: str) -> None:
    """The page number between dashes under the text area, odd pages right, even pages left; the copy opposite."""
    y = BOTTOM + 7 * MM + 10
    text = f"— {number} —"
    note = "　".join(part for part in (copy, remark) if part)
    room = WIDTH - fonts.width_of(fonts.SONG, text, 14) - 3 * BODY
    if number % 2:
        page.append(ending(RIGHT - BODY, y, text, 14, fonts.SONG))
        page += foot_lines(note, LEFT, y, room)
    else:
        page.append(Words(LEFT + BODY, y, text, 14, fonts.SONG))
        page += foot_lines(note, RIGHT - room, y, room)

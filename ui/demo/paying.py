"""Step 11: the bank's file goes out, one payment comes back, and is put right with a second person's word."""

import csv
from pathlib import Path

from gjj_desktop.central.bank_answers import COLUMNS
from gjj_desktop.central.city import today
from gjj_desktop.domain.money import format_yuan, parse_yuan
from ui.demo.deciding import decide, desk_of
from ui.demo.hands import Hands
from ui.demo.heirs import HEIRS
from ui.demo.setting import PAYER, Story
from ui.pages.case_form import CaseForm
from ui.pages.payments import PaymentsPage

RETURNED_TO, REASON = HEIRS[-1][0], "账号户名不符"
NEW_CARD = "6222021234567890151"


def returned_and_put_right(story: Story, front: Hands, back: Hands) -> None:
    """All is paid but one heir's part; 付款 shows why; the corrected card is approved and the money goes out again."""
    first = story.centre.pay_out(story.out / "bank-batch-1.csv")
    story.centre.bank_answers(_answers(story.out / "bank-batch-1.csv", story.out / "bank-answers-1.csv", RETURNED_TO))
    page = front.go("Ctrl+B")
    assert isinstance(page, PaymentsPage), type(page)
    front.wait(lambda: [row for row in page.table.rows if row.may_be_corrected], "the payment that came back")
    back_row = next(row for row in page.table.rows if row.may_be_corrected)
    front.choose_row(page.table, back_row.payment_no)
    story.picture(front, "payment-returned")
    story.say(f"付款文件 {first.payments} 笔 {format_yuan(first.total_fen)} 元；银行退回 {RETURNED_TO} 一笔：{REASON}")
    front.press("F9")
    front.wait(lambda: isinstance(front.page, CaseForm), "the form of a correction")
    front.fill({"payee": RETURNED_TO, "bank_card": NEW_CARD, "bank": "云溪农商银行"})
    story.picture(front, "payment-correction")
    front.press("F9")
    front.wait(lambda: not isinstance(front.page, CaseForm), "the correction handed in")
    story.paper(front, "correction-receipt")
    story.cases["correction"] = story.newest(front, "payment_correction")
    story.synced(front)
    story.sign_in(back, PAYER)
    decide(story, back, desk_of(back), story.cases["correction"], "F9", "")
    story.synced(back)
    story.centre.pay_out(story.out / "bank-batch-2.csv")
    story.centre.bank_answers(_answers(story.out / "bank-batch-2.csv", story.out / "bank-answers-2.csv", ""))
    again = front.go("Ctrl+B")
    assert isinstance(again, PaymentsPage), type(again)
    front.wait(lambda: not [row for row in again.table.rows if row.state_words != "已付款"], "everything paid")
    front.choose_row(again.table, back_row.payment_no)
    story.picture(front, "payments-all-paid")
    story.say(f"更正收款账户，由另一人批准后再付，银行已付到账：{RETURNED_TO}")


def _answers(batch: Path, file: Path, returned: str) -> Path:
    """What the bank says to a batch: all paid, but what goes to this payee."""
    with batch.open(encoding="utf-8-sig", newline="") as read:
        lines = [row for row in csv.DictReader(read) if row["number"] != "total"]
    rows, paid_fen = [], 0
    for place, line in enumerate(lines, 1):
        went_back = line["payee"] == returned
        amount_fen = parse_yuan(line["amount"])
        assert isinstance(amount_fen, int), amount_fen
        paid_fen += 0 if went_back else amount_fen
        result, amount = ("returned", "") if went_back else ("paid", line["amount"])
        reference = f"YH{today():%Y%m%d}{place:04}"
        rows.append(
            (line["batch"], line["payment_no"], result, amount, today().isoformat(), reference, REASON * went_back)
        )
    with file.open("w", encoding="utf-8-sig", newline="") as write:
        total = ("total", str(len(rows)), "", f"{paid_fen // 100}.{paid_fen % 100:02}", "", "", "")
        csv.writer(write).writerows((COLUMNS, *rows, total))
    return file

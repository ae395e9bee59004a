"""The papers of a withdrawal as they come out of the printer: read back, scanned, stamped, and full to the brim."""

from datetime import date

import msgspec
import pypdfium2
import pytest
import zxingcpp

from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.printing.marks import Code, Words
from gjj_desktop.printing.paper import Reprint, Stamp
from gjj_desktop.printing.papers import AccountHistory, HeirOnPaper, HistoryLine, Paper
from gjj_desktop.printing.proof import qr_text
from gjj_desktop.printing.render import pages_of, render
from gjj_desktop.printing.reopening import parse_reopen
from gjj_desktop.printing.sheets import SHEETS, Layout
from tests.printing.samples import NAMES, faults, sample, text_of

LONGEST = Reprint(
    count=12,
    printed_at="2026-11-22 15:02",
    officer="阿卜杜热合曼·阿卜杜克力木",
    reason="原件被雨水浸湿，姓名和金额已经无法辨认，申请人要求重新打印一份用于报销备查用途",
    agreed_by="古丽努尔·买买提",
)
SPOILED = Stamp("作废", "卡纸，纸张损坏，左上角撕裂，二维码一半看不清楚，已当着申请人的面划线作废，重新开")
TURNED_DOWN = Stamp("不予批准")
VOUCHERS = ["payment_voucher", "payment_voucher_court", "payment_voucher_loan"]


def codes_on(pdf: bytes, page: int = 0, dpi: int = 180) -> list[str]:
    """What a scanner reads off a page that an impact printer of 180 dpi printed."""
    document = pypdfium2.PdfDocument(pdf)
    picture = document[page].render(scale=dpi / 72).to_pil()
    document.close()
    return [code.text for code in zxingcpp.read_barcodes(picture)]


def drawn(paper: Paper) -> str:
    """Every word on the pages, without the spaces between them."""
    marks = [mark for page in pages_of(paper, "GJJ1.x", None, Layout())[2] for mark in page]
    return "".join("".join(mark.text.split()) for mark in marks if isinstance(mark, Words))


def squeezed(pdf: bytes) -> str:
    return "".join(text_of(pdf).split())


@pytest.mark.parametrize("sheet", ["", *SHEETS])
@pytest.mark.parametrize("name", [name for name in NAMES if "withdrawal" in name or "voucher" in name])
def test_the_code_scans_off_every_sheet_as_an_impact_printer_prints_it(name, sheet, proof_of):
    paper = sample(name)
    proof = proof_of(paper)
    assert qr_text(proof) in codes_on(render(paper, proof, layout=Layout(sheet=sheet)))


@pytest.mark.parametrize("name", NAMES)
def test_the_code_of_every_paper_scans(name, proof_of):
    paper = sample(name)
    proof = proof_of(paper)
    assert qr_text(proof) in codes_on(render(paper, proof, LONGEST, stamp=TURNED_DOWN))


def test_the_second_code_of_a_notice_opens_the_draft_again(proof_of):
    notice = sample("deficiency_notice")
    read = [number for text in codes_on(render(notice, proof_of(notice))) if (number := parse_reopen(text))]
    assert read == [notice.notice_no]


def test_no_two_codes_touch_and_each_has_its_quiet_zone():
    notice = sample("deficiency_notice")
    _, sheet, pages = pages_of(notice, "GJJ1.x", None, Layout())
    first, second = (mark for mark in pages[0] if isinstance(mark, Code))
    assert second.y > first.y + first.size + 10
    assert second.x >= sheet.left + 10


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sheet", ["", *SHEETS])
def test_a_stamp_and_the_longest_margin_run_into_nothing(name, sheet):
    for reprint, stamp in ((LONGEST, None), (LONGEST, TURNED_DOWN), (None, SPOILED)):
        _, used, pages = pages_of(sample(name), "GJJ1.x", reprint, Layout(sheet=sheet), stamp)
        assert faults(pages, used) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_no_longer_holds_says_so_and_why(name, proof_of):
    paper = sample(name)
    void = squeezed(render(paper, proof_of(paper), stamp=SPOILED))
    assert void.count(SPOILED.reason[:20]) >= len(paper.head.copies)
    again = squeezed(render(paper, proof_of(paper), LONGEST, stamp=TURNED_DOWN))
    for words in ("不予批准", "补打第12次", "2026-11-2215:02", "阿卜杜热合曼·阿卜杜克力木", "古丽努尔·买买提"):
        assert words in again
    assert "作废：" not in squeezed(render(paper, proof_of(paper)))


@pytest.mark.parametrize("name", VOUCHERS)
def test_a_voucher_stands_twice_on_one_a4_with_a_line_to_tear_along(name):
    _, sheet, pages = pages_of(sample(name), "GJJ1.x", LONGEST, Layout(), TURNED_DOWN)
    assert (len(pages), sheet.name) == (1, "A4")
    assert [mark.x2 for mark in pages[0] if getattr(mark, "dashed", False)] == [sheet.width]


def test_a_voucher_shows_amount_interest_and_what_was_really_paid(proof_of):
    voucher = sample("payment_voucher_death")
    text = text_of(render(voucher, proof_of(voucher)))
    assert voucher.amount_fen + voucher.interest_fen == 10_000_000_001
    for words in ("99,410,234.11", "589,765.90", "¥100,000,000.01", capitals(10_000_000_001), "是否销户"):
        assert words in text


def test_twelve_heirs_are_all_there_with_share_and_amount_and_the_sum_of_them(proof_of):
    voucher = sample("payment_voucher_death")
    text = text_of(render(voucher, proof_of(voucher)))
    assert len(voucher.heirs) == 12
    flat = "".join(text.split())
    for heir in voucher.heirs:
        assert flat.count(heir.name) >= 2, heir
        assert heir.identity_no in text
    assert flat.count("1/12") == 24
    assert sum(heir.amount_fen for heir in voucher.heirs) == voucher.amount_fen + voucher.interest_fen
    assert format_yuan(10_000_000_001) in text


@pytest.mark.parametrize("count", [1, 2, 5, 12, 30])
@pytest.mark.parametrize("sheet", ["", *SHEETS])
def test_however_many_heirs_nothing_collides(count, sheet):
    heir = sample("payment_voucher_death").heirs[8]
    voucher = msgspec.structs.replace(sample("payment_voucher_death"), heirs=(heir,) * count)
    _, used, pages = pages_of(voucher, "GJJ1.x", LONGEST, Layout(sheet=sheet))
    assert faults(pages, used) == []
    waiting = tuple(msgspec.structs.replace(heir, amount_fen=None, state="") for _ in range(count))
    receipt = msgspec.structs.replace(sample("withdrawal_acceptance_death"), heirs=waiting)
    _, used, pages = pages_of(receipt, "GJJ1.x", LONGEST, Layout(sheet=sheet))
    assert faults(pages, used) == []


def test_rare_characters_of_names_can_be_copied_out_of_every_place(proof_of):
    voucher = sample("payment_voucher_death")
    heirs = tuple(
        HeirOnPaper(
            name=name, identity_no="9905**********1239", relation="子", share="1/4", bank="云溪农商行", bank_card="6222"
        )
        for name in ("王𠮷", "赵䶮", "陈㛃", "林𬍛")
    )
    paper = msgspec.structs.replace(voucher, name="欧阳𬭩", heirs=heirs)
    document = pypdfium2.PdfDocument(render(paper, proof_of(paper)))
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    for name in ("欧阳𬭩", *(heir.name for heir in heirs)):
        assert name in text


def test_closing_the_whole_balance_names_no_amount_before_the_centre_has_worked_it_out(proof_of):
    receipt = sample("withdrawal_acceptance_death")
    text = squeezed(render(receipt, proof_of(receipt)))
    assert "金额由中心按入账日计息确认" in text
    assert "¥" not in text
    assert "本回执表示申请已受理，不是办结" in text


def test_a_loan_repaid_shows_what_was_owed_before_and_after(proof_of):
    voucher = sample("payment_voucher_loan")
    text = text_of(render(voucher, proof_of(voucher)))
    assert voucher.loan.before_fen - voucher.loan.after_fen + 94_060 == voucher.amount_fen
    for fen in (voucher.loan.before_fen, voucher.loan.after_fen, voucher.loan.principal_fen):
        assert format_yuan(fen) in text


def test_a_refusal_gives_reasons_basis_and_remedies_and_room_for_the_seal(proof_of):
    refusal = sample("refusal_decision")
    _, sheet, pages = pages_of(refusal, "GJJ1.x", LONGEST, Layout(), TURNED_DOWN)
    assert faults(pages, sheet) == []
    text = squeezed(render(refusal, proof_of(refusal)))
    assert "不予批准决定书" in text
    for words in (*refusal.reasons, *refusal.remedies, refusal.basis, capitals(refusal.amount_fen)):
        assert "".join(words.split()) in text


@pytest.mark.parametrize("name", ["not_accepted_notice", "supplement_notice", "deficiency_notice"])
def test_a_notice_gives_everything_at_once(name):
    notice = sample(name)
    text = drawn(notice)
    said = (*notice.reasons, notice.basis, *(each.name for each in notice.missing), notice.remedy)
    assert [words for words in said if "".join(words.split()) not in text] == []
    title = {"not_accepted": "不予受理告知书", "supplement": "补正告知书", "deficiency": "一次性告知单"}[notice.sort]
    assert title in text


def thirty_years(count: int = 420, part_fen: int = 499_999) -> AccountHistory:
    """A line for each month and for what else happened, the largest amounts that an account sees."""
    whole = 2 * part_fen
    lines = tuple(
        HistoryLine(
            day=date(1996 + number // 14, 1 + number % 12, 10),
            kind="汇缴" if number % 14 else "部分提取",
            month="2010-03",
            employer_part_fen=part_fen,
            personal_part_fen=part_fen,
            amount_fen=whole if number % 14 else -whole,
            interest_fen=0 if number % 14 else part_fen,
            balance_fen=100 * whole,
            employer=1 + number % 9,
            about="" if number % 14 else "还商业贷款提取",
        )
        for number in range(count)
    )
    return msgspec.structs.replace(sample("account_history"), lines=lines, employers=("云溪市青禾服饰有限公司",) * 9)


def test_thirty_years_of_an_account_repeat_the_head_and_sum_every_money_column(proof_of):
    paper = thirty_years()
    paper = msgspec.structs.replace(paper, head=msgspec.structs.replace(paper.head, copies=("客户联",)))
    pages = text_of(render(paper, proof_of(paper))).split("\f")[:-1]
    assert len(pages) <= 14
    for number, page in enumerate(pages, 1):
        assert f"第 {number} 页 共 {len(pages)} 页" in page
        assert "所属年月" in page or "合计" in page
    last = pages[-1]
    assert "420 笔" in last
    for fen in (
        420 * 499_999,
        sum(line.amount_fen for line in paper.lines),
        30 * 499_999,
    ):
        assert format_yuan(fen) in last


@pytest.mark.parametrize("count", [0, 1, 2, 28, 29, 30, 31, 76])
@pytest.mark.parametrize("withdrawals_only", [False, True])
@pytest.mark.parametrize("sheet", ["", *SHEETS])
def test_a_history_of_any_length_fits_every_sheet(count, withdrawals_only, sheet):
    for part_fen in (499_999, 10_000_000_001):
        paper = msgspec.structs.replace(thirty_years(count, part_fen), withdrawals_only=withdrawals_only)
        _, used, pages = pages_of(paper, "GJJ1.x", None, Layout(sheet=sheet))
        assert faults(pages, used) == []


@pytest.mark.parametrize("name", ["payment_voucher", "withdrawal_acceptance", "correction_slip", "deficiency_notice"])
def test_what_was_added_since_changes_no_paper_of_before(name):
    """A field with its default is not encoded, so the digest of a paper of before stays what it was."""
    paper = sample(name)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(paper), type=Paper) == paper
    encoded = msgspec.msgpack.decode(msgspec.msgpack.encode(paper))
    unset = [field.name for field in msgspec.structs.fields(paper) if not field.required]
    assert [key for key in unset if key in encoded and not encoded[key]] == []

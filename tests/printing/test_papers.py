from concurrent.futures import ThreadPoolExecutor
from datetime import date

import msgspec
import pypdfium2
import pytest

from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.domain.numbers import Series, series_of
from gjj_desktop.errors import OperatingError
from gjj_desktop.printing.letters import LETTERS
from gjj_desktop.printing.paper import number_in_groups
from gjj_desktop.printing.papers import RENDERERS, OverdueLetter, Paper, RosterOpeningReceipt, RosterRow
from gjj_desktop.printing.papers.loans import Instalment
from gjj_desktop.printing.render import Reprint, pages_of, render
from gjj_desktop.printing.sheets import SHEETS, Layout
from tests.printing.samples import NAMES, faults, sample, text_of

REPRINT = Reprint(count=2, printed_at="2026-11-22 15:02", officer="周敏", reason="原件打印不清")


def all_kinds() -> set[type]:
    return set(Paper.__args__)


def test_there_is_a_sample_of_every_kind_of_paper():
    assert {type(sample(name)) for name in NAMES} == all_kinds()


def test_every_kind_is_drawn_as_a_receipt_or_as_a_letter():
    assert set(RENDERERS) | set(LETTERS) == all_kinds()
    assert not set(RENDERERS) & set(LETTERS)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_value_gives_the_same_bytes(name, proof_of):
    paper = sample(name)
    proof = proof_of(paper)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(paper), type=Paper)
    assert render(paper, proof) == render(again, proof)


@pytest.mark.parametrize("name", NAMES)
def test_number_and_centre_can_be_copied_out(name, proof_of):
    paper = sample(name)
    text = text_of(render(paper, proof_of(paper)))
    assert paper.head.centre in text
    assert (paper.letter_no if isinstance(paper, OverdueLetter) else number_in_groups(paper.head.paper_no)) in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sheet", ["", *SHEETS])
def test_nothing_runs_over_a_rule_a_margin_or_other_words(name, sheet):
    paper = sample(name)
    _, used, pages = pages_of(paper, "GJJ1.x", REPRINT, Layout(sheet=sheet))
    assert faults(pages, used) == []


LONG = "云溪市滨河新区云栖路八十八号听澜苑第六幢第二单元一千一百零二室（原青禾镇柳岸社区第七组十二号）" * 2


def stretched(paper: Paper) -> Paper:
    """The same paper with every free text far longer than usual."""
    fields = {
        "employer_name",
        "address",
        "home_address",
        "reason",
        "what_to_do",
        "remark",
        "business",
        "employer_class",
    }
    fields |= {"bank", "legal_representative", "borrower", "name", "mailbox", "pay_how", "loan_kind", "home_kind"}
    return msgspec.structs.replace(paper, **dict.fromkeys(fields & set(paper.__struct_fields__), LONG))


@pytest.mark.parametrize("name", NAMES)
def test_long_names_and_addresses_wrap(name, proof_of):
    paper = stretched(sample(name))
    head = msgspec.structs.replace(
        paper.head, outlet="云溪市青禾镇柳岸社区党群服务中心便民服务大厅住房公积金业务代办点"
    )
    paper = msgspec.structs.replace(paper, head=head)
    _, sheet, pages = pages_of(paper, "GJJ1.x", None, Layout())
    assert faults(pages, sheet) == []
    squeezed = "".join(text_of(render(paper, proof_of(paper))).split())
    assert "党群服务中心便民服务大厅" in squeezed or isinstance(paper, OverdueLetter)


@pytest.mark.parametrize("name", NAMES)
def test_text_boxes_of_the_pdf_lie_on_its_pages(name, proof_of):
    document = pypdfium2.PdfDocument(render(sample(name), proof_of(sample(name))))
    for page in document:
        width, height = page.get_size()
        text = page.get_textpage()
        for index in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(index)
            assert left >= 0
            assert bottom >= 0
            assert right <= width
            assert top <= height
    document.close()


def test_a_withdrawal_acceptance_fits_one_sheet_a_copy_on_a5_and_on_continuous_paper(acceptance):
    for sheet in ("A5-landscape", "241x140"):
        assert len(pages_of(acceptance, "GJJ1.x", None, Layout(sheet=sheet))[2]) == 2


def test_a_withdrawal_acceptance_says_it_is_not_a_decision(acceptance, proof_of):
    text = "".join(text_of(render(acceptance, proof_of(acceptance))).split())
    assert "本回执表示申请已受理，不是办结" in text
    assert "".join(acceptance.decision_due.split()) in text


def test_the_copies_differ_only_by_their_name(acceptance):
    _, _, pages = pages_of(acceptance, "GJJ1.x", None, Layout())
    texts = [[mark.text for mark in page if hasattr(mark, "text")] for page in pages]
    different = [(one, other) for one, other in zip(*texts, strict=True) if one != other]
    assert different == [("客户联", "留存联")]


def test_the_amount_stands_in_digits_and_in_capitals(acceptance, proof_of):
    paper = msgspec.structs.replace(acceptance, amount_fen=1640902)
    text = text_of(render(paper, proof_of(paper)))
    assert f"¥{format_yuan(1640902)}" in text
    assert capitals(1640902) in text


def test_a_negative_amount_is_written_as_a_reversal_with_the_absolute_amount(acceptance, proof_of):
    paper = msgspec.structs.replace(acceptance, amount_fen=-140950)
    assert f"冲正 {capitals(140950)}" in text_of(render(paper, proof_of(paper)))


def test_two_copies_of_the_payment_voucher_share_one_a4_with_a_line_to_tear_along():
    _, sheet, pages = pages_of(sample("payment_voucher"), "GJJ1.x", None, Layout())
    assert len(pages) == 1
    tears = [mark for mark in pages[0] if getattr(mark, "dashed", False)]
    assert [(mark.x1, mark.x2) for mark in tears] == [(0, sheet.width)]


def test_a_reprint_says_so_with_count_time_officer_and_reason(acceptance, proof_of):
    text = text_of(render(acceptance, proof_of(acceptance), REPRINT))
    for part in ("补打", "第 2 次", "2026-11-22 15:02", "周敏", "原件打印不清"):
        assert part in text


def test_paper_of_practice_carries_its_mark_and_real_paper_does_not(acceptance, practice_acceptance, proof_of):
    def text(paper: Paper) -> str:
        return pypdfium2.PdfDocument(render(paper, proof_of(paper)))[0].get_textpage().get_text_bounded()

    assert "练习" in text(practice_acceptance)
    assert "练习" not in text(acceptance)


def test_paper_without_a_proof_says_it_is_a_preview(acceptance):
    assert "预览稿，未签发，不作凭证" in text_of(render(acceptance, None))


def test_printer_offsets_move_everything_on_the_page(acceptance, proof_of):
    def first_box(layout: Layout) -> tuple[float, ...]:
        document = pypdfium2.PdfDocument(render(acceptance, proof_of(acceptance), layout=layout))
        text = document[0].get_textpage()
        text.count_rects()
        return text.get_rect(0)

    before, after = first_box(Layout()), first_box(Layout(right_mm=2, down_mm=3))
    assert after[0] - before[0] == pytest.approx(2 * 72 / 25.4, abs=0.01)
    assert before[1] - after[1] == pytest.approx(3 * 72 / 25.4, abs=0.01)


def roster_of(persons: int) -> RosterOpeningReceipt:
    rows = tuple(
        RosterRow(
            name="王𠮷",
            personal_account_no=f"9905{number:08d}",
            identity_no="9905**********1239",
            contribution_base_fen=600000 + number,
            employer_part_fen=48000,
            personal_part_fen=48001,
        )
        for number in range(persons)
    )
    return msgspec.structs.replace(sample("roster_opening_receipt"), rows=rows)


def test_a_roster_of_three_thousand_repeats_its_head_and_sums_every_money_column(proof_of):
    paper = roster_of(3000)
    paper = msgspec.structs.replace(paper, head=msgspec.structs.replace(paper.head, copies=("留存联",)))
    pdf = render(paper, proof_of(paper))
    pages = text_of(pdf).split("\f")[:-1]
    assert len(pages) > 50
    for number, page in enumerate(pages, 1):
        assert f"第 {number} 页 共 {len(pages)} 页" in page
        assert ("证件号码" in page) or "合计" in page
    base = sum(600000 + number for number in range(3000))
    for fen in (base, 3000 * 48000, 3000 * 48001, 3000 * 96001):
        assert format_yuan(fen) in pages[-1]
    assert pages[-1].count("王𠮷") >= 3  # the sums and signatures don't stand alone


@pytest.mark.parametrize("persons", range(18, 42, 3))
def test_wherever_a_roster_ends_nothing_collides(persons):
    _, sheet, pages = pages_of(roster_of(persons), "GJJ1.x", None, Layout())
    assert faults(pages, sheet) == []
    drawn = [mark.text for page in pages for mark in page if hasattr(mark, "text")]
    assert sum(text == "王𠮷" for text in drawn) == 2 * persons  # both copies, nobody lost or doubled


def test_the_schedule_sums_principal_to_the_amount_lent():
    paper = sample("repayment_schedule")
    assert sum(row.principal_fen for row in paper.rows) == paper.amount_fen
    drawn = [mark.text for page in pages_of(paper, "", None, Layout())[2] for mark in page if hasattr(mark, "text")]
    assert drawn.count(format_yuan(paper.amount_fen)) == 1
    assert format_yuan(sum(row.interest_fen for row in paper.rows)) in drawn


def test_a_text_longer_than_a_page_goes_on_and_loses_nothing():
    endless = "".join(f"第{number}句，申请人与中心各执一词；" for number in range(900))
    paper = msgspec.structs.replace(sample("correction_slip"), reason=endless, what_to_do=endless)
    missing = msgspec.structs.replace(sample("deficiency_notice").missing[0], requirement=endless)
    for each, times in (
        (paper, 4),
        (msgspec.structs.replace(sample("deficiency_notice"), missing=(missing,)), 2),
    ):
        _, sheet, pages = pages_of(each, "GJJ1.x", None, Layout())
        assert faults(pages, sheet) == []
        drawn = "".join(mark.text for page in pages for mark in page if hasattr(mark, "text"))
        assert sum(drawn.count(f"{number}句") >= times for number in range(0, 900, 60)) == 15


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sheet", SHEETS)
def test_long_texts_fit_every_sheet(name, sheet):
    _, used, pages = pages_of(stretched(sample(name)), "GJJ1.x", REPRINT, Layout(sheet=sheet))
    assert faults(pages, used) == []


def test_papers_rendered_at_once_in_several_threads_are_the_same(proof_of):
    papers = [sample(name) for name in NAMES]
    alone = [render(paper, proof_of(paper)) for paper in papers]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda paper: render(paper, proof_of(paper)), papers)) == alone


def test_a_sheet_that_no_printer_has_is_told(acceptance):
    with pytest.raises(OperatingError, match="A3"):
        render(acceptance, None, layout=Layout(sheet="A3"))


def test_an_empty_table_says_there_is_nothing():
    paper = msgspec.structs.replace(sample("day_end_sheet"), lines=(), numbers=())
    text = text_of(render(paper, None))
    assert "当日无业务" in text
    assert "当日未使用号码" in text


def test_a_date_out_of_the_calendar_is_refused_when_a_paper_is_read():
    raw = msgspec.to_builtins(
        Instalment(no=1, due=date(2026, 2, 28), amount_fen=1, principal_fen=1, interest_fen=0, balance_fen=0)
    )
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**raw, "due": "2026-02-30"}, Instalment)


def test_a_remittance_is_a_receipt_of_money_only_once_it_is_allocated():
    paper = sample("remittance_receipt")
    assert paper.allocated
    assert "已按清册分摊" in text_of(render(paper, None))
    text = text_of(render(msgspec.structs.replace(paper, allocated=False), None))
    assert "款项到账并经中心核对后" in text
    assert "缴存回单" not in text


@pytest.mark.parametrize("name", NAMES)
def test_numbers_of_the_samples_are_right_numbers(name):
    head = sample(name).head
    assert series_of(head.paper_no) is Series.PAPER
    assert not head.case_no or series_of(head.case_no) is Series.CASE

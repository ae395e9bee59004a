import msgspec
import pytest

from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.printing.letter import BODY, LEADING, SEAL, TITLE, letter_pages
from gjj_desktop.printing.marks import Words
from gjj_desktop.printing.render import render
from gjj_desktop.printing.sheets import LETTER, MM
from tests.printing.samples import faults, sample, text_of


@pytest.fixture
def letter():
    return sample("overdue_letter")


def test_the_letter_keeps_the_area_of_official_documents(letter):
    pages = letter_pages(letter, "借款人联", "")
    assert faults(pages, LETTER) == []
    body = [mark for mark in pages[0] if isinstance(mark, Words) and mark.size == BODY]
    assert min(mark.x for mark in body) == pytest.approx(28 * MM)
    assert max(mark.x + mark.width for mark in body) <= (28 + 156) * MM + 0.01
    assert pytest.approx(156 * MM) == BODY * 28
    assert pytest.approx(225 * MM) == LEADING * 22


def test_full_lines_reach_the_right_margin(letter):
    words = [mark for mark in letter_pages(letter, "", "")[0] if isinstance(mark, Words) and mark.spread > 0]
    assert words
    assert all(mark.x + mark.width == pytest.approx((28 + 156) * MM, abs=0.05) for mark in words)


def test_the_title_is_bold_song_of_size_two(letter):
    title = next(mark for mark in letter_pages(letter, "", "")[0] if getattr(mark, "text", "").endswith("催收函"))
    assert (title.size, title.bold, title.role) == (TITLE, True, "song")


def test_the_sums_in_the_letter_are_those_of_the_annex(letter):
    principal = sum(each.principal_fen for each in letter.periods)
    interest = sum(each.interest_fen for each in letter.periods)
    penalty = sum(each.penalty_fen for each in letter.periods)
    text = "".join(text_of(render(letter, None)).split())
    for fen in (principal, interest, penalty, principal + interest + penalty):
        assert text.count(format_yuan(fen)) >= 2 * len(letter.head.copies)
    assert capitals(principal + interest + penalty) in text
    assert f"已逾期{len(letter.periods)}期" in text


def test_there_is_room_for_the_seal_over_the_date(letter):
    for page in letter_pages(letter, "", ""):
        words = [mark for mark in page if isinstance(mark, Words)]
        date = next((mark for mark in words if mark.text == "2026年11月22日"), None)
        if date is None:
            continue
        middle = date.x + date.width / 2
        near = [
            mark
            for mark in words
            if date.y - SEAL + LEADING < mark.y < date.y - 1
            and mark.x < middle + SEAL / 2
            and mark.x + mark.width > middle - SEAL / 2
        ]
        assert [mark.text for mark in near] == [letter.head.centre]
        return
    pytest.fail("the letter has no date")


def test_a_co_borrower_is_addressed_too_and_rare_names_can_be_copied(letter):
    assert "郑𬎆、何建平：" in text_of(render(letter, None))


def test_a_loan_with_many_overdue_periods_goes_on_with_a_repeated_head(letter):
    many = tuple(msgspec.structs.replace(letter.periods[0], no=number) for number in range(1, 80))
    paper = msgspec.structs.replace(letter, periods=many)
    pages = letter_pages(paper, "", "")
    assert faults(pages, LETTER) == []
    heads = sum(any(getattr(mark, "text", "") == "拖欠本金" for mark in page) for page in pages)
    assert heads >= 3

from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.printing.breaking import NO_END, NO_START, break_lines


def full_width(character: str) -> float:
    return 0.5 if character.isascii() else 1.0


def test_no_line_starts_with_a_closing_mark():
    lines = break_lines("本回执表示申请已受理，不是办结。", full_width, 10)
    assert lines == ["本回执表示申请已受", "理，不是办结。"]


def test_no_line_ends_with_an_opening_mark():
    assert break_lines("依照条例规定（第二十四条）", full_width, 7) == ["依照条例规定", "（第二十四条）"]


def test_figures_words_and_dates_stay_whole_and_keep_their_unit():
    assert break_lines("拖欠本金12,345.67元", full_width, 7) == ["拖欠本金", "12,345.67元"]
    assert break_lines("截至2026年11月22日止", full_width, 4) == ["截至", "2026年", "11月22日", "止"]


def test_a_word_longer_than_the_line_is_cut():
    assert break_lines("9905032611220000068", full_width, 5) == ["9905032611", "220000068"]


def test_a_newline_ends_a_line_and_spaces_at_a_break_are_dropped():
    assert break_lines("甲乙\n丙", full_width, 10) == ["甲乙", "丙"]
    assert break_lines("甲乙丙 丁", full_width, 3) == ["甲乙丙", "丁"]


def test_the_first_line_is_shorter_by_its_indent():
    assert break_lines("甲乙丙丁戊己", full_width, 4, first_indent=2) == ["甲乙", "丙丁戊己"]


def test_empty_text_is_one_empty_line():
    assert break_lines("", full_width, 5) == [""]


TEXT = st.text(alphabet="甲乙丙丁，。、（）《》“”1234,.年月 元abc𠮷\n", max_size=80)


@given(TEXT, st.integers(4, 12))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, width: int):
    lines = break_lines(text, full_width, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(sum(map(full_width, line)) <= width for line in lines)


@given(st.text(alphabet="甲乙丙丁戊己庚辛", min_size=2, max_size=6).flatmap(
    lambda word: st.lists(st.sampled_from([word, "，甲乙丙", "（丁戊己）", "《庚辛》"]), max_size=12).map("".join)
))  # fmt: skip
def test_marks_keep_their_side_when_text_has_room(text: str):
    lines = break_lines(text, full_width, 12)
    assert not any(line[0] in NO_START for line in lines[1:])
    assert not any(line[-1] in NO_END for line in lines[:-1])

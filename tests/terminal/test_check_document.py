"""`gjj-desktop check-document` on papers that a real window issued."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from gjj_desktop.__main__ import main
from gjj_desktop.counter import papers
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.making import Making
from gjj_desktop.counter.window import Window as Counter
from gjj_desktop.printing.papers import Paper
from tests.printing.samples import sample
from tests.support.window import Window

EMPLOYER = {
    "name": "云溪市南塘机械有限公司",
    "credit_code": "913305001234567885",
    "address": "云溪市青禾镇南塘路 9 号",
    "legal_representative": "何建平",
    "agent_name": "吴永福",
    "agent_mobile": "19900008820",
    "payday": "10",
    "set_up_on": "2026-11-02",
    "first_month": "2026-11",
    "employer_ratio_bp": "8",
    "personal_ratio_bp": "8",
    "entrusted_bank": "云溪银行营业部",
}

Answer = Callable[..., tuple[int, dict[str, str]]]


@pytest.fixture
def answer(tmp_path: Path, capsys: pytest.CaptureFixture[str], window: Window) -> Answer:
    """Exit code and facts of `gjj-desktop check-document FILE --json` on a PDF, the program being closed."""

    def ask(pdf: bytes) -> tuple[int, dict[str, str]]:
        file = tmp_path / "shown.pdf"
        file.write_bytes(pdf)
        window.store.close()
        code = main(["check-document", str(file), "--json"])
        window.open()
        return code, json.loads(capsys.readouterr().out)

    return ask


@pytest.fixture
def paper_no(counter: Counter) -> str:
    done = FormDesk(counter, "employer.register").submit(EMPLOYER)
    assert not done.findings, done.findings
    return done.paper_nos[0]


def pdf_of(counter: Counter, paper_no: str) -> bytes:
    return papers.PaperDesk(counter, paper_no).pdf()


def test_a_paper_as_it_was_issued_matches(counter: Counter, paper_no: str, answer: Answer) -> None:
    code, facts = answer(pdf_of(counter, paper_no))
    assert (code, facts["outcome"], facts["answer"], facts["no"]) == (0, "matches", "与签发一致", paper_no)


def test_a_reprint_matches_and_one_nobody_made_does_not(counter: Counter, paper_no: str, answer: Answer) -> None:
    papers.reprint(counter, paper_no, "客户遗失")
    first = papers.reprinted(counter, paper_no)
    assert first.reprint is not None
    never = msgspec.structs.replace(first.reprint, count=2)
    forged = papers.pdf_of(first.stored, counter.device, never, first.layout)
    assert answer(first.pdf())[0] == 0
    code, facts = answer(forged)
    assert (code, facts["outcome"]) == (1, "not_ours")


def test_a_paper_changed_in_one_byte_of_its_page_is_not_ours(counter: Counter, paper_no: str, answer: Answer) -> None:
    pdf = pdf_of(counter, paper_no)
    at = pdf.index(b"stream") + 40
    code, facts = answer(pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :])
    assert (code, facts["outcome"]) == (1, "not_ours")


def test_a_true_code_around_another_name_is_not_ours(counter: Counter, paper_no: str, answer: Answer) -> None:
    stored = papers.PaperDesk(counter, paper_no).stored
    paper = msgspec.msgpack.decode(stored.body, type=Paper)
    other = msgspec.structs.replace(paper, employer_name="云溪市北塘机械有限公司")
    body = msgspec.msgpack.encode(other)
    forged = papers.pdf_of(
        msgspec.structs.replace(stored, body=body), counter.device, None, papers.PaperDesk(counter, paper_no).layout
    )
    code, facts = answer(forged)
    assert (code, facts["outcome"], facts["no"]) == (1, "not_ours", paper_no)


def test_what_carries_no_code_of_ours_is_not_ours(answer: Answer) -> None:
    assert answer(b"%PDF-1.4 nothing of ours")[0] == 1


def test_a_void_paper_is_ours_but_not_in_force(counter: Counter, paper_no: str, answer: Answer) -> None:
    papers.void(counter, paper_no, "卡纸损坏")
    code, facts = answer(pdf_of(counter, paper_no))
    assert (code, facts["outcome"]) == (1, "older_version")
    assert "卡纸损坏" in facts["reason"]


def test_a_later_paper_about_the_same_case_replaces_the_earlier_one(
    counter: Counter, paper_no: str, answer: Answer
) -> None:
    case_no = papers.PaperDesk(counter, paper_no).stored.case_no

    def notice(making: Making) -> Paper:
        return msgspec.structs.replace(sample("deficiency_notice"), head=making.head)

    first, second = (papers.issue(counter, case_no, "deficiency_notice", notice).paper_nos[0] for _ in range(2))
    code, facts = answer(pdf_of(counter, first))
    assert (code, facts["outcome"], facts["answer"]) == (1, "older_version", "已有更新版本")
    assert answer(pdf_of(counter, second))[0] == 0
    assert answer(pdf_of(counter, paper_no))[0] == 0


def test_while_the_program_is_open_it_says_where_to_check(
    counter: Counter, paper_no: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "shown.pdf"
    file.write_bytes(pdf_of(counter, paper_no))
    code = main(["check-document", str(file)])
    assert code == 3
    assert "程序已经打开了" in capsys.readouterr().err


def test_a_machine_that_is_no_window_can_not_tell(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "shown.pdf"
    file.write_bytes(b"%PDF-1.4")
    assert main(["check-document", str(file)]) == 3
    assert "还没有登记" in capsys.readouterr().err
    assert main(["check-document", str(tmp_path / "none.pdf")]) == 3
    assert not list(home.iterdir())

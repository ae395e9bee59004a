"""付款 at the centre: a payment goes out in one file whatever stops the program; the bank's answers lose nothing."""

import csv
import multiprocessing
import os
from datetime import date
from pathlib import Path

import msgspec
import pytest

from gjj_desktop.cases.rows import Payment
from gjj_desktop.cases.state import need
from gjj_desktop.central import paying_out
from gjj_desktop.central.__main__ import app
from gjj_desktop.central.bank_answers import COLUMNS, Taken, read_answers, take_answers
from gjj_desktop.central.city import connect
from gjj_desktop.central.journal import Booking, append
from gjj_desktop.central.paying_out import PaidOut, pay_out, write_again
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import load_rows, publish
from gjj_desktop.central.verify import verify
from gjj_desktop.ledger.entry import Entry, JournalLine
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre

NUMBERS = ("9905030000017", "9905030000025", "9905030000025-2")
DAY = BUSINESS_DATE.isoformat()


@pytest.fixture
def ordered(centre: TestCentre) -> TestCentre:
    """A centre that has three payments to make, two of them of one case."""
    centre.add_outlet()
    order(centre, *(a_payment(number, 100_000 * place) for place, number in enumerate(NUMBERS, start=1)))
    return centre


def order(centre: TestCentre, *payments: Payment) -> None:
    """The payments are there and booked, as if cases had been posted."""
    publish(centre.admin, payments)
    with centre.admin.transaction():
        append(centre.admin, [Booking("test", booked(each)) for each in payments], BUSINESS_DATE)


def booked(each: Payment) -> Entry:
    lines = (JournalLine("211", "debit", each.amount_fen), JournalLine("101", "credit", each.amount_fen, each.key))
    return Entry(event="withdrawal.posted", case_no=each.case_no, lines=lines)


def a_payment(number: str, amount_fen: int) -> Payment:
    return Payment(
        payment_no=number,
        case_no=number[:13],
        outlet="9905",
        payee="欧阳䶮",
        account_no="6222021234567890128",
        bank="云溪银行",
        amount_fen=amount_fen,
        ordered_on=date(2026, 11, 20),
    )


def payment(centre: TestCentre, number: str) -> Payment:
    [row] = load_rows(centre.admin, [need(Payment, number)])
    assert isinstance(row, Payment)
    return row


def states(centre: TestCentre) -> list[str]:
    return [payment(centre, number).state for number in NUMBERS]


def lines_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def answers_file(folder: Path, *lines: tuple[str, ...], total: tuple[str, str] | None = None) -> Path:
    """What the bank sends: batch, payment, result, amount, reason."""
    path = folder / "answers.csv"
    rows = [
        (batch, number, result, amount, DAY, f"YH{place}", reason)
        for place, (batch, number, result, amount, reason) in enumerate(lines)
    ]
    count, amount = total or (str(len(rows)), f"{sum(float(row[3] or 0) for row in rows):.2f}")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows((COLUMNS, *rows, ("total", count, "", amount, "", "", "")))
    return path


def test_the_banks_file_names_payee_account_bank_amount_and_payment_and_ends_with_the_sum(
    ordered: TestCentre, tmp_path: Path
) -> None:
    done = pay_out(ordered.admin, CENTRE_KEY, tmp_path / "out.csv")
    assert done == PaidOut(done.batch, 3, 600_000, again=False)
    body = (tmp_path / "out.csv").read_bytes()
    assert (tmp_path / "out.csv").stat().st_mode & 0o077 == 0 or os.name == "nt"
    assert body.startswith(b"\xef\xbb\xbf")
    assert body.count(b"\r\n") == body.count(b"\n") == 5
    head, *lines, total = lines_of(tmp_path / "out.csv")
    assert head == ["batch", "number", "payment_no", "payee", "account_no", "bank", "amount"]
    assert lines == [
        [done.batch, str(place), number, "欧阳䶮", "6222021234567890128", "云溪银行", f"{place * 1000}.00"]
        for place, number in enumerate(NUMBERS, start=1)
    ]
    assert total == [done.batch, "total", "3", "", "", "", "6000.00"]
    assert states(ordered) == ["sent"] * 3
    assert verify(ordered.admin) == []


def test_a_payment_goes_out_in_one_batch_only(ordered: TestCentre, tmp_path: Path) -> None:
    first = pay_out(ordered.admin, CENTRE_KEY, tmp_path / "first.csv")
    with pytest.raises(RefusedError, match="没有待付的款项"):
        pay_out(ordered.admin, CENTRE_KEY, tmp_path / "second.csv")
    order(ordered, a_payment("9905030000033", 100))
    second = pay_out(ordered.admin, CENTRE_KEY, tmp_path / "second.csv")
    assert (second.payments, second.batch > first.batch) == (1, True)


def test_a_batch_is_written_again_byte_for_byte_whatever_became_of_its_payments(
    ordered: TestCentre, tmp_path: Path
) -> None:
    done = pay_out(ordered.admin, CENTRE_KEY, tmp_path / "out.csv")
    take_answers(ordered.admin, CENTRE_KEY, answers_file(tmp_path, (done.batch, NUMBERS[0], "returned", "0", "销户")))
    now = payment(ordered, NUMBERS[0])
    publish(ordered.admin, [msgspec.structs.replace(now, account_no="6217000010001234569", bank="别的银行")])
    again = write_again(ordered.admin, done.batch, tmp_path / "again.csv")
    assert again == done._replace(again=True)
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()
    assert write_again(ordered.admin, done.batch, tmp_path / "out.csv") == again
    with pytest.raises(RefusedError, match="没有批次"):
        write_again(ordered.admin, "20261122-00000099", tmp_path / "none.csv")


def test_nothing_that_exists_is_overwritten(ordered: TestCentre, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("别人的文件", encoding="utf-8")
    for wrong in (path, tmp_path, tmp_path / "nowhere" / "out.csv"):
        with pytest.raises(RefusedError):
            pay_out(ordered.admin, CENTRE_KEY, wrong)
    assert (path.read_text(encoding="utf-8"), states(ordered)) == ("别人的文件", ["ordered"] * 3)
    done = pay_out(ordered.admin, CENTRE_KEY, tmp_path / "free.csv")
    with pytest.raises(RefusedError, match="不是这一批"):
        write_again(ordered.admin, done.batch, path)


def _pay_out_and_die(url: str, path: Path, where: str) -> None:
    """Pay out in a process that is killed at the function `where` of paying_out."""

    def die(*_: object) -> None:
        os._exit(9)

    setattr(paying_out, where, die)
    with connect(url) as connection:
        pay_out(connection, CENTRE_KEY, path)


@pytest.mark.parametrize("where", ["hand_in_own", "answers_to", "lock_state", "bank_file", "_put"])
def test_a_program_killed_anywhere_leaves_no_payment_without_a_file_and_none_in_two(
    ordered: TestCentre, tmp_path: Path, where: str
) -> None:
    arguments = (ordered.url, tmp_path / "killed.csv", where)
    child = multiprocessing.get_context("spawn").Process(target=_pay_out_and_die, args=arguments)
    child.start()
    child.join(60)
    assert child.exitcode == 9
    assert not (tmp_path / "killed.csv").exists()
    order(ordered, a_payment("9905030000033", 700))
    done = pay_out(ordered.admin, CENTRE_KEY, tmp_path / "first.csv")
    lines = lines_of(tmp_path / "first.csv")
    if where == "hand_in_own":
        assert (done.payments, done.again) == (4, False)
    else:
        assert (done.payments, done.again) == (3, True)
        pay_out(ordered.admin, CENTRE_KEY, tmp_path / "second.csv")
        lines += lines_of(tmp_path / "second.csv")
    assert sorted(line[2] for line in lines if line[1].isdecimal()) == sorted((*NUMBERS, "9905030000033"))


def _pay_out_all(url: str, folder: Path, name: str) -> None:
    with connect(url) as connection:
        for number in range(3):
            try:
                pay_out(connection, CENTRE_KEY, folder / f"{name}{number}.csv")
            except RefusedError:
                continue


def test_two_programs_that_pay_out_at_once_write_each_payment_once(ordered: TestCentre, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    children = [
        context.Process(target=_pay_out_all, args=(ordered.url, tmp_path, name)) for name in ("one", "two", "three")
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    written = [line[2] for path in tmp_path.glob("*.csv") for line in lines_of(path) if line[1].isdecimal()]
    assert sorted(written) == sorted(NUMBERS)


def test_the_banks_answers_are_taken_in_and_the_books_agree(ordered: TestCentre, tmp_path: Path) -> None:
    batch = pay_out(ordered.admin, CENTRE_KEY, tmp_path / "out.csv").batch
    path = answers_file(
        tmp_path,
        (batch, NUMBERS[0], "paid", "1000.00", ""),
        (batch, NUMBERS[1], "退回", "", "账号户名不符"),
        (batch, NUMBERS[2], "partly", "1,200.50".replace(",", ""), "限额"),
    )
    assert take_answers(ordered.admin, CENTRE_KEY, path) == Taken(3, 3, 0, ())
    assert states(ordered) == ["paid", "returned", "partly"]
    assert payment(ordered, NUMBERS[1]).return_reason == "账号户名不符"
    assert payment(ordered, NUMBERS[2]).paid_fen == 120_050
    assert verify(ordered.admin) == []
    kept = ordered.admin.execute(
        "select owner, amount_fen from core.journal_line where account = '219' order by owner"
    ).fetchall()
    assert kept == [(NUMBERS[1], 200_000), (NUMBERS[2], 179_950)]


def test_the_same_answers_again_change_nothing(ordered: TestCentre, tmp_path: Path) -> None:
    batch = pay_out(ordered.admin, CENTRE_KEY, tmp_path / "out.csv").batch
    path = answers_file(tmp_path, (batch, NUMBERS[0], "returned", "0", "销户"), (batch, NUMBERS[1], "paid", "2000", ""))
    assert take_answers(ordered.admin, CENTRE_KEY, path) == Taken(2, 2, 0, ())
    assert take_answers(ordered.admin, CENTRE_KEY, path) == Taken(2, 0, 2, ())
    assert ordered.admin.execute("select count(*) from core.journal").fetchone() == (4,)


def test_a_line_that_does_not_fit_is_named_and_the_others_are_taken(ordered: TestCentre, tmp_path: Path) -> None:
    batch = pay_out(ordered.admin, CENTRE_KEY, tmp_path / "out.csv").batch
    path = answers_file(
        tmp_path,
        (batch, "9905039999999", "paid", "1000.00", ""),
        (batch, NUMBERS[0], "paid", "999.99", ""),
        ("20261122-99999999", NUMBERS[1], "paid", "2000.00", ""),
        (batch, NUMBERS[2], "paid", "3000.00", ""),
        (batch, NUMBERS[2], "returned", "", "销户"),
    )
    taken = take_answers(ordered.admin, CENTRE_KEY, path)
    assert (taken.lines, taken.new, taken.known) == (5, 1, 0)
    assert [line.partition("：")[0] for line in taken.refused] == [
        "第 2 行 9905039999999",
        f"第 3 行 {NUMBERS[0]}",
        f"第 4 行 {NUMBERS[1]}",
        f"第 6 行 {NUMBERS[2]}",
    ]
    for line, words in zip(taken.refused, ("没有付款号", "不符", "不在批次", "与这次不一致"), strict=True):
        assert words in line
    assert states(ordered) == ["sent", "sent", "paid"]
    mended = answers_file(tmp_path, (batch, NUMBERS[0], "paid", "1000.00", ""), (batch, NUMBERS[1], "paid", "2000", ""))
    assert take_answers(ordered.admin, CENTRE_KEY, mended) == Taken(2, 2, 0, ())
    assert verify(ordered.admin) == []


@pytest.mark.parametrize("cut", range(3, 400, 17))
def test_a_torn_file_is_refused_whole(tmp_path: Path, cut: int) -> None:
    whole = answers_file(tmp_path, ("B", NUMBERS[0], "paid", "1000.00", ""), ("B", NUMBERS[1], "returned", "", "销户"))
    body = whole.read_bytes()
    torn = tmp_path / "torn.csv"
    torn.write_bytes(body[: max(0, len(body.rstrip(b",\r\n")) - 1 - cut)])
    with pytest.raises(RefusedError):
        read_answers(torn)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "缺少列"),
        ("batch,payment_no\r\n", "缺少列"),
        (",".join(COLUMNS) + "\r\n", "没有合计行"),
        (",".join(COLUMNS) + "\r\ntotal,0,,0,,,\r\n", "没有付款答复"),
        (",".join(COLUMNS) + "\r\nB,1,paid,x,2026-11-22,,\r\ntotal,1,,1,,,\r\n", "第 2 行"),
        (",".join(COLUMNS) + "\r\nB,1,paid,-1,2026-11-22,,\r\ntotal,1,,1,,,\r\n", "不能为负数"),
        (",".join(COLUMNS) + "\r\nB,1,gone,1,2026-11-22,,\r\ntotal,1,,1,,,\r\n", "结果应为"),
        (",".join(COLUMNS) + "\r\nB,1,paid,1,2026-02-30,,\r\ntotal,1,,1,,,\r\n", "第 2 行"),
        (",".join(COLUMNS) + "\r\nB,1,paid,1,2026-11-22,,\r\ntotal,2,,1,,,\r\n", "合计"),
        (",".join(COLUMNS) + "\r\nB,1,paid,1,2026-11-22,,\r\ntotal,1,,2,,,\r\n", "合计"),
        (",".join(COLUMNS) + "\r\nB,1\0,paid,1,2026-11-22,,\r\ntotal,1,,1,,,\r\n", "看不见"),
        (",".join(COLUMNS) + f"\r\nB{'9' * 300},1,paid,1,2026-11-22,,\r\ntotal,1,,1,,,\r\n", "过长"),
        (",".join(COLUMNS) + f"\r\nB,1,returned,,2026-11-22,,{'长' * 201}\r\ntotal,1,,0,,,\r\n", "过长"),
    ],
)
def test_a_file_that_is_none_is_refused_in_plain_words(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RefusedError, match=words):
        read_answers(path)
    path.write_bytes(b"\xd0\xd5\xc3\xfb")
    with pytest.raises(RefusedError, match="UTF-8"):
        read_answers(path)
    with pytest.raises(RefusedError):
        read_answers(tmp_path / "nowhere.csv")


def test_the_administrator_has_a_command_for_each() -> None:
    assert {"pay-out", "bank-answers"} <= {command.name for command in app.registered_commands}

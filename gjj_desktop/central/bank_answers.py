"""What did the bank do with the payments: its file of answers is taken in, line by line, as often as one likes."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gjj_desktop.cases.answer import AnswerBody, Verdict
from gjj_desktop.cases.payment import ANSWERED, PAID, PARTLY, RETURNED, BankAnswered
from gjj_desktop.central.bank_file import TOTAL
from gjj_desktop.central.own_answers import answers_to
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import Database
from gjj_desktop.domain.dates import parse_date
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import without_spaces
from gjj_desktop.domain.money import parse_yuan

COLUMNS = ("batch", "payment_no", "result", "amount", "answered_on", "bank_reference", "reason")
RESULTS = {"paid": PAID, "returned": RETURNED, "partly": PARTLY, "已付": PAID, "退回": RETURNED, "部分付款": PARTLY}
TEXT_LENGTH_MAX = 200


class AnswerLine(NamedTuple):
    """One line of the file: where it stands, and what it says."""

    number: int
    said: BankAnswered


class Taken(NamedTuple):
    """What became of a file: how many lines were new, how many known, and why the others were not taken."""

    lines: int
    new: int
    known: int
    refused: tuple[str, ...]


def take_answers(connection: Database, centre_key: bytes, path: Path) -> Taken:
    """Take the bank's answers in; what the centre refuses is named line by line, the rest is taken.

    The same file again changes nothing: a line that is known stays as it was.

    Raises:
        RefusedError: the file can not be read, is torn, or a line is malformed; nothing is taken in.
    """
    lines = read_answers(path)
    ids = hand_in_own(connection, centre_key, [OwnCommand(ANSWERED, line.said) for line in lines])
    answers = answers_to(connection, centre_key, ids)
    refused = tuple(
        f"第 {line.number} 行 {line.said.payment_no}：{_why(answer)}"
        for line, answer in zip(lines, answers, strict=True)
        if answer.verdict is not Verdict.ACCEPTED
    )
    new = _with_effect(connection, ids, lines)
    return Taken(len(lines), new, len(lines) - new - len(refused), refused)


def _why(answer: AnswerBody) -> str:
    return "；".join(finding.message for finding in answer.findings)


def _with_effect(connection: Database, ids: Sequence[str], lines: Sequence[AnswerLine]) -> int:
    """How many of the commands something followed from; from a repeated answer nothing does."""
    found = connection.execute(
        "select count(distinct command_id) from core.event where command_id = any(%s)"
        " and case_no in (select case_no from core.payments where key = any(%s))",
        (list(ids), [line.said.payment_no for line in lines]),
    ).fetchone()
    return int(found[0]) if found else 0


def read_answers(path: Path) -> list[AnswerLine]:
    """The lines of a UTF-8 CSV file with the columns of COLUMNS; the last line is `total`, their count and their sum.

    Amounts are in yuan, what the bank paid; empty counts as nothing.

    Raises:
        RefusedError: it can not be read, a column or the line of totals is missing or does not agree (the file is
            torn), or lines are malformed; all wrong lines are named.
    """
    rows = _rows(path)
    if not rows or rows[-1][1]["batch"].strip() != TOTAL:
        raise RefusedError(f"{path.name} 没有合计行，文件不完整。", "请让银行重新传送，一笔都没有导入")
    read = [(number, _answer(row)) for number, row in rows[:-1]]
    wrong = [f"第 {number} 行：{found.message}" for number, found in read if isinstance(found, Finding)]
    if wrong:
        raise RefusedError(f"{path.name} 有 {len(wrong)} 行不对：{'；'.join(wrong[:20])}。", "请改正后再导入")
    lines = [AnswerLine(number, said) for number, said in read if isinstance(said, BankAnswered)]
    _agree(path, rows[-1][1], lines)
    return lines


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The lines under the head with their numbers; a line without all columns has empty ones."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise RefusedError(f"{path.name} 缺少列 {'、'.join(missing)}。", "请核对表头后再导入")
            return [(reader.line_num, row) for row in reader if any(row[column].strip() for column in COLUMNS)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RefusedError(f"{path.name} 读不出来。", "请确认是 UTF-8 编码的 CSV 文件") from error


def _agree(path: Path, total: dict[str, str], lines: Sequence[AnswerLine]) -> None:
    sum_fen = parse_yuan(total["amount"])
    said_fen = sum(line.said.paid_fen for line in lines)
    if total["payment_no"].strip() != str(len(lines)) or sum_fen != said_fen:
        raise RefusedError(f"{path.name} 的合计与各行不符，文件不完整。", "请让银行重新传送，一笔都没有导入")
    if not lines:
        raise RefusedError(f"{path.name} 里没有付款答复。", "请核对文件")


def _answer(row: dict[str, str]) -> BankAnswered | Finding:
    result = RESULTS.get(row["result"].strip())
    if result is None:
        return Finding("result", "payment.result", "结果应为 paid、returned 或 partly")
    paid_fen = parse_yuan(row["amount"] or "0", "amount")
    if isinstance(paid_fen, Finding):
        return paid_fen
    day = parse_date(row["answered_on"], "answered_on")
    if isinstance(day, Finding):
        return day
    texts = {name: row[name].strip() for name in ("batch", "payment_no", "bank_reference", "reason")}
    strange = [name for name, text in texts.items() if len(text) > TEXT_LENGTH_MAX or not text.isprintable()]
    if strange:
        return Finding(strange[0], "text.unreadable", f"{strange[0]} 过长或有看不见的字符")
    return BankAnswered(
        bank_batch=texts["batch"],
        payment_no=without_spaces(texts["payment_no"]),
        result=result,
        paid_fen=paid_fen,
        answered_on=day,
        bank_reference=texts["bank_reference"],
        reason=texts["reason"],
    )

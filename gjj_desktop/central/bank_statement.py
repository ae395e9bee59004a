"""What does the bank's statement say arrived: a CSV file becomes the centre's own commands."""

import csv
from collections.abc import Iterator
from pathlib import Path

from gjj_desktop.cases.bank_credit import KIND, BankCreditArrived
from gjj_desktop.central.own_commands import OwnCommand
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.domain.dates import parse_date
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import parse_yuan

COLUMNS = ("bank_reference", "outlet", "payer", "amount", "arrived_on", "quoted_case_no")


def read_statement(path: Path) -> list[OwnCommand]:
    """One command for each line of a UTF-8 CSV file with the columns of COLUMNS, amounts in yuan.

    Raises:
        RefusedError: the file can not be read, a column is missing, or a line is wrong; all wrong lines are named
            and nothing is taken in.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise RefusedError(f"{path.name} 缺少列 {'、'.join(missing)}。", "请核对表头后再导入")
            read = [(reader.line_num, _credit(line)) for line in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RefusedError(f"{path.name} 读不出来。", "请确认是 UTF-8 编码的 CSV 文件") from error
    wrong = [f"第 {number} 行：{found.message}" for number, found in read if isinstance(found, Finding)]
    if wrong:
        raise RefusedError(f"{path.name} 有 {len(wrong)} 行不对：{'；'.join(wrong[:20])}。", "请改正后再导入")
    return list(_commands(found for _, found in read))


def _commands(read: Iterator[BankCreditArrived | Finding]) -> Iterator[OwnCommand]:
    for credit in read:
        assert isinstance(credit, BankCreditArrived)
        yield OwnCommand(KIND, credit, credit.quoted_case_no)


def _credit(line: dict[str, str]) -> BankCreditArrived | Finding:
    amount = parse_yuan(line["amount"] or "", "amount")
    if isinstance(amount, Finding):
        return amount
    day = parse_date(line["arrived_on"] or "", "arrived_on")
    if isinstance(day, Finding):
        return day
    if not line["bank_reference"].strip():
        return Finding("bank_reference", "bank.no_reference", "请填写银行流水号")
    return BankCreditArrived(
        bank_reference=line["bank_reference"].strip(),
        outlet=line["outlet"].strip(),
        payer=line["payer"].strip(),
        amount_fen=amount,
        arrived_on=day,
        quoted_case_no=(line["quoted_case_no"] or "").strip(),
    )

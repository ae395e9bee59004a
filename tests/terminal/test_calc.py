"""`gjj-desktop calc` as finance staff call it: V1 to V15, exit codes, and what is said when it is called wrongly."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gjj_desktop.__main__ import COMMANDS, main

Calc = Callable[..., dict[str, Any]]


@pytest.fixture
def calc(capsys: pytest.CaptureFixture[str]) -> Calc:
    """What `gjj-desktop calc … --json` prints; it must end with 0 and say nothing on stderr."""

    def call(*words: str) -> dict[str, Any]:
        code = main(["calc", *words, "--json"])
        told = capsys.readouterr()
        assert (code, told.err) == (0, "")
        facts: dict[str, Any] = json.loads(told.out)
        return facts

    return call


def schedule_of(calc: Calc, principal: str, rate: str, months: int, method: str = "equal-instalment") -> dict[str, Any]:
    words = ["--principal", principal, "--rate", rate, "--months", str(months), "--method", method]
    return calc("schedule", *words)


@pytest.mark.parametrize(
    ("principal", "rate", "months", "first", "last", "interest"),
    [
        ("500000.00", "2.6", 360, "2001.70", "2000.84", "220611.14"),  # V1
        ("300000.00", "2.1", 60, "5271.46", "5271.60", "16287.74"),  # V2
        ("400000.00", "3.075", 180, "2776.78", "2776.19", "99819.81"),  # V3
        ("100000.00", "2.1", 12, "8428.43", "8428.40", "1141.13"),  # V4
        ("800000.00", "3.5", 360, "3592.36", "3590.84", None),  # A
        ("800000.00", "3.25", 360, "3481.65", "3482.15", None),  # A
        ("1000000.00", "2.85", 360, "4135.57", None, None),  # B
        ("1000000.00", "2.6", 360, "4003.40", None, None),  # B
        ("377401.18", "2.6", 336, "1582.41", "1581.15", "154287.32"),  # V7, the rest of the loan
        ("483830.80", "2.6", 342, "2004.47", "2005.23", None),  # V9, the rest of the loan
    ],
)
def test_equal_instalments(
    calc: Calc, principal: str, rate: str, months: int, first: str, last: str | None, interest: str | None
) -> None:
    facts = schedule_of(calc, principal, rate, months)
    periods = facts["instalments"]
    assert [period["no"] for period in periods] == list(range(1, months + 1))
    assert periods[0]["amount"] == first
    assert last in (None, periods[-1]["amount"])
    assert interest in (None, facts["interest_total"])
    assert periods[-1]["balance"] == "0.00"


@pytest.mark.parametrize(
    ("principal", "rate", "months", "amounts", "interest"),
    [
        ("500000.00", "2.6", 360, ["2472.22", "2469.21", "1391.50"], "195541.52"),  # V5
        ("360000.00", "2.1", 36, ["10630.00", "10612.50", "10017.50"], "11655.00"),  # V6
    ],
)
def test_equal_principal(calc: Calc, principal: str, rate: str, months: int, amounts: list[str], interest: str) -> None:
    facts = schedule_of(calc, principal, rate, months, "equal-principal")
    periods = facts["instalments"]
    assert [periods[at]["amount"] for at in (0, 1, -1)] == amounts
    assert facts["interest_total"] == interest


def test_due_days_follow_the_first(calc: Calc) -> None:
    words = "schedule --principal 12万 --rate 2.1 --months 3 --method equal-instalment --first-due 2026-01-31"
    periods = calc(*words.split())["instalments"]
    assert [period["due"] for period in periods] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert set(periods[0]) == {"no", "due", "amount", "principal", "interest", "balance"}


LOAN = ["--principal", "500000.00", "--months", "360", "--method", "equal-instalment"]


def interest_of(periods: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(period["interest"]) for period in periods), Decimal(0))


@pytest.mark.parametrize(
    ("keep", "count", "amount", "last", "interest"),
    [
        ("term", 336, "1582.41", "1581.15", "154287.32"),  # V7
        ("instalment", 243, "2001.70", "1234.62", "108244.84"),  # V8
    ],
)
def test_prepayment(calc: Calc, keep: str, count: int, amount: str, last: str, interest: str) -> None:
    words = ["--rate", "2.6", "--prepay", "24=100000.00", "--keep", keep]
    periods = calc("schedule", *LOAN, *words)["instalments"]
    before, rest = periods[:24], periods[24:]
    assert before[-1]["balance"] == "477401.18"
    assert (len(rest), rest[0]["no"], rest[0]["amount"], rest[-1]["amount"]) == (count, 25, amount, last)
    assert interest_of(rest) == Decimal(interest)


def test_repricing_v9(calc: Calc) -> None:
    words = ["--rate", "2.85", "--first-due", "2024-07-20", "--reprice", "2026-01-01=2.6"]
    periods = calc("schedule", *LOAN, *words)["instalments"]
    assert (periods[0]["amount"], periods[17]["due"], periods[17]["balance"]) == ("2067.79", "2025-12-20", "483830.80")
    assert (periods[18]["interest"], periods[19]["amount"], periods[-1]["amount"]) == ("1123.56", "2004.47", "2005.23")
    assert len(periods) == 360


@pytest.mark.parametrize(
    "words",
    [
        ["--prepay", "360=1.00"],
        ["--prepay", "0=1.00"],
        ["--prepay", "24=500000.00"],
        ["--prepay", "24"],
        ["--prepay", "24=1.00", "--keep", "both"],
        ["--reprice", "2026-01-01=2.6"],
        ["--first-due", "2026-01-20", "--reprice", "2026-01-20=2.6"],
        ["--first-due", "2026-01-20", "--reprice", "2099-01-20=2.6"],
        ["--prepay", "24=1.00", "--reprice", "2026-01-01=2.6"],
    ],
)
def test_a_change_that_does_not_fit_the_loan_is_wrong_use(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(["calc", "schedule", *LOAN, "--rate", "2.6", *words]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


YEAR = ["--from", "2025-07-01", "--to", "2026-06-30"]
MONTHLY = [
    f"{year}-{month:02}-15=+1200.00"
    for year, month in [(2025, m) for m in range(7, 13)] + [(2026, m) for m in range(1, 7)]
]


def moves(*each: str) -> list[str]:
    return [word for move in each for word in ("--move", move)]


@pytest.mark.parametrize(
    ("words", "product", "interest", "balance"),
    [
        (YEAR, "3650000.00", "152.08", "10000.00"),  # V10
        ([*YEAR, "--rate", "1.5", "--base", "365"], "3650000.00", "150.00", "10000.00"),  # V10
        ([*YEAR, *moves(*MONTHLY)], "6285200.00", "261.88", "24400.00"),  # V11
        ([*YEAR, *moves(*MONTHLY, "2026-03-10=-5000.00")], "5720200.00", "238.34", "19400.00"),  # V12
        (
            ["--from", "2025-07-01", "--to", "2026-03-09", *moves(*MONTHLY[:8])],
            "3772800.00",
            "157.20",
            "19600.00",
        ),  # V13
    ],
)
def test_deposit_interest(calc: Calc, words: list[str], product: str, interest: str, balance: str) -> None:
    facts = calc("interest", "--opening", "10000.00", *words)
    assert facts == {"day_product": product, "interest": interest, "balance": balance}


@pytest.mark.parametrize(
    ("april", "may", "penalties", "total"),
    [
        ("918.37+1083.33", "920.36+1081.34", ["10.84", "4.34"], "15.18"),  # V14, principal and interest
        ("918.37+0", "920.36+0", ["4.97", "1.99"], "6.96"),  # V14, principal only
    ],
)
def test_penalty(calc: Calc, april: str, may: str, penalties: list[str], total: str) -> None:
    dues = ["--due", f"2026-04-16={april}", "--due", f"2026-05-16={may}"]
    facts = calc("penalty", "--rate", "2.6", "--paid", "2026-06-05", *dues)
    assert facts["items"] == [
        {"due": "2026-04-16", "days": 50, "penalty": penalties[0]},
        {"due": "2026-05-16", "days": 20, "penalty": penalties[1]},
    ]
    assert facts["total"] == total


V15 = {
    "balances": ["36500.00", "28300.00"],
    "multiple": 18,
    "price": "950000.00",
    "down_payment_percent": "20",
    "income": "15100.00",
    "ability_percent": "60",
    "other_debt": "1500.00",
    "months": 300,
    "rate_percent": "2.6",
    "ceiling": "700000.00",
}


def quota_file(folder: Path, **changes: object) -> str:
    path = folder / "case.json"
    path.write_text(json.dumps({**V15, **changes}), encoding="utf-8")
    return str(path)


def test_quota_v15(calc: Calc, tmp_path: Path) -> None:
    facts = calc("quota", "--file", quota_file(tmp_path))
    assert [limit["amount"] for limit in facts["limits"]] == ["1166400.00", "760000.00", "1666411.31", "700000.00"]
    assert (facts["quota"], facts["instalment"]) == ("700000.00", "3175.69")


def test_a_quota_file_with_the_bare_case_uses_the_policy(calc: Calc, tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    bare = {"balances": [36500, 28300], "price": 950000, "income": 15100.00, "months": 300, "day": "2026-11-22"}
    path.write_text(json.dumps(bare), encoding="utf-8")
    facts = calc("quota", "--file", str(path))
    assert (facts["quota"], facts["rate_percent"]) == ("760000.00", "2.60")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["capitals", "9000"], 0, ""),
        (["capitals", "1,409.50"], 0, ""),
        (["capitals", "-5"], 1, "负数金额不写大写，请写绝对值并注明冲正"),
        (["capitals", "1.234"], 2, "AMOUNT 1.234: 金额精确到分，小数最多两位"),
        (["identity", "11010519491231002x"], 0, ""),
        (["identity", "110105194912310021"], 1, "证件号码校验位不对，请逐位核对"),
        (["identity", "990501190003071230", "--type", "07"], 2, "--type 07: 应为 01、02、03、04 或 99"),
        (["credit-code", "913305001234567885"], 0, ""),
        (["credit-code", "913305001234567886"], 1, "统一社会信用代码校验位不对，请逐位核对"),
        (
            ["penalty", "--rate", "2.6", "--paid", "2003-01-01", "--due", "2002-12-01=1+1"],
            1,
            "政策表中没有 2003-01-01 的罚息规则",
        ),
        (["penalty", "--rate", "2.6", "--paid", "2026-06-05", "--due", "2026-04-16"], 2, "--due 2026-04-16: 请按"),
        (["interest", "--opening", "1", "--from", "2026-02-30", "--to", "2026-03-01"], 2, "2026 年没有 2 月 30 日"),
        (["interest", "--opening", "1", "--from", "2015-01-01", "--to", "2015-02-01"], 1, "请用 --rate 给出"),
        (["interest", "--opening", "1", "--from", "2026-03-01", "--to", "2026-02-01"], 2, "期间不对"),
        (["interest", "--opening", "1", *YEAR, "--move", "2027-01-01=5"], 2, "期间不对"),
        (["interest", "--opening", "1", *YEAR, "--base", "366"], 2, "--base 366"),
        (
            ["schedule", "--principal", "0", "--rate", "2.6", "--months", "1", "--method", "equal-principal"],
            2,
            "金额应大于零",
        ),
        (
            ["schedule", "--principal", "1", "--rate", "nan", "--months", "1", "--method", "equal-principal"],
            2,
            "利率按百分数",
        ),
        (
            ["schedule", "--principal", "1", "--rate", "2.6", "--months", "1", "--method", "bullet"],
            2,
            "--method bullet",
        ),
        (
            ["schedule", "--principal", "1", "--rate", "2.6", "--months", "0", "--method", "equal-principal"],
            2,
            "--months",
        ),
        (["schedule", "--principal", "1"], 2, "--rate"),
        (["quota", "--file", "/nowhere/case.json"], 2, "读不了这个文件"),
        (["frob"], 2, "frob"),
        ([], 2, "command"),
    ],
)
def test_exit_codes_and_one_sentence(
    capsys: pytest.CaptureFixture[str], words: list[str], code: int, sentence: str
) -> None:
    assert main(["calc", *words]) == code
    told = capsys.readouterr()
    assert sentence in told.err
    assert len(told.err.splitlines()) == (1 if code else 0)
    assert bool(told.out) == (code == 0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"balances": []}, "balances 至少一项"),
        ({"months": 0}, "months 应为 1 至 1200"),
        ({"price": "-1"}, "price: -1 不是金额"),
        ({"price": "1.234"}, "price: 1.234 不是金额"),
        ({"price": "viel"}, "内容不合要求"),
        ({"price": "NaN"}, "price: NaN 不是金额"),
        ({"price": "1e400"}, "不是金额"),
        ({"rate_percent": "NaN"}, "rate_percent: NaN 应在 0 至 100 之间"),
        ({"multiple": -1}, "multiple: -1"),
        ({"prize": "1"}, "prize"),
        ({"step": "0"}, "step 应大于零"),
    ],
)
def test_a_quota_file_that_makes_no_sense_is_told_where(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    assert main(["calc", "quota", "--file", quota_file(tmp_path, **changes)]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"method": "\xff"}', b"null"])
def test_a_quota_file_that_is_no_case_is_told_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "case.json"
    path.write_bytes(content)
    assert main(["calc", "quota", "--file", str(path)]) == 2
    assert "内容不合要求" in capsys.readouterr().err


def test_a_third_home_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["calc", "quota", "--file", quota_file(tmp_path, home_order=3)]) == 1
    assert "第 3 套住房" in capsys.readouterr().err


def test_people_read_columns_and_sums(capsys: pytest.CaptureFixture[str]) -> None:
    words = "calc schedule --principal 100000 --rate 2.1 --months 12 --method equal-instalment --first-due 2026-12-16"
    assert main(words.split()) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["1", "2026-12-16", "8,428.43", "8,253.43", "175.00", "91,746.57"]
    assert lines[-1] == "利息合计 1,141.13"


def test_an_identity_number_says_what_it_means(calc: Calc) -> None:
    facts = calc("identity", "990501199003071239")
    assert (facts["birth_date"], facts["sex"], len(facts["warnings"])) == ("1990-03-07", "男", 1)


def gjj_desktop(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gjj_desktop", *words], capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_the_real_program_prints_json_and_ends_with_0() -> None:
    done = gjj_desktop("calc", "interest", "--opening", "10000.00", *YEAR, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["interest"] == "152.08"


def test_the_real_program_refuses_in_one_sentence() -> None:
    done = gjj_desktop("calc", "identity", "110105194912310021")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "证件号码校验位不对，请逐位核对\n")
    assert gjj_desktop("frob").returncode == 2


def test_a_terminal_without_chinese_is_no_reason_to_fail() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gjj_desktop", "calc", "capitals", "5"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stdout[:6]) == (0, b"\\u4eba")


def test_calc_starts_without_the_screens_the_store_and_the_printer() -> None:
    words = "from gjj_desktop.__main__ import main; import sys; main(['calc', 'capitals', '5']); "
    heavy = "print(sorted({'PySide6', 'sqlalchemy', 'reportlab', 'ui'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", words + heavy], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["人民币伍元整", "[]"]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main([name, "--help"]) == 0
    assert f"gjj-desktop {name}" in capsys.readouterr().out


def test_the_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(f"  {name} " in told for name in COMMANDS)
    assert main(["--version"]) == 0
    assert main(["--frob"]) == 2

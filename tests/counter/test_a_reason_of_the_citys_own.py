"""A city opens a reason that no programmer has heard of: one row is published, and a case goes from form to posting."""

import asyncio
import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from gjj_desktop.cases.reading import is_shown
from gjj_desktop.cases.rows import Account, Case, Evidence, Payment
from gjj_desktop.central.city import publish_policy
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.inbox import Inbox
from gjj_desktop.policy_files import read_policy
from gjj_desktop.store import view
from tests.cases.builders import UNIT_NO
from tests.counter.conftest import ACCOUNT, Seat, seat
from tests.support.centre import TestCentre
from tests.support.window import PASSWORD, enrolled_window, post

ROW = """
[[rows]]
in_force = 2026-11-01
reason = "old_estate"
code = "99"
sub = "OE"
bank_code = "0199"
title = "旧改提取"
label = "老旧小区改造"
fields = ["happened_on", "cost_fen", "subsidy_fen", "invoice_no", "home", "unit_no", "bank_card", "bank", "amount_fen"]
rule = "cost_left"
interval_months = 24
within_months = 12
minimum_balance_fen = 1000
closes = false
pays = "self"
purpose = "home.old_estate"
counted_on = ["unit_no"]
once = ["invoice_no"]
materials = ["title", "invoice", "identity_copy"]
checks = []
legal = "云溪市老旧小区改造提取办法"
source = "云溪市老旧小区改造提取办法（2026）：改造完工一年内，扣除补贴后的自付部分，每两年一次"
"""
TYPED = {
    "personal_account_no": ACCOUNT.personal_account_no,
    "mobile": "19900008816",
    "reason": "old_estate",
    "happened_on": "2026-10-15",
    "cost_fen": "20,000",
    "subsidy_fen": "6,000",
    "invoice_no": "26330088",
    "home": "青禾镇湖滨路 6 号 2 幢 501",
    "unit_no": UNIT_NO,
    "bank_card": "6222021234567890128",
    "bank": "云溪银行",
    "amount_fen": "14,000",
    "materials": "title,invoice,identity_copy",
}


def publish_with_the_row(centre: TestCentre, folder: Path, row: str = ROW) -> None:
    """The city adds its row to the folder of its tables and publishes that."""
    shutil.copytree(str(files("resources").joinpath("policy")), folder)
    table = folder / "withdrawal_reason.toml"
    table.write_text(table.read_text(encoding="utf-8") + row, encoding="utf-8")
    publish_policy(centre.admin, read_policy(folder))


def meet(centre: TestCentre, *at: Seat) -> None:
    for each in at:
        asyncio.run(each.machine.exchange())
        post(centre)
        asyncio.run(each.machine.exchange())


def case_of(here: Seat, case_no: str) -> Case:
    with here.window.reading() as connection:
        case = view.one(connection, Case, case_no)
    assert case is not None
    return case


def test_one_row_takes_an_invented_reason_from_the_form_to_posting(
    centre: TestCentre, seats: tuple[Seat, Seat], tmp_path: Path
) -> None:
    here, _ = seats
    boss = seat(enrolled_window(centre, tmp_path / "05", "05", "010005", ("supervisor",), "周敏"))
    before = FormDesk(here.window, "withdrawal.submit").check(TYPED)
    assert "old_estate" not in {each.value for each in before.advice.options}

    publish_with_the_row(centre, tmp_path / "policy")
    meet(centre, here, boss)
    desk = FormDesk(here.window, "withdrawal.submit")
    checked = desk.check(TYPED)
    told = {each.value: each for each in checked.advice.options}["old_estate"]
    assert (told.label, told.possible, told.firm) == ("老旧小区改造", True, False)
    assert told.sentence == "不超过实际支出，最多 48,206.37 元"
    shown = {field.name for field in checked.form.fields if is_shown(field, TYPED)}
    assert shown == set(TYPED)
    assert checked.findings == ()
    lines = [(line.label, line.amount_fen) for line in checked.advice.lines]
    assert lines[-2:] == [("实际支出 20,000.00 − 补贴 6,000.00", 1_400_000), ("取其低者", 1_400_000)]
    assert checked.advice.source == "云溪市老旧小区改造提取办法"

    handed = desk.submit(TYPED)
    assert not handed.findings, handed.findings
    assert handed.paper_nos
    again = FormDesk(here.window, "withdrawal.submit").submit(TYPED)
    assert {finding.code for finding in again.findings} >= {"withdrawal.too_soon", "withdrawal.document_used"}

    meet(centre, here, boss)
    inbox = Inbox(boss.window)
    seen = inbox.open_case(handed.case_no)
    assert not [check.text for check in seen.checks if check.tone == "wrong"]
    answer = inbox.decide(handed.case_no, seen.seen, "approve", "", PASSWORD)
    assert not answer.findings, answer.findings
    meet(centre, boss, here)
    case = case_of(here, handed.case_no)
    assert (case.state, case.title, case.posted_fen) == ("posted", "旧改提取", 1_400_000)
    with here.window.reading() as connection:
        account = view.one(connection, Account, ACCOUNT.personal_account_no)
        payments = view.rows_of(connection, Payment, "case_no", handed.case_no)
        used = {each.document for each in view.rows_of(connection, Evidence, "case_no", handed.case_no)}
    assert account is not None
    assert account.balance_fen == ACCOUNT.balance_fen - 1_400_000
    assert [each.amount_fen for each in payments] == [1_400_000]
    assert "once:invoice_no:26330088" in used
    boss.machine.store.close()


def test_a_row_with_a_slip_is_not_published(centre: TestCentre, tmp_path: Path) -> None:
    before = centre.admin.execute("select policy_version from core.city").fetchone()
    slip = ROW.replace("cost_left", "cost_lef")
    with pytest.raises(RefusedError, match=r"（old_estate，2026-11-01 起）：没有公式 cost_lef"):
        publish_with_the_row(centre, tmp_path / "policy", slip)
    assert centre.admin.execute("select policy_version from core.city").fetchone() == before

"""The main job of the township window, end to end, on the real parts, through the use cases."""

import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pypdfium2
import pytest

from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.cases.fields import Kind
from gjj_desktop.cases.rows import Account, Case, Employer
from gjj_desktop.cases.state import State, need
from gjj_desktop.counter import corrections, day_closing, loans, papers, withdrawals
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.home import home
from gjj_desktop.counter.inbox import Inbox
from gjj_desktop.counter.roster import DryRun, dry_run, hand_in_roster
from gjj_desktop.counter.window import Window
from gjj_desktop.demo import attempts
from gjj_desktop.demo.centre import DemoCentre
from gjj_desktop.demo.desk import DemoDesk, wait_until
from gjj_desktop.demo.roster import write_roster
from gjj_desktop.printing.check import Outcome
from gjj_desktop.store import view
from tests.cases.builders import UNIT_NO

A, B, S, T = "990501", "990502", "990509", "990508"


class Town:
    """The centre and two windows, with everybody's password."""

    def __init__(self, folder: Path) -> None:
        mark = secrets.token_hex(4)
        self.centre = DemoCentre(folder / "centre", f"gjj-story-centre-{mark}", durable=False)
        self.passwords = {clerk: secrets.token_urlsafe(9) for clerk in (A, B, S, T)}
        self.centre.restore()
        self.front = DemoDesk(folder / "window-03", f"gjj-story-03-{mark}")
        self.back = DemoDesk(folder / "window-01", f"gjj-story-01-{mark}")
        self.front.enrol(self.centre, "9905", "03")
        self.back.enrol(self.centre, "9905", "01")
        for desk, clerk in ((self.front, A), (self.front, B), (self.back, S), (self.back, T)):
            desk.introduce(self.centre, clerk, self.passwords[clerk])

    def close(self) -> None:
        self.front.close()
        self.back.close()
        self.centre.cut()


@pytest.fixture
def town(open_keyring: object) -> Iterator[Town]:
    with TemporaryDirectory(prefix="gjj-story-", ignore_cleanup_errors=True) as folder:
        town = Town(Path(folder))
        yield town
        town.close()


def row(window: Window, row_type: type, key: str):
    with window.reading() as connection:
        return State(view.load_view(connection, [need(row_type, key)])).get(row_type, key)


def found(window: Window, kind: Kind, text: str) -> str:
    """What a picker stores for the first hit."""
    return FormDesk(window, "withdrawal.submit").search(kind, text)[0].value


def handed(window: Window, kind: str, raw: dict[str, str]):
    """Hand a form in as the clerk does: typed, checked, kept as a draft, handed in."""
    desk = FormDesk(window, kind)
    desk.save_draft(raw)
    checked = desk.check(raw)
    assert not checked.findings, checked.findings
    answer = desk.submit(raw)
    assert not answer.findings, answer.findings
    return answer


def decided(inbox: Inbox, case_no: str, decision: str, opinion: str, password: str) -> None:
    """Decide as a person does: over what is on the screen, with the password where it is asked for."""
    seen = inbox.open_case(case_no)
    answer = inbox.decide(case_no, seen.seen, decision, opinion, "")
    if answer.needs_password:
        answer = inbox.decide(case_no, seen.seen, decision, opinion, password)
    assert answer.sentence, answer


def text_of(window: Window, paper_no: str) -> str:
    document = pypdfium2.PdfDocument(papers.PaperDesk(window, paper_no).pdf())
    return "".join(page.get_textpage().get_text_bounded() for page in document)


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


def test_a_day_at_the_window_from_registration_to_day_close(town: Town, tmp_path: Path) -> None:
    # 1, 2: a new employer with a roster of two hundred, one month paid
    window = town.front.sign_in(A, town.passwords[A])
    registered = handed(window, "employer.register", EMPLOYER)
    case = row(window, Case, registered.case_no)
    employer = case.employer_account_no
    made = write_roster(tmp_path / "roster.xlsx", EMPLOYER["name"])
    tried = dry_run(window, made.path, employer, "2026-11")
    assert isinstance(tried, DryRun), tried
    assert [opening for _, opening in tried.good] == list(made.openings)
    assert [(error.row_no, error.code) for error in tried.errors] == [tuple(each) for each in made.errors]
    opened = hand_in_roster(window, tried)
    assert isinstance(opened, HandedIn), opened
    town.front.wait_synced()
    assert row(window, Employer, employer).state == "01"
    due = FormDesk(window, "remittance.submit").check({"employer_account_no": employer, "month": "2026-11"})
    total = due.advice.amount_fen
    assert total > 0
    remitted = handed(
        window,
        "remittance.submit",
        {"employer_account_no": employer, "month": "2026-11", "amount_fen": f"{total / 100:.2f}"},
    )
    town.front.wait_synced()
    town.centre.money_arrives(
        BankCreditArrived(
            bank_reference="YX2026112200001",
            outlet="9905",
            payer=EMPLOYER["name"],
            amount_fen=total,
            arrived_on=date(2026, 11, 22),
            quoted_case_no=remitted.case_no,
        )
    )
    wait_until(lambda: row(window, Case, remitted.case_no).state == "posted", "the money allocated")
    with window.reading() as connection:
        accounts = view.rows_of(connection, Account, "employer_account_no", employer)
    assert sum(account.balance_fen for account in accounts) == total
    # 3: one by hand, one flexible worker
    handed(
        window,
        "account.open",
        {
            "employer_account_no": employer,
            "name": "古丽努尔·买买提",
            "identity_type": "01",
            "identity_no": "99050119920307002x",
            "mobile": "19900008833",
            "marital_status": "10",
            "base_fen": "6,500",
            "first_month": "2026-12",
        },
    )
    flexible = {
        "name": "唐𨱏安",
        "identity_type": "01",
        "identity_no": "990501198808121016",
        "mobile": "19900008834",
        "marital_status": "20",
        "base_fen": "0.6万",
        "ratio_bp": "16",
        "first_month": "2026-12",
    }
    joined = handed(window, "account.open_flexible", flexible)
    assert "唐𨱏安" in text_of(window, joined.paper_nos[0])
    town.front.wait_synced()

    # 4: the line is cut; everything goes on, on paper too
    town.centre.cut()
    wang = found(window, Kind.PERSON, "王𬭩")
    before = row(window, Account, wang).balance_fen
    rent = handed(
        window,
        "withdrawal.submit",
        {
            "personal_account_no": wang,
            "mobile": "19900008816",
            "bank_card": "6222021234567890128",
            "bank": "云溪银行",
            "reason": "rent",
            "first_month": "2026-06",
            "last_month": "2026-11",
            "amount_fen": "9,000",
            "materials": "no_home,marriage,identity_copy",
        },
    )
    receipt = text_of(window, rent.paper_nos[0])
    assert "受理" in receipt
    assert "不是办结" in receipt
    assert "玖仟元整" in receipt
    shen = found(window, Kind.PERSON, "sgh")
    purchase_form = {
        "personal_account_no": shen,
        "mobile": "19900008817",
        "bank_card": "6222021234567890128",
        "bank": "云溪银行",
        "reason": "purchase",
        "contract_no": "云网签2026110087",
        "home": "云溪市青禾镇翠微园 3 幢 501 室",
        "unit_no": UNIT_NO,
        "home_place": "local",
        "price_fen": "620,000.00",
        "amount_fen": "182,000",
        "materials": "purchase_contract,purchase_invoice,marriage,identity_copy",
    }
    purchase = handed(window, "withdrawal.submit", purchase_form)
    chen = found(window, Kind.PERSON, "陈晓燕")
    with window.reading() as connection:
        accounts = {account.name: account for account in view.rows_of(connection, Account)}
    spouse = accounts["郑𬎆"].personal_account_no
    application = handed(
        window,
        "loan.submit",
        {
            "personal_account_no": chen,
            "co_borrower_account_no": spouse,
            "mobile": "19900008818",
            "income_fen": "26,000",
            "home_kind": "completed",
            "home_order": "1",
            "price_fen": "1,200,000",
            "address": "云溪市青禾镇听澜苑 8 幢 1102 室",
            "contract_no": "云网签2026110091",
            "seller_name": "云溪市听澜置业有限公司",
            "seller_account": "3301040160000123456",
            "amount_fen": "700,000",
            "months": "300",
            "method": "01",
            "materials": "identity_copy,marriage,credit_report,income_proof,purchase_contract,down_payment_receipt",
        },
    )
    assert "柒拾万元整" in text_of(window, application.paper_nos[0])
    town.front.opened.engine.nudge(now=True)
    assert town.front.opened.engine.state().pending == 3
    assert len(home(window).waiting_to_send) == 3
    killed_while_typing(town)
    window = town.front.sign_in(A, town.passwords[A])
    drafts = home(window).drafts
    assert [draft.subject for draft in drafts] == ["何小满"]
    assert town.front.opened.engine.state().pending == 3

    # 5: the centre comes back; the other window's supervisor sees the cases and decides
    desk = town.back.sign_in(S, town.passwords[S])
    inbox = Inbox(desk)
    assert not inbox.list_cases()
    town.centre.restore()
    wait_until(lambda: len(inbox.list_cases()) == 2, "the two withdrawals on the supervisor's desk")
    assert {item.case_no for item in inbox.list_cases()} == {rent.case_no, purchase.case_no}
    town.front.wait_synced()
    seen = inbox.open_case(purchase.case_no)
    assert not [check for check in seen.checks if check.tone == "wrong"]
    assert inbox.decide(purchase.case_no, seen.seen, "approve", "", "").needs_password
    decided(inbox, purchase.case_no, "return", "发票金额与合同不一致，请补正", town.passwords[S])
    wait_until(lambda: row(window, Case, purchase.case_no).state == "returned", "the returned case at the window")
    own = Inbox(window).decide(rent.case_no, seen.seen, "approve", "", town.passwords[A])
    assert [finding.code for finding in own.findings] == ["clerk.role"]
    assert attempts.by_use_case(window, rent.case_no) == "clerk.role"
    assert attempts.by_centre(window, rent.case_no, town.front.wait_synced) == "clerk.role"
    assert attempts.by_database(town.centre, rent.case_no, A) == "pk_case_actor"
    draft = corrections.reopen_case(window, purchase.case_no)
    again = FormDesk(window, draft.kind, draft).submit({**draft.raw, "amount_fen": "150,000"})
    assert not again.findings
    assert again.case_no == purchase.case_no
    wait_until(lambda: row(desk, Case, purchase.case_no).round_no == 2, "the corrected case at the other window")
    for case_no in (rent.case_no, purchase.case_no):
        decided(inbox, case_no, "approve", "", town.passwords[S])
    wait_until(lambda: row(window, Case, rent.case_no).state == "posted", "the rent posted")
    wait_until(lambda: row(window, Case, purchase.case_no).state == "posted", "the purchase posted")
    assert row(window, Account, wang).balance_fen == before - 900_000

    # 6: vouchers, contract, payout, schedule
    voucher = withdrawals.print_voucher(window, rent.case_no)
    assert isinstance(voucher, HandedIn), voucher
    assert "付款凭证" in text_of(window, voucher.paper_nos[0])
    reviewer = town.front.sign_in(B, town.passwords[B])
    review = Inbox(reviewer)
    decided(review, application.case_no, "approve", "", town.passwords[B])
    wait_until(lambda: application.case_no in {item.case_no for item in inbox.list_cases()}, "the reviewed loan")
    decided(inbox, application.case_no, "approve", "", town.passwords[S])
    window = town.front.sign_in(A, town.passwords[A])
    wait_until(lambda: row(window, Case, application.case_no).state == "approved", "the approved loan")
    signed = loans.sign_contract(window, application.case_no, "云公积贷字〔2026〕第0231号")
    assert isinstance(signed, HandedIn), signed
    desk = town.back.sign_in(T, town.passwords[T])
    payout = Inbox(desk)
    wait_until(lambda: application.case_no in {item.case_no for item in payout.list_cases()}, "the payout to decide")
    decided(payout, application.case_no, "approve", "", town.passwords[T])
    wait_until(lambda: row(window, Case, application.case_no).state == "posted", "the loan paid out")
    schedule = loans.print_schedule(window, application.case_no)
    assert isinstance(schedule, HandedIn), schedule
    assert "还款计划表" in text_of(window, schedule.paper_nos[0])

    # 7: a letter to the borrower who is five periods behind
    line = next(each for each in loans.overdue_list(window) if each.overdue_periods == 5)
    letter = loans.issue_letter(window, line.loan_account_no)
    assert isinstance(letter, HandedIn), letter
    assert f"{line.total_fen / 100:,.2f}" in text_of(window, letter.paper_nos[0])

    # 8: both windows close their day, and every balance is right
    spoiled = papers.void(window, voucher.paper_nos[0], "卡纸损坏")
    assert isinstance(spoiled, HandedIn), spoiled
    for desk_of_day in (town.front, town.back):
        desk_of_day.wait_synced()
        assert desk_of_day.window is not None
        closed = day_closing.close_day(desk_of_day.window)
        assert isinstance(closed, HandedIn), closed
        desk_of_day.wait_synced()
    for issued in (rent, again, application, joined):
        assert verdict(window, issued.paper_nos[0]) is Outcome.MATCHES
    assert verdict(window, purchase.paper_nos[0]) is Outcome.OLDER_VERSION
    assert not home(window).to_correct
    assert town.centre.faults() == []


def verdict(window: Window, paper_no: str) -> Outcome:
    """What the window says of the PDF that it printed."""
    return papers.check_pdf(window, papers.PaperDesk(window, paper_no).pdf()).outcome


def killed_while_typing(town: Town) -> None:
    """The program dies by SIGKILL with a fourth case half typed; then it is started again."""
    folder, service = town.front.folder, town.front.service
    town.front.close()
    program = [sys.executable, "-m", "tests.stories.typist", str(folder), service, A]
    typist = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert typist.stdin is not None
    assert typist.stdout is not None
    typist.stdin.write(town.passwords[A].encode() + b"\n")
    typist.stdin.flush()
    assert typist.stdout.readline() == b"typing\n"
    typist.kill()
    assert typist.wait(10) == -signal.SIGKILL
    town.front = DemoDesk(folder, service)

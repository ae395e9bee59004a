"""What do the papers say that go out with a withdrawal: the form's own facts, materials, heirs, the law of the day?"""

from datetime import date

from gjj_desktop.cases.fields import Field, Form, Kind
from gjj_desktop.cases.heirs import Heir
from gjj_desktop.cases.instruction_form import SignInstruction
from gjj_desktop.cases.materials import material_choices
from gjj_desktop.cases.payment_correction import CorrectPayment
from gjj_desktop.cases.reading import is_shown
from gjj_desktop.cases.rows import Account, Case, PageRef, Payment
from gjj_desktop.cases.verification import replaced_materials
from gjj_desktop.cases.withdrawal_form import ALWAYS, SubmitWithdrawal, form_on
from gjj_desktop.cases.workflow import accepted_on
from gjj_desktop.cases.writing import as_typed
from gjj_desktop.counter.making import Making, legal_words
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.printing.papers import (
    Fact,
    HeirOnPaper,
    Material,
    MonthlyAgreement,
    Paper,
    PayeeCorrection,
    WithdrawalAcceptance,
)
from gjj_desktop.printing.papers.agreements import terms_of
from gjj_desktop.rules.policy import Policy
from gjj_desktop.rules.policy import Row as PolicyRow
from gjj_desktop.security.masking import mask_card, mask_identity, mask_mobile

BY_DATA, BY_EYE = "由数据核验", "原件已核"
ELSEWHERE_ON_PAPER = ALWAYS | {
    "first_month",
    "last_month",
    "amount_fen",
    "bank_card",
    "bank",
    "payee_name",
    "payee_account",
    "payee_bank",
    "heirs",
}
"""Fields of the form that have a place of their own on the receipt."""


def reason_of(policy: Policy, day: date, reason: str) -> PolicyRow:
    """The reason's row by the law of the day of acceptance."""
    return policy.on("withdrawal_reason", day, reason=reason)


def form_facts(form: Form, asked: SubmitWithdrawal) -> tuple[Fact, ...]:
    """What the form asked for this reason beside what every receipt has, in the form's order; nothing that is empty."""
    raw = as_typed(form, asked)
    shown = [field for field in form.fields if field.name not in ELSEWHERE_ON_PAPER and is_shown(field, raw)]
    period = (
        (Fact(label="提取期间", text=f"{asked.first_month} 至 {asked.last_month}"),)
        if asked.first_month and any(field.name == "first_month" and is_shown(field, raw) for field in form.fields)
        else ()
    )
    found = [Fact(label=_label(field), text=_text(field, raw[field.name])) for field in shown if raw[field.name]]
    return (*period, *found)


def _label(field: Field) -> str:
    return field.label.removesuffix("（元）")


def _text(field: Field, typed: str) -> str:
    """What was typed, as paper says it: amounts with 元, choices by their words, identity numbers masked."""
    if field.kind is Kind.MONEY:
        return f"{typed} 元"
    if field.kind is Kind.IDENTITY:
        return mask_identity(typed)
    if field.name == "loan_account_no":
        return group_number(Series.LOAN, typed)
    return next((choice.label for choice in field.choices if choice.value == typed), typed)


def materials_on_paper(
    policy: Policy, day: date, wanted: tuple[str, ...], asked: SubmitWithdrawal
) -> tuple[Material, ...]:
    """Every material with how it was proven: by shared data, or seen, with the pages that were scanned of it."""
    by_data = replaced_materials(policy, day, asked.verifications)
    codes = tuple(dict.fromkeys(code for code in (*wanted, *asked.materials) if code in {*by_data, *asked.materials}))
    notes = {code: _pages_note(code, asked.pages) if code in asked.materials else BY_DATA for code in codes}
    return tuple(Material(name=each.label, note=notes[each.value]) for each in material_choices(policy, day, codes))


def _pages_note(code: str, pages: tuple[PageRef, ...]) -> str:
    count = sum(page.material == code for page in pages)
    return f"{count} 页" if count else BY_EYE


def heir_on_paper(heir: Heir) -> HeirOnPaper:
    """An heir with share and account, personal data masked."""
    return HeirOnPaper(
        name=heir.name,
        identity_no=mask_identity(heir.identity_no),
        relation=heir.relation,
        share=heir.share,
        bank=heir.bank,
        bank_card=mask_card(heir.bank_card),
    )


def withdrawal_acceptance(making: Making) -> Paper:
    """提取受理回执: taken in, not decided."""
    asked: SubmitWithdrawal = making.payload
    account = making.row(Account, asked.personal_account_no)
    assert account is not None, "a withdrawal is refused without its account"
    policy, day = making.context.policy, accepted_on(making.context)
    row = reason_of(policy, day, asked.reason)
    due = making.case.due_on
    other = row.get("pays", "self") == "payee"
    return WithdrawalAcceptance(
        head=making.head,
        name=account.name,
        identity_no=mask_identity(account.person_id.partition(":")[2]),
        personal_account_no=account.personal_account_no,
        mobile=mask_mobile(asked.mobile) if asked.mobile else "—",
        employer_name=making.employer_name(account.employer_account_no),
        reason=row["label"],
        facts=form_facts(form_on(policy, day).called(row.get("words", {})), asked),
        bank=asked.payee_bank if other else asked.bank,
        bank_card=asked.payee_account if other else mask_card(asked.bank_card) if asked.bank_card else "",
        payee=asked.payee_name if other else "",
        heirs=tuple(heir_on_paper(heir) for heir in asked.heirs),
        amount_fen=making.case.amount_fen,
        whole_balance=bool(row["closes"]),
        materials=materials_on_paper(policy, day, tuple(row["materials"]), asked),
        pages=len(asked.pages),
        decision_due=due.isoformat() if due else "",
        basis=legal_words(policy, day, row["legal"]),
        contact=making.hotline,
        statement=making.words_on("withdrawal.statement", day),
    )


def monthly_agreement(making: Making) -> Paper:
    """委托按月提取协议 as it was taken in, with the city's terms."""
    asked: SignInstruction = making.payload
    account = making.row(Account, asked.personal_account_no)
    assert account is not None, "an agreement is refused without its account"
    policy, day = making.context.policy, accepted_on(making.context)
    row, run = reason_of(policy, day, asked.reason), policy.on("standing_instruction", day, reason=asked.reason)
    due = making.case.due_on
    return MonthlyAgreement(
        head=making.head,
        name=account.name,
        identity_no=mask_identity(account.person_id.partition(":")[2]),
        personal_account_no=account.personal_account_no,
        mobile=mask_mobile(asked.mobile) if asked.mobile else "",
        reason=row["label"],
        first_month=asked.first_month,
        last_month=asked.last_month,
        amount_fen=asked.amount_fen,
        run_day=f"每月 {run.run_day} 日" if run.run_day < 29 else "每月最后一天",
        bank=asked.bank,
        bank_card=mask_card(asked.bank_card) if asked.bank_card else "",
        loan_account_no=asked.loan_account_no,
        terms=terms_of(making.words_on("monthly_agreement.terms", day)),
        basis=legal_words(policy, day, row["legal"]),
        decision_due=due.isoformat() if due else "",
        statement=making.words_on("withdrawal.statement", day),
        contact=making.hotline,
    )


def payee_correction(making: Making) -> Paper:
    """更正收款账户回执: where money that came back is to go."""
    asked: CorrectPayment = making.payload
    payment = making.context.state.get(Payment, asked.payment_no)
    assert payment is not None, "a correction is refused without its payment"
    paid_for = making.context.state.get(Case, payment.case_no)
    account_no = asked.bank_card or asked.bank_account
    return PayeeCorrection(
        head=making.head,
        name=payment.payee,
        business=f"{paid_for.title}　{group_number(Series.CASE, paid_for.case_no)}" if paid_for else "—",
        payment_no=payment.key,
        payee=payment.payee,
        amount_fen=payment.open_fen,
        return_reason=payment.return_reason,
        returned_on=_returned_on(payment),
        old_bank=payment.bank,
        old_account=mask_card(payment.account_no),
        new_bank=asked.bank,
        new_account=mask_card(account_no),
        statement=making.words("payee_correction.statement"),
        contact=making.hotline,
    )


def _returned_on(payment: Payment) -> str:
    """The day of the bank's last answer, "" for none."""
    answered = payment.orders[-1].answered_on if payment.orders else None
    return answered.isoformat() if answered else ""

"""The rules that posting or approving a case runs, in words: what stands beside a decision while nothing is wrong."""

from collections.abc import Callable
from typing import NamedTuple

from gjj_desktop.cases import fraud_ban, instruction_form, loan_form, payment_correction, withdrawal_form
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.loan_application import application_of
from gjj_desktop.cases.loan_problems import quota_of, term_limit
from gjj_desktop.cases.rows import Case, Person
from gjj_desktop.cases.verification import verifications_in
from gjj_desktop.rules.policy import Row

Runs = Callable[[Context, Case], bool]


def always(context: Context, case: Case) -> bool:
    """The rule runs on every case of its kind."""
    return True


class Looked(NamedTuple):
    """A rule in words, and the codes of the findings that it makes when something is wrong.

    A code that ends in a point stands for all that begin so. `runs` tells whether the case has the rule at all; `after`
    are findings that keep it from running.
    """

    text: str
    codes: tuple[str, ...]
    runs: Runs = always
    after: tuple[str, ...] = ()


def _of_reason(says: Callable[[Row], object]) -> Runs:
    """The rule runs where the row of the withdrawal's reason says so, by the law of the day of acceptance."""

    def runs(context: Context, case: Case) -> bool:
        rows = context.policy.rows("withdrawal_reason", case.received_on, reason=case.reason)
        return bool(rows) and bool(says(rows[0]))

    return runs


def _asks(*fields: str) -> Runs:
    """The rule runs where the reason asks for any of these fields."""
    return _of_reason(lambda row: not set(fields).isdisjoint(row["fields"]))


def _has_answers(context: Context, case: Case) -> bool:
    return bool(verifications_in(withdrawal_form.SubmitWithdrawal, case.payload))


def _has_quota(context: Context, case: Case) -> bool:
    return quota_of(context, application_of(case)) is not None


def _has_term_limit(context: Context, case: Case) -> bool:
    person = context.state.get(Person, case.person_ids[0]) if case.person_ids else None
    return person is not None and term_limit(context, application_of(case), person) is not None


_MATERIALS = Looked("材料齐全", ("materials.missing", "pages."))
LOOKED: dict[str, tuple[Looked, ...]] = {
    withdrawal_form.CASE_KIND: (
        Looked("账户可以支取，没有止付冻结", ("withdrawal.account_state", "withdrawal.frozen")),
        Looked("不在提取限制期内", ("withdrawal.banned",), _of_reason(lambda row: "ban" not in row.get("despite", ()))),
        Looked(
            "没有未结清的公积金贷款",
            ("withdrawal.unsettled_loan",),
            _of_reason(lambda row: row.get("unsettled_loan") == "forbid"),
        ),
        Looked("封存的时间符合规定", ("withdrawal.not_sealed",), _of_reason(lambda row: row.get("sealed_months", 0))),
        Looked("账户没有其他在办的提取", ("withdrawal.other_case",), _of_reason(lambda row: row["closes"])),
        Looked(
            "同一事项的提取间隔和次数符合规定",
            ("withdrawal.too_soon", "withdrawal.too_often"),
            _of_reason(lambda row: row.get("interval_months", 0) or row.get("times_max", 0)),
        ),
        Looked(
            "发生的日期在规定期限内",
            ("withdrawal.future_day", "withdrawal.too_early", "withdrawal.too_late"),
            _asks("happened_on"),
        ),
        Looked(
            "月份没有重复，月数没有超过",
            (
                "withdrawal.period",
                "withdrawal.too_many_months",
                "withdrawal.future_month",
                "withdrawal.month_taken",
            ),
            _asks("first_month"),
        ),
        Looked(
            "凭证没有被用过",
            ("withdrawal.document_used", "withdrawal.others_document"),
            _of_reason(lambda row: row.get("once") or row.get("of_one_family")),
        ),
        Looked(
            "配偶信息相符，夫妻合并计算",
            ("withdrawal.spouse", "withdrawal.own_number"),
            _of_reason(lambda row: row.get("family")),
        ),
        Looked(
            "是本人正在还的贷款",
            ("withdrawal.loan", "withdrawal.no_such_loan", "withdrawal.nothing_owed", "withdrawal.penalty_first"),
            _asks("loan_account_no"),
        ),
        Looked("继承人的份额合为一份", ("heirs.",), _of_reason(lambda row: row.get("pays") == "heirs")),
        Looked(
            "金额在可用余额和限额以内",
            ("withdrawal.nothing", "withdrawal.not_positive", "withdrawal.over_limit", "withdrawal.balance"),
            after=("withdrawal.period", "withdrawal.price", "withdrawal.cost", "withdrawal.rent", "withdrawal.subsidy"),
        ),
        Looked("数据平台的答复是对本人本事项的", ("verification.",), _has_answers),
        _MATERIALS,
    ),
    loan_form.CASE_KIND: (
        Looked("借款人账户正常缴存", ("loan.account_state",)),
        Looked("连续缴存月数符合规定", ("loan.months_paid",), _has_quota),
        Looked("没有未结清或在办的公积金贷款", ("loan.unsettled",)),
        Looked("不在贷款限制期内", ("loan.banned",)),
        Looked("期限没有超过年龄和房龄的限制", ("loan.months", "loan.house_built", "loan.term"), _has_term_limit),
        Looked("金额在可贷额度以内", ("loan.over_quota",), _has_quota),
        _MATERIALS,
    ),
    fraud_ban.CASE_KIND: (
        Looked("行为发生在限制期的规定施行以后", ("fraud.no_rule",)),
        Looked("认定的日期先后相符", ("fraud.order", "fraud.future_day")),
        Looked("这份认定文书没有登记过", ("fraud.registered",)),
    ),
    instruction_form.CASE_KIND: (
        Looked("账户可以支取，没有止付冻结", ("account.closed", "withdrawal.account_state", "withdrawal.frozen")),
        Looked("不在提取限制期内", ("withdrawal.banned",)),
        Looked(
            "委托期间符合规定",
            ("instruction.period", "instruction.past_month", "instruction.too_many_months"),
        ),
        Looked("没有同类的委托在执行", ("instruction.agreed_already",)),
        _MATERIALS,
    ),
    payment_correction.CASE_KIND: (
        Looked("付款确已退回，没有别的更正在办", ("payment.not_returned", "payment.being_corrected")),
        Looked("户名是原收款人", ("payment.other_payee",)),
    ),
}
"""By kind of case; a kind that is not named shows only what is wrong."""

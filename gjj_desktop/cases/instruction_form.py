"""委托按月提取: what is typed to agree a withdrawal for every month, whose fields policy picks by reason."""

from collections import defaultdict
from datetime import date

import msgspec

from gjj_desktop.cases.fields import Card, Choice, Field, Form, Kind
from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.withdrawal_form import ELSEWHERE, LOCAL, SubmitWithdrawal, asked_for_reasons
from gjj_desktop.rules.policy import Policy, remembered

KIND = "instruction.sign"
CASE_KIND = "standing_instruction"


class SignInstruction(SubmitWithdrawal, frozen=True, kw_only=True):
    """An agreement to withdraw each month from `first_month` to `last_month`, typed like the withdrawal it makes.

    `amount_fen` is what is taken each month, 0 for as much as the reason gives; `cost_fen` and `rent_fen` are those of
    one month.
    """


ALWAYS = frozenset({"personal_account_no", "mobile", "reason", "materials", "first_month", "last_month", "amount_fen"})
"""The fields that are asked for whatever the reason; its row names the others."""
_SHEET = Form(
    command=KIND,
    title="委托按月提取",
    cards=(
        Card(
            "申请人",
            (
                Field("personal_account_no", "缴存人", Kind.PERSON, help="姓名、证件号码或个人账号", width=5),
                Field("mobile", "手机号码", Kind.MOBILE, width=3),
                Field("spouse_identity_no", "配偶证件号码", Kind.IDENTITY, "已婚的填写", required=False, width=4),
            ),
        ),
        Card(
            "委托",
            (
                Field("reason", "提取原因", Kind.CHOICE, width=4),
                Field("first_month", "委托起月", Kind.MONTH, width=2),
                Field("last_month", "委托止月", Kind.MONTH, width=2),
                Field("amount_fen", "每月金额（元）", Kind.MONEY, "不填按规定的最高额", required=False, width=4),
                Field("rent_fen", "月租金（元）", Kind.MONEY, width=4),
                Field("lease_no", "租赁备案号", Kind.TEXT, width=4),
                Field("loan_account_no", "贷款账号", Kind.CHOICE, width=4),
                Field("contract_no", "合同编号", Kind.TEXT, width=4),
                Field("happened_on", "放款日期", Kind.DATE, width=4),
                Field("cost_fen", "月还款额（元）", Kind.MONEY, width=4),
                Field(
                    "home_place",
                    "房屋所在地",
                    Kind.CHOICE,
                    width=4,
                    choices=(Choice(LOCAL, "本市"), Choice(ELSEWHERE, "外地")),
                ),
            ),
        ),
        Card(
            "收款",
            (
                Field("bank_card", "收款银行卡（本人）", Kind.BANK_CARD, width=8),
                Field("bank", "开户银行", Kind.TEXT, width=4),
            ),
        ),
        Card("材料", (Field("materials", "材料", Kind.MATERIALS, required=False, width=12),)),
    ),
)


def agreeable(policy: Policy, day: date) -> tuple[Choice, ...]:
    """The reasons that may be agreed monthly, in the order of policy."""
    open_rows = {row["reason"]: row["label"] for row in policy.rows("withdrawal_reason", day)}
    agreed = policy.rows("standing_instruction", day)
    return tuple(Choice(row["reason"], open_rows[row["reason"]]) for row in agreed if row["reason"] in open_rows)


@remembered
def form_on(policy: Policy, day: date) -> Form:
    """The form by the law of `day`: each field is asked for with the reasons whose rows name it."""
    reasons: dict[str, list[str]] = defaultdict(list)
    may_be_agreed = {choice.value for choice in agreeable(policy, day)}
    for row in policy.rows("withdrawal_reason", day):
        for name in row["fields"] if row["reason"] in may_be_agreed else ():
            reasons[name].append(row["reason"])
    return asked_for_reasons(_SHEET, ALWAYS, reasons)


FORM = asked_for_reasons(_SHEET, ALWAYS, {})
"""The form before policy has been asked: the fields that are there whatever the reason."""


def instruction_of(case: Case) -> SignInstruction:
    """What was handed in for the agreement."""
    return msgspec.msgpack.decode(case.payload, type=SignInstruction)


def withdrawal_of(agreed: SignInstruction, month: str, amount_fen: int) -> SubmitWithdrawal:
    """The withdrawal that an agreement makes in one month; what was verified at signing is not said again."""
    values = {name: getattr(agreed, name) for name in SubmitWithdrawal.__struct_fields__}
    values |= {"first_month": month, "last_month": month, "amount_fen": amount_fen}
    return SubmitWithdrawal(**{**values, "pages": (), "verifications": (), "notice_no": ""})

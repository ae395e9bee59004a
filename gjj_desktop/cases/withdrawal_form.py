"""提取申请: what is typed for a withdrawal, and the form it is typed into, whose fields policy picks by reason."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

import msgspec

from gjj_desktop.cases.fields import Card, Choice, Field, Form, Kind
from gjj_desktop.cases.heirs import Heir
from gjj_desktop.cases.rows import PageRef
from gjj_desktop.cases.verification import Verification
from gjj_desktop.rules.policy import Policy, remembered

KIND = "withdrawal.submit"
CASE_KIND = "withdrawal"
LOCAL, ELSEWHERE = "local", "elsewhere"


class SubmitWithdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed for a withdrawal; which of the fields from `bank_card` on are asked for is the reason's matter.

    `pages` are the scanned materials, `verifications` what shared data said, `notice_no` the 一次性告知单 that the
    applicant came back with, "" for none. `amount_fen` is 0 where the whole balance is asked for.
    """

    personal_account_no: str
    reason: str
    mobile: str = ""
    spouse_identity_no: str = ""
    bank_card: str = ""
    bank: str = ""
    payee_name: str = ""
    payee_account: str = ""
    payee_bank: str = ""
    amount_fen: int = 0
    materials: tuple[str, ...] = ()
    first_month: str = ""
    last_month: str = ""
    rent_fen: int = 0
    contract_no: str = ""
    lease_no: str = ""
    permit_no: str = ""
    certificate_no: str = ""
    invoice_no: str = ""
    loan_account_no: str = ""
    home: str = ""
    unit_no: str = ""
    home_place: str = ""
    price_fen: int = 0
    cost_fen: int = 0
    subsidy_fen: int = 0
    happened_on: date | None = None
    heirs: tuple[Heir, ...] = ()
    pages: tuple[PageRef, ...] = ()
    verifications: tuple[Verification, ...] = ()
    notice_no: str = ""


_PLACES = (Choice(LOCAL, "本市"), Choice(ELSEWHERE, "外地"))
ALWAYS = frozenset({"personal_account_no", "mobile", "reason", "materials"})
"""The fields that are asked for whatever the reason; a reason's row names the others."""
_SHEET = Form(
    command=KIND,
    title="提取",
    cards=(
        Card(
            "申请人",
            (
                Field("personal_account_no", "缴存人", Kind.PERSON, help="姓名、证件号码或个人账号", width=4),
                Field("mobile", "手机号码", Kind.MOBILE, width=3),
                Field("spouse_identity_no", "配偶证件号码", Kind.IDENTITY, "已婚的填写", required=False, width=5),
            ),
        ),
        Card(
            "提取",
            (
                Field("reason", "提取原因", Kind.CHOICE, width=4),
                Field("first_month", "起月", Kind.MONTH, width=2),
                Field("last_month", "止月", Kind.MONTH, width=2),
                Field("rent_fen", "月租金（元）", Kind.MONEY, width=3),
                Field("contract_no", "合同编号", Kind.TEXT, width=4),
                Field("lease_no", "租赁备案号", Kind.TEXT, width=4),
                Field("permit_no", "许可证或鉴定书号", Kind.TEXT, width=4),
                Field("certificate_no", "证明文书号", Kind.TEXT, width=4),
                Field("happened_on", "发生日期", Kind.DATE, width=3),
                Field("invoice_no", "发票号码", Kind.TEXT, width=4),
                Field("price_fen", "已付房款（元）", Kind.MONEY, width=3),
                Field("cost_fen", "实际支出（元）", Kind.MONEY, width=3),
                Field("subsidy_fen", "其中补贴（元）", Kind.MONEY, required=False, width=3),
                Field("loan_account_no", "贷款账号", Kind.CHOICE, width=6),
                Field("unit_no", "不动产单元号", Kind.TEXT, help="28 位", width=5),
                Field("home", "房屋坐落", Kind.TEXT, width=4, fills=True),
                Field("home_place", "所在地", Kind.CHOICE, width=2, choices=_PLACES),
            ),
            source="条例第二十四条",
        ),
        Card("继承人", (Field("heirs", "继承人及份额", Kind.HEIRS, width=12),)),
        Card(
            "金额与收款",
            (
                Field("amount_fen", "申请金额（元）", Kind.MONEY, width=4),
                Field("bank_card", "收款银行卡（本人）", Kind.BANK_CARD, width=5),
                Field("bank", "开户银行", Kind.TEXT, width=3, fills=True),
                Field("payee_name", "收款单位", Kind.TEXT, width=4, fills=True),
                Field("payee_account", "收款账号", Kind.TEXT, width=5),
                Field("payee_bank", "收款开户银行", Kind.TEXT, width=4, fills=True),
            ),
        ),
        Card("材料", (Field("materials", "材料", Kind.MATERIALS, required=False, width=12),)),
    ),
)


@remembered
def form_on(policy: Policy, day: date) -> Form:
    """The form by the law of `day`: each field is asked for with the reasons whose rows name it."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for row in policy.rows("withdrawal_reason", day):
        for name in row["fields"]:
            reasons[name].append(row["reason"])
    return asked_for_reasons(_SHEET, ALWAYS, reasons)


def words_on(policy: Policy, day: date, raw: Mapping[str, str]) -> Mapping[str, str]:
    """What the reason typed calls its fields, by name; the others keep their labels."""
    rows = policy.rows("withdrawal_reason", day, reason=raw.get("reason", ""))
    return dict(rows[0].get("words", {})) if rows else {}


def asked_for_reasons(sheet: Form, always: Collection[str], reasons: Mapping[str, Sequence[str]]) -> Form:
    """The sheet with each field asked for by the reasons it has in `reasons`; those of `always` whatever the reason."""
    cards = tuple(
        msgspec.structs.replace(
            card,
            fields=tuple(
                field
                if field.name in always
                else msgspec.structs.replace(field, shown_for=("reason", tuple(reasons.get(field.name, ()))))
                for field in card.fields
            ),
        )
        for card in sheet.cards
    )
    return msgspec.structs.replace(sheet, cards=cards)


FORM = asked_for_reasons(_SHEET, ALWAYS, {})
"""The form before policy has been asked: the fields that are there whatever the reason."""

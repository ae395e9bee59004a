"""提取申请: what is typed for a withdrawal, and the form it is typed into."""

import msgspec

from gjj_desktop.cases.fields import Card, Field, Form, Kind

KIND = "withdrawal.submit"
CASE_KIND = "withdrawal"
RENT, PURCHASE = "rent", "purchase"


class SubmitWithdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed for a withdrawal; the fields after `materials` belong to single reasons."""

    personal_account_no: str
    reason: str
    mobile: str = ""
    bank_card: str
    bank: str
    amount_fen: int
    materials: tuple[str, ...] = ()
    first_month: str = ""
    last_month: str = ""
    contract_no: str = ""
    home: str = ""
    price_fen: int = 0


_RENT = ("reason", (RENT,))
_PURCHASE = ("reason", (PURCHASE,))
FORM = Form(
    command=KIND,
    title="提取",
    cards=(
        Card(
            "申请人",
            (
                Field("personal_account_no", "缴存人", Kind.PERSON, help="姓名、证件号码或个人账号", width=8),
                Field("mobile", "手机号码", Kind.MOBILE, width=4),
                Field("bank_card", "收款银行卡（本人）", Kind.BANK_CARD, width=8),
                Field("bank", "开户银行", Kind.TEXT, width=4),
            ),
        ),
        Card(
            "提取",
            (
                Field("reason", "提取原因", Kind.CHOICE, width=4),
                Field("first_month", "租房起月", Kind.MONTH, width=2, shown_for=_RENT),
                Field("last_month", "租房止月", Kind.MONTH, width=2, shown_for=_RENT),
                Field("contract_no", "购房合同编号", Kind.TEXT, width=4, shown_for=_PURCHASE),
                Field("price_fen", "已付房款（元）", Kind.MONEY, width=4, shown_for=_PURCHASE),
                Field("home", "房屋坐落", Kind.TEXT, width=8, shown_for=_PURCHASE),
                Field("amount_fen", "申请金额（元）", Kind.MONEY, width=4),
            ),
            source="条例第二十四条",
        ),
        Card("材料", (Field("materials", "材料", Kind.MATERIALS, required=False, width=12),)),
    ),
)

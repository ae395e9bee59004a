"""贷款申请: what is typed for a housing loan, and the form it is typed into."""

import msgspec

from gjj_desktop.cases.fields import Card, Choice, Field, Form, Kind
from gjj_desktop.domain.codes import RepaymentMethod

KIND = "loan.submit"
CASE_KIND = "loan"
COMPLETED, SECOND_HAND = "completed", "second_hand"
HOME_ORDERS = {"1": "首套", "2": "二套"}
METHODS = {each.value: each.label for each in (RepaymentMethod.EQUAL_INSTALMENT, RepaymentMethod.EQUAL_PRINCIPAL)}


class SubmitLoan(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed for a loan application; `home_order` "1" or "2", `method` a code of A.11."""

    personal_account_no: str
    co_borrower_account_no: str = ""
    mobile: str = ""
    home_kind: str
    home_order: str
    address: str
    contract_no: str
    seller_name: str
    seller_account: str
    price_fen: int
    house_built: int = 0
    amount_fen: int
    months: int
    method: str
    income_fen: int
    debt_fen: int = 0
    materials: tuple[str, ...] = ()


FORM = Form(
    command=KIND,
    title="公积金贷款申请",
    cards=(
        Card(
            "借款人",
            (
                Field("personal_account_no", "借款人", Kind.PERSON, help="姓名、证件号码或个人账号", width=5),
                Field("co_borrower_account_no", "共同借款人", Kind.PERSON, required=False, width=4),
                Field("mobile", "手机号码", Kind.MOBILE, width=3),
                Field("income_fen", "家庭月收入（元）", Kind.MONEY, width=5),
                Field("debt_fen", "其他贷款月还款（元）", Kind.MONEY, required=False, width=7),
            ),
        ),
        Card(
            "房屋",
            (
                Field(
                    "home_kind",
                    "房屋类型",
                    Kind.CHOICE,
                    width=3,
                    choices=(Choice(COMPLETED, "新建商品房"), Choice(SECOND_HAND, "二手房")),
                    default=COMPLETED,
                ),
                Field(
                    "home_order",
                    "住房套数",
                    Kind.CHOICE,
                    width=2,
                    choices=tuple(Choice(value, label) for value, label in HOME_ORDERS.items()),
                    default="1",
                ),
                Field("price_fen", "房屋总价（元）", Kind.MONEY, width=3),
                Field("contract_no", "购房合同编号", Kind.TEXT, width=4),
                Field("address", "房屋坐落", Kind.TEXT, width=7),
                Field("seller_name", "售房人", Kind.TEXT, width=5),
                Field("house_built", "建成年份", Kind.INTEGER, width=3, shown_for=("home_kind", (SECOND_HAND,))),
            ),
        ),
        Card(
            "贷款",
            (
                Field("amount_fen", "申请金额（元）", Kind.MONEY, width=3),
                Field("months", "期限（月）", Kind.INTEGER, width=2, default="360"),
                Field(
                    "method",
                    "还款方式",
                    Kind.CHOICE,
                    width=3,
                    choices=tuple(Choice(value, label) for value, label in METHODS.items()),
                    default="01",
                ),
                Field("seller_account", "售房人账户", Kind.TEXT, help="放款至此账户", width=4),
            ),
            source="条例第二十六条",
        ),
        Card("材料", (Field("materials", "材料", Kind.MATERIALS, required=False, width=12),)),
    ),
)

"""One story for each reason of withdrawal: who comes, what is typed and shown, and what the money, the account, the
books and the papers must say in the end. Every figure is worked out by hand for 2026-11-24.

Yearly interest 1.50 % over 360 days is a 24,000th a day. From 2026-07-01 to 2026-11-23 there are 146 days.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

CARD, BANK = "6222021234567890128", "云溪银行"
SELLER, COURT = "云溪市听澜置业有限公司", "云溪市人民法院"
SELLER_ACCOUNT, COURT_ACCOUNT = "201000088800009", "3301040160000123456"
REVIEW_AND_APPROVE = ("review", "approve")
NOTHING: Mapping[str, Any] = MappingProxyType({})

MOBILE = {"mobile": "19900008816"}
SINGLE, SPOUSE = {"spouse_identity_no": ""}, {"spouse_identity_no": "*"}
OWN_CARD = {"bank_card": CARD, "bank": BANK}
HALF_A_YEAR = {"first_month": "2026-06", "last_month": "2026-11"}
A_YEAR = {"first_month": "2025-12", "last_month": "2026-11"}


class Loan(NamedTuple):
    """A loan at 2.6 %: 36 instalments of 1,000.00 and 500.00 interest on the 16th, from 2025-01-16 on."""

    unpaid_since: date
    state: str
    balance_fen: int


class Story(NamedTuple):
    """One person's withdrawal. Money in fen; figures that a screen shows are as it shows them.

    `offered` is what stands at the reason in the list of what may be withdrawn now, `worked_out` the amount on the
    right once all is typed. `asked` is what is typed, field by field: "" for one that is left empty, "*" for what the
    people of the story tell. `scanned` and `ticked` are the materials given on paper, all others asked for are
    `by_data`; `records` is what registers hold. `payments` are payee, account and amount; `books` account, side and
    amount. `evidence` names what is used up, with {p} for the person, {s} for the spouse, {l} for the loan, {c} for the
    case and {m} for each month. `again` is what the list says of the reason right after: the word at the right, and
    the sentence; `beside` says the same of other reasons before.
    """

    reason: str
    name: str
    offered: str
    asked: dict[str, str]
    worked_out: str
    taken_fen: int
    payments: tuple[tuple[str, str, int], ...]
    books: frozenset[tuple[str, str, int]]
    evidence: tuple[str, ...]
    again: tuple[str, str]
    interest_fen: int = 0
    by_data: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    records: Mapping[str, Mapping[str, str]] = NOTHING
    known_to_police: bool = True
    married: bool = False
    steps: tuple[str, ...] = ("approve",)
    marks: tuple[str, ...] = ()
    next_on: str = ""
    carried_fen: int = 4_000_000
    this_year_fen: int = 821_637
    born: str = "19900307"
    account: Mapping[str, Any] = NOTHING
    loan: Loan | None = None
    heirs: tuple[tuple[str, ...], ...] = ()
    says: tuple[str, ...] = ()
    beside: Mapping[str, tuple[str, str]] = NOTHING

    @property
    def left_fen(self) -> int:
        """What stays on the account."""
        return self.carried_fen + self.this_year_fen - self.taken_fen


def out(taken_fen: int, interest_fen: int = 0) -> frozenset[tuple[str, str, int]]:
    """The books of money that leaves the account for the bank."""
    paid = {("201", "debit", taken_fen), ("101", "credit", taken_fen + interest_fen)}
    return frozenset(paid | ({("41101", "debit", interest_fen)} if interest_fen else set()))


def soon(when: str, every: str) -> tuple[str, str]:
    """What the list says while the interval runs."""
    return (f"{when} 起", f"同一原因{every}可提取一次，{when} 起可再提取")


CLOSED = ("暂不能", "账户状态为提取销户，不能提取")

STORIES = (
    Story(
        reason="rent",
        name="程一诺",
        beside={"left_without_job": ("暂不能", "账户未封存，封存满 6 个月后方可提取")},
        offered="18,000.00",
        asked=HALF_A_YEAR | SINGLE | OWN_CARD | {"amount_fen": "9,000"},
        worked_out="9,000.00",  # 6 months of 1,500
        by_data=("no_home", "marriage", "identity_copy"),
        steps=(),
        taken_fen=900_000,
        payments=(("程一诺", CARD, 900_000),),
        books=out(900_000),
        evidence=("rent:{p}:{m}",),
        next_on="2026-12-24",
        again=soon("2026-12-24", "每月"),
    ),
    Story(
        reason="rent_registered",
        name="罗文静",
        offered="可办",
        asked=HALF_A_YEAR
        | SINGLE
        | OWN_CARD
        | {"rent_fen": "2,800", "lease_no": "云租备 2026-0131", "invoice_no": "26330000101", "amount_fen": "16,800"},
        worked_out="16,800.00",  # 6 × 2,800, below 6 × 3,000
        by_data=("no_home", "marriage", "identity_copy"),
        scanned=("lease",),
        ticked=("invoice",),
        taken_fen=1_680_000,
        payments=(("罗文静", CARD, 1_680_000),),
        books=out(1_680_000),
        evidence=("rent:{p}:{m}", "rent:lease_no:云租备20260131:{p}:{m}", "once:invoice_no:26330000101"),
        next_on="2026-12-24",
        again=soon("2026-12-24", "每月"),
    ),
    Story(
        reason="rent_public",
        name="段思远",
        offered="可办",
        married=True,
        asked=HALF_A_YEAR
        | SPOUSE
        | OWN_CARD
        | {"rent_fen": "1,200", "lease_no": "YXGZ-2026-0107", "amount_fen": "7,200"},
        worked_out="7,200.00",  # 6 × 1,200
        by_data=("public_lease", "marriage", "identity_copy"),
        records={"public_lease": {"lease_no": "YXGZ-2026-0107", "rent_fen": "120000"}},
        steps=(),
        taken_fen=720_000,
        payments=(("段思远", CARD, 720_000),),
        books=out(720_000),
        evidence=("rent:{p}:{m}", "rent:{s}:{p}:{m}", "rent:lease_no:YXGZ20260107:{p}:{m}"),
        next_on="2026-12-24",
        again=soon("2026-12-24", "每月"),
    ),
    Story(
        reason="purchase",
        name="侯建军",
        offered="可办",
        asked=SINGLE
        | OWN_CARD
        | {
            "contract_no": "杭网签 2026-0417",
            "price_fen": "50,000",
            "unit_no": "990501001001GB00021F00020601",
            "home": "外地临江路 6 号 2 幢 601",
            "home_place": "elsewhere",
            "amount_fen": "30,000",
        },
        worked_out="48,206.37",  # 48,216.37 less the 10.00 that stay, below the price paid
        by_data=("marriage", "identity_copy"),
        scanned=("purchase_contract", "purchase_invoice"),
        steps=REVIEW_AND_APPROVE,
        marks=("out_of_town",),
        taken_fen=3_000_000,
        payments=(("侯建军", CARD, 3_000_000),),
        books=out(3_000_000),
        evidence=(
            "home.purchase:{p}:{c}",
            "home.purchase:contract_no:杭网签20260417:{p}:{c}",
            "home.purchase:unit_no:990501001001GB00021F00020601:{p}:{c}",
        ),
        next_on="2027-11-24",
        again=("可办", "不超过已付房款，最多 18,206.37 元"),
    ),
    Story(
        reason="down_payment",
        name="邵子轩",
        offered="可办",
        asked=SINGLE
        | {
            "contract_no": "云网签2026110301",
            "price_fen": "40,000",
            "unit_no": "990501001001GB00021F00020602",
            "home": "青禾镇听澜苑 6 幢 602",
            "home_place": "local",
            "payee_name": SELLER,
            "payee_account": SELLER_ACCOUNT,
            "payee_bank": BANK,
            "amount_fen": "40,000",
        },
        worked_out="40,000.00",  # the down payment itself
        by_data=("purchase_contract", "marriage", "identity_copy"),
        ticked=("supervised_account",),
        records={"purchase_contract": {"contract_no": "云网签2026110301"}},
        taken_fen=4_000_000,
        payments=((SELLER, SELLER_ACCOUNT, 4_000_000),),
        books=out(4_000_000),
        evidence=(
            "home.purchase:{p}:{c}",
            "home.purchase:contract_no:云网签2026110301:{p}:{c}",
            "home.purchase:unit_no:990501001001GB00021F00020602:{p}:{c}",
        ),
        again=("可办", "不超过应付首付款，最多 8,206.37 元"),
    ),
    Story(
        reason="self_build",
        name="万德明",
        offered="可办",
        asked=SINGLE
        | OWN_CARD
        | {
            "permit_no": "乡字第 3300002026131 号",
            "cost_fen": "60,000",
            "home": "青禾镇柳岸社区 7 组",
            "amount_fen": "45,000",
        },
        worked_out="48,206.37",  # the balance less 10.00, below the cost
        by_data=("building_permit", "land_permit", "marriage", "identity_copy"),
        scanned=("building_budget",),
        ticked=("invoice",),
        records={"permit": {}},
        taken_fen=4_500_000,
        payments=(("万德明", CARD, 4_500_000),),
        books=out(4_500_000),
        evidence=("home.build:{p}:{c}", "home.build:permit_no:乡字3300002026131:{p}:{c}"),
        again=("可办", "不超过建房支出，最多 3,206.37 元"),
    ),
    Story(
        reason="overhaul",
        name="武海波",
        offered="可办",
        asked=SINGLE
        | OWN_CARD
        | {
            "permit_no": "危鉴 2026-131",
            "invoice_no": "26330000107",
            "cost_fen": "20,000",
            "unit_no": "990501001001GB00021F00020604",
            "home": "青禾镇学前街 3 号",
            "amount_fen": "20,000",
        },
        worked_out="20,000.00",  # what it cost
        by_data=("marriage", "identity_copy"),
        scanned=("safety_appraisal",),
        ticked=("title", "building_budget", "invoice"),
        taken_fen=2_000_000,
        payments=(("武海波", CARD, 2_000_000),),
        books=out(2_000_000),
        evidence=(
            "home.overhaul:{p}:{c}",
            "home.overhaul:unit_no:990501001001GB00021F00020604:{p}:{c}",
            "home.overhaul:permit_no:危鉴2026131:{p}:{c}",
            "once:invoice_no:26330000107",
        ),
        next_on="2031-11-24",
        again=("可办", "不超过大修支出，最多 28,206.37 元"),
    ),
    Story(
        reason="repay_fund_loan",
        name="龙晓雯",
        offered="18,000.00",  # 12 instalments of 1,500
        loan=Loan(date(2026, 11, 24), "normal", 1_300_000),
        asked=HALF_A_YEAR | SINGLE | OWN_CARD | {"loan_account_no": "1", "amount_fen": "9,000"},
        worked_out="9,000.00",  # 6 × 1,500
        by_data=("marriage", "identity_copy"),
        steps=(),
        taken_fen=900_000,
        payments=(("龙晓雯", CARD, 900_000),),
        books=out(900_000),
        evidence=("loan.fund:{p}:{m}", "loan.fund:loan_account_no:{l}:{p}:{m}"),
        next_on="2027-11-24",
        again=soon("2027-11-24", "每年"),
    ),
    Story(
        # Unpaid since 2026-10-16: two instalments of 1,500.00, with 39 and 8 days of 1,500 × 2.6 % × 1.5 / 360 a day:
        # 6.3375 and 1.30; the coming one of 1,500.00 beside. 15,000.00 of principal stand, 2,000.00 of them overdue.
        reason="loan_offset",
        name="黎俊杰",
        offered="4,507.64",
        known_to_police=False,
        loan=Loan(date(2026, 10, 1), "overdue", 1_500_000),
        asked=SINGLE | {"loan_account_no": "1", "amount_fen": "4,507.64"},
        worked_out="4,507.64",
        by_data=("marriage",),
        ticked=("identity_copy",),
        taken_fen=450_764,
        payments=(),
        books=frozenset(
            {
                ("201", "debit", 450_764),
                ("122", "credit", 200_000),
                ("121", "credit", 100_000),
                ("40103", "credit", 150_000),
                ("40105", "credit", 764),
            }
        ),
        evidence=("loan.offset:{p}:{c}", "loan.offset:loan_account_no:{l}:{p}:{c}"),
        next_on="2026-12-24",
        again=soon("2026-12-24", "每月"),
        says=("12,000.00", "7.64"),
    ),
    Story(
        reason="repay_commercial_loan",
        name="易玉梅",
        offered="可办",
        asked=A_YEAR
        | SINGLE
        | OWN_CARD
        | {
            "contract_no": "ICBC-2021-131",
            "happened_on": "2021-03-05",
            "cost_fen": "24,000",
            "home_place": "local",
            "amount_fen": "24,000",
        },
        worked_out="24,000.00",  # what was repaid in the year
        by_data=("loan_contract", "repayment_record", "marriage", "identity_copy"),
        records={"commercial_loan": {"contract_no": "ICBC-2021-131", "cost_fen": "2400000"}},
        taken_fen=2_400_000,
        payments=(("易玉梅", CARD, 2_400_000),),
        books=out(2_400_000),
        evidence=("loan.commercial:{p}:{m}", "loan.commercial:contract_no:ICBC2021131:{p}:{m}"),
        next_on="2027-11-24",
        again=soon("2027-11-24", "每年"),
    ),
    Story(
        reason="renovation",
        name="常雨欣",
        offered="可办",
        asked=SINGLE
        | OWN_CARD
        | {
            "invoice_no": "26330000111",
            "cost_fen": "40,000",
            "unit_no": "990501001001GB00021F00020611",
            "home": "青禾镇湖滨路 6 号 2 幢 611",
            "amount_fen": "20,000",
        },
        worked_out="20,000.00",  # half of 40,000.00
        by_data=("invoice", "marriage", "identity_copy"),
        scanned=("title",),
        records={"invoice": {"invoice_no": "26330000111", "cost_fen": "4000000"}},
        taken_fen=2_000_000,
        payments=(("常雨欣", CARD, 2_000_000),),
        books=out(2_000_000),
        evidence=(
            "home.renovation:{p}:{c}",
            "home.renovation:unit_no:990501001001GB00021F00020611:{p}:{c}",
            "once:invoice_no:26330000111",
        ),
        next_on="2036-11-24",
        again=("可办", "不超过发票金额的 50%，限额 250,000 元，最多 28,206.37 元"),
    ),
    Story(
        reason="property_fee",
        name="贺文博",
        offered="可办",
        asked=A_YEAR
        | SINGLE
        | OWN_CARD
        | {
            "invoice_no": "26330000112",
            "cost_fen": "3,600",
            "unit_no": "990501001001GB00021F00020612",
            "home": "青禾镇湖滨路 6 号 2 幢 612",
            "amount_fen": "3,000",
        },
        worked_out="3,000.00",  # the yearly limit, below 3,600.00
        by_data=("title", "invoice", "marriage", "identity_copy"),
        records={
            "invoice": {"invoice_no": "26330000112", "cost_fen": "360000"},
            "home_title": {"unit_no": "990501001001GB00021F00020612"},
        },
        steps=(),
        taken_fen=300_000,
        payments=(("贺文博", CARD, 300_000),),
        books=out(300_000),
        evidence=("home.fee:{p}:{m}", "once:invoice_no:26330000112"),
        next_on="2027-11-24",
        again=soon("2027-11-24", "每年"),
    ),
    Story(
        reason="elevator",
        name="赖桂英",
        offered="可办",
        asked=SINGLE
        | OWN_CARD
        | {
            "happened_on": "2026-03-01",
            "cost_fen": "50,000",
            "subsidy_fen": "10,000",
            "unit_no": "990501001001GB00021F00020613",
            "home": "青禾镇花园新村 3 幢 613",
            "amount_fen": "40,000",
        },
        worked_out="40,000.00",  # 50,000.00 less the subsidy
        by_data=("marriage", "identity_copy"),
        scanned=("elevator_agreement",),
        ticked=("payment_proof", "title"),
        taken_fen=4_000_000,
        payments=(("赖桂英", CARD, 4_000_000),),
        books=out(4_000_000),
        evidence=("home.elevator:{p}:{c}", "home.elevator:unit_no:990501001001GB00021F00020613:{p}:{c}"),
        again=("可办", "不超过本户分摊，最多 8,206.37 元"),
    ),
    Story(
        # 100,000.00 for 146 days and 2,000.00 for the 43 days from 2026-10-12: 14,686,000 / 24,000 = 611.9167
        reason="retirement",
        name="龚秀兰",
        born="19661005",
        carried_fen=10_000_000,
        this_year_fen=200_000,
        offered="102,611.92",
        asked=OWN_CARD | {"happened_on": "2026-10-31"},
        worked_out="102,611.92",
        by_data=("retirement_certificate", "identity_copy"),
        records={"pension": {"happened_on": "2026-10-31"}},
        taken_fen=10_200_000,
        interest_fen=61_192,
        payments=(("龚秀兰", CARD, 10_261_192),),
        books=out(10_200_000, 61_192),
        evidence=("closing:{p}:{c}",),
        again=CLOSED,
    ),
    Story(
        # Sealed on 2026-05-24, six months before to the day; 24,000.00 for 146 days.
        reason="left_without_job",
        name="樊志强",
        carried_fen=2_400_000,
        this_year_fen=0,
        account={"state": "02", "sealed_on": date(2026, 5, 24), "paid_through_month": "2026-04"},
        beside={"loan_offset": ("暂不能", "本人或配偶没有公积金贷款")},
        offered="24,146.00",
        asked=OWN_CARD | {"happened_on": "2026-05-08"},
        worked_out="24,146.00",
        by_data=("no_other_account", "identity_copy"),
        scanned=("end_of_employment",),
        taken_fen=2_400_000,
        interest_fen=14_600,
        payments=(("樊志强", CARD, 2_414_600),),
        books=out(2_400_000, 14_600),
        evidence=("closing:{p}:{c}",),
        again=CLOSED,
    ),
    Story(
        reason="disability",
        name="殷国平",
        carried_fen=4_800_000,
        this_year_fen=0,
        offered="48,292.00",
        asked=OWN_CARD | {"certificate_no": "云劳鉴 2026-131", "happened_on": "2026-06-30"},
        worked_out="48,292.00",  # 48,000.00 for 146 days
        by_data=("labour_capacity", "identity_copy"),
        ticked=("end_of_employment",),
        records={"labour_capacity": {"certificate_no": "云劳鉴 2026-131"}},
        taken_fen=4_800_000,
        interest_fen=29_200,
        payments=(("殷国平", CARD, 4_829_200),),
        books=out(4_800_000, 29_200),
        evidence=("closing:{p}:{c}", "once:certificate_no:云劳鉴2026131"),
        again=CLOSED,
    ),
    Story(
        reason="emigration",
        name="施思彤",
        carried_fen=1_200_000,
        this_year_fen=0,
        offered="12,073.00",
        asked=OWN_CARD | {"certificate_no": "CA-77131"},
        worked_out="12,073.00",  # 12,000.00 for 146 days
        by_data=("emigration_proof", "household_cancelled", "identity_copy"),
        records={"emigration": {"certificate_no": "CA-77131"}},
        steps=(),
        taken_fen=1_200_000,
        interest_fen=7_300,
        payments=(("施思彤", CARD, 1_207_300),),
        books=out(1_200_000, 7_300),
        evidence=("closing:{p}:{c}", "once:certificate_no:CA77131"),
        again=CLOSED,
    ),
    Story(
        # 30,182.50 in halves, thirds and sixths: 15,091.25, 10,060.833, and the rest
        reason="death",
        name="申屠建国",
        carried_fen=3_000_000,
        this_year_fen=0,
        offered="30,182.50",
        asked={"certificate_no": "云卫死 2026-131", "happened_on": "2026-08-02", "heirs": "*"},
        heirs=(
            ("申屠一凡", "子", "1/2", "6222021234567890128"),
            ("申屠一诺", "女", "1/3", "6222021234567890136"),
            ("柯秀英", "配偶", "1/6", "6222021234567890144"),
        ),
        worked_out="30,182.50",  # 30,000.00 for 146 days
        by_data=("death_certificate",),
        scanned=("kinship_proof",),
        ticked=("heirs_agreement", "heirs_identity"),
        records={"death": {"happened_on": "2026-08-02"}},
        steps=REVIEW_AND_APPROVE,
        taken_fen=3_000_000,
        interest_fen=18_250,
        payments=(
            ("申屠一凡", "6222021234567890128", 1_509_125),
            ("申屠一诺", "6222021234567890136", 1_006_083),
            ("柯秀英", "6222021234567890144", 503_042),
        ),
        books=frozenset(
            {
                ("201", "debit", 3_000_000),
                ("41101", "debit", 18_250),
                ("101", "credit", 1_509_125),
                ("101", "credit", 1_006_083),
                ("101", "credit", 503_042),
            }
        ),
        evidence=("closing:{p}:{c}", "once:certificate_no:云卫死2026131"),
        again=CLOSED,
        says=("15,091.25", "10,060.83", "5,030.42"),
    ),
    Story(
        reason="serious_illness",
        name="庞佳怡",
        offered="可办",
        asked=OWN_CARD
        | {
            "certificate_no": "云医诊 2026-131",
            "happened_on": "2026-04-10",
            "invoice_no": "YL-2026-0131",
            "cost_fen": "60,000",
            "subsidy_fen": "20,000",
            "amount_fen": "40,000",
        },
        worked_out="40,000.00",  # 60,000.00 less what the insurance paid
        by_data=("identity_copy",),
        scanned=("diagnosis",),
        ticked=("medical_bills",),
        steps=REVIEW_AND_APPROVE,
        marks=("illness_papers",),
        taken_fen=4_000_000,
        payments=(("庞佳怡", CARD, 4_000_000),),
        books=out(4_000_000),
        evidence=("illness:{p}:{c}", "once:invoice_no:YL20260131"),
        next_on="2027-11-24",
        again=soon("2027-11-24", "每年"),
    ),
    Story(
        reason="low_income",
        name="倪静",
        offered="6,000.00",
        asked=OWN_CARD | {"certificate_no": "云低保 2026-131", "amount_fen": "6,000"},
        worked_out="6,000.00",  # one amount for everybody
        by_data=("low_income_certificate", "identity_copy"),
        records={"low_income": {}},
        steps=(),
        taken_fen=600_000,
        payments=(("倪静", CARD, 600_000),),
        books=out(600_000),
        evidence=("low_income:{p}:{c}",),
        next_on="2027-11-24",
        again=soon("2027-11-24", "每年"),
    ),
    Story(
        # 40,000.00 of 48,216.37 are frozen; the court may take of them too.
        reason="court_deduction",
        name="颜浩然",
        account={"freeze": "3", "frozen_fen": 4_000_000},
        offered="48,216.37",
        beside={
            "rent": ("8,206.37", "2025-12 至 2026-11，最多 8,206.37 元"),
            "retirement": ("暂不能", "账户有 40,000.00 元被冻结，解冻后方可销户提取"),
        },
        asked={
            "certificate_no": "（2026）云 9901 执 131 号",
            "payee_name": COURT,
            "payee_account": COURT_ACCOUNT,
            "payee_bank": BANK,
            "amount_fen": "45,000",
        },
        worked_out="48,216.37",
        scanned=("court_document",),
        ticked=("officer_cards",),
        steps=REVIEW_AND_APPROVE,
        taken_fen=4_500_000,
        payments=((COURT, COURT_ACCOUNT, 4_500_000),),
        books=out(4_500_000),
        evidence=("court:{p}:{c}", "once:certificate_no:2026云9901执131"),
        again=("3,216.37", "最多 3,216.37 元"),
    ),
    Story(
        reason="other_approved",
        name="温磊",
        offered="48,206.37",
        asked=OWN_CARD | {"certificate_no": "国办通 2026-131", "amount_fen": "10,000"},
        worked_out="48,206.37",  # the balance less 10.00: the notice says how much
        by_data=("identity_copy",),
        scanned=("approval_notice",),
        taken_fen=1_000_000,
        payments=(("温磊", CARD, 1_000_000),),
        books=out(1_000_000),
        evidence=("other:{p}:{c}", "other:certificate_no:国办通2026131:{p}:{c}"),
        again=("38,206.37", "最多 38,206.37 元"),
    ),
)

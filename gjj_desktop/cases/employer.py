"""缴存登记: an employer registers and gets its account."""

from datetime import date

import msgspec

from gjj_desktop.cases.fields import Card, Field, Form, Kind
from gjj_desktop.cases.kind import Advice, CommandKind, Context
from gjj_desktop.cases.numbers import number_problem
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Employer
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import posted, receive
from gjj_desktop.domain.codes import EmployerState
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.contribution import check_ratio

KIND = "employer.register"


class RegisterEmployer(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed to register an employer; ratios in basis points, payday 1 to 31."""

    employer_account_no: str = ""
    name: str
    credit_code: str
    address: str
    legal_representative: str
    agent_name: str
    agent_mobile: str
    payday: int
    set_up_on: date
    first_month: str
    employer_ratio_bp: int
    personal_ratio_bp: int
    entrusted_bank: str


FORM = Form(
    command=KIND,
    title="单位缴存登记",
    cards=(
        Card(
            "单位",
            (
                Field("name", "单位名称", Kind.TEXT, width=7),
                Field("credit_code", "统一社会信用代码", Kind.CREDIT_CODE, width=5),
                Field("address", "单位地址", Kind.TEXT, width=7),
                Field("legal_representative", "法定代表人", Kind.NAME, width=5),
                Field("set_up_on", "设立日期", Kind.DATE, help="设立后 30 日内登记", width=3),
                Field("agent_name", "经办人", Kind.NAME, width=4),
                Field("agent_mobile", "经办人手机", Kind.MOBILE, width=5),
            ),
            source="条例第十四条",
        ),
        Card(
            "缴存",
            (
                Field("employer_ratio_bp", "单位比例（%）", Kind.PERCENT, width=3, default="8"),
                Field("personal_ratio_bp", "个人比例（%）", Kind.PERCENT, width=3, default="8"),
                Field("first_month", "起缴年月", Kind.MONTH, width=3),
                Field("payday", "发薪日", Kind.INTEGER, help="每月几日", width=3),
                Field("entrusted_bank", "缴存银行", Kind.TEXT, width=12, default="云溪银行营业部"),
            ),
            source="条例第十六至十九条",
        ),
    ),
)


def needs(context: Context, asked: RegisterEmployer) -> list[Need]:
    """Employers with the same account or the same credit code."""
    return [need(Employer, asked.employer_account_no), Need(Employer, "credit_code", asked.credit_code)]


def problems(context: Context, asked: RegisterEmployer) -> tuple[Finding, ...]:
    """Everything that stands against the registration."""
    found: list[Finding] = []
    same_code = context.state.where(Employer, "credit_code", asked.credit_code)
    if any(known.state != EmployerState.CLOSED for known in same_code):
        found.append(Finding("credit_code", "employer.registered", "该单位已登记，请按单位账号办理", "条例第十四条"))
    if not 1 <= asked.payday <= 31:
        found.append(Finding("payday", "employer.payday", "发薪日应在 1 至 31 之间"))
    if asked.set_up_on > context.business_date:
        found.append(Finding("set_up_on", "employer.set_up_in_future", "设立日期不能晚于今天"))
    for field in ("employer_ratio_bp", "personal_ratio_bp"):
        finding = check_ratio(getattr(asked, field), context.policy, context.business_date, field=field)
        if finding is not None:
            found.append(finding)
    return tuple(found)


def decide(context: Context, asked: RegisterEmployer) -> Outcome:
    """The employer's account opens at once; no approval is asked for."""
    found = problems(context, asked)
    if found:
        return Refusal(found)
    if context.state.get(Employer, asked.employer_account_no) is not None:
        return refuse("employer_account_no", "number.taken", "单位账号已被使用")
    number = number_problem(Series.EMPLOYER, asked.employer_account_no, context.command.device, "employer_account_no")
    if number is not None:
        return Refusal((number,))
    case = receive(
        context,
        kind="employer_registration",
        title=FORM.title,
        subject=asked.name,
        employer_account_no=asked.employer_account_no,
    )
    if isinstance(case, Refusal):
        return case
    employer = Employer(
        outlet=context.command.device[:4], registered_on=context.business_date, **msgspec.structs.asdict(asked)
    )
    received = Event(kind="employer.received", case_no=case.case_no, rows=(case, employer))
    return (received, posted(context, case, "employer.registered"))


def advise(context: Context, asked: RegisterEmployer) -> Advice:
    """What stands against it, and what happens next."""
    return Advice(
        title="登记后",
        facts=(("单位账号", "提交时由号段分配"), ("下一步", "20 日内为职工办理开户")),
        next_step="提交即登记，联网后由中心确认；回执可立即打印。",
        source="条例第十四条",
        findings=problems(context, asked),
    )


KINDS = (
    CommandKind(
        name=KIND,
        title=FORM.title,
        payload=RegisterEmployer,
        needs=needs,
        decide=decide,
        role="clerk",
        form=FORM,
        advise=advise,
        assigns=(("employer_account_no", Series.EMPLOYER),),
        papers=("employer_registration_receipt",),
    ),
)

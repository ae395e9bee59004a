"""一次性告知: telling an applicant everything that is missing, and opening the draft again when they come back."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.fields import Form
from gjj_desktop.cases.fields import Kind as FieldKind
from gjj_desktop.cases.notice import KIND, OPEN, IssueNotice, MissingItem, keep_days, texts_of, used_sentence
from gjj_desktop.cases.outcome import Refusal, refuse
from gjj_desktop.cases.reading import Raw
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Account, Case, Clerk, OpenNotice, Outlet
from gjj_desktop.cases.state import State, need
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.counter.forms import NOTICE, Checked, FormDesk
from gjj_desktop.counter.handing_in import HandedIn, hand_in
from gjj_desktop.counter.making import Making
from gjj_desktop.counter.notice_codes import notice_number
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.findings import Finding
from gjj_desktop.printing.papers import DeficiencyNotice, Missing, Paper
from gjj_desktop.rules.policy import Policy
from gjj_desktop.security.masking import mask_identity
from gjj_desktop.store import draft_pages, drafts, view
from gjj_desktop.store.drafts import Draft


class NoticeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One notice that waits: whose, for what, what is missing, who issued it, and until when it is listed."""

    notice_no: str
    title: str
    subject: str
    missing: tuple[str, ...]
    made_by: str
    made_on: date
    until: date


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is said to the applicant; `there` are the materials that need not be brought again."""

    missing: tuple[MissingItem, ...]
    wrong: tuple[str, ...]
    there: tuple[str, ...]
    business: str
    basis: str
    until: date


def can_be_told(desk: FormDesk) -> bool:
    """Whether the sheet is one that a notice can keep: of a kind that takes one back, and no case being corrected."""
    return NOTICE in desk.kind.payload.__struct_fields__ and not desk.case_no


def issue_notice(desk: FormDesk, raw: Raw) -> HandedIn | Refusal:
    """Tell everything that is missing on the sheet, keep what was typed at the outlet, and put the sheet away.

    Refused while nobody is picked, and when nothing is missing. Asking twice issues one notice.
    """
    window = desk.window
    checked, findings = desk.check(raw), desk.everything_wrong(raw)
    with window.reading() as connection:
        account = view.one(connection, Account, raw.get("personal_account_no", ""))
        if account is None:
            return refuse("personal_account_no", "notice.nobody", "请先选择缴存人，再打印告知单")
        policy, today = window.policy(connection), window.business_date(connection)
        pages = draft_pages.of_draft(connection, desk.draft_id)
    told = _told(checked, findings, raw, policy, today)
    payload = IssueNotice(
        form=desk.kind.name,
        title=told.business,
        subject=account.name,
        raw=msgspec.msgpack.encode({name: text for name, text in raw.items() if text.strip()}),
        missing=told.missing,
        wrong=told.wrong,
        pages=pages,
        notice_no=desk.notice_no,
    )
    answer = hand_in(
        window,
        KIND,
        payload,
        command_id=desk.draft_id,
        make_paper=lambda making: _paper(making, account, told),
    )
    if isinstance(answer, HandedIn):
        desk.begin_anew()
    return answer


def _told(checked: Checked, findings: Sequence[Finding], raw: Raw, policy: Policy, today: date) -> _Told:
    ticked = {code for field in _material_fields(checked.form) for code in raw.get(field, "").split(",")}
    asked = [choice for field in _material_fields(checked.form) for choice in checked.advice.choices.get(field, ())]
    there = [choice for choice in asked if choice.value in ticked | checked.replaced]
    reasons = {option.value: option.label for option in checked.advice.options}
    notice = policy.on("notice", today)
    return _Told(
        missing=tuple(_item(policy, today, choice.value) for choice in asked if choice not in there),
        wrong=_sentences(findings, checked.form),
        there=tuple(choice.label for choice in there),
        business=reasons.get(raw.get("reason", ""), checked.form.title),
        basis="；".join(filter(None, (checked.advice.source, str(notice["legal"])))),
        until=today + timedelta(days=keep_days(policy, today)),
    )


def _material_fields(form: Form) -> list[str]:
    return [field.name for field in form.fields if field.kind is FieldKind.MATERIALS]


def _item(policy: Policy, day: date, code: str) -> MissingItem:
    row = policy.on("material", day, material=code)
    register = str(row.get("shared_data", ""))
    where = f"窗口可核验{register}数据" if register else ""
    return MissingItem(name=row["label"], requirement=str(row.get("help", "")), where=where)


def _sentences(findings: Sequence[Finding], form: Form) -> tuple[str, ...]:
    """Everything that is wrong but the missing materials, which are told one by one, each thing once."""
    materials = set(_material_fields(form))
    labels = {field.name: field.label for field in form.fields}
    said = [
        each.message if labels.get(each.field, "") in each.message else f"{labels[each.field]}：{each.message}"
        for each in findings
        if each.field not in materials
    ]
    return tuple(dict.fromkeys(said))


def _paper(making: Making, account: Account, told: _Told) -> Paper:
    return DeficiencyNotice(
        head=making.head,
        name=account.name,
        identity_no=mask_identity(account.person_id.partition(":")[2]),
        business=told.business,
        handed_in=told.there,
        missing=tuple(Missing(name=each.name, requirement=each.requirement, where=each.where) for each in told.missing),
        basis=told.basis,
        supplement_by=told.until,
        contact=making.hotline,
        address=making.words("outlet.address"),
        reasons=told.wrong,
        notice_no=making.context.command.case_no,
    )


def open_notices(window: Window) -> Sequence[NoticeLine]:
    """The notices of this outlet that nobody has used yet and that policy still lists, the newest first."""
    with window.reading() as connection:
        policy, today = window.policy(connection), window.business_date(connection)
        found = [
            (notice, notice.made_on + timedelta(days=keep_days(policy, notice.made_on)))
            for notice in view.rows_of(connection, OpenNotice, "state", OPEN)
            if notice.outlet == window.outlet
        ]
        waiting = [(notice, until) for notice, until in found if until >= today]
        clerks = {each.made_by: view.one(connection, Clerk, each.made_by) for each, _ in waiting}
    lines = [
        NoticeLine(
            notice_no=notice.notice_no,
            title=notice.title,
            subject=notice.subject,
            missing=notice.missing,
            made_by=clerk.name if (clerk := clerks[notice.made_by]) is not None else notice.made_by,
            made_on=notice.made_on,
            until=until,
        )
        for notice, until in waiting
    ]
    return sorted(lines, key=lambda line: (line.made_on, line.notice_no), reverse=True)


def reopen_notice(window: Window, text: str) -> Draft | Refusal:
    """What was typed behind a notice, as a draft of the clerk signed in; `text` is what was scanned or typed.

    A draft of it that this clerk has begun is gone on with. Refused where the notice is another outlet's, unknown here,
    or used.
    """
    session = window.signed_in()
    with window.store.work() as connection:
        number = notice_number(connection, text)
        notice = view.one(connection, OpenNotice, number) if number else None
        if notice is None or notice.outlet != window.outlet:
            return _not_here(window, connection, number)
        if notice.state != OPEN:
            return refuse(NOTICE, "notice.used", _used_by(connection, notice))
        kind = KINDS.get(notice.kind)
        if kind is None or kind.form is None or NOTICE not in kind.payload.__struct_fields__:
            return refuse(NOTICE, "notice.other_form", "本窗口还不认识这张告知单的业务，请更新程序后再试")
        begun = (each for each in drafts.list_of(connection, session.clerk) if each.raw.get(NOTICE) == number)
        draft = next(begun, None)
        if draft is not None:
            return draft
        draft = Draft(
            id=new_id(),
            clerk=session.clerk,
            kind=notice.kind,
            title=kind.title,
            raw={**(texts_of(notice.raw) or {}), NOTICE: number},
            saved_at=utc_text(),
        )
        drafts.save(connection, draft)
        draft_pages.put(connection, draft.id, notice.pages)
    return draft


def _not_here(window: Window, connection: Connection, number: str) -> Refusal:
    """Why a notice can not be opened at this window: no notice at all, another outlet's, or not known here yet."""
    if not number:
        return refuse(NOTICE, "notice.no_code", "这不是一次性告知单的编号，请重新扫描或输入 13 位编号")
    if number[:4] == window.outlet:
        return refuse(NOTICE, "notice.unknown", "本网点没有这张告知单；刚在别的窗口开出的，同步后再试")
    outlet = view.one(connection, Outlet, number[:4])
    where = outlet.name if outlet is not None else f"{number[:4]} 网点"
    return refuse(NOTICE, "notice.other_outlet", f"这张告知单由{where}开出，请申请人到该网点的任一窗口继续办理")


def _used_by(connection: Connection, notice: OpenNotice) -> str:
    wanted = [need(Case, notice.used_by_case), need(OpenNotice, notice.used_by_case)]
    return used_sentence(State(view.load_view(connection, wanted)), notice)

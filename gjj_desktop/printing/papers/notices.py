"""Papers that tell a citizen what is missing or what was refused."""

from datetime import date

import msgspec

from gjj_desktop.printing.blocks import (
    Block,
    Closing,
    Column,
    Content,
    Fields,
    Heading,
    Money,
    Pair,
    Paragraph,
    Scan,
    Table,
)
from gjj_desktop.printing.paper import Document, number_in_groups
from gjj_desktop.printing.reopening import reopen_text


def numbered(sentences: tuple[str, ...]) -> str:
    """Several sentences as lines with numbers, one as it is."""
    if len(sentences) == 1:
        return sentences[0]
    return "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(sentences, 1))


class CorrectionSlip(Document, frozen=True, kw_only=True, tag="correction_slip"):
    """更正告知单: the centre refused what a window had taken in. `source` is the rule's source.

    `reasons` are all reasons where there are several, `business` what was applied for, `whole_balance` says that the
    receipt named no amount because the whole balance was asked for.
    """

    name: str
    identity_no: str
    accepted_paper: str
    accepted_paper_no: str
    accepted_at: str
    amount_fen: int | None = None
    reason: str
    source: str
    what_to_do: str
    reply_by: date | None = None
    contact: str
    reasons: tuple[str, ...] = ()
    business: str = ""
    whole_balance: bool = False
    remedy: str = ""


def correction_slip(paper: CorrectionSlip) -> Content:
    """What stands on a 更正告知单."""
    if paper.whole_balance:
        asked: tuple[Pair | Money, ...] = (Pair("原申请金额", "账户全部余额及利息", wide=True),)
    else:
        asked = () if paper.amount_fen is None else (Money("原申请金额", paper.amount_fen),)
    fields = Fields(
        (
            Pair("申请人", paper.name),
            Pair("证件号码", paper.identity_no or "—"),
            *((Pair("申请事项", paper.business, wide=True),) if paper.business else ()),
            Pair("原受理回执", paper.accepted_paper),
            Pair("原回执编号", paper.accepted_paper_no),
            Pair("原受理时间", paper.accepted_at, wide=paper.reply_by is None),
            *((Pair("答复期限", paper.reply_by.isoformat()),) if paper.reply_by else ()),
            *asked,
            Pair("不能办理的原因", numbered(paper.reasons or (paper.reason,)), wide=True),
            Pair("依据", paper.source or "—", wide=True),
            Pair("您可以这样办", paper.what_to_do, wide=True),
            *((Pair("不同意的", paper.remedy, wide=True),) if paper.remedy else ()),
        )
    )
    step = f"上列受理事项经中心核验不能按原申请办理，原回执自本单送达之日起不再有效。咨询电话 {paper.contact}。"
    signatures = (("收件人（签名）", ""), ("操作员", paper.head.operator))
    closing = Closing(
        "给您带来不便，敬请谅解。原提交的材料仍然有效，不需要重复提供。", step, signatures, paper.head.issued_at[:10]
    )
    return Content("更正告知单", (fields, closing), "A5-landscape")


class Missing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A material that is missing, and what it has to be like."""

    name: str
    requirement: str
    where: str = ""


DEFICIENCY, NOT_ACCEPTED, SUPPLEMENT = "deficiency", "not_accepted", "supplement"
NOTICE_TITLES = {DEFICIENCY: "一次性告知单", NOT_ACCEPTED: "不予受理告知书", SUPPLEMENT: "补正告知书"}


class DeficiencyNotice(Document, frozen=True, kw_only=True, tag="deficiency_notice"):
    """一次性告知单: everything that is missing, told once; with another `sort` a 不予受理告知书 or 补正告知书.

    `reasons` say why it can not be taken in, or what is to be made good, beside the materials missing. `notice_no` is
    the number under which any window of the outlet opens the draft again, "" where there is none.
    """

    name: str
    identity_no: str
    business: str
    handed_in: tuple[str, ...] = ()
    missing: tuple[Missing, ...]
    basis: str
    supplement_by: date | None = None
    contact: str
    address: str = ""
    hours: str = ""
    sort: str = DEFICIENCY
    reasons: tuple[str, ...] = ()
    remedy: str = ""
    notice_no: str = ""


def deficiency_notice(paper: DeficiencyNotice) -> Content:
    """What stands on a 一次性告知单, 不予受理告知书 or 补正告知书."""
    title = NOTICE_TITLES[paper.sort]
    refused = paper.sort == NOT_ACCEPTED
    fields = Fields(
        (
            Pair("申请人", paper.name),
            Pair("证件号码", paper.identity_no or "—"),
            Pair("申请事项", paper.business),
            *(
                ()
                if refused
                else (Pair("补正期限", paper.supplement_by.isoformat() if paper.supplement_by else "不限"),)
            ),
            Pair("已收材料", "、".join(paper.handed_in) or "无", wide=True),
            *((Pair("原因", numbered(paper.reasons), wide=True),) if paper.reasons else ()),
            Pair("依据", paper.basis, wide=True),
            *((Pair("救济途径", paper.remedy, wide=True),) if paper.remedy else ()),
            *((Pair("办理地点", paper.address, wide=True),) if paper.address else ()),
            *((Pair("办理时间", paper.hours, wide=True),) if paper.hours else ()),
        )
    )
    signatures = (("申请人（签名）", ""), ("操作员", paper.head.operator))
    blocks: tuple[Block, ...] = (
        Paragraph(_opening(paper), indent=2),
        fields,
        *_missing(paper),
        *_reopening(paper.notice_no),
        Closing("", _what_next(paper), signatures, paper.head.issued_at[:10]),
    )
    accepted = paper.head.case_no != paper.notice_no
    return Content(title, blocks, number_word="受理号" if accepted else "告知编号")


def _opening(paper: DeficiencyNotice) -> str:
    asked = f"{paper.name}：您申请办理的“{paper.business}”，"
    if paper.sort == NOT_ACCEPTED:
        return f"{asked}经审查不符合受理条件，决定不予受理。现将原因、依据和救济途径告知如下。"
    if paper.sort == SUPPLEMENT:
        return f"{asked}经审查需要补正。现将需要补正的全部内容一次告知如下，补正后继续办理，不需要重新申请。"
    return (
        f"{asked}材料不齐全或者不符合规定。现将需要补正的全部内容一次告知如下，补齐后即予受理。"
        if paper.missing
        else f"{asked}填报内容需要补正。现将需要补正的全部内容一次告知如下，补正后即予受理。"
    )


def _missing(paper: DeficiencyNotice) -> tuple[Block, ...]:
    if not paper.missing:
        return ()
    table = Table(
        (Column("序号", 12, middle=True), Column("需补正的材料", 54), Column("要求", 72), Column("到哪里办", 36)),
        tuple((str(number), each.name, each.requirement, each.where) for number, each in enumerate(paper.missing, 1)),
    )
    return (Heading("需要补正的材料", f"共 {len(paper.missing)} 项"), table)


def _reopening(notice_no: str) -> tuple[Block, ...]:
    if not notice_no:
        return ()
    words = (
        f"告知编号 {number_in_groups(notice_no)}。补齐后带本单到受理网点任一窗口，由工作人员扫描左侧的码，"
        "已填的内容和已收的材料即可调出，不需要重新填写、重复提交。"
    )
    return (Scan(reopen_text(notice_no), "再次办理", words),)


def _what_next(paper: DeficiencyNotice) -> str:
    if paper.sort == NOT_ACCEPTED:
        return f"以上为不予受理的全部原因，条件具备后可以再次申请。咨询电话 {paper.contact}。"
    return f"以上为需补正的全部内容，除此之外不再要求提供其他材料。咨询电话 {paper.contact}。"

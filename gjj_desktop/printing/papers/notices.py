"""Papers that tell a citizen what is missing or what was refused."""

from datetime import date

import msgspec

from gjj_desktop.printing.blocks import Block, Closing, Column, Content, Fields, Heading, Money, Pair, Paragraph, Table
from gjj_desktop.printing.paper import Document


class CorrectionSlip(Document, frozen=True, kw_only=True, tag="correction_slip"):
    """更正告知单: the centre refused what a window had taken in. `source` is the rule's source."""

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


def correction_slip(paper: CorrectionSlip) -> Content:
    """What stands on a 更正告知单."""
    fields = Fields(
        (
            Pair("申请人", paper.name),
            Pair("证件号码", paper.identity_no),
            Pair("原受理回执", paper.accepted_paper),
            Pair("原回执编号", paper.accepted_paper_no),
            Pair("原受理时间", paper.accepted_at),
            Pair("答复期限", paper.reply_by.isoformat() if paper.reply_by else "—"),
            *((Money("原申请金额", paper.amount_fen),) if paper.amount_fen is not None else ()),
            Pair("不能办理的原因", paper.reason, wide=True),
            Pair("依据", paper.source, wide=True),
            Pair("您可以这样办", paper.what_to_do, wide=True),
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


class DeficiencyNotice(Document, frozen=True, kw_only=True, tag="deficiency_notice"):
    """一次性告知单: everything that is missing, told once."""

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


def deficiency_notice(paper: DeficiencyNotice) -> Content:
    """What stands on a 一次性告知单."""
    fields = Fields(
        (
            Pair("申请人", paper.name),
            Pair("证件号码", paper.identity_no),
            Pair("申请事项", paper.business),
            Pair("补正期限", paper.supplement_by.isoformat() if paper.supplement_by else "不限"),
            Pair("已收材料", "、".join(paper.handed_in) or "无", wide=True),
            Pair("依据", paper.basis, wide=True),
            *((Pair("办理地点", paper.address, wide=True),) if paper.address else ()),
            *((Pair("办理时间", paper.hours, wide=True),) if paper.hours else ()),
        )
    )
    table = Table(
        (Column("序号", 12, middle=True), Column("需补正的材料", 54), Column("要求", 72), Column("到哪里办", 36)),
        tuple((str(number), each.name, each.requirement, each.where) for number, each in enumerate(paper.missing, 1)),
    )
    opening = Paragraph(
        f"{paper.name}：您申请办理的“{paper.business}”，材料不齐全或者不符合规定。现将需要补正的全部内容一次告知如下，"
        "补齐后即予受理。",
        indent=2,
    )
    step = f"以上为需补正的全部内容，除此之外不再要求提供其他材料。咨询电话 {paper.contact}。"
    signatures = (("申请人（签名）", ""), ("操作员", paper.head.operator))
    blocks: tuple[Block, ...] = (
        opening,
        fields,
        Heading("需要补正的材料", f"共 {len(paper.missing)} 项"),
        table,
        Closing("", step, signatures, paper.head.issued_at[:10]),
    )
    return Content("一次性告知单", blocks)

"""How is the decision that refuses an application set: 不予批准决定书?"""

from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.printing.letter import LetterFlow, letter_foot, letter_head, letter_signature
from gjj_desktop.printing.marks import Page
from gjj_desktop.printing.paper import day_in_words, number_in_groups
from gjj_desktop.printing.papers.refusals import RefusalDecision, without_full_stop

REFUSAL_TITLE = "不予批准决定书"


def refusal_pages(paper: RefusalDecision, copy: str, remark: str) -> list[Page]:
    """The pages of one copy: what was asked, why it is refused and by which rule, what may be done against it."""
    flow = LetterFlow(practice=paper.head.practice)
    letter_head(flow, paper.head.centre, f"编号：{number_in_groups(paper.head.paper_no)}", REFUSAL_TITLE)
    flow.paragraph(f"{paper.name}：", indent=0)
    asked = (
        f"申请提取{format_yuan(paper.amount_fen)}元（{capitals(paper.amount_fen)}）"
        if paper.amount_fen is not None
        else "申请提取账户全部余额"
    )
    flow.paragraph(
        f"您（证件号码{paper.identity_no}，个人账号{number_in_groups(paper.personal_account_no)}）于"
        f"{day_in_words(paper.accepted_on)}向我中心{paper.head.outlet}提出“{paper.business}”申请，{asked}，"
        f"受理号{number_in_groups(paper.head.case_no)}。我中心审查后认为："
    )
    reasons = [without_full_stop(reason) for reason in paper.reasons]
    for number, reason in enumerate(reasons, 1):
        end = "；" if number < len(reasons) else "。"
        flow.paragraph(f"{number}.{reason}{end}" if len(reasons) > 1 else reason + end)
    flow.paragraph(f"依据{paper.basis}，决定不予批准上述申请。原受理回执自本决定书送达之日起不再有效。")
    for remedy in paper.remedies:
        flow.paragraph(remedy)
    flow.paragraph(f"联系电话：{paper.contact}，地址：{paper.address}。")
    letter_signature(flow, paper.head.centre, paper.decided_on)
    for number, page in enumerate(flow.pages, 1):
        letter_foot(page, number, copy, remark)
    return flow.pages

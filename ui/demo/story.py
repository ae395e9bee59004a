"""The main job and the breadth of 提取, through the widgets of two windows by four people; a line for each step."""

from ui.demo.closing import account_history, day_close, overdue, papers_kept, verified
from ui.demo.deciding import decided_elsewhere, paid_and_printed
from ui.demo.heirs import account_of_the_deceased
from ui.demo.leading import decided_with_papers_beside, renovation
from ui.demo.once_only import same_invoice_again
from ui.demo.paying import returned_and_put_right
from ui.demo.setting import BACK, FRONT, Story
from ui.demo.taking_in import by_hand, employer_with_roster, people_and_keys, with_the_line_cut
from ui.demo.telling import told_once
from ui.demo.verifying import verified_by_data


def run(story: Story) -> None:
    """All steps; raises when one of them does not come true."""
    story.centre.restore()
    story.say("市中心已启动：内嵌 PostgreSQL，带 SCRAM、角色和行级安全；演示镇数据已导入")
    front, back = story.machine(FRONT), story.machine(BACK)
    try:
        people_and_keys(story, front, back)
        employer_with_roster(story, front)
        by_hand(story, front)
        front = with_the_line_cut(story, front)
        decided_elsewhere(story, front, back)
        paid_and_printed(story, front, back)
        back.close()
        renovation(story, front)
        back = same_invoice_again(story, front)
        told_once(story, front, back)
        decided_with_papers_beside(story, front, back)
        verified_by_data(story, front)
        account_of_the_deceased(story, front, back)
        returned_and_put_right(story, front, back)
        account_history(story, front)
        overdue(story, front)
        papers_kept(story, front)
        day_close(story, front, back)
    finally:
        front.close()
        back.close()
    verified(story)
    story.centre.cut()

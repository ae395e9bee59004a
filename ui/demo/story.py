"""The main job, worked through the widgets of two windows by four people; a line for each step."""

from ui.demo.closing import day_close, overdue, papers_kept, verified
from ui.demo.deciding import decided_elsewhere, paid_and_printed
from ui.demo.setting import BACK, FRONT, Story
from ui.demo.taking_in import by_hand, employer_with_roster, people_and_keys, with_the_line_cut
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
        verified_by_data(story, front)
        overdue(story, front)
        papers_kept(story, front)
        day_close(story, front, back)
    finally:
        front.close()
        back.close()
    verified(story)
    story.centre.cut()

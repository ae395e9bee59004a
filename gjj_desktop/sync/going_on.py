"""Is this window's file an older image of itself, by what the centre holds of it, and may it go on from there?"""

from sqlalchemy import Connection

from gjj_desktop.store import older_image, outbox
from gjj_desktop.store.older_image import OlderImage
from gjj_desktop.store.store import Store
from gjj_desktop.sync.outcomes import LinkError, WindowFaultError

OLDER = "本机数据是从旧备份恢复的"


def notice_older_image(connection: Connection, high_water: int) -> None:
    """Notice that the centre greets with more of this window's commands than it knows of, or has lost some of those
    that the window itself had lost before."""
    following, _ = outbox.chain_head(connection)
    base = older_image.base(connection)
    if high_water >= following:
        older_image.noticed(connection, high_water)
    elif base is not None and base.sequence > high_water:
        older_image.noticed(connection, base.sequence)


def go_on(store: Store, high_water: int) -> None:
    """Let an older image go on behind the last command that anybody knows of; nothing happens to any other file.

    Raises:
        WindowFaultError: the centre has not answered that far yet, or never will.
    """
    with store.read() as connection:
        if older_image.found(connection) is None:
            return
    with store.work() as connection:
        at_the_centre = max(high_water, outbox.last_here(connection).sequence)
        known = older_image.found(connection)
        goes_on = older_image.go_on(connection, at_the_centre)
    if known is not None and not goes_on:
        raise _stopped(known, at_the_centre)


def _stopped(known: OlderImage, at_the_centre: int) -> LinkError:
    if known.forked:
        return WindowFaultError(
            f"{OLDER}，恢复后又办的业务与中心已收的冲突。", "请停止办理业务，联系中心管理员换一个窗口号重新登记。"
        )
    lost = known.had_come_to - at_the_centre
    if lost > 0:
        return WindowFaultError(
            f"{OLDER}，有 {lost} 笔业务没有上送就丢失了。",
            "请联系中心管理员换一个窗口号重新登记，并按留存的单据补录这些业务。",
        )
    return WindowFaultError(f"{OLDER}，正在等中心处理完本机以前的业务。", "处理完会自动恢复，在此之前不能办理业务。")

"""May a page of the feed be believed: rows in order, grants under the centre's own signature, policy that is one.

Answers are checked by `store.outbox.settle`, which takes none that the centre did not sign.
"""

from collections.abc import Sequence

import msgspec

from gjj_desktop.cases.command import UNREADABLE
from gjj_desktop.cases.rows import Grant, PolicyVersion
from gjj_desktop.domain.findings import Finding
from gjj_desktop.rules.policy import PolicyError, policy_from_bytes
from gjj_desktop.security.sign_in import read_grant
from gjj_desktop.sync.greeting import Enrolled
from gjj_desktop.sync.outcomes import centre_fault
from gjj_desktop.sync.wire import FeedRow


def check_page(page: Sequence[FeedRow], after: int, enrolled: Enrolled) -> None:
    """Raise when `page`, which is not empty and was asked for from `after`, can not be believed.

    Nothing of such a page may be used: whoever forged one row may have left out another.

    Raises:
        CentreFaultError: a grant is not signed by the centre or is another device's, the rows are out of order, or
            a policy can not be read: the window goes on by the one it has.
    """
    positions = [row.position for row in page]
    if positions != sorted(set(positions)) or positions[0] <= after:
        raise centre_fault("中心送来的数据次序不对，没有采用。")
    check_rows(page, enrolled)


def check_rows(page: Sequence[FeedRow], enrolled: Enrolled) -> None:
    """Raise when a grant or a policy among these rows can not be believed, whatever order they are in.

    Raises:
        CentreFaultError: as `check_page`.
    """
    if any(_is_forged(row, enrolled) for row in page if row.row_type == Grant.__name__ and not row.deleted):
        raise centre_fault("收到的授权没有中心的有效签名，没有采用。")
    if any(_is_no_policy(row) for row in page if row.row_type == PolicyVersion.__name__ and not row.deleted):
        raise centre_fault("中心发布的业务政策读不出来，没有采用。")


def _is_forged(row: FeedRow, enrolled: Enrolled) -> bool:
    try:
        grant = msgspec.msgpack.decode(row.body, type=Grant)
        body = read_grant(grant, *enrolled.centre_keys.at(row.position))
    except UNREADABLE:
        return True
    return isinstance(body, Finding) or {body.device, grant.device} != {enrolled.device}


def _is_no_policy(row: FeedRow) -> bool:
    try:
        policy_from_bytes(msgspec.msgpack.decode(row.body, type=PolicyVersion).body)
    except (*UNREADABLE, PolicyError):
        return True
    return False

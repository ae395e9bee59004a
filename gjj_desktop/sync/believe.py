"""Which rows of a feed page may be believed: answers and grants only under the centre's own signature."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.answer import ANSWER_ROW
from gjj_desktop.cases.rows import Grant
from gjj_desktop.domain.findings import Finding
from gjj_desktop.security.keys import verify
from gjj_desktop.security.sign_in import read_grant
from gjj_desktop.sync.greeting import Enrolled
from gjj_desktop.sync.outcomes import CentreFaultError, centre_fault
from gjj_desktop.sync.wire import Answer, AnswerBody, FeedRow, answer_message


class Page(NamedTuple):
    """A page that may be believed: its rows without the answers, the answers, and the position it ends at."""

    rows: tuple[FeedRow, ...]
    answers: tuple[AnswerBody, ...]
    end: int


def believed(feed_rows: Sequence[FeedRow], after: int, enrolled: Enrolled) -> Page:
    """The page, once every signature in it was checked; `feed_rows` is not empty, `after` the cursor it was asked from.

    Raises:
        CentreFaultError: a signature is not the centre's, an answer or grant is another device's, or the rows are
            out of order. Nothing of such a page may be used: whoever forged one row may have left out another.
    """
    positions = [row.position for row in feed_rows]
    if positions != sorted(set(positions)) or positions[0] <= after:
        raise centre_fault("中心送来的数据次序不对。")
    for row in feed_rows:
        if row.row_type == Grant.__name__ and not row.deleted:
            _check_grant(row, enrolled)
    answers = tuple(_answer(row, enrolled) for row in feed_rows if row.row_type == ANSWER_ROW and not row.deleted)
    rows = tuple(row for row in feed_rows if row.row_type != ANSWER_ROW)
    return Page(rows, answers, positions[-1])


def _answer(row: FeedRow, enrolled: Enrolled) -> AnswerBody:
    try:
        answer = msgspec.msgpack.decode(row.body, type=Answer)
        body = msgspec.msgpack.decode(answer.body, type=AnswerBody)
    except msgspec.MsgspecError:
        raise _forged("回执") from None
    genuine = verify(enrolled.centre_public_key, answer_message(answer.body), answer.signature)
    if not genuine or body.device != enrolled.device:
        raise _forged("回执")
    return body


def _check_grant(row: FeedRow, enrolled: Enrolled) -> None:
    try:
        grant = msgspec.msgpack.decode(row.body, type=Grant)
        body = read_grant(grant, enrolled.centre_public_key)
    except msgspec.MsgspecError:
        raise _forged("授权") from None
    if isinstance(body, Finding) or body.device != enrolled.device or grant.device != enrolled.device:
        raise _forged("授权")


def _forged(what: str) -> CentreFaultError:
    return centre_fault(f"收到的{what}没有中心的有效签名，没有采用。")

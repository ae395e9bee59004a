"""What became of the centre's own commands: posted now, or waited for where another process has them in hand."""

import time
from collections.abc import Sequence

import msgspec

from gjj_desktop.cases.answer import ANSWER_ROW, Answer, AnswerBody
from gjj_desktop.cases.command import CENTRE_DEVICE
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.row_tables import Database
from gjj_desktop.errors import OperatingError

PATIENCE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.2


def answers_to(
    connection: Database, centre_key: bytes, ids: Sequence[str], patience_seconds: float = PATIENCE_SECONDS
) -> list[AnswerBody]:
    """The centre's answers to its own commands, in the order of `ids`; what waits in the inbox is posted.

    Raises:
        OperatingError: another process has them in hand and is not done in time; nothing is lost.
    """
    until = time.monotonic() + patience_seconds
    while True:
        post_all(connection, centre_key)
        found = _answered(connection, ids)
        if len(found) == len(set(ids)):
            return [found[each] for each in ids]
        if time.monotonic() >= until:
            raise OperatingError("中心正在入账，还没有轮到这一批。", "请稍后用同样的命令再运行一次")
        time.sleep(LOOK_AGAIN_SECONDS)


def _answered(connection: Database, ids: Sequence[str]) -> dict[str, AnswerBody]:
    found = connection.execute(
        "select key, body from core.feed where scope = %s and row_type = %s and key = any(%s)",
        (f"device:{CENTRE_DEVICE}", ANSWER_ROW, list(ids)),
    )
    return {key: _body(bytes(body)) for key, body in found}


def _body(answer: bytes) -> AnswerBody:
    return msgspec.msgpack.decode(msgspec.msgpack.decode(answer, type=Answer).body, type=AnswerBody)

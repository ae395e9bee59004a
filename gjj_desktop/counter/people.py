"""人员: who works at this outlet, and a new key for one of them by the word of two people, half a code from each."""

import secrets
from collections.abc import Sequence

import msgspec

from gjj_desktop.cases.key_reset import (
    AGREE,
    ASK,
    HALF_ALPHABET,
    HALF_LETTERS,
    AgreeKeyReset,
    AskKeyReset,
    half_hash,
    may_agree,
    may_ask,
)
from gjj_desktop.cases.outcome import Refusal, refuse
from gjj_desktop.cases.rows import Clerk
from gjj_desktop.cases.workflow import ROLE_LABELS
from gjj_desktop.clock import china_time, new_id
from gjj_desktop.counter.handing_in import hand_in
from gjj_desktop.counter.window import Window
from gjj_desktop.store import view

ASK_WORDS = "把这一半登录码交给本人；另一半由同意的人给。中心收到申请后，请另一位主管在“人员”里同意。"
AGREE_WORDS = "把这一半登录码交给本人。本人在登录页按 F2，先输申请人给的一半，再输这一半，一天内有效。"


class PersonLine(msgspec.Struct, frozen=True, kw_only=True):
    """One clerk of the outlet. `asked_by` names who asked for a new key that waits for a second person, else "".

    `may_ask` and `may_agree` say what who is signed in may do about them.
    """

    clerk: str
    name: str
    roles: str
    state_words: str
    tone: str
    asked: str
    asked_by: str
    asked_at: str
    leaked: bool
    may_ask: bool
    may_agree: bool


class Half(msgspec.Struct, frozen=True, kw_only=True):
    """One half of a code, shown once and kept nowhere: "ABCDE FGHJK"; `sentence` says whom to give it to."""

    half: str
    sentence: str


def people(window: Window) -> Sequence[PersonLine]:
    """The clerks of this outlet: those first for whom a new key was asked, then by number; those who left last."""
    me = window.signed_in().clerk
    with window.reading() as connection:
        clerks = [row for row in view.rows_of(connection, Clerk) if row.outlet == window.outlet]
    names = {row.clerk: row.name for row in clerks}
    ordered = sorted(clerks, key=lambda row: (row.state != "active", row.reset is None, row.clerk))
    return [_line(row, names, me, window.outlet) for row in ordered]


def ask_for_key(window: Window, clerk: str, *, leaked: bool) -> Half | Refusal:
    """Ask for a new key of a clerk; answers the first half of the code. `leaked`: others may know the password."""
    asked, half = new_id(), _half()
    payload = AskKeyReset(clerk=clerk, leaked=leaked, half_hash=half_hash(asked, half))
    answer = hand_in(window, ASK, payload, command_id=asked)
    return answer if isinstance(answer, Refusal) else Half(half=_spoken(half), sentence=ASK_WORDS)


def agree_to_key(window: Window, clerk: str) -> Half | Refusal:
    """Agree to the new key that was asked for a clerk; answers the second half of the code."""
    with window.reading() as connection:
        row = view.one(connection, Clerk, clerk)
    if row is None or row.reset is None:
        return refuse("clerk", "key_reset.not_asked", "这项重置申请已不在，请刷新后查看")
    half = _half()
    payload = AgreeKeyReset(clerk=clerk, asked=row.reset.asked, half_hash=half_hash(row.reset.asked, half))
    answer = hand_in(window, AGREE, payload)
    return answer if isinstance(answer, Refusal) else Half(half=_spoken(half), sentence=AGREE_WORDS)


def _half() -> str:
    return "".join(secrets.choice(HALF_ALPHABET) for _ in range(HALF_LETTERS))


def _spoken(half: str) -> str:
    middle = HALF_LETTERS // 2
    return f"{half[:middle]} {half[middle:]}"


def _line(row: Clerk, names: dict[str, str], me: str, outlet: str) -> PersonLine:
    reset = row.reset
    words, tone = ("在岗", "good") if row.state == "active" else ("已停用", "")
    if reset is not None:
        words, tone = "待同意重置", "waiting"
    return PersonLine(
        clerk=row.clerk,
        name=row.name,
        roles="、".join(ROLE_LABELS.get(role, role) for role in row.roles),
        state_words=words,
        tone=tone,
        asked=reset.asked if reset else "",
        asked_by=names.get(reset.asked_by, reset.asked_by) if reset else "",
        asked_at=f"{china_time(reset.asked_at):%m-%d %H:%M}" if reset else "",
        leaked=reset.leaked if reset else False,
        may_ask=may_ask(me, row, outlet) is None,
        may_agree=reset is not None and may_agree(me, row, outlet, reset.asked) is None,
    )

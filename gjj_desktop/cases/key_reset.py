"""重置密钥: a clerk who forgot their password, or whose password others know, gets a new key by the word of two people.

A supervisor asks, a second one (or an administrator at the centre) agrees; never the clerk, and never one person twice.
Each of the two gives the clerk one half of a one-time code, so that neither alone can make a key in the clerk's name.
What the commands carry of the halves is their hash, and no row says it: it stays with the command.
"""

from hashlib import sha256

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Clerk, KeyReset, changed
from gjj_desktop.cases.state import Need, need

ASK, AGREE = "clerk.ask_key_reset", "clerk.agree_key_reset"
AGREED = "clerk.key_reset_agreed"
"""The event upon which the centre ends the clerk's keys and opens the code."""
HALF_LETTERS = 10
HALF_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class AskKeyReset(msgspec.Struct, frozen=True, kw_only=True):
    """`leaked` says that somebody else may know the password: then nothing counts that is still on its way."""

    clerk: str
    leaked: bool
    half_hash: bytes


class AgreeKeyReset(msgspec.Struct, frozen=True, kw_only=True):
    """Agrees to the request that stands; `asked` is the id of its command."""

    clerk: str
    asked: str
    half_hash: bytes


def half_hash(asked: str, half: str) -> bytes:
    """What is kept of one half of a code; `asked` is the id of the command that asked for the reset."""
    return sha256(f"{asked}:{half}".encode()).digest()


def needs(context: Context, asked: AskKeyReset | AgreeKeyReset) -> list[Need]:
    """The clerk whom it is about."""
    return [need(Clerk, asked.clerk)]


def may_ask(author: str, clerk: Clerk | None, outlet: str) -> Refusal | None:
    """Whether `author`, a supervisor of `outlet`, may ask for a new key of this clerk; why not, else."""
    if clerk is None or clerk.state != "active" or clerk.outlet != outlet:
        return refuse("clerk", "key_reset.clerk", "本网点没有这位在岗人员")
    if clerk.clerk == author:
        return refuse("clerk", "key_reset.own", "不能为本人重置密钥，请由其他主管办理")
    return None


def may_agree(author: str, clerk: Clerk | None, outlet: str, asked: str) -> Refusal | None:
    """Whether `author` may agree to the reset that was asked by the command `asked`; why not, else."""
    refused = may_ask(author, clerk, outlet)
    if refused is not None or clerk is None:
        return refused
    if clerk.reset is None or clerk.reset.asked != asked:
        return refuse("clerk", "key_reset.not_asked", "这项重置申请已不在，请刷新后查看")
    if clerk.reset.asked_by == author:
        return refuse("clerk", "key_reset.same_person", "重置须两个人办理：申请人不能自己同意")
    return None


def ask(context: Context, asked: AskKeyReset) -> Outcome:
    """The request stands with the clerk until it is agreed to; a later one takes its place."""
    clerk, command = context.state.get(Clerk, asked.clerk), context.command
    refused = may_ask(command.author, clerk, command.device[:4]) or _half_wrong(asked.half_hash)
    if refused is not None or clerk is None:
        return refused or refuse("clerk", "key_reset.clerk", "本网点没有这位在岗人员")
    reset = KeyReset(asked=command.id, asked_by=command.author, asked_at=command.made_at, leaked=asked.leaked)
    return (Event(kind="clerk.key_reset_asked", case_no="", rows=(changed(clerk, reset=reset),), central=True),)


def agree(context: Context, asked: AgreeKeyReset) -> Outcome:
    """The request is met: the centre ends the keys and opens the code."""
    clerk, command = context.state.get(Clerk, asked.clerk), context.command
    refused = may_agree(command.author, clerk, command.device[:4], asked.asked) or _half_wrong(asked.half_hash)
    if refused is not None or clerk is None:
        return refused or refuse("clerk", "key_reset.clerk", "本网点没有这位在岗人员")
    return (Event(kind=AGREED, case_no="", rows=(changed(clerk, reset=None),), central=True),)


def _half_wrong(digest: bytes) -> Refusal | None:
    return None if len(digest) == 32 else refuse("", "command.malformed", "业务内容读不出来，请重新录入")


KINDS = (
    CommandKind(
        name=ASK,
        title="申请重置密钥",
        payload=AskKeyReset,
        needs=needs,
        decide=ask,
        role="supervisor",
        opens_case=False,
    ),
    CommandKind(
        name=AGREE,
        title="同意重置密钥",
        payload=AgreeKeyReset,
        needs=needs,
        decide=agree,
        role="supervisor",
        opens_case=False,
    ),
)

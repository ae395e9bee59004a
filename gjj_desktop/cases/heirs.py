"""继承人: who inherits an account, by what share, and where each share is paid."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction

import msgspec

from gjj_desktop.domain.bank_card import check_bank_card
from gjj_desktop.domain.codes import IdentityType
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import half_width, without_spaces
from gjj_desktop.domain.identity import check_identity
from gjj_desktop.domain.names import check_name

PARTS = ("name", "identity_no", "relation", "share", "bank_card", "bank")
"""What is typed for one heir, in the order of a line."""
LABELS = {
    "name": "姓名",
    "identity_no": "证件号码",
    "relation": "与逝者关系",
    "share": "份额",
    "bank_card": "收款银行卡",
    "bank": "开户银行",
}
HEIRS_MAX = 20
_WORDS_MAX = 40


class Heir(msgspec.Struct, frozen=True, kw_only=True):
    """One heir or legatee; `share` is a fraction as typed, "1/2" or "1"; all shares of a case make one whole."""

    name: str
    identity_no: str
    relation: str
    share: str
    bank_card: str
    bank: str


def share_of(text: str) -> Fraction | None:
    """The share that `text` says, above nothing and at most the whole; None when it says none.

    >>> share_of("1/3"), share_of("1"), share_of("4/3"), share_of("half")
    (Fraction(1, 3), Fraction(1, 1), None, None)
    """
    found = re.fullmatch(r"([1-9][0-9]{0,3})(?:/([1-9][0-9]{0,3}))?", text)
    share = Fraction(int(found[1]), int(found[2] or 1)) if found else None
    return share if share is not None and share <= 1 else None


def lines_of(text: str) -> list[list[str]]:
    """The parts of each heir as typed, as many as there are PARTS; lines with nothing in them are left out."""
    lines = [[part.strip() for part in line.split("\t")] for line in text.split("\n")]
    return [(line + [""] * len(PARTS))[: len(PARTS)] for line in lines if any(line)]


def shares_typed(text: str) -> Fraction:
    """What the shares typed so far come to; those that say nothing count as nothing."""
    found = (share_of(_plain(line[PARTS.index("share")])) for line in lines_of(text))
    return sum((share for share in found if share is not None), Fraction(0))


def part_problem(part: str, text: str, today: date) -> str:
    """What is wrong with one part as typed, "" when nothing is."""
    read = _READERS[part](text, today) if text else Finding(part, "field.required", f"请填写{LABELS[part]}")
    return read.message if isinstance(read, Finding) else ""


def read_heirs(text: str, field: str, today: date) -> tuple[Heir, ...] | Finding:
    """The heirs typed, or the first thing that is wrong, told with the place of the heir from 1."""
    lines = lines_of(text)
    if len(lines) > HEIRS_MAX:
        return Finding(field, "heirs.too_many", f"继承人最多 {HEIRS_MAX} 位")
    heirs = []
    for place, line in enumerate(lines, 1):
        values = {part: _READERS[part](typed, today) if typed else "" for part, typed in zip(PARTS, line, strict=True)}
        wrong = next((each for each in values.values() if isinstance(each, Finding)), None)
        if wrong is not None:
            return Finding(field, wrong.code, f"第 {place} 位继承人：{wrong.message}")
        empty = "、".join(LABELS[part] for part, value in values.items() if not value)
        if empty:
            return Finding(field, "heirs.incomplete", f"第 {place} 位继承人：请填写{empty}")
        heirs.append(Heir(**{part: str(value) for part, value in values.items()}))
    return _together(heirs, field) or tuple(heirs)


def _together(heirs: Sequence[Heir], field: str) -> Finding | None:
    """What is wrong between the heirs: somebody twice, or shares that do not make one whole."""
    numbers = [heir.identity_no for heir in heirs]
    twice = next((place for place, number in enumerate(numbers, 1) if number in numbers[: place - 1]), None)
    if twice is not None:
        first = numbers.index(numbers[twice - 1]) + 1
        return Finding(field, "heirs.twice", f"第 {twice} 位与第 {first} 位继承人的证件号码相同")
    total = sum((share_of(heir.share) or Fraction(0) for heir in heirs), Fraction(0))
    if total != 1:
        return Finding(field, "heirs.shares", f"各继承人的份额合计应为 1，现为 {total}")
    return None


def _plain(text: str) -> str:
    return without_spaces(half_width(text))


def _words(text: str, part: str) -> str | Finding:
    strange = len(text) > _WORDS_MAX or not text.isprintable()
    return Finding(part, "heirs.words", f"{LABELS[part]}最多 {_WORDS_MAX} 个字，请照实填写") if strange else text


def _identity(text: str, today: date) -> str | Finding:
    """A resident's number is checked; a passport or permit has none to check."""
    number = without_spaces(text).upper()
    kind = IdentityType.RESIDENT_ID if re.fullmatch("[0-9]{15,18}X?", number) else IdentityType.OTHER_ID
    read = check_identity(number, kind, today, "identity_no")
    return read if isinstance(read, Finding) else read.number


def _share(text: str, today: date) -> str | Finding:
    plain = _plain(text)
    wrong = Finding("share", "heirs.share", "份额请填分数，例如 1/2，独自继承填 1")
    return wrong if share_of(plain) is None else plain


_READERS: dict[str, Callable[[str, date], str | Finding]] = {
    "name": lambda text, today: check_name(text),
    "identity_no": _identity,
    "relation": lambda text, today: _words(text, "relation"),
    "share": _share,
    "bank_card": lambda text, today: check_bank_card(text),
    "bank": lambda text, today: _words(text, "bank"),
}

"""The number of a paper (发票号码、合同编号、文书号): can it be one, and do two writings name the same paper."""

import re
import unicodedata
from functools import lru_cache

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import half_width

_SAME = str.maketrans({"○": "〇", "◯": "〇", "號": "号"})
_AROUND = re.compile("[第号]")
_NO = re.compile(r"^NO(?:[.:]|(?=\s*[0-9]))")
_HAN = "CJK UNIFIED IDEOGRAPH"


@lru_cache(maxsize=4_000)
def document_key(text: str) -> str:
    """What two writings of one number have in common: its letters, figures and Chinese characters, in capitals.

    Brackets, dashes, spaces and every other sign are left out, and 第, 号 and a leading No. with them; "" where
    nothing is left.

    >>> document_key("（2026）云 9901 执第 88 号") == document_key("[2026]云9901执88")
    True
    """
    plain = _NO.sub("", half_width(text).translate(_SAME).upper())
    return _AROUND.sub("", "".join(each for each in plain if _counts(each)))


def check_document_no(text: str, field: str, label: str, figures: bool = False) -> str | Finding:
    """The key of the number (`document_key`), or why it can not be right.

    Letters and figures are those of a keyboard: others look the same and would be another number of the same paper.

    Args:
        text: As it is typed.
        field: Where a finding is shown.
        label: What the field is called.
        figures: The number has no Chinese characters, such as that of an invoice.
    """
    plain = half_width(text).translate(_SAME)
    strange = next((each for each in plain if not (_counts(each) or _is_sign(each))), "")
    if strange:
        message = f"{label}里的“{strange}”不是键盘上的数字或字母，请按原件重新输入"
        return Finding(field, "document_no.characters", message)
    key = document_key(text)
    if not key:
        return Finding(field, "document_no.empty", f"请填写{label}")
    if figures and not key.isascii():
        return Finding(field, "document_no.words", f"{label}只填号码，不带汉字")
    return key


def _counts(character: str) -> bool:
    """Whether the character is part of a number: a letter or figure of a keyboard, a Chinese character."""
    if character.isascii():
        return character.isalnum()
    return character == "〇" or unicodedata.name(character, "").startswith(_HAN)


def _is_sign(character: str) -> bool:
    """Whether it stands between the parts of a number: a space, a dash, a bracket, any other sign."""
    return unicodedata.category(character)[0] in "ZPS"

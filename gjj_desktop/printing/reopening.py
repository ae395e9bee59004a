"""What does the code of a 一次性告知单 say that opens the draft behind it again?"""

MARK = "GJJN1"


def reopen_text(notice_no: str) -> str:
    """What the second code on a notice says.

    >>> reopen_text("990503000000132")
    'GJJN1.990503000000132'
    """
    return f"{MARK}.{notice_no}"


def parse_reopen(text: str) -> str | None:
    """The notice's number in what was scanned; None when it is no code of a notice.

    >>> parse_reopen(" GJJN1.990503000000132\\n")
    '990503000000132'
    >>> parse_reopen("990503000000132") is None
    True
    """
    mark, dot, notice_no = text.strip().partition(".")
    return notice_no if mark == MARK and dot and notice_no.isalnum() and notice_no.isascii() else None

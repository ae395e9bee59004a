"""Where may a line of Chinese text end?"""

from collections.abc import Callable

NO_START = frozenset("，。、；：？！）》】〕」』”’…—·％%‰℃,.;:?!)]}›»〉〗〞")
NO_END = frozenset("（《【〔「『“‘￥¥$([{‹«〈〖〝№")

UNITS = frozenset("年月日元期号%时分")  # they stay with the figure before them


def is_word(character: str) -> bool:
    """Whether the character belongs to a Western word or a figure, which is not broken inside."""
    return (character.isascii() and character.isalnum()) or character in ".,-/:@_*+"


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between these two neighbouring characters."""
    if after in NO_START or before in NO_END:
        return False
    if before.isdigit() and after in UNITS:
        return False
    if before == after == "—" or before == after == "…":
        return False
    return not (is_word(before) and is_word(after))


def end_of_line(text: str, start: int, advance: Callable[[str], float], width: float) -> int:
    """The index after the last character of the line that starts at `start`."""
    used, at = 0.0, start
    while at < len(text) and text[at] != "\n" and (used := used + advance(text[at])) <= width + 1e-6:
        at += 1
    if at == len(text) or text[at] == "\n":
        return at
    limit = max(at, start + 1)
    for candidate in range(limit, start, -1):
        if may_break(text[candidate - 1], text[candidate]):
            return candidate
    return limit  # one word longer than the line: it has to be cut somewhere


def break_lines(text: str, advance: Callable[[str], float], width: float, first_indent: float = 0.0) -> list[str]:
    """`text` in lines no wider than `width`, by the rules for Chinese punctuation.

    `advance` gives a character's width in the unit of `width`; the first line is shorter by `first_indent`.
    A newline in the text ends a line. Spaces at a break are dropped. Empty text is one empty line.
    """
    lines: list[str] = []
    start = 0
    while True:
        end = end_of_line(text, start, advance, width if lines else width - first_indent)
        lines.append(text[start:end].rstrip(" "))
        if end >= len(text):
            return lines
        start = end + 1 if text[end] == "\n" else end
        while start < len(text) and text[start] == " " and text[end] != "\n":
            start += 1

"""Full-width characters as a Chinese keyboard types them, folded to the half-width ones that are meant."""

import unicodedata


def half_width(text: str) -> str:
    """`text` with full-width digits, letters, signs and spaces replaced by their half-width form, outer spaces cut.

    Only characters that Unicode calls <wide> are folded: plain NFKC would also turn "10²" into "102".

    >>> half_width("　１，２００．５０ ")
    '1,200.50'
    """
    return text.translate(_HALF_WIDTH).strip()


def _half_widths() -> dict[int, str]:
    """The half-width form of every character that Unicode calls <wide>; they all stand in these two places."""
    places = (0x3000, *range(0xFF00, 0xFFF0))
    wide = (chr(code) for code in places if unicodedata.decomposition(chr(code)).startswith("<wide>"))
    return {ord(character): unicodedata.normalize("NFKC", character) for character in wide}


_HALF_WIDTH = _half_widths()


def without_spaces(text: str) -> str:
    """`half_width(text)` with every space inside removed, for numbers that are written in groups."""
    return "".join(half_width(text).split())


def in_groups(text: str, sizes: tuple[int, ...]) -> str:
    """`text` cut into groups of `sizes` with a space between them; the last size repeats to the end.

    >>> in_groups("6222021234567890128", (4,))
    '6222 0212 3456 7890 128'
    """
    groups, rest, remaining_sizes = [], text, list(sizes)
    while rest:
        size = remaining_sizes.pop(0) if len(remaining_sizes) > 1 else remaining_sizes[0]
        groups.append(rest[:size])
        rest = rest[size:]
    return " ".join(groups)

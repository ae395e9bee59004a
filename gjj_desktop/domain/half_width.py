"""Full-width characters as a Chinese keyboard types them, folded to the half-width ones that are meant."""

import unicodedata


def half_width(text: str) -> str:
    """`text` with full-width digits, letters, signs and spaces replaced by their half-width form, outer spaces cut.

    Only characters that Unicode calls <wide> are folded: plain NFKC would also turn "10²" into "102".

    >>> half_width("　１，２００．５０ ")
    '1,200.50'
    """
    return "".join(map(_folded, text)).strip()


def _folded(character: str) -> str:
    wide = unicodedata.decomposition(character).startswith("<wide>")
    return unicodedata.normalize("NFKC", character) if wide else character


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

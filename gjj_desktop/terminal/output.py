"""Facts on the terminal: as JSON for programs, as aligned columns for people."""

import json
import unicodedata
from collections.abc import Sequence
from typing import Any


def print_json(facts: Any) -> None:
    """`facts` as indented JSON, Chinese left readable."""
    print(json.dumps(facts, ensure_ascii=False, indent=2))


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> None:
    """`rows` under `head`, the first `left` columns to the left, figures to the right."""
    table = [head, *rows]
    widths = [max(_width(row[column]) for row in table) for column in range(len(head))]
    for row in table:
        cells = (_padded(cell, widths[at], at < left) for at, cell in enumerate(row))
        print("  ".join(cells).rstrip())


def _width(text: str) -> int:
    """How many columns of a terminal `text` takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _padded(text: str, width: int, left: bool) -> str:
    gap = " " * (width - _width(text))
    return text + gap if left else gap + text

"""The sample values of resources/samples, and what is asked of a laid-out page."""

import itertools
import subprocess
from pathlib import Path

import msgspec

from gjj_desktop.printing.marks import Page, Rule, Words
from gjj_desktop.printing.papers import Paper
from gjj_desktop.printing.sheets import Sheet

FOLDER = Path(__file__).parents[2] / "resources" / "samples"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def sample(name: str) -> Paper:
    return msgspec.json.decode((FOLDER / f"{name}.json").read_bytes(), type=Paper)


def text_of(pdf: bytes) -> str:
    """What poppler copies out of the document."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def faults(pages: list[Page], sheet: Sheet) -> list[str]:
    """What is wrong with laid-out pages: off the sheet, too small, too thin, run into a rule or into each other."""
    return [fault for page in pages for fault in _page_faults(page, sheet)]


def _page_faults(page: Page, sheet: Sheet) -> list[str]:
    words = [mark for mark in page if isinstance(mark, Words) and mark.text.strip()]
    rules = [mark for mark in page if isinstance(mark, Rule)]
    return [
        *(f"off the sheet: {word.text}" for word in words if not _on_sheet(word, sheet)),
        *(f"under 9 pt: {word.text}" for word in words if word.size < 9),
        *(f"under 0.5 pt: {rule}" for rule in rules if rule.thickness < 0.5),
        *(f"runs into a rule: {word.text}" for word in words for rule in rules if _cut(word, rule)),
        *_overlaps(words),
    ]


def _on_sheet(word: Words, sheet: Sheet) -> bool:
    inside = word.x >= sheet.left - 0.5 and word.x + word.width <= sheet.width - sheet.right + 0.5
    return inside and word.y - word.size * 0.9 >= 0 and word.y + word.size * 0.2 <= sheet.height


def _cut(word: Words, rule: Rule) -> bool:
    left, right, top, bottom = word.x + 0.5, word.x + word.width - 0.5, word.y - word.size * 0.78, word.y + 0.5
    x1, x2 = sorted((rule.x1, rule.x2))
    y1, y2 = sorted((rule.y1, rule.y2))
    return x1 < right and x2 > left and y1 < bottom and y2 > top


def _overlaps(words: list[Words]) -> list[str]:
    return [
        f"overlap: {one.text} / {other.text}"
        for one, other in itertools.combinations(words, 2)
        if abs(one.y - other.y) < min(one.size, other.size) * 0.75
        and one.x + one.width > other.x + 0.5
        and other.x + other.width > one.x + 0.5
    ]

"""Under which terms a row is found: its names, their pinyin initials, and its numbers from the end.

Every look-up is a range in one B-tree, so every term starts with a mark of what it is:
n a name, m a name from a later character on, i its pinyin initials, j initials from a later one on,
# a number written backwards, so that its last digits come first.
"""

from functools import lru_cache
from itertools import islice, product

from gjj_desktop.cases.rows import Account, Case, Employer, Loan, Person, Row
from gjj_desktop.domain.half_width import without_spaces

NAME, INNER_NAME, INITIALS, INNER_INITIALS, NUMBER = "n", "m", "i", "j", "#"
INNER_CHARACTERS_MAX = 8
DIGITS_MIN = 4
READINGS_MAX = 8
"""A name with many characters of several readings is found by the first eight ways to read it."""

FOUND_BY: dict[type[Row], tuple[tuple[str, ...], tuple[str, ...]]] = {
    Person: (("name",), ("identity_no",)),
    Account: ((), ("personal_account_no",)),
    Employer: (("name",), ("employer_account_no", "credit_code")),
    Case: (("subject",), ("case_no",)),
    Loan: (("borrower",), ("loan_account_no", "contract_no")),
}
"""For each type that can be found, in the order it is shown: the fields that are names and those that are numbers."""


def plain(text: str) -> str:
    """Text as terms are written and asked for: half-width, no spaces, small letters."""
    narrow = "".join(text.split()) if text.isascii() else without_spaces(text)
    return narrow.casefold()


def terms_of(row: Row) -> set[str]:
    """All terms of a row; none for a type that is not searched."""
    names, numbers = FOUND_BY.get(type(row), ((), ()))
    terms = {NUMBER + plain(getattr(row, field))[::-1] for field in numbers if getattr(row, field)}
    for field in names:
        terms |= _name_terms(plain(getattr(row, field)))
    return terms


def names_of(row: Row) -> list[str]:
    """The names of a row as they are compared with what was typed."""
    return [plain(getattr(row, field)) for field in FOUND_BY[type(row)][0]]


def _name_terms(name: str) -> set[str]:
    if not name:
        return set()
    terms = {NAME + name} | {INNER_NAME + part for part in _parts(name)}
    for reading in islice(product(*map(_initials, name)), READINGS_MAX):
        initials = "".join(reading)
        terms |= {INITIALS + initials} | {INNER_INITIALS + part for part in _parts(initials) if len(part) > 1}
    return terms


def _parts(text: str) -> list[str]:
    return [text[start : start + INNER_CHARACTERS_MAX] for start in range(1, len(text))]


@lru_cache(maxsize=30_000)
def _initials(character: str) -> tuple[str, ...]:
    """The first letters of a character's readings; letters and digits stand for themselves, marks for nothing."""
    from pypinyin import Style, pinyin

    if character.isascii():
        return (character if character.isalnum() else "",)
    readings = pinyin(character, style=Style.FIRST_LETTER, heteronym=True, errors="ignore")
    return tuple(dict.fromkeys(readings[0])) if readings else ("",)

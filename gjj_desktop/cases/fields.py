"""What a form field is: one row that screen, check, paper and sync all read."""

from collections.abc import Mapping
from enum import Enum
from itertools import chain
from typing import Self

import msgspec


class Kind(Enum):
    """What goes into a field; `ui/` has one editor and `cases.reading` one reader for each."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NAME = "name"
    IDENTITY = "identity"
    CREDIT_CODE = "credit_code"
    MOBILE = "mobile"
    BANK_CARD = "bank_card"
    MONEY = "money"
    PERCENT = "percent"
    INTEGER = "integer"
    DATE = "date"
    MONTH = "month"
    CHOICE = "choice"
    PERSON = "person"
    EMPLOYER = "employer"
    MATERIALS = "materials"
    HEIRS = "heirs"


class Choice(msgspec.Struct, frozen=True):
    """One thing that can be chosen: the stored `value` and the `label` the clerk reads."""

    value: str
    label: str


class Field(msgspec.Struct, frozen=True):
    """One thing the clerk types.

    `name` is the payload's attribute, `label` what stands above the field, `help` the hint under it, `width` its
    share of a row of twelve columns; one that `fills` takes what is left over of its row. `choices` are for
    Kind.CHOICE. `shown_for` is (field name, values): the field is asked for only while that other field has one of the
    values. A field of Kind.PERSON holds a personal account number, of Kind.EMPLOYER an employer account number, of
    Kind.MATERIALS the codes ticked, joined by commas, of Kind.HEIRS one line for each heir with the parts of
    `cases.heirs.PARTS` between tabs.
    """

    name: str
    label: str
    kind: Kind
    help: str = ""
    required: bool = True
    width: int = 6
    choices: tuple[Choice, ...] = ()
    shown_for: tuple[str, tuple[str, ...]] | None = None
    default: str = ""
    fills: bool = False


class Card(msgspec.Struct, frozen=True):
    """A group of fields that stand together on the paper form."""

    title: str
    fields: tuple[Field, ...]
    source: str = ""


class Form(msgspec.Struct, frozen=True, dict=True):
    """Everything that is typed for one kind of command, card by card."""

    command: str
    title: str
    cards: tuple[Card, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields in reading order."""
        listed: tuple[Field, ...] | None = self.__dict__.get("listed")
        if listed is None:
            listed = self.__dict__["listed"] = tuple(field for card in self.cards for field in card.fields)
        return listed

    def known_values(self, name: str) -> frozenset[str]:
        """The choices that the form knows of a field: its own, and those by which others are shown."""
        known: dict[str, frozenset[str]] = self.__dict__.setdefault("known", {})
        if name not in known:
            own = (choice.value for each in self.fields if each.name == name for choice in each.choices)
            shown = (each.shown_for[1] for each in self.fields if each.shown_for and each.shown_for[0] == name)
            known[name] = frozenset((*own, *chain.from_iterable(shown)))
        return known[name]

    def called(self, words: Mapping[str, str]) -> Self:
        """The form with the fields named in `words` called by them; the others keep their labels."""
        cards = tuple(
            msgspec.structs.replace(
                card,
                fields=tuple(
                    msgspec.structs.replace(each, label=words.get(each.name, each.label)) for each in card.fields
                ),
            )
            for card in self.cards
        )
        return msgspec.structs.replace(self, cards=cards)

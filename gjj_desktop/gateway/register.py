"""What the reference server's registers hold: a small file of invented people, and what each question comes to."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from gjj_desktop.cases.verification import CONFIRMED, CONTRADICTED, NOT_FOUND
from gjj_desktop.gateway.spec import Request


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """How one item is answered: `register` is whose data it is, the other words the summary of each result.

    `unknown` is the result for somebody of whom the register holds nothing: not_found, or confirmed where nothing is
    what was to be shown (no home).
    """

    item: str
    register: str
    confirmed: str
    contradicted: str
    not_found: str = "没有查到本人的登记"
    unknown: str = NOT_FOUND


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What a register holds of a person on one item: `holds` are the parameters' values that agree with it.

    `result` is the answer when everything asked agrees; `summary` "" says what the item says.
    """

    item: str
    identity_no: str
    name: str
    holds: dict[str, str] = {}
    result: str = CONFIRMED
    summary: str = ""


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the reference server knows."""

    items: tuple[Item, ...]
    records: tuple[Record, ...] = ()

    def item(self, code: str) -> Item | None:
        """How the item is answered; None for one that is not known here."""
        return next((each for each in self.items if each.item == code), None)


class Found(msgspec.Struct, frozen=True):
    """A result with its words."""

    result: str
    summary: str


def read_register(file: Path) -> Register:
    """The register in a TOML or JSON file (by its name); raises msgspec.MsgspecError or ValueError when it is none."""
    text = file.read_text(encoding="utf-8")
    return (
        msgspec.json.decode(text, type=Register)
        if file.suffix == ".json"
        else msgspec.convert(tomllib.loads(text), Register)
    )


def look_up(register: Register, item: Item, request: Request) -> Found:
    """What the registers say to the request.

    Of several records of a person on an item (two homes, two contracts) the first that agrees answers.
    """
    records = [
        each for each in register.records if each.item == item.item and each.identity_no == request.person.identity_no
    ]
    if not records:
        return Found(item.unknown, item.confirmed if item.unknown == CONFIRMED else item.not_found)
    agreeing = next((each for each in records if _agrees(each, request.person.name, request.asked)), None)
    if agreeing is None:
        return Found(CONTRADICTED, records[0].summary or item.contradicted)
    words = item.confirmed if agreeing.result == CONFIRMED else item.contradicted
    return Found(agreeing.result, agreeing.summary or words)


def _agrees(record: Record, name: str, asked: Mapping[str, str]) -> bool:
    return record.name == name and all(asked.get(parameter, "") == value for parameter, value in record.holds.items())

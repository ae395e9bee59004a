"""Write docs/messages.md: every message between a window and its centre, field by field, as the program has them."""

import inspect
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import inspect as types

from gjj_desktop.cases import workflow
from gjj_desktop.cases.answer import Answer, AnswerBody
from gjj_desktop.cases.command import Command, Envelope, PaperIssue
from gjj_desktop.cases.decision import DECISIONS
from gjj_desktop.cases.kind import CommandKind
from gjj_desktop.cases.leaving import LeaveConfirmed, Leaving
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import CITY_SCOPE, ROW_TYPES, GrantBody, Row
from gjj_desktop.domain import codes
from gjj_desktop.domain.findings import Finding
from gjj_desktop.printing.papers import Paper
from gjj_desktop.security.audit import AuditLine
from gjj_desktop.security.centre_keys import Voucher, VoucherBody
from gjj_desktop.sync.pack import Pack, PackedPage, ToCentre, ToWindow
from gjj_desktop.sync.wire import CentreAddress, FeedRow, Hello, OwnGrant, TakeOverTicket, Ticket

FILE = Path(__file__).parents[2] / "docs" / "messages.md"
LINE_LETTERS_MAX = 128
TRAVELLING: tuple[type[msgspec.Struct], ...] = (
    *(
        Ticket,
        CentreAddress,
        Hello,
        Voucher,
        VoucherBody,
        Envelope,
        Command,
        PaperIssue,
        Answer,
        AnswerBody,
        Finding,
        GrantBody,
        OwnGrant,
    ),
    *(Pack, ToCentre, ToWindow, PackedPage, FeedRow),
    *(Leaving, LeaveConfirmed, AuditLine, TakeOverTicket),
)

HEAD = """\
# Messages, field by field

Written by `python -m tests.support.write_messages` from the program's own classes; `tests/test_docs.py` holds it to
them. [sync.md](sync.md) says what is done with them.

A message is a msgpack map, its keys the names of the fields as strings, **in the order given here**. A field whose
default stands behind `=` may be left out where it has that value; who reads ignores fields that it does not know. The
types:

| written | msgpack |
| --- | --- |
| `str`, `int`, `bool`, `float` | string (UTF-8), integer, boolean, float |
| `bin` | binary |
| `date` | string `YYYY-MM-DD` |
| `decimal` | string, as `"2.6"` |
| `[T]`, `[T, U]` | array of any length of T; array of exactly these |
| `{T}` | map from string to T |
| `T?` | T or nil |
| `"a" \\| "b"` | one of these strings |
| a name | a message of this page; where it says *map with `type`*, the first pair is `type` and its value this name |

Amounts end in `_fen` (fen), ratios in `_bp` (basis points), months are `YYYY-MM`, moments are UTC with milliseconds and
offset (`2026-11-22T02:31:00.000+00:00`).
"""

COMMANDS = """\
A command's `payload` is the message named in the last column, packed. *Role* is what its author must have been given;
*any*: every clerk at work; *device*: the device itself, without a clerk; empty: the centre alone. *Case*: it opens a
case and carries a new case number; else it carries the number of the case that it is about, or `""`. *Numbers*: fields
that hold a fresh number of the window's blocks. *Papers*: kinds of paper that may go out with it.
"""

PAPERS = """\
The `body` of a `PaperIssue`. Unlike all others they leave out every field that has its default, and take no field that
is not theirs.
"""


def messages() -> str:
    """The whole page."""
    return "".join(f"{part}\n" for part in _parts()).rstrip("\n") + "\n"


def _parts() -> Iterator[str]:
    yield HEAD
    shown: set[type] = set()
    yield "## What travels\n"
    yield from _all(TRAVELLING, shown)
    yield "## Commands\n"
    yield COMMANDS
    yield "| kind | | role | case | numbers | papers | payload |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    yield from map(_kind_line, KINDS.values())
    yield ""
    yield from _all(dict.fromkeys(kind.payload for kind in KINDS.values()), shown)
    yield "## Rows of the feed\n"
    yield "`row_type` is the name, `body` the message. *Scope* says whose feed a row stands in.\n"
    for name in ROW_TYPES:
        yield from _row(ROW_TYPES[name], shown)
    yield "## Papers\n"
    yield PAPERS
    yield from _all(get_args(Paper), shown)
    yield "## Parts of them\n"
    while left := sorted(_parts_of(shown) - shown, key=_name):
        yield from _all(left, shown)
    yield "## Codes\n"
    yield "What descriptions above call `domain.codes` and `cases.workflow`.\n"
    yield from (_codes(name, values) for name, values in _code_lists().items())
    yield ""


def _code_lists() -> dict[str, dict[str, str]]:
    lists = {_said(each).rstrip("."): {code.value: code.label for code in each} for each in _standard_codes()}
    steps = {step: f"{label}, by a {workflow.STEP_ROLES[step]}" for step, label in workflow.STEP_LABELS.items()}
    return lists | {
        "State of a case": workflow.STATE_LABELS,
        "Role of a clerk": workflow.ROLE_LABELS,
        "Step of a case": steps,
        "Decision at a step": DECISIONS,
    }


def _standard_codes() -> list[type[codes.Code]]:
    return [
        each for each in vars(codes).values() if isinstance(each, type) and issubclass(each, codes.Code) and len(each)
    ]


def _codes(name: str, values: dict[str, str]) -> str:
    return f"- {name}: " + ", ".join(f"`{code}` {label}" for code, label in values.items())


def _kind_line(kind: CommandKind) -> str:
    numbers = ", ".join(f"`{name}` {series.name}" for name, series in kind.assigns)
    papers = ", ".join(f"`{name}`" for name in kind.papers)
    case = "yes" if kind.opens_case and kind.role else ""
    return f"| `{kind.name}` | {kind.title} | {kind.role} | {case} | {numbers} | {papers} | `{kind.payload.__name__}` |"


def _row(row_type: type[Row], shown: set[type]) -> Iterator[str]:
    yield from _struct(row_type, shown, f"Key: {_key(row_type)}. Scope: {_scope(row_type)}.")


def _key(row_type: type[Row]) -> str:
    own = row_type.__dict__.get("key")
    return f"`{row_type.KEY}`" if own is None else _said(own.fget).rstrip(".")


def _scope(row_type: type[Row]) -> str:
    own = row_type.__dict__.get("scope")
    if own is not None:
        scope = "device:<device>" if "device" in inspect.getsource(own.fget) else CITY_SCOPE
        return f"`{scope}` ({_said(own.fget).rstrip('.')})"
    return "its `outlet`" if "outlet" in row_type.__struct_fields__ else f"`{CITY_SCOPE}`"


def _all(structs: Iterable[type], shown: set[type]) -> Iterator[str]:
    for each in structs:
        yield from _struct(each, shown)


def _struct(struct: type, shown: set[type], more: str = "") -> Iterator[str]:
    info = types.type_info(struct)
    assert isinstance(info, types.StructType)
    shown.add(struct)
    yield f"### {_name(struct)}\n"
    said = _said(struct)
    if info.tag is not None:
        more = f"Map with `{info.tag_field}`{'' if info.tag == struct.__name__ else f' `{info.tag}`'}. {more}".rstrip()
    if info.array_like:
        more = f"An array, the fields in this order. {more}".rstrip()
    yield from textwrap.wrap(f"{said} {more}", LINE_LETTERS_MAX, break_long_words=False, break_on_hyphens=False)
    yield ""
    for field in info.fields:
        yield f"    {field.encode_name}: {_type(field.type)}{_default(field)}"
    yield ""


def _name(struct: type) -> str:
    """What a message is called here; a paper may have a part that is called like a row."""
    on_paper = struct.__module__.startswith("gjj_desktop.printing") and struct.__name__ in ROW_TYPES
    return f"{struct.__name__}OnPaper" if on_paper else struct.__name__


def _said(thing: Any) -> str:
    return " ".join((inspect.getdoc(thing) or "").split())


def _default(field: types.Field) -> str:
    if field.required:
        return ""
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if isinstance(value, bytes):
        return f" = {len(value)} bytes" if value else " = no bytes"
    return f" = {msgspec.json.encode(value).decode()}"


_PLAIN = {
    types.StrType: "str",
    types.IntType: "int",
    types.BoolType: "bool",
    types.FloatType: "float",
    types.BytesType: "bin",
    types.DateType: "date",
    types.DecimalType: "decimal",
    types.NoneType: "nil",
}


def _type(kind: types.Type) -> str:
    if type(kind) in _PLAIN:
        return _PLAIN[type(kind)]
    match kind:
        case types.StructType():
            return _name(kind.cls)
        case types.VarTupleType() | types.ListType():
            return f"[{_type(kind.item_type)}]"
        case types.TupleType():
            return f"[{', '.join(map(_type, kind.item_types))}]"
        case types.NamedTupleType():
            return f"[{', '.join(f'{field.name} {_type(field.type)}' for field in kind.fields)}]"
        case types.DictType():
            assert isinstance(kind.key_type, types.StrType)
            return f"{{{_type(kind.value_type)}}}"
        case types.EnumType():
            return " | ".join(f'"{each.value}"' for each in kind.cls)
        case types.UnionType():
            rest = " | ".join(_type(each) for each in kind.types if not isinstance(each, types.NoneType))
            return f"{rest}?" if kind.includes_none else rest
    raise TypeError(f"no word for {kind}")


def _parts_of(structs: Iterable[type]) -> set[type]:
    found: set[type] = set()
    for struct in structs:
        info = types.type_info(struct)
        assert isinstance(info, types.StructType)
        for field in info.fields:
            _collect(field.type, found)
    return found


def _collect(kind: types.Type, found: set[type]) -> None:
    if isinstance(kind, types.StructType):
        found.add(kind.cls)
    inner = [getattr(kind, name) for name in ("item_type", "value_type") if hasattr(kind, name)]
    inner += [*getattr(kind, "item_types", ()), *getattr(kind, "types", ())]
    if isinstance(kind, types.NamedTupleType):
        inner += [field.type for field in kind.fields]
    for each in inner:
        _collect(each, found)


if __name__ == "__main__":
    FILE.write_text(messages(), encoding="utf-8")
    print(f"{FILE.name}: {messages().count(chr(10))} lines")

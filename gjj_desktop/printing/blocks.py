"""What is a paper made of, before it is known on what sheet it will be printed?"""

import msgspec


class Pair(msgspec.Struct, frozen=True):
    """A label and its value in the ruled grid; a wide one has the row for itself."""

    label: str
    value: str
    wide: bool = False


class Money(msgspec.Struct, frozen=True):
    """An amount on a row of its own, in capitals and in digits."""

    label: str
    fen: int


class Fields(msgspec.Struct, frozen=True):
    """A ruled grid of labels and values, two pairs a row."""

    cells: tuple[Pair | Money, ...]


def filled(*pairs: Pair) -> tuple[Pair, ...]:
    """Those pairs that have a value, for what a paper may leave out."""
    return tuple(pair for pair in pairs if pair.value)


class Column(msgspec.Struct, frozen=True):
    """A column of a table: its head, its share of the room left over, and what is in it.

    Figures are set to the right and never wrapped, `middle` is centred and never wrapped; `whole` (numbers of
    accounts, identity numbers) is wrapped only when nothing else can give way.
    """

    title: str
    share: float
    figures: bool = False
    middle: bool = False
    whole: bool = False


class Table(msgspec.Struct, frozen=True):
    """Rows under a head that is repeated on each page, with sums below; `sums` empty means no row of sums.

    `dense` sets the rows close, for tables of hundreds.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    sums: tuple[str, ...] = ()
    empty: str = "无"
    dense: bool = False


class Heading(msgspec.Struct, frozen=True):
    """A line above what follows, never alone at the foot of a page; `note` stands at its right end."""

    text: str
    note: str = ""


class Paragraph(msgspec.Struct, frozen=True):
    """Running text."""

    text: str
    bold: bool = False
    indent: int = 0


class Scan(msgspec.Struct, frozen=True):
    """A second code that a window scans to go on with something: the code, what it is for, and the same in words."""

    code: str
    heading: str
    words: str


class Closing(msgspec.Struct, frozen=True):
    """The end of a paper: what is declared, what happens next, who signs, and room for the seal over the date."""

    statement: str
    next_step: str
    signatures: tuple[tuple[str, str], ...]
    date: str
    seal: str = "（业务专用章）"


Block = Fields | Table | Heading | Paragraph | Scan | Closing


class Content(msgspec.Struct, frozen=True):
    """A paper's title and its blocks; `sheet` is the sheet it is made for, `two_up` puts two copies on one A4.
    `number_word` is what the head calls the case's number; before anything is accepted it is that of the notice."""

    title: str
    blocks: tuple[Block, ...]
    sheet: str = "A4"
    two_up: bool = False
    number_word: str = "受理号"

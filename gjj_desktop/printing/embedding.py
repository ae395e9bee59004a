"""How is a TrueType face put into a PDF so that every character can be copied out again?"""

from typing import Any

from reportlab.pdfbase.ttfonts import SUBSETN, TTFont

ENTRIES_IN_A_BLOCK = 100  # the most that one bfchar block of a CMap may hold (Adobe technical note 5014)


def to_unicode_map(font_name: str, subset: list[int]) -> str:
    """The ToUnicode CMap of one subset: code in the font → UTF-16BE, as the PDF specification asks.

    ReportLab 5.1.0 writes the bare scalar value, five digits above U+FFFF, which readers take for another
    character; such text prints but can't be copied or searched. Here it is a surrogate pair.
    """
    entries = [f"<{code:02X}> <{chr(value).encode('utf-16-be').hex().upper()}>" for code, value in enumerate(subset)]
    blocks = [entries[at : at + ENTRIES_IN_A_BLOCK] for at in range(0, len(entries), ENTRIES_IN_A_BLOCK)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        f"/CIDSystemInfo << /Registry ({font_name}) /Ordering ({font_name}) /Supplement 0 >> def\n"
        f"/CMapName /{font_name} def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<00> <{len(subset) - 1:02X}>\nendcodespacerange\n{body}\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    )


class EmbeddedFace(TTFont):  # type: ignore[misc]  # ReportLab has no types
    """A TrueType face whose text can be copied and searched, whatever plane its characters are in."""

    def __init__(self, name: str, path: str, subfont: int) -> None:
        super().__init__(name, path, subfontIndex=subfont, asciiReadable=False)
        face = self.face
        tables: dict[str, bytes] = {}
        read_table = face.get_table

        def get_table(tag: str) -> bytes:
            # ReportLab copies the whole outline table (10 MB) out of the file for each subset of each document.
            if tag not in tables:
                tables[tag] = read_table(tag)
            return tables[tag]

        face.get_table = get_table

    def addObjects(self, doc: Any) -> None:  # noqa: N802  # ReportLab's own method
        """Write the subsets, then put the mended maps in place of ReportLab's."""
        subsets = list(self.state[doc].subsets)
        super().addObjects(doc)
        for number, subset in enumerate(subsets):
            name = b"".join((SUBSETN(number), b"+", self.face.name, self.face.subfontNameX)).decode("ascii")
            doc.idToObject[f"toUnicodeCMap:{name}"].content = to_unicode_map(name, subset)

    def draws(self, character: str) -> bool:
        """Whether the face has an outline (or a blank, for a space) for `character`."""
        glyph = self.face.charToGlyph.get(ord(character))
        if not glyph:
            return False
        outline = self.face.glyphPos[glyph + 1] - self.face.glyphPos[glyph]
        return bool(outline) or character.isspace()

    def advance(self, character: str) -> float:
        """How wide `character` is at size 1."""
        return float(self.face.getCharWidth(ord(character))) / 1000

"""Scanned papers for tests of the screen: pages that look like papers, and models in memory that show them."""

import io
from collections.abc import Sequence
from hashlib import sha256

from PIL import Image, ImageDraw

from gjj_desktop.counter.viewing import CasePage
from gjj_desktop.imaging.pages import Picture, picture_of


def a_scan(lines: int = 24, tint: str = "#fdfdf8", size: tuple[int, int] = (1240, 1754)) -> bytes:
    """A page with a heading, lines of writing and a red seal, as a JPEG."""
    image = Image.new("RGB", size, tint)
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.rectangle((width // 3, height // 14, 2 * width // 3, height // 11), fill="#222222")
    for line in range(lines):
        top = height // 7 + line * (height // 32)
        right = width - width // 8 - (line * 97) % (width // 4)
        draw.rectangle((width // 8, top, right, top + height // 140), fill="#555555")
    seal = width // 4
    draw.ellipse(
        (width - 2 * seal, height - 2 * seal, width - seal, height - seal), outline="#c0392b", width=width // 90
    )
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def digest_of(page: bytes) -> str:
    return sha256(page).hexdigest()


class PagesInMemory:
    """A viewer's model; `here` are the pages whose bytes are on this disk, `held` those that the centre has."""

    def __init__(self, *materials: tuple[str, str, Sequence[bytes]]) -> None:
        self.materials = materials
        self.bodies = {digest_of(page): page for _, _, pages in materials for page in pages}
        self.here, self.held = set(self.bodies), set(self.bodies)
        self.asked: list[str] = []

    def pages(self, case_no: str) -> Sequence[CasePage]:
        self.asked.append(case_no)
        return [
            CasePage(
                digest=digest_of(page),
                material=code,
                label=label,
                number=number,
                count=len(pages),
                here=digest_of(page) in self.here,
                held=digest_of(page) in self.held,
            )
            for code, label, pages in self.materials
            for number, page in enumerate(pages, 1)
        ]

    def picture(self, digest: str, longest_edge_px: int) -> Picture | None:
        return picture_of(self.bodies[digest], longest_edge_px)

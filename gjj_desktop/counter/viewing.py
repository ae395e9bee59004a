"""看材料: the scanned pages of a case, as far as they are here; those that the centre holds are fetched."""

from collections.abc import Callable, Collection, Sequence

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.material_pages import HELD
from gjj_desktop.cases.rows import MaterialPage
from gjj_desktop.counter.scanning import short_digest
from gjj_desktop.counter.window import Window
from gjj_desktop.imaging.pages import Picture, picture_of
from gjj_desktop.rules.policy import Policy
from gjj_desktop.store import audit, blobs, view


class CasePage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a case: `number` of `count` pages of its material. `here` says that its bytes are on this disk,
    `held` that the centre has them."""

    digest: str
    material: str
    label: str
    number: int
    count: int
    here: bool
    held: bool

    @property
    def place(self) -> str:
        """Which page it is, in words."""
        return f"第 {self.number} 页，共 {self.count} 页"

    @property
    def mark(self) -> str:
        """The beginning of its digest, as it stands beside the page at the window that scanned it."""
        return f"摘要 {short_digest(self.digest)}"

    @property
    def missing_words(self) -> str:
        """What is said while it can not be shown; "" while it can."""
        return "" if self.here else "正在取" if self.held else "还没有传到中心"


class CasePages:
    """What a viewer asks for. `want` tells the sync which pages somebody waits for."""

    def __init__(self, window: Window, want: Callable[[Collection[str]], None]) -> None:
        self.window, self._want = window, want
        self._looked_at = ""

    def pages(self, case_no: str) -> Sequence[CasePage]:
        """The pages of a case, in the order of policy's materials; those not here that the centre holds are asked for.

        That somebody looked at the papers of a case is written down, once for each time it is opened.
        """
        with self.window.reading() as connection:
            rows = view.rows_of(connection, MaterialPage, "case_no", case_no)
            found = _in_order(rows, self._labels(connection), blobs.here(connection, [row.digest for row in rows]))
        self._want([page.digest for page in found if page.held and not page.here])
        self._write_down(case_no if found else "")
        return found

    def picture(self, digest: str, longest_edge_px: int) -> Picture | None:
        """A page as it is drawn; None when its bytes are not here or are no page."""
        with self.window.reading() as connection:
            body = blobs.get(connection, digest)
        return None if body is None else picture_of(body, longest_edge_px)

    def _labels(self, connection: Connection) -> dict[str, str]:
        return material_labels(self.window.policy(connection))

    def _write_down(self, case_no: str) -> None:
        before, self._looked_at = self._looked_at, case_no
        session = self.window.session
        if case_no in ("", before) or session is None:
            return
        with self.window.store.work() as connection:
            audit.append(connection, session.clerk, "material.view", case_no)
            for row in view.rows_of(connection, MaterialPage, "case_no", case_no):
                blobs.touch(connection, row.digest)


def material_labels(policy: Policy) -> dict[str, str]:
    """Every material's name by its code, in policy's order, those no longer asked for too."""
    return {row["material"]: row["label"] for row in policy.tables["material"].rows}


def _in_order(rows: Sequence[MaterialPage], labels: dict[str, str], here: Collection[str]) -> tuple[CasePage, ...]:
    order = {material: place for place, material in enumerate(labels)}
    ordered = sorted(rows, key=lambda row: (order.get(row.material, len(order)), row.material, row.page_no))
    counts = {row.material: sum(each.material == row.material for each in rows) for row in rows}
    return tuple(
        CasePage(
            digest=row.digest,
            material=row.material,
            label=labels.get(row.material, row.material),
            number=row.page_no,
            count=counts[row.material],
            here=row.digest in here,
            held=row.state == HELD,
        )
        for row in ordered
    )

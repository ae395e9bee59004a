"""扫描: pages of a sheet's materials are added from files, a folder or a camera, put in order, turned and removed."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.material_pages import HELD, KIB, MIB
from gjj_desktop.cases.rows import MaterialPage, PageRef
from gjj_desktop.clock import CHINA
from gjj_desktop.counter.window import Window
from gjj_desktop.errors import OperatingError
from gjj_desktop.imaging.camera import LIVE_EDGE_PX, Camera, open_camera
from gjj_desktop.imaging.limits import ScanLimits
from gjj_desktop.imaging.pages import (
    Picture,
    file_content,
    page_of_picture,
    pages_of,
    picture_of,
    read_pages,
    rotated,
)
from gjj_desktop.rules.policy import NoRuleInForce, Row
from gjj_desktop.store import blobs, draft_pages, drafts, meta, view
from gjj_desktop.store.drafts import Draft

FOLDER = "scan_folder"
FILE_ENDINGS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".pdf", ".heic", ".heif")
"""What a watched folder shows; what a file then is, its bytes say."""
SAVE_AGAIN = "请先移除多余的页，或降低扫描分辨率。"


class SheetPage(msgspec.Struct, frozen=True, kw_only=True):
    """One scanned page of a sheet; `page_no` counts a material's pages from 1."""

    material: str
    page_no: int
    digest: str
    size_bytes: int

    @property
    def words(self) -> str:
        """What stands beside the page: its number, its size, and the beginning of its digest."""
        return f"第 {self.page_no} 页 · {size_words(self.size_bytes)} · 摘要 {short_digest(self.digest)}"


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """What adding came to: pages added, and pages that were there already and were not added again."""

    added: int
    already: int = 0


class FolderFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the watched folder; `at` is when it was last written, as ISO text."""

    path: str
    name: str
    size_bytes: int
    at: str

    @property
    def key(self) -> str:
        """The file as it is now: written anew, it is another."""
        return f"{self.path}:{self.at}:{self.size_bytes}"


def short_digest(digest: str) -> str:
    """The beginning of a digest, as people compare it.

    >>> short_digest("3fa911c2" + "0" * 56)
    '3fa9 11c2'
    """
    return f"{digest[:4]} {digest[4:8]}"


def size_words(size_bytes: int) -> str:
    """A size as people read it.

    >>> size_words(312_400), size_words(2_400_000)
    ('305 KB', '2.3 MB')
    """
    if not size_bytes:
        return "空"
    return f"{size_bytes / MIB:.1f} MB" if size_bytes >= MIB else f"{max(1, size_bytes // KIB)} KB"


def limits_row(window: Window, connection: Connection) -> Row:
    """What policy says of scans today; OperatingError before the centre has published it."""
    try:
        return window.policy(connection).on("material_scan", window.business_date(connection))
    except (NoRuleInForce, KeyError):
        raise OperatingError("中心还没有发布材料扫描的规格。", "请联网同步后再扫描，纸质材料先收存。") from None


def scan_limits(row: Row) -> ScanLimits:
    """How large pages and their files may be, of a row of policy material_scan."""
    return ScanLimits(
        longest_edge_px=row.longest_edge_px,
        jpeg_quality=row.jpeg_quality,
        page_bytes_max=row.page_kib_max * KIB,
        file_bytes_max=row.file_mib_max * MIB,
        file_pages_max=row.file_pages_max,
        file_pixels_max=row.file_pixels_max,
    )


class ScanDesk:
    """The pages of one sheet. Making pages out of files and pictures touches no store and may take long."""

    def __init__(
        self, window: Window, sheet: Draft, want: Callable[[Collection[str]], None] = lambda digests: None
    ) -> None:
        """`sheet` is kept as it is when nothing of it was saved yet: pages belong to a draft.

        `want` asks the sync for pages that another window scanned, of a case that came back or of a 告知单.
        """
        self.window, self.sheet, self._want = window, sheet, want

    def pages(self) -> Sequence[SheetPage]:
        """All pages, material by material, in their order."""
        with self.window.reading() as connection:
            return _numbered(draft_pages.of_draft(connection, self.sheet.id))

    def made_of_file(self, path: Path) -> list[bytes]:
        """The pages of a file; OperatingError says why there are none."""
        return read_pages(path, self._limits())

    def made_of_picture(self, picture: Picture) -> list[bytes]:
        """A camera's picture as a page."""
        return [page_of_picture(picture, self._limits())]

    def add(self, material: str, made: Sequence[bytes]) -> Added:
        """Put pages behind those of the material; the same page twice is there once.

        Raises:
            OperatingError: more than policy lets a material or a case have; nothing was added.
        """
        clerk = self.window.signed_in().clerk
        with self.window.store.work() as connection:
            row = limits_row(self.window, connection)
            before = draft_pages.of_draft(connection, self.sheet.id)
            own = [page for page in before if page.material == material]
            known = {page.digest for page in own}
            fresh: dict[str, PageRef] = {}
            for body in made:
                digest = blobs.put(connection, body)
                if digest not in known:
                    fresh[digest] = PageRef(material=material, digest=digest, size_bytes=len(body))
            if len(own) + len(fresh) > row.material_pages_max:
                raise OperatingError(f"一种材料最多扫描 {row.material_pages_max} 页。", SAVE_AGAIN)
            if len(before) + len(fresh) > row.case_pages_max:
                raise OperatingError(f"一笔业务最多扫描 {row.case_pages_max} 页。", SAVE_AGAIN)
            if sum(page.size_bytes for page in (*before, *fresh.values())) > row.case_mib_max * MIB:
                raise OperatingError(f"一笔业务的扫描页合计不能超过 {row.case_mib_max} MB。", SAVE_AGAIN)
            if drafts.get(connection, self.sheet.id) is None:
                drafts.save(connection, msgspec.structs.replace(self.sheet, clerk=clerk))
            draft_pages.put_material(connection, self.sheet.id, material, [*own, *fresh.values()])
        return Added(added=len(fresh), already=len(made) - len(fresh))

    def move(self, material: str, page_no: int, step: int) -> int:
        """Let a page change places with its neighbour, -1 before it, +1 after; answers where it is now."""
        with self.window.store.work() as connection:
            own = self._own(connection, material)
            to = min(max(page_no + step, 1), len(own))
            if 1 <= page_no <= len(own):
                own.insert(to - 1, own.pop(page_no - 1))
                draft_pages.put_material(connection, self.sheet.id, material, own)
        return to

    def remove(self, material: str, page_no: int) -> None:
        """Take a page away; its bytes go as soon as nothing else names them."""
        with self.window.store.work() as connection:
            own = self._own(connection, material)
            del own[page_no - 1 : page_no]
            draft_pages.put_material(connection, self.sheet.id, material, own)

    def turned(self, digest: str, quarter_turns: int) -> bytes | None:
        """A page turned clockwise; None when its bytes are not here."""
        with self.window.reading() as connection:
            body = blobs.get(connection, digest)
        return None if body is None else rotated(body, quarter_turns, self._limits())

    def replace(self, material: str, page_no: int, digest: str, body: bytes) -> None:
        """Let a page, which is `digest` still, have other bytes."""
        with self.window.store.work() as connection:
            own = self._own(connection, material)
            if 1 <= page_no <= len(own) and own[page_no - 1].digest == digest:
                put = blobs.put(connection, body)
                own[page_no - 1] = msgspec.structs.replace(own[page_no - 1], digest=put, size_bytes=len(body))
                draft_pages.put_material(connection, self.sheet.id, material, own)

    def picture(self, digest: str, longest_edge_px: int) -> Picture | str:
        """A page as it is drawn, or the words why it is not; one that the centre holds is asked for."""
        with self.window.reading() as connection:
            body = blobs.get(connection, digest)
            held = any(row.state == HELD for row in view.rows_of(connection, MaterialPage, "digest", digest))
        if body is not None:
            return picture_of(body, longest_edge_px) or "这一页打不开，请移除后重新扫描。"
        if held:
            self._want([digest])
        return "这一页在中心，正在取。" if held else "这一页不在本机，也还没有传到中心。需要时请重新扫描。"

    def folder(self) -> Path | None:
        """The folder that was chosen for scans at this window; None when none was, or it is gone."""
        with self.window.reading() as connection:
            kept = meta.get(connection, FOLDER, str)
        return Path(kept) if kept and Path(kept).is_dir() else None

    def choose_folder(self, folder: Path) -> None:
        """Look for scans in this folder from now on, whoever works here."""
        with self.window.store.work() as connection:
            meta.put(connection, FOLDER, str(folder))

    def folder_files(self) -> Sequence[FolderFile]:
        """The pictures and PDFs of the chosen folder, the newest first; OperatingError when it can not be read."""
        folder = self.folder()
        if folder is None:
            return ()
        with self.window.reading() as connection:
            shown_max = limits_row(self.window, connection).folder_files_shown_max
        return files_in(folder)[:shown_max]

    def look_into(self, path: Path, longest_edge_px: int) -> Picture | None:
        """The first page of a file that is not added yet; OperatingError says why there is none."""
        return first_picture(path, self._limits(), longest_edge_px)

    def _limits(self) -> ScanLimits:
        with self.window.reading() as connection:
            return scan_limits(limits_row(self.window, connection))

    def _own(self, connection: Connection, material: str) -> list[PageRef]:
        self.window.signed_in()
        return [page for page in draft_pages.of_draft(connection, self.sheet.id) if page.material == material]


def files_in(folder: Path) -> list[FolderFile]:
    """The pictures and PDFs of a folder, the newest first; OperatingError when it can not be read."""
    found = []
    try:
        for path in folder.iterdir():
            if path.suffix.lower() in FILE_ENDINGS and not path.name.startswith((".", "~")):
                try:
                    facts = path.stat()
                except OSError:  # gone since it was listed
                    continue
                at = datetime.fromtimestamp(facts.st_mtime, CHINA).isoformat(timespec="milliseconds")
                found.append(FolderFile(path=str(path), name=path.name, size_bytes=facts.st_size, at=at))
    except OSError:
        raise OperatingError(
            f"打不开文件夹“{folder.name}”。", "请检查它是否还在、有没有权限，或另选一个文件夹。"
        ) from None
    return sorted(found, key=lambda each: (each.at, each.name), reverse=True)


def _numbered(pages: Sequence[PageRef]) -> tuple[SheetPage, ...]:
    counted: dict[str, int] = {}
    numbered = []
    for page in pages:
        counted[page.material] = counted.get(page.material, 0) + 1
        numbered.append(
            SheetPage(
                material=page.material,
                page_no=counted[page.material],
                digest=page.digest,
                size_bytes=page.size_bytes,
            )
        )
    return tuple(numbered)


class CameraDesk:
    """The camera of this window while pages are taken with it; every call comes from one and the same thread."""

    def __init__(self) -> None:
        self._camera: Camera | None = None

    def live(self) -> Picture:
        """What the camera sees now, small enough for the screen; opens it first. OperatingError when there is none."""
        return self._opened().picture(LIVE_EDGE_PX)

    def shot(self) -> Picture:
        """What the camera sees now, as large as it can."""
        return self._opened().picture()

    def close(self) -> None:
        """Let go of the camera, if it was opened."""
        if self._camera is not None:
            self._camera.close()
        self._camera = None

    def _opened(self) -> Camera:
        if self._camera is None:
            self._camera = open_camera()
        return self._camera


def first_picture(path: Path, limits: ScanLimits, longest_edge_px: int) -> Picture | None:
    """The first page of a file, to look at before it is added; OperatingError says why there is none."""
    first = next(iter(pages_of(file_content(path, limits), path.name, limits)), None)
    return None if first is None else picture_of(first, longest_edge_px)

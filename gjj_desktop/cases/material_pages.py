"""扫描页: the pages of a case's materials: announced by a payload that names them, held once the centre has the bytes.

The bytes travel apart from the case, under the SHA-256 by which the payload names them; see docs/sync.md.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence

import msgspec

from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.outcome import Refusal, refuse
from gjj_desktop.cases.rows import MaterialPage, PageRef, changed
from gjj_desktop.cases.state import Need
from gjj_desktop.cases.workflow import accepted_on
from gjj_desktop.domain.findings import Finding

ANNOUNCED, HELD = "announced", "held"
MEDIA_TYPES = frozenset({"image/jpeg"})
KIB, MIB = 1 << 10, 1 << 20
FIELD = "materials"
"""The field of a form at which what is wrong with its pages is said."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MATERIAL = re.compile(r"[a-z0-9_]{1,60}")


def needs_of_pages(case_no: str) -> list[Need]:
    """What `page_rows`, `pages_given_up` and `all_held` look at: the pages of the case so far."""
    return [Need(MaterialPage, "case_no", case_no)]


def page_problems(context: Context, pages: Sequence[PageRef], materials: Collection[str]) -> tuple[Finding, ...]:
    """What is wrong with the pages that a payload names; `materials` are the codes that the case asks for.

    One finding at most, at the field "materials": a page of a material that is not asked for, one that is no page
    (digest, media type, size), more pages or bytes than policy material_scan allows on the day of acceptance.
    """
    if not pages:
        return ()
    row = context.policy.on("material_scan", accepted_on(context))
    if any(page.material not in materials for page in pages):
        return (Finding(FIELD, "pages.material", "有扫描页不属于要收的材料，请移除后再提交"),)
    if any(not _is_page(page, row.page_kib_max * KIB) for page in pages):
        return (Finding(FIELD, "pages.malformed", "有扫描页不合规格，请移除后重新扫描"),)
    if len(pages) > row.case_pages_max:
        message = f"一笔业务最多扫描 {row.case_pages_max} 页，请移除多余的页"
        return (Finding(FIELD, "pages.too_many", message, row.source),)
    if max(Counter(page.material for page in pages).values()) > row.material_pages_max:
        message = f"一种材料最多扫描 {row.material_pages_max} 页，请移除多余的页"
        return (Finding(FIELD, "pages.too_many", message, row.source),)
    if sum(page.size_bytes for page in pages) > row.case_mib_max * MIB:
        message = f"一笔业务的扫描页合计不能超过 {row.case_mib_max} MB，请移除多余的页"
        return (Finding(FIELD, "pages.too_large", message, row.source),)
    return ()


def _is_page(page: PageRef, bytes_max: int) -> bool:
    named = _DIGEST.fullmatch(page.digest) is not None and _MATERIAL.fullmatch(page.material) is not None
    return named and page.media_type in MEDIA_TYPES and 0 < page.size_bytes <= bytes_max


def page_rows(context: Context, pages: Sequence[PageRef], case_no: str = "") -> tuple[MaterialPage, ...]:
    """The rows of a case's pages in their order, for the event that takes the case in (again).

    A page whose bytes the centre holds for this case already is held; every other is announced. `case_no` "" is the
    command's; a 告知单 that keeps pages gives its own number.
    """
    owner = case_no or context.command.case_no
    known = {row.material_page: row for row in context.state.where(MaterialPage, "case_no", owner)}
    held = {(row.digest, row.size_bytes) for row in known.values() if row.state == HELD}
    counted: Counter[str] = Counter()
    rows = []
    for page in pages:
        counted[page.material] += 1
        number = counted[page.material]
        row = MaterialPage(
            material_page=f"{owner}:{page.material}:{number}",
            case_no=owner,
            outlet=context.command.device[:4],
            material=page.material,
            page_no=number,
            digest=page.digest,
            size_bytes=page.size_bytes,
            media_type=page.media_type,
            state=HELD if (page.digest, page.size_bytes) in held else ANNOUNCED,
        )
        old = known.get(row.material_page)
        rows.append(row if old is None else msgspec.structs.replace(row, version=old.version + 1))
    return tuple(rows)


def pages_given_up(context: Context, pages: Sequence[PageRef], case_no: str = "") -> tuple[MaterialPage, ...]:
    """The rows that a corrected case no longer has: goes into `removed` of the event that has `page_rows`."""
    owner = case_no or context.command.case_no
    kept = {row.material_page for row in page_rows(context, pages, owner)}
    had = context.state.where(MaterialPage, "case_no", owner)
    return tuple(row for row in had if row.material_page not in kept)


def pages_missing(context: Context, case_no: str) -> int:
    """How many pages of the case the centre does not hold yet."""
    return sum(row.state != HELD for row in context.state.where(MaterialPage, "case_no", case_no))


def all_held(context: Context, case_no: str) -> Refusal | None:
    """Refuse to approve a case of which pages have not come to the centre yet; None when all are there, or it has none.

    The context must have been loaded with `needs_of_pages(case_no)`.
    """
    missing = pages_missing(context, case_no)
    if not missing:
        return None
    return refuse("", "case.pages_missing", f"还有 {missing} 页材料没有传到中心，传到后再审批", "材料齐全方可审批")


def now_held(row: MaterialPage) -> MaterialPage:
    """The page once the centre has its bytes; said by the centre alone."""
    return changed(row, state=HELD)

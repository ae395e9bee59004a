"""What becomes of the files that clerks and scanners bring: pages of one kind, or a sentence why not."""

import io
import struct
import threading
import zlib
from contextlib import suppress
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from gjj_desktop.imaging.limits import ScanLimits
from gjj_desktop.imaging.pages import page_of_picture, pages_of, picture_of, read_pages, rotated
from gjj_desktop.imaging.pdfium import PDFIUM
from gjj_desktop.imaging.trouble import NoPageError

LIMITS = ScanLimits(
    longest_edge_px=800,
    jpeg_quality=82,
    page_bytes_max=120_000,
    file_bytes_max=3 << 20,
    file_pages_max=12,
    file_pixels_max=9_000_000,
)


def saved(image: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)  # type: ignore[arg-type]
    return out.getvalue()


def marked(width: int = 1200, height: int = 600, mode: str = "RGB") -> Image.Image:
    """White, with a black corner at the top left."""
    image = Image.new("RGB", (width, height), "white")
    image.paste("black", (0, 0, width // 4, height // 4))
    return image.convert(mode)


def opened(page: bytes) -> Image.Image:
    return Image.open(io.BytesIO(page))


def corner_is_dark(page: bytes, x: float, y: float) -> bool:
    image = opened(page).convert("L")
    value = image.getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))
    return isinstance(value, int) and value < 100


def pages(content: bytes, name: str = "a") -> list[bytes]:
    return list(pages_of(content, name, LIMITS))


def sentence(content: bytes) -> str:
    with pytest.raises(NoPageError) as wrong:
        pages(content, "无房证明.jpg")
    assert "无房证明.jpg" in wrong.value.what
    return wrong.value.what


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP"])
@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P"])
def test_every_kind_of_picture_becomes_a_page_of_bounded_size(kind: str, mode: str) -> None:
    if kind == "JPEG" and mode in ("1", "P"):
        mode = "L"
    [page] = pages(saved(marked(mode=mode), kind))
    assert (opened(page).format, opened(page).size) == ("JPEG", (800, 400))
    assert corner_is_dark(page, 0.02, 0.02)
    assert not corner_is_dark(page, 0.9, 0.9)


@pytest.mark.parametrize("mode", ["CMYK", "RGBA", "LA", "I;16", "YCbCr"])
def test_unusual_colours_are_read_as_a_person_sees_them(mode: str) -> None:
    image = marked(40, 40)
    if mode in ("RGBA", "LA"):
        content = saved(image.convert("RGBA").convert(mode), "PNG")
    elif mode == "I;16":
        wide = Image.new("I;16", (40, 40), 65535)
        wide.paste(0, (0, 0, 10, 10))
        content = saved(wide, "TIFF")
    else:
        content = saved(image.convert(mode), "TIFF")
    [page] = pages(content)
    assert corner_is_dark(page, 0.05, 0.05)
    assert not corner_is_dark(page, 0.8, 0.8)


def test_what_is_transparent_is_white() -> None:
    [page] = pages(saved(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG"))
    assert not corner_is_dark(page, 0.5, 0.5)


def test_a_photo_stands_upright_and_tells_neither_place_nor_time() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    exif[0x010F], exif[0x0132] = "手机厂商", "2026:11:22 10:00:00"
    exif.get_ifd(0x8825)[2] = (30.0, 15.0, 0.0)
    [page] = pages(saved(marked(), "JPEG", exif=exif, comment=b"at home", icc_profile=b"x" * 200))
    image = opened(page)
    assert image.size == (400, 800)
    assert corner_is_dark(page, 0.98, 0.02)
    assert not image.getexif()
    assert not {"comment", "icc_profile", "exif"} & set(image.info)
    assert b"2026" not in page


@pytest.mark.parametrize("held", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_however_the_camera_was_held_the_page_is_as_others_show_it(kind: str, held: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = held
    content = saved(marked(), kind, exif=exif)
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    [page] = pages(content)
    assert (opened(page).width > opened(page).height) == (shown.width > shown.height)
    for x, y in ((0.03, 0.03), (0.97, 0.03), (0.03, 0.97), (0.97, 0.97)):
        grey = shown.convert("L").getpixel((int(x * (shown.width - 1)), int(y * (shown.height - 1))))
        assert isinstance(grey, int)
        assert corner_is_dark(page, x, y) == (grey < 100)


def test_every_frame_of_a_tiff_is_a_page_in_its_order() -> None:
    frames = [Image.new("L", (60, 60), value) for value in (0, 128, 255)]
    found = pages(saved(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
    assert [opened(page).convert("L").getpixel((30, 30)) for page in found] == pytest.approx([0, 128, 255], abs=3)


def a_pdf(count: int = 2, **more: object) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(400, 200), **more)  # type: ignore[arg-type]
    for _ in range(count):
        canvas.rect(0, 150, 100, 50, fill=1)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def test_every_page_of_a_pdf_is_a_page() -> None:
    found = pages(a_pdf())
    assert [opened(page).size for page in found] == [(800, 400)] * 2
    assert corner_is_dark(found[1], 0.02, 0.02)


def test_a_page_that_is_too_large_in_bytes_loses_quality_and_then_pixels() -> None:
    noise = Image.effect_noise((1600, 1600), 255).convert("RGB")
    [page] = pages(saved(noise, "PNG"))
    assert len(page) <= LIMITS.page_bytes_max
    assert opened(page).width >= 300


def test_a_turn_is_clockwise_and_four_of_them_are_none() -> None:
    [page] = pages(saved(marked(), "PNG"))
    once = rotated(page, 1, LIMITS)
    assert opened(once).size == (400, 800)
    assert corner_is_dark(once, 0.98, 0.02)
    assert corner_is_dark(rotated(page, 2, LIMITS), 0.98, 0.98)
    assert corner_is_dark(rotated(page, 3, LIMITS), 0.02, 0.98)
    assert rotated(page, 4, LIMITS) == page


def test_the_same_file_gives_the_same_bytes() -> None:
    content = saved(marked(), "PNG")
    assert pages(content) == pages(content)


def test_what_the_camera_sees_is_a_page_too() -> None:
    page = page_of_picture((2, 1, bytes([0, 0, 0, 255, 255, 255])), LIMITS)
    assert opened(page).size == (2, 1)


def test_a_page_is_drawn_as_large_as_asked_and_rubbish_not_at_all() -> None:
    [page] = pages(saved(marked(), "PNG"))
    drawn = picture_of(page, 200)
    assert drawn is not None
    assert drawn[:2] == (200, 100)
    assert len(drawn[2]) == 200 * 100 * 3
    assert picture_of(b"\xff\xd8\xff rubbish", 200) is None
    assert picture_of(page[: len(page) // 4], 200) is None
    assert picture_of(saved(marked(), "PNG"), 200) is None


def test_a_file_of_another_name_is_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "身份证.jpg"
    path.write_bytes(a_pdf(1))
    assert len(read_pages(path, LIMITS)) == 1
    path.write_bytes(saved(marked(), "PNG"))
    assert len(read_pages(path, LIMITS)) == 1


def test_a_file_that_is_none_says_so(tmp_path: Path) -> None:
    said = {}
    for name, content in (("空.jpg", b""), ("大.pdf", bytes(LIMITS.file_bytes_max + 1))):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "夹子.jpg").mkdir()
    for name in ("空.jpg", "大.pdf", "夹子.jpg", "没有.jpg"):
        with pytest.raises(NoPageError) as wrong:
            read_pages(tmp_path / name, LIMITS)
        said[name] = wrong.value.what
    assert said == {
        "空.jpg": "“空.jpg”是空文件。",
        "大.pdf": "“大.pdf”超过 3 MB。",
        "夹子.jpg": "“夹子.jpg”不是图片或 PDF。",
        "没有.jpg": "找不到“没有.jpg”。",
    }


def test_what_is_no_picture_is_told_from_what_is_broken() -> None:
    whole = saved(marked(), "JPEG")
    assert "不是图片或 PDF" in sentence(b"PK\x03\x04" + bytes(100))
    assert "不是图片或 PDF" in sentence("姓名，金额".encode())
    assert "不是图片或 PDF" in sentence(b"GIF89a" + bytes(100))
    assert "损坏" in sentence(whole[: len(whole) // 2])
    assert "损坏" in sentence(saved(marked(), "PNG")[:300])
    assert "损坏" in sentence(b"%PDF-1.7\n" + bytes(500))
    assert "HEIC" in sentence(b"\x00\x00\x00\x18ftypheic" + bytes(100))


def test_a_pdf_under_a_password_says_so() -> None:
    assert "密码" in sentence(a_pdf(encrypt=StandardEncryption("geheim", canPrint=0)))


def test_a_pdf_without_pages_or_with_too_many_says_so() -> None:
    empty = pypdfium2.PdfDocument.new()
    out = io.BytesIO()
    empty.save(out)
    assert "损坏" in sentence(out.getvalue())
    assert "超过 12 页" in sentence(a_pdf(13))


def test_a_tiff_of_too_many_frames_says_so() -> None:
    frames = [Image.new("1", (8, 8)) for _ in range(13)]
    assert "超过 12 页" in sentence(saved(frames[0], "TIFF", save_all=True, append_images=frames[1:]))


def a_bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that unpacks to width × height pixels."""

    def piece(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", head) + piece(b"IDAT", zlib.compress(bytes(1000))) + piece(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(4000, 4000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_that_would_fill_the_memory_is_not_unpacked(width: int, height: int) -> None:
    assert "尺寸过大" in sentence(a_bomb(width, height)) or "损坏" in sentence(a_bomb(width, height))


def test_a_picture_inside_a_pdf_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(200, 200))
    (tmp_path / "big.png").write_bytes(saved(Image.new("1", (3200, 3200)), "PNG"))
    canvas.drawImage(str(tmp_path / "big.png"), 0, 0, 100, 100)
    canvas.save()
    assert "尺寸过大" in sentence(out.getvalue())


def test_a_page_of_absurd_measures_is_drawn_small() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(14_000, 3))
    canvas.showPage()
    canvas.save()
    assert max(opened(pages(out.getvalue())[0]).size) <= 800


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["JPEG", "PNG", "TIFF", "BMP", "PDF"]), st.data())
def test_damaged_files_give_pages_or_a_sentence_and_nothing_else(kind: str, data: st.DataObject) -> None:
    whole = bytearray(a_pdf(1) if kind == "PDF" else saved(marked(64, 48), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(whole)))
    with suppress(NoPageError):
        for page in pages_of(bytes(whole[:cut]), "a", LIMITS):
            assert max(opened(page).size) <= LIMITS.longest_edge_px
            assert len(page) <= LIMITS.page_bytes_max


def test_a_preview_does_not_wait_for_a_long_file() -> None:
    found = pages_of(a_pdf(3), "a", LIMITS)
    next(found)
    taken: list[bool] = []

    def take() -> None:
        with PDFIUM:
            taken.append(True)

    other = threading.Thread(target=take, daemon=True)
    other.start()
    other.join(30)
    assert taken == [True]

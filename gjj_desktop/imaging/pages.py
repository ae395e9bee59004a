"""Which pages does a file hold: images and PDFs made into upright JPEGs of bounded size, and nothing else kept of them.

What the file is, its first bytes say, not its name. Where, when and with what a photo was taken is not carried over.
"""

import io
import warnings
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageOps, UnidentifiedImageError

from gjj_desktop.imaging import trouble
from gjj_desktop.imaging.limits import ScanLimits
from gjj_desktop.imaging.pdfium import PDFIUM

MIB = 1 << 20
FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "MPO")
_PDF_BEGINS_WITHIN = 1024
_HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*", b"BM")
_PHONE_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif")
_QUALITY_STEP, _QUALITY_MIN = 10, 42
_SHRINK = 0.85
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_MIXABLE = frozenset({"L", "LA", "RGB", "RGBA", "CMYK", "YCbCr"})
_POINTS_PER_INCH = 72
_PDF_DPI_MAX = 200
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, ArithmeticError)
"""What Pillow raises on files that are not what they say; struct.error is a ValueError's cousin named beside it."""

Picture = tuple[int, int, bytes]
"""Width, height and RGB bytes, three a pixel, rows from the top without padding."""


def read_pages(path: Path, limits: ScanLimits) -> list[bytes]:
    """The pages of the file as JPEGs, in its order.

    Raises:
        NoPageError: no page can be made of it, or not all; says why.
    """
    return list(pages_of(file_content(path, limits), path.name, limits))


def file_content(path: Path, limits: ScanLimits) -> bytes:
    """The file's bytes; NoPageError when it is gone, no file, empty, too large or not to be read."""
    try:
        if not path.is_file():  # a folder or a device may answer for ever
            raise trouble.no_picture(path.name) if path.exists() else trouble.gone(path.name)
        if path.stat().st_size > limits.file_bytes_max:
            raise trouble.too_large(path.name, limits.file_bytes_max // MIB)
        content = path.read_bytes()
    except OSError:
        raise trouble.not_readable(path.name) from None
    if not content:
        raise trouble.empty(path.name)
    return content


def pages_of(content: bytes, name: str, limits: ScanLimits) -> Iterator[bytes]:
    """The pages in a file's bytes as JPEGs; `name` is what the file is called to the clerk."""
    if b"%PDF-" in content[:_PDF_BEGINS_WITHIN]:
        return _pages_of_pdf(content, name, limits)
    if content[4:8] == b"ftyp" and content[8:12] in _PHONE_BRANDS:
        raise trouble.phone_format(name)
    if not content.startswith(_HEADS):
        raise trouble.no_picture(name)
    return _pages_of_image(content, name, limits)


def page_of_picture(picture: Picture, limits: ScanLimits) -> bytes:
    """A camera's picture as a page."""
    width, height, pixels = picture
    return _encoded(Image.frombytes("RGB", (width, height), pixels), limits)


def rotated(page: bytes, quarter_turns: int, limits: ScanLimits) -> bytes:
    """A page turned clockwise by so many quarters."""
    turns = {
        1: Image.Transpose.ROTATE_270,
        2: Image.Transpose.ROTATE_180,
        3: Image.Transpose.ROTATE_90,
    }
    turn = turns.get(quarter_turns % 4)
    with Image.open(io.BytesIO(page), formats=("JPEG",)) as image:
        return page if turn is None else _encoded(image.transpose(turn), limits)


def picture_of(page: bytes, longest_edge_px: int) -> Picture | None:
    """A page as it is drawn, at most `longest_edge_px` on its longer side; None when the bytes are no page.

    Whoever wrote the bytes, no more is unpacked than a page may have.
    """
    try:
        with Image.open(io.BytesIO(page), formats=("JPEG",)) as opened:
            if opened.width * opened.height > _PAGE_PIXELS_MAX:
                return None
            opened.draft("RGB", (longest_edge_px, longest_edge_px))
            image = ImageOps.exif_transpose(opened).convert("RGB")
            image.thumbnail((longest_edge_px, longest_edge_px), Image.Resampling.LANCZOS)
            return image.width, image.height, image.tobytes()
    except (*_DAMAGE, UnidentifiedImageError, Image.DecompressionBombError):
        return None


_PAGE_PIXELS_MAX = 60_000_000


def _pages_of_image(content: bytes, name: str, limits: ScanLimits) -> Iterator[bytes]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of much that it reads well; what is too large is ours to say
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                # A phone's MPO holds the same view several times; a TIFF's frames are pages.
                count = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
                if count > limits.file_pages_max:
                    raise trouble.too_many_pages(name, limits.file_pages_max)
                for number in range(count):
                    if number:
                        image.seek(number)
                    if image.width * image.height > limits.file_pixels_max:
                        raise trouble.too_many_pixels(name)
                    image.draft(None, (limits.longest_edge_px, limits.longest_edge_px))
                    yield _encoded(image, limits)
    except Image.DecompressionBombError:
        raise trouble.too_many_pixels(name) from None
    except trouble.NoPageError:
        raise
    except (*_DAMAGE, UnidentifiedImageError, MemoryError):
        raise trouble.broken(name) from None


def _pages_of_pdf(content: bytes, name: str, limits: ScanLimits) -> Iterator[bytes]:
    """PDFium is let go between pages: a preview on the screen must not wait for a long file."""
    document = _opened(content, name)
    try:
        with PDFIUM:
            count = len(document)
        if not 0 < count <= limits.file_pages_max:
            raise trouble.too_many_pages(name, limits.file_pages_max) if count else trouble.broken(name)
        for number in range(count):
            with PDFIUM:
                drawn = _drawn(document, number, name, limits)
            yield _encoded(drawn, limits)
    except (pypdfium2.PdfiumError, ValueError, MemoryError):
        raise trouble.broken(name) from None
    finally:
        with PDFIUM:
            document.close()


def _opened(content: bytes, name: str) -> pypdfium2.PdfDocument:
    with PDFIUM:
        try:
            return pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            # PDFium's last error may be that of a document before.
            locked = error.err_code == pdfium.FPDF_ERR_PASSWORD and b"/Encrypt" in content
            raise (trouble.encrypted if locked else trouble.broken)(name) from None


def _drawn(document: pypdfium2.PdfDocument, number: int, name: str, limits: ScanLimits) -> Image.Image:
    """One page, drawn as large as it may be kept; a picture in it that would fill the memory is not unpacked."""
    page = document[number]
    for each in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,)):
        width, height = each.get_px_size()
        if width * height > limits.file_pixels_max:
            raise trouble.too_many_pixels(name)
    longest_pt = max(page.get_width(), page.get_height(), 1.0)
    scale = min(limits.longest_edge_px / longest_pt, _PDF_DPI_MAX / _POINTS_PER_INCH)
    drawn: Image.Image = page.render(scale=scale, rev_byteorder=True, may_draw_forms=True).to_pil()
    return drawn.copy()  # its own pixels: PDFium's go with the page


def _encoded(image: Image.Image, limits: ScanLimits) -> bytes:
    """An upright JPEG within the limits: first less quality, then fewer pixels, until it has few enough bytes."""
    image.load()  # which turns a TIFF upright by itself, and takes its mark away
    turn = _UPRIGHT.get(_orientation(image))
    plain = _smaller(_on_white(_smaller(image, limits.longest_edge_px)), limits.longest_edge_px)
    plain = plain if turn is None else plain.transpose(turn)
    quality = limits.jpeg_quality
    while len(page := _jpeg(plain, quality)) > limits.page_bytes_max:
        if quality - _QUALITY_STEP >= _QUALITY_MIN:
            quality -= _QUALITY_STEP
        else:
            plain = plain.resize((max(1, int(plain.width * _SHRINK)), max(1, int(plain.height * _SHRINK))))
    return page


def _orientation(image: Image.Image) -> int:
    """How the camera was held, 1 to 8; 1 where the file says nothing that can be read."""
    try:
        found = image.getexif().get(_ORIENTATION_TAG, 1)
    except _DAMAGE:
        return 1
    return found if isinstance(found, int) else 1


def _smaller(image: Image.Image, longest_edge_px: int) -> Image.Image:
    """At most so large, so that no second picture of full size is made; what has no shades to mix is left for later."""
    share = longest_edge_px / max(image.size)
    if share >= 1 or image.mode not in _MIXABLE:
        return image
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    """The picture in grey or RGB, what is transparent on white, and nothing with it but its pixels."""
    if image.mode.startswith("I"):  # 16 bits a pixel: the upper eight are what is seen
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if "A" in image.getbands() or "transparency" in image.info:
        layered = image.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        ground.alpha_composite(layered)
        image = ground
    plain = image.convert("L" if image.mode in ("1", "L") else "RGB")
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    return bare

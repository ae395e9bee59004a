"""What does a PDF look like? Its pages as pictures, without Qt."""

from contextlib import closing

import pypdfium2

from gjj_desktop.imaging.pdfium import PDFIUM


def page_count(pdf: bytes) -> int:
    """How many pages the document has."""
    with PDFIUM, closing(pypdfium2.PdfDocument(pdf)) as document:
        return len(document)


def page_image(pdf: bytes, number: int, dpi: float) -> tuple[int, int, bytes]:
    """Page `number` (from 0) as width, height and RGB bytes, three a pixel, rows from the top without padding."""
    with PDFIUM, closing(pypdfium2.PdfDocument(pdf)) as document:
        image = document[number].render(scale=dpi / 72, rev_byteorder=True).to_pil().convert("RGB")
        return image.width, image.height, image.tobytes()


def page_images(pdf: bytes, dpi: float) -> list[tuple[int, int, bytes]]:
    """Each page as width, height and RGB bytes, three a pixel, rows from the top without padding."""
    with PDFIUM, closing(pypdfium2.PdfDocument(pdf)) as document:
        images = []
        for page in document:
            bitmap = page.render(scale=dpi / 72, rev_byteorder=True)
            image = bitmap.to_pil().convert("RGB")
            images.append((image.width, image.height, image.tobytes()))
        return images

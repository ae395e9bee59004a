"""What does a PDF look like? Its pages as pictures, without Qt."""

import pypdfium2


def page_count(pdf: bytes) -> int:
    """How many pages the document has."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return len(document)
    finally:
        document.close()


def page_image(pdf: bytes, number: int, dpi: float) -> tuple[int, int, bytes]:
    """Page `number` (from 0) as width, height and RGB bytes, three a pixel, rows from the top without padding."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        image = document[number].render(scale=dpi / 72, rev_byteorder=True).to_pil().convert("RGB")
        return image.width, image.height, image.tobytes()
    finally:
        document.close()


def page_images(pdf: bytes, dpi: float) -> list[tuple[int, int, bytes]]:
    """Each page as width, height and RGB bytes, three a pixel, rows from the top without padding."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        images = []
        for page in document:
            bitmap = page.render(scale=dpi / 72, rev_byteorder=True)
            image = bitmap.to_pil().convert("RGB")
            images.append((image.width, image.height, image.tobytes()))
        return images
    finally:
        document.close()

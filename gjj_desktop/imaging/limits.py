"""How large pages and the files they come from may be."""

import msgspec


class ScanLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What policy material_scan allows: pixels, bytes, pages; `jpeg_quality` 1 to 95."""

    longest_edge_px: int
    jpeg_quality: int
    page_bytes_max: int
    file_bytes_max: int
    file_pages_max: int
    file_pixels_max: int

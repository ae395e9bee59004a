"""Who may call PDFium now: it is one library for the whole process and serves one thread at a time."""

import threading

PDFIUM = threading.RLock()
"""Held around every call of pypdfium2; objects of it may be kept from one call to the next."""

"""Who may call PDFium now: it is one library for the whole process and serves one thread at a time."""

import threading

PDFIUM = threading.RLock()
"""Held around every use of pypdfium2, from opening a document to closing it."""

"""The shapes that the window's file has had, in order; a change adds a revision here and in `versions/`."""

from pathlib import Path

REVISIONS: tuple[str, ...] = ("0001", "0002")
VERSION_FOLDERS: tuple[str, ...] = (str(Path(__file__).with_name("versions")),)

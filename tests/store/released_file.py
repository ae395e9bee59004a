"""The files of released shapes that are kept beside the tests, each with its keys and what was in it at the time."""

import base64
import json
import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from tests.store.released.make_store import plain

FOLDER = Path(__file__).with_name("released")
SHAPES = sorted(path.name for path in FOLDER.iterdir() if (path / "store.db").exists())


class Released:
    """One such file, copied to where it may be opened."""

    def __init__(self, shape: str, folder: Path) -> None:
        self.folder = folder
        self.facts: dict[str, Any] = json.loads((FOLDER / shape / "facts.json").read_text(encoding="utf-8"))
        self.key = bytes.fromhex(self.facts["store_key"])
        self.device_key = base64.b64decode(self.facts["device_key"])
        self.author_key = base64.b64decode(self.facts["author_key"])
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(FOLDER / shape / "store.db", folder / "store.db")

    def lost(self, connection: Connection) -> list[str]:
        """The tables in which anything differs from what the program that made the file left there."""
        now = plain(connection)
        return [name for name, rows in self.facts["holds"].items() if now[name] != rows]

"""Is the window's file sound and of a shape this program knows: looked at, without upgrading or moving anything."""

from pathlib import Path

import msgspec
from sqlalchemy.exc import DBAPIError

from gjj_desktop.errors import OperatingError
from gjj_desktop.store import migrations
from gjj_desktop.store.engine import file_engine, is_damage, said_plainly
from gjj_desktop.store.one_process import lock_folder
from gjj_desktop.store.store import FILE_NAME, page_faults


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen: `revision` of the shape ("" when unreadable), and the faults of its pages, empty when sound."""

    revision: str = ""
    faults: tuple[str, ...] = ()

    @property
    def readable(self) -> bool:
        """Whether the key opens the file and every page makes sense."""
        return bool(self.revision) and not self.faults

    @property
    def known(self) -> bool:
        """Whether this program knows the shape; a newer program's is not."""
        return self.revision in migrations.REVISIONS

    @property
    def newest(self) -> bool:
        """Whether the next start has nothing to upgrade."""
        return self.revision == migrations.REVISIONS[-1]


def look(folder: Path, key: bytes) -> Look:
    """Look through every page of the store in `folder`, which must be there.

    Raises:
        OperatingError: the program has it open, or the disk does not let us read.
    """
    with lock_folder(folder):
        engine = file_engine(folder / FILE_NAME, key, read_only=True)
        try:
            with engine.connect() as connection:
                revision = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
                return Look(revision=revision, faults=tuple(page_faults(connection)))
        except DBAPIError as error:
            if is_damage(error):
                return Look()
            raise said_plainly(error) or OperatingError("本机数据读不出来。", "请联系管理员。") from error
        finally:
            engine.dispose()

"""Bring the centre's schema to the version that this program knows."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from gjj_desktop.central.schema import CORE


def migrate(url: str) -> str:
    """Migrate the database at `url` (postgresql://…) to the newest version and answer which one that is.

    It is migrated wholly or not at all. The login needs the right to create roles and schemas: it is the
    administrator's, never posting's.
    """
    with _connect(url) as connection:
        connection.execute(text(f"create schema if not exists {CORE}"))
        connection.commit()
        command.upgrade(_config(connection), "head")
        return schema_version(connection)


def schema_version(connection: Connection) -> str:
    """The version the database is at, "" for none."""
    context = MigrationContext.configure(
        connection, opts={"version_table": "schema_version", "version_table_schema": CORE}
    )
    return context.get_current_revision() or ""


def newest_version() -> str:
    """The version that this program knows."""
    return ScriptDirectory.from_config(_config(None)).get_current_head() or ""


def _connect(url: str) -> Connection:
    return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool).connect()


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config

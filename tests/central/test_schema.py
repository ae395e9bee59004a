"""Is the migrated schema the one that the tables describe?"""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from gjj_desktop.central import migrate
from gjj_desktop.central.migrations.versions import __path__ as _versions
from gjj_desktop.central.schema import CORE, metadata
from tests.support.centre import TestCentre


def test_a_migrated_database_has_exactly_the_tables_that_the_program_knows(centre: TestCentre) -> None:
    with migrate._connect(centre.url) as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == CORE,
                "version_table": "schema_version",
                "version_table_schema": CORE,
            },
        )
        assert compare_metadata(context, metadata) == []
        assert migrate.schema_version(connection) == migrate.newest_version()
        assert list(_versions)


def test_migrating_again_changes_nothing(centre: TestCentre) -> None:
    assert migrate.migrate(centre.url) == migrate.newest_version()

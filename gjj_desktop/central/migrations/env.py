"""Run by Alembic: migrates over the connection that `central.migrate` hands in."""

from alembic import context

from gjj_desktop.central.schema import CORE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="schema_version",
    version_table_schema=CORE,
    include_schemas=True,
    include_name=lambda name, kind, _: kind != "schema" or name == CORE,
)
with context.begin_transaction():
    context.run_migrations()

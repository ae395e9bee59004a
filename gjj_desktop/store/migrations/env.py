"""What Alembic runs: the connection comes from `store.upgrade`, which alone has the key."""

from alembic import context

from gjj_desktop.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()

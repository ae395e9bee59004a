"""Statements as they are written, also where a percent sign stands in them."""

from alembic import op
from psycopg import Connection


def run_sql(statements: str) -> None:
    """Run `statements` in the migration's transaction."""
    connection = op.get_bind().connection.driver_connection
    assert isinstance(connection, Connection)
    connection.execute(statements.encode())

"""Alembic: how the centre's tables come from one version to the next."""

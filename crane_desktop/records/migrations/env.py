"""Alembic's entry: runs the migrations on the connection that `records.database` hands in."""

from __future__ import annotations

from alembic import context

from crane_desktop.records.schema import metadata

# The caller has begun the transaction and commits it: all steps happen, or none.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()

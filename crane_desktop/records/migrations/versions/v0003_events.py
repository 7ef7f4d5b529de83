"""Events beside records, in one order with them; which run and which exact recipe a record belongs to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of events and add the columns; older records belong to no known run and are numbered by id."""
    op.add_column("records", sa.Column("run", sa.Text()))
    op.add_column("records", sa.Column("recipe_sha256", sa.Text()))
    op.add_column("records", sa.Column("sequence", sa.Integer()))
    op.create_index("ix_records_run", "records", ["run", "verdict"], sqlite_where=sa.column("run").is_not(None))
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("run", sa.Text()),
        sa.Column("details", sa.JSON(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_kind", "events", ["kind"])
    op.create_index("ix_events_run", "events", ["run"])
    op.create_index("ix_events_run_kind", "events", ["run", "kind"])

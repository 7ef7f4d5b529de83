"""What was done to a picture before it was judged, and where its untouched original lies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; older records had no corrections."""
    op.add_column("records", sa.Column("corrections", sa.JSON()))
    op.add_column("records", sa.Column("original_path", sa.Text()))

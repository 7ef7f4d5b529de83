"""The table of verdicts.

Written out rather than taken from `records.schema`: the schema moves on, this step stays as it was.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table and its indexes."""
    op.create_table(
        "records",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("decided_at", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reason_detail", sa.Text(), nullable=False),
        sa.Column("score", sa.Float()),
        sa.Column("threshold", sa.Float()),
        sa.Column("map_peak", sa.Float()),
        sa.Column("map_threshold", sa.Float()),
        sa.Column("latency_ms", sa.Float(), nullable=False),
        sa.Column("model_ms", sa.Float()),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("pixel_format", sa.Text()),
        sa.Column("frame_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("arrived_at", sa.Text(), nullable=False),
        sa.Column("arrived_ns", sa.Integer(), nullable=False),
        sa.Column("block_id", sa.Integer()),
        sa.Column("device_timestamp_ns", sa.Integer()),
        sa.Column("trigger_id", sa.Integer()),
        sa.Column("file", sa.Text()),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("recipe_version", sa.Integer(), nullable=False),
        sa.Column("pack", sa.Text(), nullable=False),
        sa.Column("pack_version", sa.Text(), nullable=False),
        sa.Column("pack_sha256", sa.Text(), nullable=False),
        sa.Column("software_version", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("for_demonstration", sa.Boolean(), nullable=False),
        sa.Column("image_path", sa.Text()),
        sa.Column("map_path", sa.Text()),
        sa.Column("map_x_px", sa.Float()),
        sa.Column("map_y_px", sa.Float()),
        sa.Column("map_width_px", sa.Float()),
        sa.Column("map_height_px", sa.Float()),
        sa.Column("image_note", sa.Text()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_records_verdict", "records", ["verdict"])
    op.create_index("ix_records_decided_at", "records", ["decided_at"])

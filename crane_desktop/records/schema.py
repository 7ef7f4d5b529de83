"""The log's two tables, records and events, and how their values are stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, Dialect, Float, Index, Integer, MetaData, Table, Text, column
from sqlalchemy.types import TypeDecorator

HEAD = "0003"
"""Newest revision of the migrations; a database beyond it was made by a newer program."""

_TIME_WIDTH = len("2026-01-01T00:00:00.000000Z")


def stored_time(moment: datetime) -> str:
    """Return a moment as the log stores it.

    Raises
    ------
    ValueError
        If it has no time zone: a bug of the caller.
    """
    if moment.tzinfo is None:
        raise ValueError("a stored time needs its time zone")
    # strftime does not pad years below 1000 on every platform; isoformat does.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class UtcTime(TypeDecorator[datetime]):
    """A moment as ISO 8601 text in UTC, of one width, so that text order is time order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Store; a moment without a time zone is a bug of the caller."""
        return None if value is None else stored_time(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read back, aware, in UTC."""
        if value is None:
            return None
        # fromisoformat reads other forms too; text order is time order in this one only.
        if len(value) != _TIME_WIDTH or not value.endswith("Z"):
            raise ValueError(f"no stored time: {value!r:.60}")
        return datetime.fromisoformat(value)


class Counter64(TypeDecorator[int]):
    """An unsigned 64-bit number of a camera (GenTL frame id, timestamp) in SQLite's signed 64 bit."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Store as two's complement."""
        if value is None:
            return None
        value %= 2**64
        return value - 2**64 if value >= 2**63 else value

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Read back."""
        return None if value is None else value % 2**64


metadata = MetaData()


def _needed(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _optional(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=True)


records = Table(
    "records",
    metadata,
    Column("id", Integer, primary_key=True),
    # What was decided (domain.verdicts.Inspection).
    _needed("decided_at", UtcTime),
    _needed("verdict", Text),
    _needed("reason", Text),
    _needed("reason_detail", Text),
    _optional("score", Float),
    _optional("threshold", Float),
    _optional("map_peak", Float),
    _optional("map_threshold", Float),
    _needed("latency_ms", Float),
    _optional("model_ms", Float),
    _needed("regions", JSON),
    _optional("pixel_format", Text),
    # Where the picture came from (domain.frames.FrameOrigin).
    _needed("frame_id", Counter64),
    _needed("source_id", Text),
    _needed("arrived_at", UtcTime),
    _needed("arrived_ns", Counter64),
    _optional("block_id", Counter64),
    _optional("device_timestamp_ns", Counter64),
    _optional("trigger_id", Counter64),
    _optional("file", Text),
    # What judged it (domain.verdicts.JudgedBy).
    _needed("recipe", Text),
    _needed("recipe_version", Integer),
    _needed("pack", Text),
    _needed("pack_version", Text),
    _needed("pack_sha256", Text),
    _needed("software_version", Text),
    _needed("device", Text),
    _needed("for_demonstration", Boolean),
    # The archived pictures, as paths below the records folder, and where the map lies on the frame.
    _optional("image_path", Text),
    _optional("map_path", Text),
    _optional("map_x_px", Float),
    _optional("map_y_px", Float),
    _optional("map_width_px", Float),
    _optional("map_height_px", Float),
    # Why pictures that the settings ask for are not there: "disk_reserve", "disk_full" or "disk_slow".
    _optional("image_note", Text),
    # What was done to the picture before it was judged (domain.corrections.Correction), NULL for nothing; the
    # picture is then the corrected one, and its untouched original lies beside it.
    _optional("corrections", JSON(none_as_null=True)),
    _optional("original_path", Text),
    # The run that it was judged in, and the exact recipe; NULL in records from before these were kept.
    _optional("run", Text),
    _optional("recipe_sha256", Text),
    # Its place in the one order of records and events. Rows from before there were events have none: their ids are it.
    _optional("sequence", Integer),
    # An index of SQLite ends with the row id, so this one pages a verdict newest first without a sort.
    Index("ix_records_verdict", "verdict"),
    Index("ix_records_decided_at", "decided_at"),
    # Counts a run's verdicts without touching a row; the rows of no run are no part of it.
    Index("ix_records_run", "run", "verdict", sqlite_where=column("run").is_not(None)),
    # Ids are never given twice, even after rows were taken out: a record's number names it for good.
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    _needed("sequence", Integer),
    _needed("at", UtcTime),
    _needed("kind", Text),
    _optional("run", Text),
    _needed("details", JSON),
    # Each pages its own selection newest first without a sort.
    Index("ix_events_kind", "kind"),
    Index("ix_events_run", "run"),
    Index("ix_events_run_kind", "run", "kind"),
    sqlite_autoincrement=True,
)


def given_numbers(connection: Connection) -> int:
    """Return how many ids both tables have ever given: the newest place in their one order.

    SQLite keeps the highest id that each table has had (https://sqlite.org/autoinc.html), so that no place is given
    twice, even after rows were taken out.
    """
    sql = "SELECT COALESCE(SUM(seq), 0) FROM sqlite_sequence WHERE name IN ('records', 'events')"
    return int(connection.exec_driver_sql(sql).scalar_one())

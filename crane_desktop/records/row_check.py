"""A row of the log read back as the inspection or the event that was written, or what is wrong with it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Float, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from crane_desktop.domain.corrections import Correction, CorrectionStep
from crane_desktop.domain.events import DETAILS, Event, EventKind, told_counts
from crane_desktop.domain.frames import FrameOrigin
from crane_desktop.domain.history import EventRow
from crane_desktop.domain.maps import Placement, Region
from crane_desktop.domain.verdicts import Inspection, JudgedBy, Reason, ReasonCode, Verdict, verdict_for
from crane_desktop.records.schema import UtcTime, events, records
from crane_desktop.records.score_check import score_problem

_PYTHON_TYPES: tuple[tuple[type[TypeEngine[Any]], type], ...] = (
    (Boolean, bool),
    (Integer, int),
    (Float, float),
    (Text, str),
    (JSON, list),
)
_MAP_PLACE = ("map_x_px", "map_y_px", "map_width_px", "map_height_px")


def inspection_of(row: Mapping[str, Any]) -> Inspection:
    """Return the inspection of a whole row of the table.

    SQLite itself takes any value into any column, so every one is looked at.

    Raises
    ------
    ValueError
        If the row is none that this program writes; its text says which value is wrong.
    """
    for name, kind, needed in _COLUMNS:
        _expect(name, row[name], kind, needed=needed)
    verdict, code = Verdict(row["verdict"]), ReasonCode(row["reason"])
    if verdict is not verdict_for(code):
        raise ValueError(f"verdict {verdict} for the reason {code}")
    if (problem := score_problem(row)) is not None:
        raise ValueError(problem)
    place = [row[name] for name in _MAP_PLACE]
    if (row["map_path"] is None) != (None in place) or len({value is None for value in place}) > 1:
        raise ValueError("map without its place")
    if row["image_path"] is None and (row["map_path"] or row["original_path"]):
        raise ValueError("map or original without its picture")
    return Inspection(
        origin=FrameOrigin(
            frame_id=row["frame_id"],
            source_id=row["source_id"],
            arrived_at=row["arrived_at"],
            arrived_ns=row["arrived_ns"],
            block_id=row["block_id"],
            device_timestamp_ns=row["device_timestamp_ns"],
            trigger_id=row["trigger_id"],
            file=row["file"],
        ),
        verdict=verdict,
        reason=Reason(code, row["reason_detail"]),
        judged_by=JudgedBy(
            recipe=row["recipe"],
            recipe_version=row["recipe_version"],
            pack=row["pack"],
            pack_version=row["pack_version"],
            pack_sha256=row["pack_sha256"],
            software_version=row["software_version"],
            device=row["device"],
            for_demonstration=row["for_demonstration"],
            recipe_sha256=row["recipe_sha256"],
        ),
        decided_at=row["decided_at"],
        latency_ms=row["latency_ms"],
        score=row["score"],
        map_peak=row["map_peak"],
        threshold=row["threshold"],
        map_threshold=row["map_threshold"],
        model_ms=row["model_ms"],
        regions=tuple(_region(region) for region in row["regions"]),
        pixel_format=row["pixel_format"],
        corrections=tuple(_correction(one) for one in row["corrections"] or ()),
        run=row["run"],
    )


def event_of(row: Mapping[str, Any]) -> EventRow:
    """Return the event of a whole row of the table of events.

    Raises
    ------
    ValueError
        If the row is none that this program writes; its text says which value is wrong.
    """
    for column, python, needed in _EVENT_COLUMNS:
        _expect(column, row[column], python, needed=needed)
    kind, details = EventKind(row["kind"]), row["details"]
    for name, types in DETAILS[kind].items():
        value = details.get(name, _MISSING)
        # True is a whole number to Python, but never meant.
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise ValueError(f"{kind} without its {name}" if value is _MISSING else f"{name} is {value!r:.60}")
    if kind in _OF_A_RUN and row["run"] is None:
        raise ValueError(f"{kind} of no run")
    if kind in _WITH_COUNTS:
        told_counts(details)
    return EventRow(row["id"], row["sequence"], Event(kind, row["run"], details, row["at"]))


def _python_type(kind: TypeEngine[Any]) -> type:
    if isinstance(kind, UtcTime):
        return datetime
    plain = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    return next(python for database, python in _PYTHON_TYPES if isinstance(plain, database))


_COLUMNS = [(column.name, _python_type(column.type), not column.nullable) for column in records.columns]
_EVENT_COLUMNS = [
    (column.name, dict if column is events.c.details else _python_type(column.type), not column.nullable)
    for column in events.columns
]
_MISSING = object()
_WITH_COUNTS = frozenset({EventKind.RUN_PROGRESS, EventKind.RUN_ENDED})
_OF_A_RUN = _WITH_COUNTS | {EventKind.RUN_BEGUN, EventKind.CAMERA_GAP}


def _expect(name: str, value: Any, kind: type, *, needed: bool) -> None:
    if value is None:
        if needed:
            raise ValueError(f"{name} is missing")
        return
    # A number without a fraction may come back as an integer; True is one too, but never meant.
    fits = isinstance(value, kind) or (kind is float and isinstance(value, int))
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{name} is {value!r:.60}")
    if kind is float and not math.isfinite(value):
        raise ValueError(f"{name} is no finite number")


def _region(stored: Any) -> Region:
    try:
        outline = tuple((_number(x), _number(y)) for x, y in stored["outline"])
        bounds = Placement(*(_number(value) for value in stored["bounds"]))
        return Region(_number(stored["area_px"]), _number(stored["peak"]), bounds, outline)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"regions hold {stored!r:.60}") from error


def _correction(stored: Any) -> Correction:
    try:
        values, sha256 = tuple(_number(value) for value in stored["values"]), stored["reference_sha256"]
        _expect("reference_sha256", sha256, str, needed=False)
        return Correction(CorrectionStep(stored["step"]), values, sha256)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"corrections hold {stored!r:.60}") from error


def _number(value: Any) -> float:
    _expect("number", value, float, needed=True)
    return float(value)

"""Between the domain's words and the table's columns. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crane_desktop.domain.corrections import Correction
from crane_desktop.domain.events import Event, Plain
from crane_desktop.domain.history import HistoryRow, RunRow
from crane_desktop.domain.maps import AnomalyMap, Placement, Region
from crane_desktop.domain.verdicts import Inspection, Verdict


def row_of(inspection: Inspection) -> dict[str, Any]:
    """Return the table's row of an inspection, without its pictures."""
    origin, judge = inspection.origin, inspection.judged_by
    return {
        "decided_at": inspection.decided_at,
        "verdict": inspection.verdict.value,
        "reason": inspection.reason.code.value,
        "reason_detail": _text(inspection.reason.detail),
        "score": _finite(inspection.score),
        "threshold": _finite(inspection.threshold),
        "map_peak": _finite(inspection.map_peak),
        "map_threshold": _finite(inspection.map_threshold),
        "latency_ms": _finite(inspection.latency_ms),
        "model_ms": _finite(inspection.model_ms),
        "regions": [_region(region) for region in inspection.regions],
        "pixel_format": _optional_text(inspection.pixel_format),
        "corrections": [_correction(one) for one in inspection.corrections] or None,
        "frame_id": origin.frame_id,
        "source_id": _text(origin.source_id),
        "arrived_at": origin.arrived_at,
        "arrived_ns": origin.arrived_ns,
        "block_id": origin.block_id,
        "device_timestamp_ns": origin.device_timestamp_ns,
        "trigger_id": origin.trigger_id,
        "file": _optional_text(origin.file),
        "recipe": _text(judge.recipe),
        "recipe_version": judge.recipe_version,
        "pack": _text(judge.pack),
        "pack_version": _text(judge.pack_version),
        "pack_sha256": _text(judge.pack_sha256),
        "software_version": _text(judge.software_version),
        "device": _text(judge.device),
        "for_demonstration": judge.for_demonstration,
        "recipe_sha256": _optional_text(judge.recipe_sha256),
        "run": _optional_text(inspection.run),
    }


def event_row_of(event: Event) -> dict[str, Any]:
    """Return the table's row of an event."""
    return {
        "at": event.at,
        "kind": event.kind.value,
        "run": _optional_text(event.run),
        "details": {_text(name): _plain(value) for name, value in event.details.items()},
    }


RUN_COLUMNS = (
    *("run", "begun_at", "ended_at", "why", "cause", "last_sign_at"),
    *("source_id", "source_kind", "source", "every_part", "recipe", "recipe_version", "recipe_sha256"),
    *("pack", "pack_version", "pack_sha256", "profile", "device", "software_version"),
    *("frames", "ok", "ng", "review", "none", "losses", "not_recorded", "unknown"),
)


def flat_run(run: RunRow) -> dict[str, Any]:
    """Return a run as one flat row of `RUN_COLUMNS`."""
    balance = run.balance
    return {
        **dict.fromkeys(RUN_COLUMNS),
        **run.begun,
        "run": run.run,
        "begun_at": run.begun_at,
        "ended_at": run.ended_at,
        "why": None if run.why is None else run.why.value,
        "cause": run.cause,
        "last_sign_at": run.last_sign_at,
        "frames": balance.frames,
        **{verdict.value.lower(): balance.verdicts.get(verdict, 0) for verdict in Verdict},
        "losses": {cause.value: count for cause, count in balance.losses.items()},
        "not_recorded": balance.not_recorded,
        "unknown": balance.unknown,
    }


def placement_row(anomaly_map: AnomalyMap) -> dict[str, Any]:
    """Return the columns that say where an archived map lies on its frame."""
    place = anomaly_map.placement
    return {
        "map_x_px": place.x_px,
        "map_y_px": place.y_px,
        "map_width_px": place.width_px,
        "map_height_px": place.height_px,
    }


def placement_of(row: Mapping[str, Any]) -> Placement | None:
    """Return where a record's map lies, None where it has none."""
    values = [row[name] for name in ("map_x_px", "map_y_px", "map_width_px", "map_height_px")]
    return None if None in values else Placement(*values)


def history_row_of(row: Mapping[str, Any]) -> HistoryRow:
    """Return the line of the history list for a row."""
    return HistoryRow(
        record_id=row["id"],
        decided_at=row["decided_at"],
        verdict=Verdict(row["verdict"]),
        reason=row["reason"],
        score=row["score"],
        threshold=row["threshold"],
        source_id=row["source_id"],
        file=row["file"],
        latency_ms=row["latency_ms"],
        run=row["run"],
        map_peak=row["map_peak"],
        map_threshold=row["map_threshold"],
    )


def outlines_of(row: Mapping[str, Any]) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return the outlines of a record's regions; a region stored without one shows its rectangle."""
    return tuple(_outline(region) for region in row["regions"])


def plain_value(value: Any) -> Any:
    """Return a stored value as JSON knows it: a moment becomes ISO 8601 text in UTC."""
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def _outline(region: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    if region["outline"]:
        return tuple((x, y) for x, y in region["outline"])
    x, y, width, height = region["bounds"]
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def _region(region: Region) -> dict[str, Any]:
    box = region.bounds
    return {
        "area_px": float(region.area_px),
        "peak": float(region.peak),
        "bounds": [float(v) for v in (box.x_px, box.y_px, box.width_px, box.height_px)],
        "outline": [[float(x), float(y)] for x, y in region.outline],
    }


def _correction(correction: Correction) -> dict[str, Any]:
    return {
        "step": correction.step.value,
        "values": list(correction.values),
        "reference_sha256": correction.reference_sha256,
    }


def _plain(value: Plain) -> Plain:
    """What JSON knows, all the way down."""
    match value:
        case str():
            return _text(value)
        case float():
            return _finite(value)
        case list():
            return [_plain(one) for one in value]
        case dict():
            return {_text(name): _plain(one) for name, one in value.items()}
        case _:
            return value


def _finite(value: float | None) -> float | None:
    """SQLite turns NaN into NULL and JSON knows neither NaN nor infinity: what is no number is absent."""
    return None if value is None or not math.isfinite(value) else float(value)


def _text(value: str) -> str:
    """A file name of odd bytes carries lone surrogates, which no UTF-8 database takes: show them escaped."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def _optional_text(value: str | None) -> str | None:
    return None if value is None else _text(value)

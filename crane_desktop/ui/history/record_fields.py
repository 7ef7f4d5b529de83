"""A record's stored fields, named and written for people."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from crane_desktop.domain.history import HistoryRecord
from crane_desktop.domain.shown import shown_name
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.widgets.dates import local_time
from crane_desktop.ui.widgets.words import NO_FIGURE, known_text, reason_words


def field_lines(record: HistoryRecord, language: Language) -> list[tuple[str, str]]:
    """Return name and value of every stored field, what a person asks for first on top."""
    row = record.row
    stored = {
        "id": str(row.record_id),
        "decided_at": row.decided_at.isoformat(),
        "verdict": str(row.verdict),
        "reason": row.reason,
        "score": "" if row.score is None else repr(row.score),
        "threshold": "" if row.threshold is None else repr(row.threshold),
        "latency_ms": repr(row.latency_ms),
        "source_id": row.source_id,
        "file": row.file or "",
    } | record.fields
    if "regions" in stored:
        stored["regions"] = str(len(record.regions))
    stored = _with_after(stored, "threshold", "review_threshold", record.review)
    stored = _with_after(stored, "map_threshold", "map_review_threshold", record.map_review)
    return [(field_name(name, language), field_value(name, value, language)) for name, value in stored.items()]


def _with_after(stored: dict[str, str], after: str, name: str, value: float | None) -> dict[str, str]:
    """Return the fields with one more behind another, where it is known."""
    lines = list(stored.items())
    if value is not None and after in stored:
        lines.insert(list(stored).index(after) + 1, (name, repr(value)))
    return dict(lines)


def field_name(name: str, language: Language) -> str:
    """Return a stored field's name for people; the stored name itself where there is no word for it."""
    return known_text(f"ui.field.{name}", name, language)


def field_value(name: str, value: str, language: Language) -> str:
    """Return a stored value as it is written for people; numbers look the same in both languages."""
    if not value:
        return NO_FIGURE
    write = _WRITERS.get(name)
    return shown_name(value) if write is None else write(value, language)


def _moment(value: str, language: Language) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return local_time(moment, language)


def _verdict(value: str, language: Language) -> str:
    return known_text(f"verdict.{value}", value, language)


def _note(value: str, language: Language) -> str:
    return known_text(f"ui.image_note.{value}", value, language)


def _yes_no(value: str, language: Language) -> str:
    return text("ui.no" if value in ("False", "0") else "ui.yes", language)


def _corrections(value: str, language: Language) -> str:
    """Write the steps one after the other: name, numbers, and the beginning of its reference's checksum."""
    try:
        steps = [(one["step"], one["values"], one["reference_sha256"]) for one in json.loads(value)]
    except (ValueError, TypeError, KeyError):
        return value
    lines = []
    for step, values, sha256 in steps:
        name = known_text(f"ui.correction.{step}", step, language)
        lines.append(" ".join([name, *(f"{number:g}" for number in values), *([sha256[:12]] if sha256 else [])]))
    return "\n".join(lines)


def _places(count: int) -> Callable[[str, Language], str]:
    def write(value: str, language: Language) -> str:  # noqa: ARG001 - a number looks the same in both
        try:
            return f"{float(value):.{count}f}"
        except ValueError:
            return value

    return write


_WRITERS: dict[str, Callable[[str, Language], str]] = {
    "decided_at": _moment,
    "arrived_at": _moment,
    "verdict": _verdict,
    "reason": reason_words,
    "for_demonstration": _yes_no,
    "image_note": _note,
    "corrections": _corrections,
    "score": _places(6),
    "threshold": _places(6),
    "map_peak": _places(6),
    "map_threshold": _places(6),
    "review_threshold": _places(6),
    "map_review_threshold": _places(6),
    "latency_ms": _places(1),
    "model_ms": _places(1),
}

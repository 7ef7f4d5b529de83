"""Test doubles of the station's small ports, with drawn frames; they run nothing in the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import numpy as np

from crane_desktop.domain.alarms import Alarm, AlarmSeverity
from crane_desktop.domain.balance import Balance, Counts
from crane_desktop.domain.errors import CraneError, InputError
from crane_desktop.domain.events import Event
from crane_desktop.domain.frames import Frame, FrameOrigin, LossCause, sealed_pixels
from crane_desktop.domain.history import HistoryRecord, HistoryRow
from crane_desktop.domain.maps import AnomalyMap, Placement, Region
from crane_desktop.domain.ports import ScorerInfo, SourceInfo
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import Pace, Result, StationState, StationView
from crane_desktop.domain.verdicts import Inspection, JudgedBy, Reason, ReasonCode, Verdict

REASONS = {
    Verdict.OK: ReasonCode.BELOW_THRESHOLD,
    Verdict.NG: ReasonCode.SCORE_OVER_THRESHOLD,
    Verdict.REVIEW: ReasonCode.SCORE_IN_REVIEW_BAND,
    Verdict.NONE: ReasonCode.NOT_CALIBRATED,
}
MOMENT = datetime(2026, 11, 23, 5, 5, 9, tzinfo=UTC)


def drawn_frame(frame_id: int, size: tuple[int, int] = (300, 400), *, colour: bool = False) -> Frame:
    rows, columns = size
    y, x = np.mgrid[0:rows, 0:columns]
    disc = ((x - columns / 2) ** 2 + (y - rows / 2) ** 2) < (min(size) * 0.4) ** 2
    grey = (60 + 120 * disc + (frame_id % 7) * 5).astype(np.uint8)
    pixels = np.dstack((grey, grey, np.clip(grey.astype(int) + 20, 0, 255).astype(np.uint8))) if colour else grey
    return Frame(sealed_pixels(pixels), FrameOrigin(frame_id, "demo:disc", MOMENT, 0, file=f"part_{frame_id:04}"))


def drawn_map(frame: Frame, peak: float, side: int = 64) -> AnomalyMap:
    y, x = np.mgrid[0:side, 0:side] / side
    values = (peak * np.exp(-((x - 0.6) ** 2 + (y - 0.4) ** 2) / 0.01)).astype(np.float32)
    values.flags.writeable = False
    rows, columns = frame.pixels.shape[:2]
    return AnomalyMap(values, Placement(0.0, 0.0, float(columns), float(rows)))


def result(
    record_id: int, verdict: Verdict, *, score: float | None = 0.2, size: tuple[int, int] = (300, 400)
) -> Result:
    frame = drawn_frame(record_id, size, colour=record_id % 2 == 0)
    peak = 0.9 if verdict is Verdict.NG else 0.3
    x, y = size[1] * 0.6, size[0] * 0.4
    outline = ((x - 30, y - 30), (x + 30, y - 30), (x + 30, y + 30), (x - 30, y + 30))
    regions = (Region(3600.0, peak, Placement(x - 30, y - 30, 60, 60), outline),) if verdict is Verdict.NG else ()
    inspection = Inspection(
        origin=frame.origin,
        verdict=verdict,
        reason=Reason(REASONS[verdict]),
        judged_by=JudgedBy("default", 1, "demo", "1", "0" * 64, "0", "cpu", for_demonstration=True),
        decided_at=MOMENT,
        latency_ms=84.2,
        score=score,
        map_peak=peak,
        threshold=0.55,
        map_threshold=0.62,
        regions=regions,
        review_threshold=0.45,
        map_review_threshold=0.5,
    )
    return Result(inspection, record_id, frame, drawn_map(frame, peak))


def history_row(record_id: int, verdict: Verdict) -> HistoryRow:
    return HistoryRow(
        record_id,
        MOMENT + timedelta(seconds=record_id),
        verdict,
        REASONS[verdict],
        0.25,
        0.55,
        "demo:disc",
        None,
        80.0,
        map_peak=0.4123456,
        map_threshold=0.62,
    )


def opened(row: HistoryRow) -> HistoryRecord:
    """A record with every field that the log stores, as the log writes them."""
    frame = drawn_frame(row.record_id)
    outline = ((10.0, 10.0), (60.0, 10.0), (60.0, 60.0))
    fields = {
        "id": str(row.record_id),
        "decided_at": row.decided_at.isoformat(timespec="microseconds"),
        "verdict": str(row.verdict),
        "reason": row.reason,
        "reason_detail": "",
        "score": repr(row.score),
        "threshold": repr(row.threshold),
        "map_peak": "0.8123456",
        "map_threshold": "0.62",
        "latency_ms": "80.25",
        "model_ms": "",
        "regions": '[{"area_px": 3600.0}]',
        "pixel_format": "Mono8",
        "frame_id": str(row.record_id),
        "source_id": row.source_id,
        "arrived_at": row.decided_at.isoformat(timespec="microseconds"),
        "recipe": "bracket",
        "pack": "demo",
        "for_demonstration": "True",
        "image_note": "disk_full",
        "unknown_name": "x",
    }
    return HistoryRecord(row, fields, (outline,), frame.pixels, drawn_map(frame, 0.8), review=0.45, map_review=0.5)


def answered(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def failed(error: Exception) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


Calls: TypeAlias = "list[tuple[Any, ...]]"


def alarm(error: CraneError, source: str = "line", *, minute: int = 0, **changes: Any) -> Alarm:
    """An alarm that began some minutes after `MOMENT`."""
    return replace(Alarm(error, source, AlarmSeverity.FAULT, MOMENT + timedelta(minutes=minute)), **changes)


def scorer() -> ScorerInfo:
    return ScorerInfo("demo", "1", "0" * 64, "crane", "full", 240, "cpu", "fp32", for_demonstration=True)


class FakeLine:
    """Says what it is told to say, and notes what it was asked."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.now = StationView(StationState.READY, scorer=scorer(), recipe="default")

    def say(self, **changes: Any) -> None:
        self.now = replace(self.now, **changes)

    def view(self) -> StationView:
        return self.now

    def load(self, pack: str | None = None, recipe: str | None = None) -> None:
        self.calls.append(("load", pack, recipe))

    def start(self, source: SourceChoice) -> None:
        self.calls.append(("start", source))
        now = self.now
        self.say(state=StationState.RUNNING, run_id=now.run_id + 1, balance=Balance(), carried=now.newest is not None)

    def reset_counts(self) -> None:
        self.calls.append(("reset_counts",))
        self.say(counts=Counts(MOMENT + timedelta(hours=1)), latest_ng=(), newest=None)

    def stop(self) -> None:
        self.calls.append(("stop",))
        self.say(state=StationState.READY)


class FakeAlarms:
    """An acknowledged alarm that goes on stays in the view; one that is over goes."""

    def __init__(self, calls: Calls, line: FakeLine) -> None:
        self.calls, self._line = calls, line

    def acknowledge(self, key: str | None = None, source: str | None = None) -> None:
        self.calls.append(("acknowledge", key, source))
        kept = []
        for one in self._line.now.alarms:
            meant = key in (None, one.key) and source in (None, one.source)
            if not meant:
                kept.append(one)
            elif one.active:
                kept.append(replace(one, acknowledged=one.acknowledged or MOMENT + timedelta(hours=1)))
        self._line.say(alarms=tuple(kept))


class FakeRecipes:
    def __init__(self) -> None:
        self.listed = ["bracket", "gear"]

    def names(self) -> Future[Sequence[str]]:
        return answered(list(self.listed))


class FakePacks:
    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.looked: dict[str, Future[Any]] = {}
        """What `look_into` answers, by file; others are refused."""
        self.taken: Future[Any] | None = None
        """What `take_in` answers; None: what was offered."""

    def names(self) -> Future[Sequence[str]]:
        return answered(["crane-full", "demo"])

    def look_into(self, file: str) -> Future[Any]:
        self.calls.append(("look_into", file))
        return self.looked.get(file, failed(InputError("ui.no_folder")))

    def take_in(self, offer: Any) -> Future[Any]:
        self.calls.append(("take_in", offer.file))
        return self.taken if self.taken is not None else answered(offer)


class FakeCameras:
    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.found: Future[Any] = answered([("camera-1", "Red camera"), ("camera-2", "Green camera")])
        self.examined: Future[Any] = Future()
        """What `doctor` answers: findings that the test makes."""
        self.opened: Future[Any] = Future()
        """What `open` answers: a set-up that the test makes."""

    def devices(self, cti: str | None = None) -> Future[Sequence[tuple[str, str]]]:
        self.calls.append(("devices", cti))
        return self.found

    def doctor(self, cti: str | None = None) -> Future[Any]:
        self.calls.append(("doctor", cti))
        return self.examined

    def open(self, choice: SourceChoice) -> Future[Any]:
        self.calls.append(("camera", choice))
        return self.opened


class FakeRecords:
    def __init__(self, calls: Calls, count: int) -> None:
        self.calls = calls
        self.rows = [history_row(i, list(Verdict)[i % 4]) for i in range(1, count + 1)]
        self.pages: Calls = []
        """Pages of the log that were asked for: kept apart, the window asks for them in its own time."""
        self.hold: set[str] = set()
        """Questions (``page``, ``record``) whose answers wait in `held` until the test gives them."""
        self.held: list[tuple[Future[Any], Any]] = []

    def give(self, place: int = 0) -> None:
        """Give an answer that is held."""
        future, value = self.held.pop(place)
        if not future.cancelled():
            future.set_result(value)

    def _answer(self, question: str, value: Any) -> Future[Any]:
        if question not in self.hold:
            return answered(value)
        future: Future[Any] = Future()
        self.held.append((future, value))
        return future

    def page(self, before: int | None, limit: int, verdict: Verdict | None) -> Future[Sequence[HistoryRow]]:
        self.pages.append((before, limit, verdict))
        rows = [row for row in reversed(self.rows) if before is None or row.record_id < before]
        return self._answer("page", [row for row in rows if verdict is None or row.verdict is verdict][:limit])

    def record(self, record_id: int) -> Future[HistoryRecord]:
        self.calls.append(("record", record_id))
        row = next((row for row in self.rows if row.record_id == record_id), None)
        if row is None:
            return failed(InputError("ui.no_folder"))
        return self._answer("record", opened(row))


class FakeJournal:
    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    def note(self, event: Event) -> None:
        self.calls.append(("note", event))


def _one_more(counts: Mapping[Verdict, int], verdict: Verdict) -> dict[Verdict, int]:
    return {**counts, verdict: counts.get(verdict, 0) + 1}


class FakeStation:
    """The ports together; `calls` holds what all of them were asked, in order."""

    def __init__(self, records: int = 0) -> None:
        self.calls: Calls = []
        self.line = FakeLine(self.calls)
        self.alarms = FakeAlarms(self.calls, self.line)
        self.recipes = FakeRecipes()
        self.packs = FakePacks(self.calls)
        self.cameras = FakeCameras(self.calls)
        self.records = FakeRecords(self.calls, records)
        self.journal = FakeJournal(self.calls)
        self.closed = 0

    def say(self, **changes: Any) -> None:
        """Have the line's view changed."""
        self.line.say(**changes)

    def warn(self, error: CraneError, source: str = "line", **changes: Any) -> Alarm:
        """Have an alarm more in the view."""
        known = self.line.now.alarms
        raised = alarm(error, source, minute=len(known), **changes)
        self.say(alarms=(*known, raised))
        return raised

    def asked(self, *kinds: str) -> Calls:
        """Return the calls of these kinds."""
        return [call for call in self.calls if call[0] in kinds]

    def finish(self, part: Result) -> None:
        """A part was judged: it becomes the newest, is counted, and gets its row."""
        now = self.line.now
        verdict = part.inspection.verdict
        counts = dict(now.balance.verdicts)
        counts[verdict] = counts.get(verdict, 0) + 1
        ng = now.latest_ng if verdict is not Verdict.NG else (part, *now.latest_ng)[:12]
        self.say(
            state=StationState.RUNNING,
            newest=part,
            carried=False,
            counts=Counts(now.counts.since or MOMENT, _one_more(now.counts.verdicts, verdict)),
            latest_ng=ng,
            balance=Balance(sum(counts.values()) + 1, counts, {LossCause.LOST: 1}),
            pace=Pace(8.0, 80.0, 120.0),
            source=SourceInfo("demo:all", "demo", True, "all"),
            run_id=max(1, now.run_id),
        )
        if part.record_id is not None:
            self.records.rows.append(history_row(part.record_id, verdict))

    def close(self) -> None:
        self.closed += 1

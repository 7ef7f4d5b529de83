"""From one event of a source to its verdict. No threads: the line and the tests use the same function."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias

from crane_desktop.decision.rule import decide
from crane_desktop.domain.frames import Frame, FrameFault
from crane_desktop.domain.ports import LogEntry, Scorer, ScorerInfo
from crane_desktop.domain.verdicts import Inspection, JudgedBy, Reason, ReasonCode, Verdict
from crane_desktop.recipe.model import Recipe

_log = logging.getLogger(__name__)

Part: TypeAlias = Frame | FrameFault
"""What gets a verdict."""


@dataclass(frozen=True, slots=True)
class JudgingSetup:
    """What judges: the model, the recipe, and who they are.

    Attributes
    ----------
    judged_by
        As it was at the beginning of the run; `who` tells it as it is.
    judge_ready
        Why this station must not judge now (its self-test failed...), or None.
    run
        Id of the run, for its records.
    clock_ns
        The clock of `FrameOrigin.arrived_ns`.
    """

    scorer: Scorer
    recipe: Recipe
    judged_by: JudgedBy
    judge_ready: Callable[[], Reason | None] = lambda: None
    run: str | None = None
    clock_ns: Callable[[], int] = time.monotonic_ns

    def who(self) -> JudgedBy:
        """Return who judges now: a model may move to another device in the middle of a run."""
        return replace(self.judged_by, device=_runs_on(self.scorer.info))


def judged_by(scorer: Scorer, recipe: Recipe, software_version: str, recipe_sha256: str | None = None) -> JudgedBy:
    """Return which recipe, model and program judge, as every record keeps it.

    Parameters
    ----------
    recipe_sha256
        Checksum of the recipe's content, None where the caller does not know it.
    """
    info = scorer.info
    return JudgedBy(
        recipe=recipe.name,
        recipe_version=recipe.version,
        pack=info.pack,
        pack_version=info.pack_version,
        pack_sha256=info.pack_sha256,
        software_version=software_version,
        device=_runs_on(info),
        for_demonstration=info.for_demonstration,
        recipe_sha256=recipe_sha256,
    )


def _runs_on(info: ScorerInfo) -> str:
    return f"{info.device} ({info.profile}: {info.precision}, {info.image_size_px} px)"


def judge(event: Part, setup: JudgingSetup) -> LogEntry:
    """Judge one part.

    Never raises for what a scorer does: whatever goes wrong gives NONE with its reason, and only a decision
    gives OK. An answer later than the recipe's limit is NONE (late), its numbers kept.

    Returns
    -------
    LogEntry
        The inspection with the pictures that led to it.
    """
    if isinstance(event, FrameFault):
        reason = Reason(_code_of(event.cause), event.detail or event.cause)
        return LogEntry(_without_answer(event, setup, reason), None, None)
    try:
        refusal = setup.judge_ready()
        entry = _scored(event, setup) if refusal is None else None
    except Exception as error:  # noqa: BLE001 - a scorer may raise anything; the part gets NONE and the line goes on
        _log.exception("the model failed on frame %d", event.origin.frame_id)
        refusal, entry = Reason(ReasonCode.MODEL_FAULT, f"{type(error).__name__}: {error}"), None
    if entry is None:
        reason = refusal or Reason(ReasonCode.MODEL_FAULT)
        return LogEntry(_without_answer(event, setup, reason), event, None)
    return _in_time(entry, setup.recipe.time_limit_ms)


def _scored(frame: Frame, setup: JudgingSetup) -> LogEntry:
    began_ns = setup.clock_ns()
    scored = setup.scorer.score(frame.pixels)
    model_ms = (setup.clock_ns() - began_ns) / 1e6
    decision = decide(scored, setup.recipe)
    inspection = Inspection(
        origin=frame.origin,
        verdict=decision.verdict,
        reason=_with_tiles(decision.reason, scored.tiles, frame),
        judged_by=setup.who(),
        decided_at=datetime.now(UTC),
        latency_ms=_latency_ms(frame, setup),
        score=float(scored.score) if math.isfinite(scored.score) else None,
        map_peak=decision.map_peak,
        threshold=decision.threshold,
        map_threshold=decision.map_threshold,
        model_ms=model_ms,
        regions=decision.regions,
        pixel_format=frame.pixel_format,
        corrections=frame.corrections,
        run=setup.run,
        review_threshold=decision.review_threshold,
        map_review_threshold=decision.map_review_threshold,
    )
    return LogEntry(inspection, frame, scored.anomaly_map)


def _with_tiles(reason: Reason, tiles: int, frame: Frame) -> Reason:
    """Return the reason as the record keeps it: a long picture is judged in tiles, and it says in how many."""
    if tiles == 1 or reason.detail:
        return reason
    height, width = frame.pixels.shape[:2]
    return replace(reason, detail=f"{tiles} tiles, {min(height, width)} px wide, of {width} x {height} px")


def _without_answer(event: Part, setup: JudgingSetup, reason: Reason) -> Inspection:
    return Inspection(
        origin=event.origin,
        verdict=Verdict.NONE,
        reason=reason,
        judged_by=setup.who(),
        decided_at=datetime.now(UTC),
        latency_ms=_latency_ms(event, setup),
        pixel_format=event.pixel_format if isinstance(event, Frame) else None,
        corrections=event.corrections if isinstance(event, Frame) else (),
        run=setup.run,
    )


def _in_time(entry: LogEntry, limit_ms: float | None) -> LogEntry:
    took_ms = entry.inspection.latency_ms
    if limit_ms is None or took_ms <= limit_ms:
        return entry
    reason = Reason(ReasonCode.LATE, f"{took_ms:.0f} ms, limit {limit_ms:.0f} ms")
    return replace(entry, inspection=replace(entry.inspection, verdict=Verdict.NONE, reason=reason))


def _latency_ms(event: Part, setup: JudgingSetup) -> float:
    return max(0.0, (setup.clock_ns() - event.origin.arrived_ns) / 1e6)


def _code_of(cause: str) -> ReasonCode:
    try:
        return ReasonCode(cause)
    except ValueError:
        return ReasonCode.CAMERA_FAULT

"""The JSON that others rely on: a line per verdict and the summary of a run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.station import Pace, Result
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.services.picture_folder import passed_over_dict
from crane_desktop.settings.reason_words import detail_words
from crane_desktop.settings.texts import Language


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def verdict_line(result: Result, language: Language) -> dict[str, Any]:
    """Return one verdict as the command line prints it.

    `reason` is a `ReasonCode`, `detail` a sentence in `language`, `technical` what the log keeps of it, where that is
    something else.
    """
    seen = result.inspection
    line: dict[str, Any] = {
        "frame_id": seen.origin.frame_id,
        "verdict": seen.verdict.value,
        "score": _rounded(seen.score, 6),
        "threshold": _rounded(seen.threshold, 6),
        "map_peak": _rounded(seen.map_peak, 6),
        "map_threshold": _rounded(seen.map_threshold, 6),
        "regions": len(seen.regions),
        "reason": seen.reason.code.value,
        "latency_ms": round(seen.latency_ms, 2),
        "record_id": result.record_id,
        "file": seen.origin.file,
    }
    if seen.reason.detail:
        line["detail"] = detail_words(seen.reason, language)
        if line["detail"] != seen.reason.detail:
            line["technical"] = seen.reason.detail
    return line


def summary_line(
    balance: Balance, pace: Pace, passed_over: Sequence[str] | None = None, not_kept: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Return ``{"summary": ...}``: frames = verdicts + losses; of a folder with what was passed over in it.

    Parameters
    ----------
    not_kept
        Of how many recorded parts the pictures are missing, by cause; told where there are any.
    """
    count = balance.verdicts
    beside: dict[str, Any] = {} if passed_over is None else {"passed_over": passed_over_dict(passed_over)}
    if not_kept:
        beside["pictures_not_kept"] = dict(not_kept)
    return {
        "summary": {
            "frames": balance.frames,
            "verdicts": balance.judged,
            "ok": count.get(Verdict.OK, 0),
            "ng": count.get(Verdict.NG, 0),
            "review": count.get(Verdict.REVIEW, 0),
            "none": count.get(Verdict.NONE, 0),
            "losses": balance.lost,
            "losses_by_cause": {c.value: balance.losses.get(c, 0) for c in LossCause},
            "fps": round(pace.verdicts_per_s, 3),
            "latency_ms": {"p50": _rounded(pace.latency_p50_ms, 2), "p99": _rounded(pace.latency_p99_ms, 2)},
            **beside,
        }
    }

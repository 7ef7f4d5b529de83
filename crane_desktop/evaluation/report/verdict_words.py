"""Figures of verdicts for people: a table's headings and cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crane_desktop.evaluation.report.html import plain
from crane_desktop.evaluation.report.words import NOTHING
from crane_desktop.evaluation.verdict_figures import ESCAPES, FALSE_REJECTS, Share, VerdictFigures
from crane_desktop.settings.texts import Language, text


def title(name: str, rows: Mapping[str, VerdictFigures], false_reject: float, language: Language) -> str:
    """Return the sentence above the table of one class."""
    first = next(iter(rows.values()))
    return text(
        "training.verdicts_title",
        language,
        name=plain(name),
        good=first.good,
        defective=first.defective,
        trials=first.trials,
        rate=_rate(false_reject),
    )


def headings(language: Language) -> list[str]:
    """Return the columns."""
    told = (
        "training.verdicts_plan",
        "training.verdicts_remembering",
        "training.verdicts_escapes",
        "training.verdicts_review_defective",
        "training.verdicts_false_rejects",
        "training.verdicts_review_good",
        "training.verdicts_auroc",
    )
    at = [text("training.verdicts_escapes_at", language, rate=_rate(rate)) for rate in FALSE_REJECTS]
    return [
        *(text(key, language) for key in told),
        *at,
        text("training.verdicts_rejects_at", language, rate=_rate(ESCAPES)),
    ]


def cells(rows: Mapping[str, VerdictFigures], language: Language) -> Iterator[list[tuple[str, str]]]:
    """Yield each plan's cells: what it says, and the interval below it."""
    for row in rows.values():
        yield [
            (_plan(row, language), ""),
            (f"{row.remembering} / {row.trials}", ""),
            *(_share(share) for share in (row.escapes, row.review_defective, row.false_rejects, row.review_good)),
            (NOTHING if row.auroc is None else f"{row.auroc:.3f}", ""),
            *((_percent(row.escapes_at[f"{rate:g}"]), "") for rate in FALSE_REJECTS),
            (_percent(row.false_rejects_at), ""),
        ]


def remarks(rows: Mapping[str, VerdictFigures], language: Language) -> Iterator[str]:
    """Yield a sentence for every plan of which some splits are in no figure."""
    for row in rows.values():
        if row.uncalibrated:
            plan = _plan(row, language)
            yield text("training.verdicts_uncalibrated", language, plan=plan, count=row.uncalibrated, trials=row.trials)


def _plan(row: VerdictFigures, language: Language) -> str:
    learned = f"{row.learned}" if row.learned else text("training.verdicts_zero_shot", language)
    return f"{learned} + {row.calibrated}"


def _share(share: Share | None) -> tuple[str, str]:
    if share is None:
        return NOTHING, ""
    return _percent(share.value), f"{100 * share.low:.0f} .. {100 * share.high:.0f} %"


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{100 * value:.1f} %"


def _rate(rate: float) -> str:
    return f"{100 * rate:g} %"

"""The number that decided and its limits, in words that never contradict the verdict."""

from __future__ import annotations

import math

from crane_desktop.domain.measures import Measure
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.widgets.words import NO_FIGURE

_FEWEST, _MOST = 3, 9
"""Places behind the point."""


def figures(measure: Measure) -> tuple[str, str | None, str | None]:
    """Return value and limits (REVIEW, NG) as they are written; None is a limit that is not known.

    Three places, and more where a number and its limit would look alike though one is over the other.
    """
    known = {n for n in (measure.value, measure.review, measure.ng) if n is not None and math.isfinite(n)}
    places = next((p for p in range(_FEWEST, _MOST) if len({f"{n:.{p}f}" for n in known}) == len(known)), _MOST)
    shown = [
        None if number is None or not math.isfinite(number) else f"{number:.{places}f}"
        for number in (measure.value, measure.review, measure.ng)
    ]
    return shown[0] or NO_FIGURE, shown[1], shown[2]


def value_words(measure: Measure, language: Language) -> str:
    """Return what was measured with its number, short; a fault measured nothing."""
    if measure.value is None:
        return NO_FIGURE
    return text(f"ui.measure.short.{measure.rule}", language, value=figures(measure)[0])


def measure_words(measure: Measure, language: Language) -> str:
    """Return what was measured, its number and both limits."""
    value, review, ng = figures(measure)
    what = text(f"ui.measure.{measure.rule}", language, value=value)
    if ng is None:
        return text("ui.measure.no_limits", language, measure=what)
    ng_words = text("ui.measure.off", language) if _is_off(measure.ng) else ng
    if review is None:
        return text("ui.measure.one_limit", language, measure=what, ng=ng_words)
    review_words = text("ui.measure.off", language) if _is_off(measure.review) else review
    return text("ui.measure.limits", language, measure=what, review=review_words, ng=ng_words)


def _is_off(limit: float | None) -> bool:
    """Return whether no part can reach a limit: scores and peaks end at 1."""
    return limit is not None and limit > 1.0

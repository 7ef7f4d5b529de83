"""``evaluate`` with a memory of good parts for every class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.ports import Scorer
from crane_desktop.settings.texts import Language, text

if TYPE_CHECKING:  # bring torch
    from crane_desktop.evaluation.datasets.datasets import Dataset
    from crane_desktop.evaluation.evaluate import Evaluation

_ALL = "all"


def parts_asked(good_parts: str, method: str, resume: Path | None) -> int | None:
    """Return how many good parts of each class were asked for; None: all.

    Raises
    ------
    InputError
        If that is no number, or something was asked for that has no memory of good parts.
    """
    from crane_desktop.model.family import CRANE

    if method != CRANE or resume is not None:
        raise InputError("app.good_parts_alone")
    if good_parts == _ALL:
        return None
    if not (good_parts.isascii() and good_parts.isdecimal() and 1 <= int(good_parts) <= 64):
        raise InputError("app.good_parts_number", given=good_parts)
    return int(good_parts)


def with_good_parts(
    scorer: Scorer, data: Dataset, good_parts: str, seed: int, on_progress: Callable[[int, int], None]
) -> tuple[Evaluation, dict[str, Any], dict[str, Scorer]]:
    """Measure with a memory for every class; return with it what the memories are, and what judged each class.

    Raises
    ------
    InputError
        If a class has too few good training pictures.
    """
    from crane_desktop.model.family import CRANE
    from crane_desktop.model.scorer import CraneScorer
    from crane_desktop.training.goodparts.measure import evaluate_with_good_parts

    if not isinstance(scorer, CraneScorer):
        raise InputError("app.good_parts_alone")
    parts = parts_asked(good_parts, CRANE, None)
    found, memories = evaluate_with_good_parts(scorer, data, parts, seed, on_progress=on_progress)
    told = {name: {"used": m.used, "parts": m.parts, **asdict(m.check)} for name, m in memories.items()}
    return found, told, {name: m.scorer for name, m in memories.items()}


def memory_words(name: str, memory: dict[str, Any], language: Language) -> str:
    """Return in plain words what was remembered of a class, and whether it was used."""
    shown = {"zero_shot": f"{memory['zero_shot']:.2f}", "hybrid": f"{memory['hybrid']:.2f}"}
    key = "app.evaluated_with_good_parts" if memory["used"] else "app.evaluated_without_good_parts"
    return text(key, language, name=name, parts=memory["parts"], **shown)

"""The pack that a prompt learning ends with, and what it says about how it came about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.datasets import Dataset
from crane_desktop.model.container import PackReader
from crane_desktop.model.golden import read_picture
from crane_desktop.model.manifest import About, Words
from crane_desktop.model.packing import write_pack
from crane_desktop.model.weights import hold_for, load_crane
from crane_desktop.settings.texts import text
from crane_desktop.training.features import Lesson
from crane_desktop.training.progress import Figures, TrainingProgress

_PRINT_DIGITS = 12
"""Of a picture's SHA-256: enough to know it again among millions."""
_MOST_PRINTS = 20_000
_MOST_EPOCHS = 200
_LARGEST_HISTORY = 1_000_000
"""Characters of JSON; where packs were learned from packs for many generations, the oldest is left out."""


def provenance(
    base: PackReader,
    datasets: Sequence[Dataset],
    progress: TrainingProgress,
    before: Figures,
    numbers: Mapping[str, JsonValue],
    decided_by: Sequence[Lesson],
) -> dict[str, JsonValue]:
    """Return where learned prompts come from: base, pictures, seed, every epoch's figures.

    Parameters
    ----------
    before
        What the base pack's own prompts reach on the pictures that stop the learning.
    numbers
        Seed, epochs, counts of pictures, what else was asked for.
    decided_by
        What was learned from or stopped by; a comparison of packs leaves these pictures out.
    """
    own = base.manifest
    history: dict[str, JsonValue] = own.provenance
    if len(json.dumps(history)) > _LARGEST_HISTORY:
        history = {"left_out": "too long"}
    prints = sorted({fingerprint(lesson.picture) for lesson in decided_by})
    epochs = [epoch.as_dict() for epoch in progress.epochs]
    facts: dict[str, Any] = {
        "method": "prompts learned on frozen towers",
        "base": {"pack": own.name, "version": own.pack_version, "sha256": base.sha256, "provenance": history},
        "datasets": [_counted(dataset) for dataset in datasets],
        **numbers,
        "kept_epoch": progress.best.epoch,
        "held_out": {"before": asdict(before), "after": asdict(progress.best.held_out)},
        "curve": _thinned(epochs, progress.best.epoch),
        "inputs_sha256": progress.wish,
        "pictures": prints if len(prints) <= _MOST_PRINTS else None,
    }
    plain: dict[str, JsonValue] = json.loads(json.dumps(facts))
    return plain


def fingerprint(picture_sha256: str) -> str:
    """Return what a pack's provenance keeps of a picture that it was learned from."""
    return picture_sha256[:_PRINT_DIGITS]


def pictures_behind(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fingerprints of all pictures that a pack, and the packs it came from, were learned from."""
    told: Any = facts
    while isinstance(told, Mapping):
        pictures = told.get("pictures")
        if isinstance(pictures, list):
            yield from (one for one in pictures if isinstance(one, str))
        base = told.get("base")
        told = base.get("provenance") if isinstance(base, Mapping) else None


def write_learned_pack(
    out: Path, base: PackReader, progress: TrainingProgress, datasets: Sequence[Dataset], facts: dict[str, JsonValue]
) -> None:
    """Write the base pack with the best prompts under a new name, without thresholds.

    Raises
    ------
    InputError
        If `out` exists by now, or cannot be written.
    """
    own = base.manifest
    names = ", ".join(dataset.name for dataset in datasets)
    about = About(
        name=out.stem,
        description=Words(
            en=text("training.learned_pack", "en", base=own.name, datasets=names),
            ja=text("training.learned_pack", "ja", base=own.name, datasets=names),
        ),
        backbones=own.backbones,
        licences=own.licences,
        for_demonstration=own.for_demonstration,
        provenance=facts,
    )
    golden = [read_picture(base, case) for case in own.golden]
    crane = load_crane(base, hold=hold_for("float32")).requires_grad_(False).eval()
    crane.prompts.load_state_dict(progress.best_prompts)
    if out.exists():
        raise InputError("training.out_exists", file=out)
    write_pack(out, about, crane, golden, precision=own.precision, preprocessing=own.preprocessing)


def _thinned(epochs: list[dict[str, Any]], best: int) -> list[dict[str, Any]]:
    """Keep so many epochs at most, the best and the last among them."""
    step = -(-len(epochs) // _MOST_EPOCHS)
    return [e for e in epochs if (len(epochs) - e["epoch"]) % step == 0 or e["epoch"] == best]


def _counted(dataset: Dataset) -> dict[str, JsonValue]:
    good = sum(sample.is_good for sample in dataset.samples())
    return {"name": dataset.name, "good": good, "defective": sum(1 for _ in dataset.samples()) - good}

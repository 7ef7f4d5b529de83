"""The pack that a prompt learning ends with, and what it says about how it came about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import JsonValue

from crane_desktop.domain.errors import InputError
from crane_desktop.model.container import PackReader
from crane_desktop.model.crane import Crane
from crane_desktop.model.golden import read_picture
from crane_desktop.model.manifest import About, Words
from crane_desktop.model.packing import write_pack
from crane_desktop.settings.texts import text
from crane_desktop.training.datasets import Dataset
from crane_desktop.training.progress import Figures, Progress


def provenance(
    base: PackReader, datasets: Sequence[Dataset], progress: Progress, before: Figures, numbers: Mapping[str, int]
) -> dict[str, JsonValue]:
    """Return where learned prompts come from: base, pictures, seed, and the held-out figures before and after.

    Parameters
    ----------
    before
        What the base pack's own prompts reach on the held-out pictures.
    numbers
        Seed, epochs and counts of pictures.
    """
    own = base.manifest
    facts = {
        "method": "prompts learned on frozen towers",
        "base": {
            "pack": own.name,
            "version": own.pack_version,
            "sha256": base.sha256,
            "provenance": own.provenance,
        },
        "datasets": [_counted(dataset) for dataset in datasets],
        **numbers,
        "kept_epoch": progress.best.epoch,
        "held_out": {"before": asdict(before), "after": asdict(progress.best.held_out)},
        "inputs_sha256": progress.wish,
    }
    plain: dict[str, JsonValue] = json.loads(json.dumps(facts))
    return plain


def write_learned_pack(
    out: Path, base: PackReader, crane: Crane, datasets: Sequence[Dataset], facts: dict[str, JsonValue]
) -> None:
    """Write the base pack with new prompts under a new name, without thresholds.

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
    if out.exists():
        raise InputError("training.out_exists", file=out)
    write_pack(out, about, crane, golden, precision=own.precision, preprocessing=own.preprocessing)


def _counted(dataset: Dataset) -> dict[str, JsonValue]:
    good = sum(sample.is_good for sample in dataset.samples())
    return {"name": dataset.name, "good": good, "defective": sum(1 for _ in dataset.samples()) - good}

"""From the trained demo model to the pack that ships: thresholds, golden parts, and the figures it was judged by."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from crane_desktop.decision.calibrate import GoodPart, calibrate
from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation.datasets.datasets import read_dataset
from crane_desktop.evaluation.evaluate import evaluate
from crane_desktop.model.config import CraneConfig
from crane_desktop.model.crane import Crane
from crane_desktop.model.manifest import About, Licence, Words
from crane_desktop.model.packing import ProfileWish, write_pack
from crane_desktop.model.scorer import load_scorer
from crane_desktop.recipe.thresholds import Thresholds
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.simulation import HELD_OUT_KINDS, TRAINING_KINDS, draw_part, write_dataset
from crane_desktop.simulation.source import SHOWN_KINDS

_PACK_VERSION = "4"
"""Raised with every pack that is put in the place of the one before."""
UNSEEN_SEED = 1000
"""Of judging sets and good parts: their parts are numbered from 3 000 000 000 on; the pool's end at 2**31."""
_UNSEEN_PART = 3_900_000_000
_FALSE_REJECT_RATE = 0.02
_GOOD_PARTS_A_KIND = 40
_LINES = 4
"""Products of each kind among the good parts."""
_PART_PX = 512
_FINER = 1.25
"""How much larger pictures are in the profile for fine details, such as circuits have, where there is time for them."""
_GOLDEN = (("machined_metal", 0.0), ("printed_board", 1.0), ("woven", 1.0), *((kind, 1.0) for kind in HELD_OUT_KINDS))
_log = logging.getLogger(__name__)


def finish_demo(crane: Crane, plan: Mapping[str, Any], out: Path) -> None:
    """Write the pack, with thresholds that good parts of unseen products gave.

    Parameters
    ----------
    plan
        How it was trained, for its provenance.
    """
    golden = [draw_part(k, _UNSEEN_PART, size_px=256, defect_rate=rate).pixels for k, rate in _GOLDEN]
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder, "draft.cranepack")
        write_pack(draft, _about(plan, None), crane, golden, precision="float16")
        scorer = load_scorer(draft)
        try:
            parts = [GoodPart.of(scorer.score(pixels)) for pixels in _good_parts()]
        finally:
            scorer.close()
    found = calibrate(parts, _FALSE_REJECT_RATE)
    provenance = {**plan, "calibration": asdict(found.promise)}
    fine = ProfileWish("fine", _fine_px(crane.config), "float32", 1)
    write_pack(out, _about(provenance, found.thresholds), crane, golden, precision="float16", profiles=[fine])


def _fine_px(config: CraneConfig) -> int:
    return round(_FINER * config.grid) * (config.image_size_px // config.grid)


def judge_demo(scorer: Scorer, real_sets: Sequence[Path], out: Path, *, parts_a_kind: int = 30) -> dict[str, Any]:
    """Evaluate on simulated lines it never saw and on `real_sets`; write and return the figures.

    The unseen lines: new products of the kinds it was trained on, and the kinds that training left out.
    """
    figures: dict[str, Any] = {"pack": scorer.info.pack, "pack_sha256": scorer.info.pack_sha256}
    with tempfile.TemporaryDirectory() as folder:
        for name, kinds in (("unseen_lines", _judged_kinds()), ("unseen_kinds", HELD_OUT_KINDS)):
            place = Path(folder, name)
            write_dataset(
                place,
                kinds,
                seed=UNSEEN_SEED,
                good=parts_a_kind,
                defective=parts_a_kind,
                size_px=_PART_PX,
                train_good=0,
            )
            figures[name] = evaluate(scorer, read_dataset(place)).as_dict()
            _log.info("%s: %s", name, figures[name]["mean"])
    for place in real_sets:
        figures[place.name] = evaluate(scorer, read_dataset(place)).as_dict()
        _log.info("%s: %s", place.name, figures[place.name]["mean"])
    write_atomic(out, (json.dumps(figures, indent=1) + "\n").encode("ascii"))
    return figures


def _judged_kinds() -> tuple[str, ...]:
    return tuple(kind for kind in SHOWN_KINDS if kind in TRAINING_KINDS)


def _good_parts() -> Iterator[NDArray[np.uint8]]:
    for kind in _judged_kinds():
        for number in range(_GOOD_PARTS_A_KIND):
            line = UNSEEN_SEED + number % _LINES
            yield draw_part(kind, _UNSEEN_PART + 1 + number, size_px=_PART_PX, design=line).pixels


def _about(provenance: Mapping[str, Any], thresholds: Thresholds | None) -> About:
    return About(
        name="demo",
        pack_version=_PACK_VERSION,
        description=Words(
            en="For demonstration: a small Crane trained on drawn parts only. Not for judging real products.",
            ja="デモ用:描画した部品だけで学習した小型のCraneです。実製品の判定には使用できません。",
        ),
        backbones={"clip": "trained from scratch on the simulated line"},
        licences=(Licence(part="all", spdx="MIT", attribution="The CraneInspector developers"),),
        for_demonstration=True,
        thresholds=thresholds,
        provenance=_json(provenance),
    )


def _json(values: Mapping[str, Any]) -> dict[str, JsonValue]:
    plain: dict[str, JsonValue] = json.loads(json.dumps(dict(values)))
    return plain

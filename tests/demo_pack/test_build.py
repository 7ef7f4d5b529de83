"""The demo pack's finish: a pack with thresholds and golden parts, judged on lines that it never saw."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from crane_desktop.model.crane import Crane
from crane_desktop.model.packs import verify_pack
from crane_desktop.model.scorer import load_scorer
from crane_desktop.model.selfcheck import self_check
from crane_desktop.simulation import HELD_OUT_KINDS, TRAINING_KINDS
from demo_pack import build
from demo_pack.build import finish_demo, judge_demo


@pytest.fixture(autouse=True)
def _few_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_GOOD_PARTS_A_KIND", 1)
    monkeypatch.setattr(build, "_PART_PX", 64)


def test_finish_and_judge(small_crane: Callable[..., Crane], write_spots: Callable[..., Path], tmp_path: Path) -> None:
    out = tmp_path / "demo.cranepack"
    finish_demo(small_crane(), {"steps": 6, "seed": 5}, out)
    manifest = verify_pack(out)
    scorer = load_scorer(out, device="cpu")
    assert all(check.ok for check in self_check(scorer, out))
    assert (manifest.name, manifest.for_demonstration, manifest.precision) == ("demo", True, "float16")
    assert manifest.thresholds is not None
    assert 0 < manifest.thresholds.score_ng <= 1
    assert manifest.provenance["steps"] == 6
    judged = [kind for kind in build.SHOWN_KINDS if kind in TRAINING_KINDS]
    assert manifest.provenance["calibration"]["n_images"] == len(judged)  # type: ignore[index, call-overload]

    real = write_spots(tmp_path / "本物", good=2, spotted=2)
    figures = judge_demo(scorer, [real], tmp_path / "judged.json", parts_a_kind=1)
    assert json.loads((tmp_path / "judged.json").read_text(encoding="ascii")) == json.loads(json.dumps(figures))
    assert figures["pack_sha256"] == scorer.info.pack_sha256
    assert set(figures["unseen_lines"]["classes"]) == set(judged)
    assert set(figures["unseen_kinds"]["classes"]) == set(HELD_OUT_KINDS)
    assert {each["images"] for each in figures["unseen_kinds"]["classes"].values()} == {2}
    assert figures["本物"]["classes"]["本物"]["masks"] == 2

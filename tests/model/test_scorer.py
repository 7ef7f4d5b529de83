"""The scorer keeps its port's promises and proves itself on its golden inputs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import model_pack, pack_members, sealed_pack
from eventually import HANG_S

from crane_desktop.domain.errors import InputError
from crane_desktop.model.bench import bench_scorer
from crane_desktop.model.crane import Crane, new_crane
from crane_desktop.model.golden import golden_pictures
from crane_desktop.model.scorer import CraneScorer, load_scorer
from crane_desktop.model.selfcheck import self_check
from crane_desktop.settings.texts import catalogue


@pytest.fixture(scope="module")
def pack(small_crane: Callable[..., Crane], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_pack(tmp_path_factory.mktemp("made") / "small.cranepack", small_crane(), for_demonstration=True)


@pytest.fixture
def scorer(pack: Path) -> CraneScorer:
    return load_scorer(pack, device="cpu")


def test_it_says_who_answers(scorer: CraneScorer) -> None:
    info = scorer.info
    assert (info.pack, info.pack_version, info.variant, info.device) == ("small", "1", "crane", "cpu")
    assert info.image_size_px == 56
    assert info.for_demonstration
    assert len(info.pack_sha256) == 64


@pytest.mark.parametrize("shape", [(40, 90), (90, 40, 3), (1, 1), (300, 200, 3)])
def test_map_and_placement(scorer: CraneScorer, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    scored = scorer.score(pixels)
    values, place = scored.anomaly_map.values, scored.anomaly_map.placement
    assert 0 <= scored.score <= 1
    assert (values.shape, values.dtype, values.flags.writeable, values.flags.c_contiguous) == (
        (56, 56),
        np.float32,
        False,
        True,
    )
    assert 0 <= values.min() <= values.max() <= 1
    assert (place.x_px, place.y_px, place.width_px, place.height_px) == (0, 0, shape[1], shape[0])


def test_the_same_picture_gives_the_same_bits(scorer: CraneScorer, pack: Path) -> None:
    pixels = golden_pictures()[0]
    first, again, other = scorer.score(pixels), scorer.score(pixels), load_scorer(pack, device="cpu").score(pixels)
    for later in (again, other):
        assert later.score == first.score
        assert np.array_equal(later.anomaly_map.values, first.anomaly_map.values)


def test_maps_do_not_share_memory(scorer: CraneScorer) -> None:
    first = scorer.score(golden_pictures()[0]).anomaly_map.values
    before = first.copy()
    scorer.score(golden_pictures()[1])
    assert np.array_equal(first, before)


def test_it_gives_what_the_crane_gives(scorer: CraneScorer, small_crane: Callable[..., Crane]) -> None:
    runner = scorer.runner
    prepared = runner.prepare(golden_pictures()[0])
    direct = small_crane()(prepared.clip)
    assert scorer.score(golden_pictures()[0]).score == pytest.approx(float(direct.score[0]), abs=1e-6)


def test_a_closed_scorer_does_not_answer(scorer: CraneScorer) -> None:
    scorer.close()
    scorer.close()
    with pytest.raises(RuntimeError, match="closed"):
        scorer.score(golden_pictures()[0])


def test_no_answer_is_nan(small_config: Callable[..., object], tmp_path: Path) -> None:
    crane = new_crane(small_config("crane-plus"), seed=1)  # type: ignore[arg-type]
    path = model_pack(tmp_path / "plus.cranepack", crane)
    scorer = load_scorer(path, device="cpu")
    with torch.no_grad():
        scorer.runner.crane.dino.norm.weight.zero_()  # type: ignore[union-attr, operator]
        scorer.runner.crane.dino.norm.bias.fill_(1.0)  # type: ignore[union-attr, operator]
    scored = scorer.score(golden_pictures()[0])
    assert np.isnan(scored.score)
    assert np.isnan(scored.anomaly_map.values).all()
    assert not all(check.ok for check in self_check(scorer, path))


def test_guided_prompts_are_encoded_per_picture(small_crane: Callable[..., Crane], tmp_path: Path) -> None:
    path = model_pack(tmp_path / "guided.cranepack", small_crane("crane", "guided"))
    scorer = load_scorer(path, device="cpu")
    prepared = scorer.runner.prepare(golden_pictures()[1])
    direct = small_crane("crane", "guided")(prepared.clip)
    assert scorer.score(golden_pictures()[1]).score == pytest.approx(float(direct.score[0]), abs=1e-6)


def test_progress_is_told_in_words_and_only_grows(pack: Path) -> None:
    told: list[tuple[str, float]] = []
    load_scorer(pack, device="cpu", on_progress=lambda key, part: told.append((key, part)))
    fractions = [part for _, part in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert {key for key, _ in told} <= catalogue().keys()
    assert len({key for key, _ in told}) >= 3


@pytest.mark.parametrize("device", ["cuda:99", "meta", "abacus"])
def test_a_device_that_is_not_there(pack: Path, device: str) -> None:
    with pytest.raises(InputError) as caught:
        load_scorer(pack, device=device)
    assert caught.value.key == "model.no_such_device"


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_can_be_set_and_the_golden_scores_hold_with_each(pack: Path, threads: int) -> None:
    scorer = load_scorer(pack, device="cpu", threads=threads)
    assert torch.get_num_threads() == threads
    assert all(check.ok for check in self_check(scorer, pack))


def test_self_check_holds(scorer: CraneScorer, pack: Path) -> None:
    checks = self_check(scorer, pack)
    assert len(checks) == 3
    assert all(check.ok for check in checks), checks
    assert json.dumps([check.as_dict() for check in checks])


def test_self_check_notices_a_wrong_kernel(scorer: CraneScorer, pack: Path) -> None:
    with torch.no_grad():
        scorer.runner.crane.visual.transformer.resblocks[0].ln_1.weight.mul_(1.02)  # type: ignore[union-attr, index, operator]
    checks = self_check(scorer, pack)
    assert checks[0].ok
    assert not any(check.ok for check in checks[1:])


def test_self_check_notices_another_pack(scorer: CraneScorer, pack: Path, tmp_path: Path) -> None:
    content = pack_members(pack)
    raw = json.loads(content["manifest.json"]) | {"pack_version": "2"}
    other = sealed_pack(tmp_path / "small.cranepack", {**content, "manifest.json": json.dumps(raw).encode()})
    assert [check.ok for check in self_check(scorer, other)] == [False, True, True]


def test_bench_measures_each_part(scorer: CraneScorer) -> None:
    figures = bench_scorer(scorer, 3)
    assert [f["measure"] for f in figures] == ["preprocess", "model", "total"]
    for figure in figures:
        assert 0 < figure["median_ms"] <= figure["p90_ms"]
        assert figure["threads"] == torch.get_num_threads()
        assert json.dumps(figure)


def test_the_way_to_a_pack_is_light() -> None:
    code = (
        "import sys, crane_desktop.model.packs, crane_desktop.model.scorer, crane_desktop.model.selfcheck,"
        " crane_desktop.model.bench; print([m for m in ('torch', 'open_clip', 'timm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANG_S)
    assert done.stdout.strip() == "[]"


def test_the_torchvision_guard_is_quiet_and_may_be_called_twice() -> None:
    code = (
        "from crane_desktop._preload import guard_torchvision as g; g(); g();"
        " import warnings; warnings.resetwarnings();"
        " import torchvision, open_clip, timm; g(); print(torchvision.__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True, timeout=HANG_S
    )
    assert done.stdout.strip() == "torchvision"

"""The recipe of the demo pack: seeded, taken up where it was cut off, and it does learn."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from crane_desktop.model.config import CraneConfig
from crane_desktop.model.crane import Crane, new_crane
from demo_pack import train
from demo_pack.pool import Pool
from demo_pack.train import Plan, Round, train_demo

VISION = {"width": 48, "layers": 4, "heads": 3, "patch_size_px": 32, "position_grid": 4, "stem": "dense"}
ROUNDS = (Round("stem", 64, 4, 3, 2e-3), Round("whole", 64, 4, 3, 7e-4), Round("whole", 96, 4, 1, 2e-4))
PLAN = Plan(rounds=ROUNDS, parts=8, parts_px=96, seed=5, warm_up=2, workers=1)


@pytest.fixture(autouse=True)
def _pool_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(folder: Path, *, count: int, size_px: int, seed: int, processes: int) -> Pool:
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        pixels = rng.integers(60, 100, (count, size_px, size_px, 3), dtype=np.uint8)
        masks = np.zeros((count, size_px, size_px), bool)
        masks[1::2, : size_px // 2, : size_px // 2] = True
        pixels[masks] += 120
        return Pool(pixels, masks)

    monkeypatch.setattr(train, "draw_pool", drawn)
    monkeypatch.setattr(train, "_SAVE_EVERY", 2)
    monkeypatch.setattr(train, "_LOG_EVERY", 3)


@pytest.fixture
def config(small_config: Callable[..., CraneConfig]) -> CraneConfig:
    return small_config(image_size_px=64, vision=VISION)


def same(one: Crane, other: Crane) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_the_plan_decides(tmp_path: Path, config: CraneConfig) -> None:
    first = train_demo(tmp_path / "a", PLAN, config)
    assert not first.training
    assert same(first, train_demo(tmp_path / "b", PLAN, config))
    assert not same(first, train_demo(tmp_path / "c", replace(PLAN, seed=6), config))


@pytest.mark.parametrize("cut_at", [3, 6])
def test_a_cut_off_training_goes_on(
    tmp_path: Path, config: CraneConfig, monkeypatch: pytest.MonkeyPatch, cut_at: int
) -> None:
    whole = train_demo(tmp_path / "whole", PLAN, config)
    note, restore = train._note, train._restore

    def power_cut(work: Path, figures: dict[str, float]) -> None:
        if figures["step"] == cut_at:
            raise KeyboardInterrupt
        note(work, figures)

    with monkeypatch.context() as patch:
        patch.setattr(train, "_note", power_cut)
        with pytest.raises(KeyboardInterrupt):
            train_demo(tmp_path / "cut", PLAN, config)
    taken_up: list[int] = []

    def counted(*args: Any) -> int:
        taken_up.append(restore(*args))
        return taken_up[0]

    monkeypatch.setattr(train, "_restore", counted)
    assert same(train_demo(tmp_path / "cut", PLAN, config), whole)
    assert taken_up == [{3: 2, 6: 4}[cut_at]]  # the last step that was saved


def test_it_judges_at_a_size_of_its_own(tmp_path: Path, config: CraneConfig) -> None:
    crane = train_demo(tmp_path, replace(PLAN, run_px=128), config)
    assert crane.config.image_size_px == 128
    assert crane(torch.zeros(1, 3, 128, 128)).raw_map.shape == (1, 128, 128)


def test_it_goes_on_from_an_earlier_pack(tmp_path: Path, config: CraneConfig) -> None:
    plan = replace(PLAN, rounds=(replace(ROUNDS[1], rate=0.0),), weight_decay=0.0)
    start = new_crane(config, 3)
    before = {name: value.clone() for name, value in start.state_dict().items()}
    after = train_demo(tmp_path, plan, config, start).state_dict()
    learned = [name for name in before if "running_" not in name and "num_batches" not in name]
    assert all(torch.equal(before[name], after[name]) for name in learned)


def test_what_an_earlier_pack_lacks_starts_idle(config: CraneConfig) -> None:
    vision = config.vision.model_copy(update={"stem": "deep", "patch_size_px": 16})
    old = new_crane(config.model_copy(update={"vision": vision}), 3).eval()
    new = train.grown(old, config).eval()
    pictures = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = new.encode_image(pictures).entries[0].unflatten(1, (8, 8))
    assert (config.map_grid, config.entries) == (8, 2)
    assert torch.allclose(found[:, 0, 0], found[:, 1, 1], atol=1e-6)  # nothing finer than the tower's tokens yet
    assert torch.equal(new.visual.conv1(pictures), old.visual.conv1(pictures))


def test_a_leaner_stem_keeps_the_first_blocks_of_a_richer_one(small_config: Callable[..., CraneConfig]) -> None:
    rich, lean = (small_config(image_size_px=64, vision=VISION | {"stem": name}) for name in ("dense", "lean"))
    old = new_crane(rich, 3)
    new = train.grown(old, lean)
    kept, whole = new.state_dict(), old.state_dict()
    assert len([name for name in kept if name.startswith("visual.conv1.")]) < len(
        [name for name in whole if name.startswith("visual.conv1.")]
    )
    assert all(torch.equal(kept[name], whole[name]) for name in kept)


def test_a_small_run_is_a_share_of_the_whole() -> None:
    plan = train._small(Plan(), 0.01)
    assert [part.steps for part in plan.rounds] == [max(1, round(part.steps * 0.01)) for part in Plan().rounds]
    assert plan.parts == Plan().parts // 100


def test_it_learns_and_says_so(tmp_path: Path, config: CraneConfig) -> None:
    rounds = (replace(ROUNDS[0], steps=15), replace(ROUNDS[1], steps=24))
    crane = train_demo(tmp_path, replace(PLAN, rounds=rounds, averaging=0.5), config)
    lines = [json.loads(line) for line in (tmp_path / "progress.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["step"] for line in lines] == list(range(3, 40, 3))
    stem = [line["stem"] for line in lines[:5]]
    assert min(stem[1:]) < 0.7 * stem[0]
    whole = [sum(line[k] for k in ("patch", "image", "focal", "dice")) for line in lines[5:]]
    assert min(whole[1:]) < 0.5 * whole[0]  # batches differ: some are hard throughout
    assert all(p.isfinite().all() for p in crane.parameters())


@pytest.mark.parametrize("part", ["stem", "whole"])
def test_the_rate_warms_up_and_fades(part: str) -> None:
    plan = Plan(rounds=(Round("stem", 64, 4, 800, 2e-3), Round("whole", 64, 4, 1000, 7e-4)), warm_up=100)
    begin, count, peak = (0, 800, 2e-3) if part == "stem" else (800, 1000, 7e-4)
    rates = [train._rate(plan, step) for step in range(begin, begin + count)]
    assert rates[0] < 0.02 * peak
    assert max(rates) == pytest.approx(peak, rel=0.05)
    assert 90 <= rates.index(max(rates)) <= 110
    assert rates[-1] < 0.03 * peak

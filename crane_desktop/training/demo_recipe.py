"""How the demo pack is trained: one seeded command, from nothing but what the simulated line draws.

``python -m crane_desktop.training.demo_recipe --work DIR --out FILE --judge SET...`` draws the pool, trains (taking
up where it was cut off), writes the pack with its suggested thresholds, and beside it the figures it reaches.
Progress goes to ``DIR/progress.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from crane_desktop.model.config import CraneConfig, TowerConfig, VisionConfig
from crane_desktop.model.crane import Crane, new_crane
from crane_desktop.preprocess.normalise import CLIP_NORMALISATION
from crane_desktop.training.augment import varied
from crane_desktop.training.losses import dice_loss, focal_loss, image_loss, patch_loss
from crane_desktop.training.pool import Pool, draw_pool

DEMO_CONFIG = CraneConfig(
    variant="crane",
    image_size_px=256,
    embed_dim=128,
    vision=VisionConfig(width=192, layers=6, heads=3, patch_size_px=16, position_grid=16, stem="conv"),
    text=TowerConfig(width=128, layers=2, heads=2),
    dual_from=2,
    deep_layers=1,
)
_LOG_EVERY = 50
_SAVE_EVERY = 250


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbers of one training."""

    steps: int = 4000
    batch: int = 16
    parts: int = 12_000
    seed: int = 20261124
    peak_rate: float = 1.2e-3
    warm_up: int = 100
    weight_decay: float = 0.05
    averaging: float = 0.998
    defect_weight: float = 6.0
    workers: int = 2


def _eager_start(crane: Crane) -> None:
    """Set what makes the towers learn at once.

    Value and output projections start near minus the identity ("mimetic" initialisation, Trockman & Kolter 2023), so
    that attention starts as "what sets this patch apart from those like it"; and the two prompts start apart.
    """
    width = crane.config.vision.width
    eye = torch.eye(width)
    with torch.no_grad():
        for block in crane.visual.transformer.resblocks:  # type: ignore[union-attr]
            noise = 0.4 / width**0.5
            block.attn.in_proj_weight[2 * width :].copy_(0.5 * eye + noise * torch.randn(width, width))
            block.attn.out_proj.weight.copy_(-0.4 * eye + noise * torch.randn(width, width))
        for name in ("ctx_pos", "ctx_neg"):
            getattr(crane.prompts, name).normal_(std=1.0)


def _batch(pool: Pool, plan: Plan, step: int) -> tuple[Tensor, Tensor]:
    """Return a batch that depends on nothing but the plan and the step."""
    rng = np.random.default_rng([plan.seed, 1, step])
    picked = [varied(pool.pixels[i], pool.masks[i], rng) for i in rng.integers(0, len(pool.pixels), plan.batch)]
    mean, std = (np.array(v, np.float32) for v in (CLIP_NORMALISATION.mean, CLIP_NORMALISATION.std))
    pictures = (np.stack([p for p, _ in picked]) - mean) / std
    return torch.from_numpy(pictures).permute(0, 3, 1, 2), torch.from_numpy(np.stack([m for _, m in picked])).float()


def _rate(plan: Plan, step: int) -> float:
    warm = min(1.0, (step + 1) / plan.warm_up)
    return plan.peak_rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / plan.steps)))


def _losses(crane: Crane, images: Tensor, masks: Tensor, plan: Plan) -> dict[str, Tensor]:
    with torch.autocast("cpu", torch.bfloat16):
        output = crane(images)
    return {
        "patch": patch_loss(output.pixel_logits, masks, plan.defect_weight),
        "image": image_loss(output.image_logits, masks),
        "focal": 2 * focal_loss(output.raw_map, masks),
        "dice": 0.3 * dice_loss(output.raw_map, masks),
    }


def train_demo(work: Path, plan: Plan, config: CraneConfig = DEMO_CONFIG) -> Crane:
    """Train; take up from the last checkpoint in `work` if there is one. Returns the averaged model."""
    size_px = config.image_size_px
    pool = draw_pool(work / "pool", count=plan.parts, size_px=size_px, seed=plan.seed, processes=plan.workers)
    torch.manual_seed(plan.seed)
    crane = new_crane(config, plan.seed)
    _eager_start(crane)
    averaged_by: Any = torch.optim.swa_utils.get_ema_multi_avg_fn(plan.averaging)  # type: ignore[no-untyped-call]
    average = torch.optim.swa_utils.AveragedModel(crane, multi_avg_fn=averaged_by, use_buffers=True)
    optimiser = torch.optim.AdamW(
        crane.parameters(), lr=plan.peak_rate, weight_decay=plan.weight_decay, betas=(0.9, 0.98)
    )
    checkpoint = work / "checkpoint.pt"
    first = _restore(checkpoint, crane, average, optimiser)
    crane.train()
    started, sums = time.monotonic(), dict[str, float]()
    for step in range(first, plan.steps):
        for group in optimiser.param_groups:
            group["lr"] = _rate(plan, step)
        losses = _losses(crane, *_batch(pool, plan, step), plan)
        optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(crane.parameters(), 1.0)
        optimiser.step()
        average.update_parameters(crane)
        for name, value in losses.items():
            sums[name] = sums.get(name, 0.0) + float(value.detach()) / _LOG_EVERY
        if (step + 1) % _LOG_EVERY == 0:
            _note(work, {"step": step + 1, "elapsed_s": round(time.monotonic() - started), **sums})
            sums = {}
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == plan.steps:
            _save(checkpoint, step + 1, crane, average, optimiser)
    crane.load_state_dict(average.module.state_dict())
    return crane.eval()


def _note(work: Path, figures: dict[str, float]) -> None:
    with (work / "progress.jsonl").open("a", encoding="utf-8") as progress:
        progress.write(json.dumps({k: round(v, 5) for k, v in figures.items()}) + "\n")


def _save(path: Path, step: int, crane: Crane, average: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    parts: dict[str, Any] = {"crane": crane, "average": average, "optimiser": optimiser}
    state = {"step": step, **{name: part.state_dict() for name, part in parts.items()}}
    fresh = path.with_suffix(".new")
    torch.save(state, fresh)
    fresh.replace(path)


def _restore(path: Path, crane: Crane, average: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Load our own checkpoint, if there is one, and return the step to go on with."""
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    crane.load_state_dict(state["crane"])
    average.load_state_dict(state["average"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


def main() -> None:
    """Train the demo pack, write it, judge it."""
    from crane_desktop.model.scorer import load_scorer
    from crane_desktop.training.demo_pack import finish_demo, judge_demo

    standard = Plan()
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--work", type=Path, required=True, help="folder for the pool, checkpoints and progress")
    reader.add_argument("--out", type=Path, required=True, help="the pack to write")
    reader.add_argument("--judge", type=Path, nargs="*", default=[], help="real labelled sets to report on")
    reader.add_argument("--steps", type=int, default=standard.steps)
    reader.add_argument("--parts", type=int, default=standard.parts)
    asked = reader.parse_args()
    logging.basicConfig(level=logging.INFO)
    plan = Plan(steps=asked.steps, parts=asked.parts)
    finish_demo(train_demo(asked.work, plan), asdict(plan), asked.out)
    scorer = load_scorer(asked.out)
    judge_demo(scorer, asked.judge, asked.out.with_suffix(".evaluation.json"))
    scorer.close()


if __name__ == "__main__":
    main()

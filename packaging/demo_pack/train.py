"""How the demo pack is trained: one seeded command, from nothing but what the simulated line draws.

``python packaging/demo_pack train --work DIR --out FILE --judge SET...`` draws the pool, trains (taking
up where it was cut off; ``--start PACK`` goes on from an earlier pack), writes the pack with its suggested
thresholds, and beside it the figures it reaches. ``--share 0.1`` is a tenth of it, to try.
Progress goes to ``DIR/progress.jsonl``. With glibc, ``MALLOC_MMAP_THRESHOLD_`` and ``MALLOC_TRIM_THRESHOLD_`` of some
gigabytes make a step shorter.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from crane_desktop.model.config import CraneConfig, TowerConfig, VisionConfig
from crane_desktop.model.container import open_pack
from crane_desktop.model.crane import Crane, at_size, new_crane
from crane_desktop.model.prompts import CLASSES
from crane_desktop.model.stem import STAGES, ConvolutionalStem
from crane_desktop.model.weights import load_crane
from demo_pack.batches import Batch, batches
from demo_pack.losses import dice_loss, focal_loss, image_loss, patch_loss
from demo_pack.pool import Pool, draw_pool

DEMO_CONFIG = CraneConfig(
    variant="crane",
    image_size_px=256,
    embed_dim=128,
    vision=VisionConfig(width=192, layers=6, heads=3, patch_size_px=32, position_grid=16, stem="lean"),
    text=TowerConfig(width=128, layers=2, heads=2),
    dual_from=3,
    deep_layers=1,
    smoothing_sigma_px=1.5,
)
_LOG_EVERY = 50
_SAVE_EVERY = 250


@dataclass(frozen=True, slots=True)
class Round:
    """One part of a training, with a learning rate that rises and fades within it.

    Attributes
    ----------
    what
        What learns: ``"stem"``, with a linear head on each of its stages that is thrown away afterwards (from
        pictures to "odd here", its gradients are the shortest), or ``"whole"``, the stem's own loss staying on.
    size_px
        Side of the pictures.
    defect_weight
        Of a defective patch over a good one. Rare things are learnt sooner where they weigh more; less towards the
        end, since the image's score sums over all patches by how odd they are.
    """

    what: Literal["stem", "whole"]
    size_px: int
    batch: int
    steps: int
    rate: float
    defect_weight: float = 6.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbers of one training.

    The stem learns first and longest, on small close-ups: what a defect is made of is seen there, and a picture costs
    a tenth of what it costs the whole Crane. Then the whole learns, at the end on larger pictures; it was taken up
    several times.

    Attributes
    ----------
    run_px
        Size at which the pack judges: details want large pictures, two cores want small ones (`choices` measures it).
    words_pace
        Learning rate of prompts and text tower relative to the others. The text features are what everything else
        is compared with: where they move as fast as the rest, nothing is learnt.
    """

    rounds: tuple[Round, ...] = (
        Round("stem", 128, 64, 4500, 1.5e-3),
        Round("whole", 256, 16, 600, 5e-4),
        Round("whole", 384, 16, 60, 2e-4),
        Round("whole", 256, 16, 2000, 6e-4),
        Round("whole", 352, 16, 700, 3e-4),
        Round("whole", 288, 16, 890, 4e-4),
        Round("whole", 320, 16, 1000, 5e-4),
        Round("whole", 384, 16, 1300, 5e-4, 2.0),
        Round("whole", 384, 16, 450, 3e-4, 2.0),
        Round("whole", 320, 16, 1000, 5e-4, 2.0),
        Round("whole", 416, 16, 2100, 4e-4, 2.0),
    )
    run_px: int = 448
    words_pace: float = 0.03
    parts: int = 8_000
    parts_px: int = 512
    seed: int = 20261128
    warm_up: int = 100
    weight_decay: float = 0.05
    averaging: float = 0.998
    workers: int = 2

    @property
    def steps(self) -> int:
        """Steps of all rounds."""
        return sum(part.steps for part in self.rounds)


class _Learner(nn.Module):
    """A Crane, and a linear head on each stage of its stem."""

    def __init__(self, crane: Crane) -> None:
        super().__init__()
        self.crane = crane
        self.heads = nn.ModuleList([nn.Linear(channels, 2) for channels in (*STAGES, crane.config.vision.width)[1:]])
        stem: Any = self._stem
        stem.to(memory_format=torch.channels_last)  # a quarter faster on a CPU

    def losses(self, batch: Batch, part: Round) -> dict[str, Tensor]:
        """Return what is minimised, by name."""
        whole = part.what == "whole"
        with torch.autocast("cpu", torch.bfloat16), self._watched() as seen:
            output = self.crane(batch.images) if whole else self._stem(batch.images)
        opinions = [head(made.float().flatten(2).transpose(1, 2)) for head, made in zip(self.heads, seen, strict=True)]
        losses = {"stem": patch_loss(opinions, batch.masks, part.defect_weight)}
        if whole:
            losses |= {
                "patch": patch_loss(output.pixel_logits, batch.masks, part.defect_weight),
                "image": 2 * image_loss(output.image_logits, batch.masks),
                "focal": 2 * focal_loss(output.raw_map, batch.masks),
                "dice": 0.3 * dice_loss(output.raw_map, batch.masks),
            }
        return losses

    @property
    def _stem(self) -> ConvolutionalStem:
        visual: Any = self.crane.visual
        stem: ConvolutionalStem = visual.conv1
        return stem

    @contextmanager
    def _watched(self) -> Iterator[list[Tensor]]:
        """Note what the stages from stride 4 on make of the pictures."""
        seen: list[Tensor] = []
        stages = list(self._stem.children())[1:]
        hooks = [stage.register_forward_hook(lambda _module, _given, made: seen.append(made)) for stage in stages]
        try:
            yield seen
        finally:
            for hook in hooks:
                hook.remove()

    def groups(self, plan: Plan) -> list[dict[str, Any]]:
        """Return the parameters in two groups of their own pace."""
        words = [p for name, p in self.crane.named_parameters() if name.startswith(("text.", "prompts."))]
        known = {id(p) for p in words}
        rest = [p for p in self.parameters() if id(p) not in known]
        return [{"params": rest, "pace": 1.0}, {"params": words, "pace": plan.words_pace}]


def _start_undecided(crane: Crane) -> None:
    """Set what lets the towers learn at once.

    Value and output projections start near minus the identity ("mimetic" initialisation, Trockman & Kolter 2023), so
    that attention starts as "what sets this patch apart from those like it". The two prompts start apart, and the
    joint projection starts without the direction between their features: every patch is undecided. Otherwise the
    first steps make all patches alike, to be rid of the random opinions that the temperature enlarges.
    """
    visual: Any = crane.visual
    width = crane.config.vision.width
    eye = torch.eye(width)
    with torch.no_grad():
        for block in visual.transformer.resblocks:
            noise = 0.4 / width**0.5
            block.attn.in_proj_weight[2 * width :].copy_(0.5 * eye + noise * torch.randn(width, width))
            block.attn.out_proj.weight.copy_(-0.4 * eye + noise * torch.randn(width, width))
        for name in CLASSES:
            getattr(crane.prompts, f"ctx_{name}").normal_(std=1.0)
        normal, odd = crane.encode_text()
        between = F.normalize(odd - normal, dim=0)
        visual.proj.sub_(torch.outer(visual.proj @ between, between))


def train_demo(work: Path, plan: Plan, config: CraneConfig = DEMO_CONFIG, start: Crane | None = None) -> Crane:
    """Train; take up from the last checkpoint in `work` if there is one. Returns the averaged model.

    Parameters
    ----------
    start
        A Crane of `config` to go on from; None: weights drawn from the plan's seed.
    """
    pool = draw_pool(work / "pool", count=plan.parts, size_px=plan.parts_px, seed=plan.seed, processes=plan.workers)
    torch.manual_seed(plan.seed)
    learner = _Learner(start or _newborn(config, plan.seed))
    averaged_by: Any = torch.optim.swa_utils.get_ema_multi_avg_fn(plan.averaging)  # type: ignore[no-untyped-call]
    average = torch.optim.swa_utils.AveragedModel(learner, multi_avg_fn=averaged_by, use_buffers=True)
    optimiser = torch.optim.AdamW(learner.groups(plan), lr=1e-3, weight_decay=plan.weight_decay, betas=(0.9, 0.98))
    checkpoint = work / "checkpoint.pt"
    parts: dict[str, Any] = {"learner": learner, "average": average, "optimiser": optimiser}
    first = _restore(checkpoint, parts)
    learner.train()
    started, sums = time.monotonic(), dict[str, float]()
    for step, batch in _schedule(pool, plan, first):
        current, _ = _round_at(plan, step)
        at_size(learner.crane, current.size_px)
        for group in optimiser.param_groups:
            group["lr"] = _rate(plan, step) * group["pace"]
        losses = learner.losses(batch, current)
        optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        for group in optimiser.param_groups:
            nn.utils.clip_grad_norm_(group["params"], 1.0)
        optimiser.step()
        average.update_parameters(learner)
        for name, value in losses.items():
            sums[name] = sums.get(name, 0.0) + float(value.detach()) / _LOG_EVERY
        done = step + 1
        if done % _LOG_EVERY == 0:
            _note(work, {"step": done, "elapsed_s": round(time.monotonic() - started), **sums})
            sums = {}
        if done % _SAVE_EVERY == 0 or done == plan.steps:
            _save(checkpoint, done, parts)
    learner.load_state_dict(average.module.state_dict())
    return at_size(learner.crane, plan.run_px).eval()


def _newborn(config: CraneConfig, seed: int) -> Crane:
    crane = new_crane(config, seed)
    _start_undecided(crane)
    return crane


def _schedule(pool: Pool, plan: Plan, first: int) -> Iterator[tuple[int, Batch]]:
    begin = 0
    for part in plan.rounds:
        end, start = begin + part.steps, max(first, begin)
        if start < end:
            made = batches(pool, size=part.batch, size_px=part.size_px, seed=plan.seed, first=start, last=end)
            yield from enumerate(made, start)
        begin = end


def _round_at(plan: Plan, step: int) -> tuple[Round, int]:
    """Return the round that a step belongs to, and its number within it."""
    for part in plan.rounds:
        if step < part.steps:
            return part, step
        step -= part.steps
    raise ValueError("beyond the last round")


def _rate(plan: Plan, step: int) -> float:
    """Return the learning rate: a warm-up and half a cosine, for each round."""
    part, step = _round_at(plan, step)
    warm = min(1.0, (step + 1) / plan.warm_up)
    return part.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / part.steps)))


def _note(work: Path, figures: dict[str, float]) -> None:
    with (work / "progress.jsonl").open("a", encoding="utf-8") as progress:
        progress.write(json.dumps({k: round(v, 5) for k, v in figures.items()}) + "\n")


def _save(path: Path, step: int, parts: dict[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    torch.save({"step": step, **{name: part.state_dict() for name, part in parts.items()}}, fresh)
    fresh.replace(path)


def _restore(path: Path, parts: dict[str, Any]) -> int:
    """Load our own checkpoint, if there is one, and return the step to go on with."""
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return int(state["step"])


def main() -> None:
    """Train the demo pack, write it, judge it."""
    from crane_desktop.model.scorer import load_scorer
    from demo_pack.build import finish_demo, judge_demo

    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--work", type=Path, required=True, help="folder for the pool, checkpoints and progress")
    reader.add_argument("--out", type=Path, required=True, help="the pack to write")
    reader.add_argument("--judge", type=Path, nargs="*", default=[], help="real labelled sets to report on")
    reader.add_argument("--start", type=Path, help="a pack to go on from; its stem may have more or fewer blocks")
    reader.add_argument(
        "--share", type=float, default=1.0, help="of every round's steps and of the parts, for a small run"
    )
    asked = reader.parse_args()
    logging.basicConfig(level=logging.INFO)
    plan, start, facts = _small(Plan(), asked.share), None, dict[str, Any]()
    if asked.start is not None:
        start, facts = _taken_from(asked.start)
    finish_demo(train_demo(asked.work, plan, start=start), asdict(plan) | facts, asked.out)
    scorer = load_scorer(asked.out)
    judge_demo(scorer, asked.judge, asked.out.with_suffix(".evaluation.json"))
    scorer.close()


def _small(plan: Plan, share: float) -> Plan:
    """Return a plan with a share of the steps and parts."""
    rounds = tuple(replace(part, steps=max(1, round(part.steps * share))) for part in plan.rounds)
    return replace(plan, rounds=rounds, parts=max(2, 2 * round(plan.parts * share / 2)))


def _taken_from(path: Path) -> tuple[Crane, dict[str, Any]]:
    """Return a pack's Crane, and what its successor's provenance says about it."""
    with open_pack(path) as pack:
        manifest = pack.manifest
        facts = {"sha256": pack.sha256, "version": manifest.pack_version, "provenance": manifest.provenance}
        return grown(load_crane(pack), DEMO_CONFIG), {"started_from": facts}


def grown(old: Crane, config: CraneConfig, seed: int = 0) -> Crane:
    """Return a Crane of `config` that starts with an old one's weights; what the old one lacks starts idle.

    A new block's last scale is 0, so that at first it hands on what it gets ("SkipInit", De & Smith 2020). A stage's
    last blocks are left out where `config` has no place for them.
    """
    crane = new_crane(config, seed)
    crane.load_state_dict(old.state_dict(), strict=False)
    known = old.state_dict().keys()
    visual: Any = crane.visual
    if hasattr(visual, "detail") and not hasattr(old.visual, "detail"):
        visual.detail.stand_by()
    with torch.no_grad():
        for name, parameter in crane.named_parameters():
            if name not in known and name.endswith("second.1.weight"):
                parameter.zero_()
    return crane

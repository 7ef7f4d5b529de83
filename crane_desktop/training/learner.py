"""The learning itself: one pass over the lessons, and what held-out ones say about the prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from crane_desktop.model.crane import Crane, CraneOutput
from crane_desktop.model.prompts import Prompts
from crane_desktop.model.smoothing import Smoother
from crane_desktop.training.features import Batch, FeatureStore, Lesson
from crane_desktop.training.losses import dice_loss, focal_loss
from crane_desktop.training.metrics import auroc, counts_by_score
from crane_desktop.training.pixels import PixelTally
from crane_desktop.training.progress import Figures

_BATCH = 8
_BETAS = (0.5, 0.999)
_RATE = 0.05
"""Step size as a share of a parameter's own root mean square. For published prompts, whose values are about 0.02,
that is the published 0.001; prompts of other packs are larger, and would hardly move by so little."""
_LEAST_RATE = 1e-3


class Learner:
    """Changes a Crane's prompts, and nothing else of it.

    Parameters
    ----------
    crane
        Frozen, on the device that it learns on; its prompts are set to learn.
    seed
        Decides the order of the lessons.
    """

    def __init__(self, crane: Crane, store: FeatureStore, seed: int) -> None:
        self._crane = crane.requires_grad_(False)
        self._store = store
        self._seed = seed
        crane.prompts.requires_grad_(True)
        self.optimiser = torch.optim.Adam(
            [{"params": [p], "lr": _rate(p)} for p in crane.prompts.parameters()], lr=_LEAST_RATE, betas=_BETAS
        )
        device = next(crane.prompts.parameters()).device
        self._smooth = Smoother(crane.config.image_size_px, crane.config.smoothing_sigma_px, device)

    def learn(self, lessons: Sequence[Lesson], epoch: int) -> float:
        """Pass once over the lessons, in an order that only seed and epoch decide; return the mean loss."""
        order = np.random.default_rng([self._seed, epoch]).permutation(len(lessons))
        total = 0.0
        for batch in self._batches([lessons[index] for index in order]):
            loss = _loss(self._answer(batch), batch)
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            total += float(loss.detach()) * len(batch.defective)
        return total / len(lessons)

    @property
    def prompts(self) -> Prompts:
        """What changes."""
        return self._crane.prompts

    @torch.no_grad()
    def judge(self, lessons: Sequence[Lesson]) -> Figures:
        """Measure the prompts as they are."""
        tally = PixelTally()
        total, scores = 0.0, list[float]()
        for batch in self._batches(lessons):
            output = self._answer(batch)
            total += float(_loss(output, batch)) * len(batch.defective)
            scores += output.score.tolist()
            maps = self._smooth(output.raw_map).clamp(0, 1).cpu().numpy()
            for index in batch.drawn.nonzero().flatten().tolist():
                tally.add(maps[index], batch.masks[index].cpu().numpy() > 0)
        truth = np.array([lesson.defective for lesson in lessons])
        return Figures(total / len(lessons), auroc(*counts_by_score(np.array(scores), truth)), tally.auroc())

    def _batches(self, lessons: Sequence[Lesson]) -> Iterator[Batch]:
        for at in range(0, len(lessons), _BATCH):
            yield self._store.batch(lessons[at : at + _BATCH])

    def _answer(self, batch: Batch) -> CraneOutput:
        guided = self._crane.config.context == "guided"
        return self._crane.answer(batch.features, self._crane.encode_text(batch.features.image if guided else None))


def _loss(output: CraneOutput, batch: Batch) -> Tensor:
    """Cross-entropy on the pooled score; where the defects are drawn, focal and Dice loss on the map as well."""
    loss = F.cross_entropy(output.image_logits, batch.defective.long())
    if bool(batch.drawn.any()):
        maps, masks = output.raw_map[batch.drawn], batch.masks[batch.drawn]
        loss = loss + focal_loss(maps, masks) + dice_loss(maps, masks)
    return loss


def _rate(parameter: Tensor) -> float:
    return max(_LEAST_RATE, _RATE * float(parameter.detach().square().mean().sqrt()))

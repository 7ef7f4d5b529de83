"""The learning itself: one pass over the lessons, and what held-out ones say about the prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from crane_desktop.evaluation.metrics import auroc, counts_by_score
from crane_desktop.evaluation.pixel_metrics import PixelTally
from crane_desktop.model.config import Context
from crane_desktop.model.crane import Crane, CraneOutput
from crane_desktop.model.prompts import Prompts
from crane_desktop.model.smoothing import Smoother
from crane_desktop.training.features import Batch, FeatureStore, Lesson
from crane_desktop.training.progress import Figures
from crane_desktop.training.prompt_losses import prompt_loss

BATCH = 8
_BETAS = (0.6, 0.999)
_RATE = 0.05
"""Step size as a share of a parameter's own root mean square. For published prompts, whose values are about 0.02,
that is the published 0.001; prompts of other packs are larger, and would hardly move by so little."""
_LEAST_RATE = 1e-3


class Learner:
    """Changes a Crane's prompts, and nothing else of it; batches are read from disk one by one.

    Adam with the authors' betas and batch; the step size is theirs for prompts as small as theirs (see `_RATE`).

    Parameters
    ----------
    crane
        Frozen, on the device that it learns on; its prompts are set to learn. It needs no image towers.
    seed
        Decides the order of the lessons.
    context
        Whether the picture's own embedding joins the prompts *while learning*.
        What held-out pictures say is always asked as the pack itself judges.
    """

    def __init__(self, crane: Crane, store: FeatureStore, seed: int, context: Context) -> None:
        self._crane = crane.requires_grad_(False)
        self._store = store
        self._seed = seed
        self._context = context
        crane.prompts.requires_grad_(True)
        self.optimiser = torch.optim.Adam(
            [{"params": [p], "lr": _rate(p)} for p in crane.prompts.parameters()], lr=_LEAST_RATE, betas=_BETAS
        )
        self._device = next(crane.prompts.parameters()).device
        self._smooth = Smoother(crane.config.image_size_px, crane.config.smoothing_sigma_px, self._device)

    def learn(self, lessons: Sequence[Lesson], epoch: int) -> float:
        """Pass once over the lessons, in an order that only seed and epoch decide; return the mean loss."""
        order = np.random.default_rng([self._seed, epoch]).permutation(len(lessons))
        total = 0.0
        for batch in self._batches([lessons[index] for index in order]):
            loss = prompt_loss(self._answer(batch, self._context), batch.defective, batch.masks, batch.drawn)
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
            output = self._answer(batch, self._crane.config.context)
            loss = prompt_loss(output, batch.defective, batch.masks, batch.drawn)
            total += float(loss) * len(batch.defective)
            scores += output.score.tolist()
            maps = self._smooth(output.raw_map).clamp(0, 1).cpu().numpy()
            for index in batch.drawn.nonzero().flatten().tolist():
                tally.add(maps[index], batch.masks[index].cpu().numpy() > 0)
        truth = np.array([lesson.defective for lesson in lessons])
        return Figures(total / len(lessons), auroc(*counts_by_score(np.array(scores), truth)), tally.auroc())

    def _batches(self, lessons: Sequence[Lesson]) -> Iterator[Batch]:
        for at in range(0, len(lessons), BATCH):
            yield self._store.batch(lessons[at : at + BATCH], self._device)

    def _answer(self, batch: Batch, context: Context) -> CraneOutput:
        text = self._crane.encode_text(batch.features.image if context == "guided" else None)
        return self._crane.answer(batch.features, text)


def _rate(parameter: torch.Tensor) -> float:
    return max(_LEAST_RATE, _RATE * float(parameter.detach().square().mean().sqrt()))

"""How far a prompt learning has come: the checkpoint that a killed run goes on from, a table, and a picture."""

from __future__ import annotations

import csv
import io
import json
import math
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.evaluation.report.charts import Panel, curves_svg
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.texts import Language, text

_COLUMNS = ("epoch", "loss", "held_out_loss", "held_out_image_auroc", "held_out_pixel_auroc")
# What torch.load raises on a file that is not whole or not ours.
_UNUSABLE = (OSError, RuntimeError, EOFError, KeyError, ValueError, TypeError, pickle.UnpicklingError)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the held-out pictures say: the loss, and AUROC of scores and pixels (None where it has no meaning)."""

    loss: float
    image_auroc: float | None
    pixel_auroc: float | None


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass: its mean loss on the pictures it learned from, and the held-out ones afterwards."""

    epoch: int
    loss: float
    held_out: Figures

    def as_dict(self) -> dict[str, Any]:
        """Return the epoch as JSON."""
        held_out = {f"held_out_{name}": value for name, value in asdict(self.held_out).items()}
        return {"epoch": self.epoch, "loss": self.loss, **held_out}


@dataclass(slots=True)
class TrainingProgress:
    """The epochs so far, and the prompts of the best one.

    Attributes
    ----------
    wish
        Names the inputs (pack, pictures, seed...): a checkpoint of other inputs is not taken up.
    """

    wish: str
    epochs: list[Epoch] = field(default_factory=list)
    best_prompts: dict[str, Tensor] = field(default_factory=dict)

    @property
    def best(self) -> Epoch:
        """The epoch with the lowest held-out loss; of equals, the first. A loss that is no number is the highest.

        The loss, and not an AUROC, because on a few held-out pictures the AUROC moves in large steps.
        """
        return min(self.epochs, key=lambda epoch: (math.isnan(epoch.held_out.loss), epoch.held_out.loss))

    def add(self, number: int, loss: float, held_out: Figures, prompts: nn.Module) -> None:
        """Take in an epoch, and its prompts where it is the best so far."""
        epoch = Epoch(number, loss, held_out)
        self.epochs.append(epoch)
        if self.best is epoch:
            self.best_prompts = {name: t.detach().cpu().clone() for name, t in prompts.state_dict().items()}

    def save(self, path: Path, prompts: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Write everything needed to go on; the file is there whole or not at all.

        Raises
        ------
        InputError
            If the disk does not take it.
        """
        state = {
            "wish": self.wish,
            "epochs": json.dumps([asdict(epoch) for epoch in self.epochs]),
            "best_prompts": self.best_prompts,
            "prompts": prompts.state_dict(),
            "optimiser": optimiser.state_dict(),
        }
        fresh = path.with_suffix(".new")
        try:
            torch.save(state, fresh)
            fresh.replace(path)
        except (OSError, RuntimeError) as error:  # torch wraps what the disk says
            raise InputError("training.cannot_write", folder=path.parent, detail=technical(error)) from error

    def restore(self, path: Path, prompts: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Go on from the checkpoint at `path`, if there is one of the same inputs; else leave everything as it is."""
        if not path.exists():
            return
        before = {name: tensor.clone() for name, tensor in prompts.state_dict().items()}
        try:
            state = torch.load(path, weights_only=True, map_location="cpu")
            if state["wish"] != self.wish:
                return
            epochs = [Epoch(**{**e, "held_out": Figures(**e["held_out"])}) for e in json.loads(state["epochs"])]
            best_prompts = state["best_prompts"]
            prompts.load_state_dict(state["prompts"])
            optimiser.load_state_dict(state["optimiser"])
        except _UNUSABLE:
            prompts.load_state_dict(before)  # torch takes what fits before it refuses the rest
            return
        self.epochs, self.best_prompts = epochs, best_prompts


def write_learning_curve(pack: Path, progress: TrainingProgress, language: Language) -> tuple[Path, Path]:
    """Write ``NAME.learning.csv`` and ``NAME.learning.svg`` beside a pack, whole or not at all; return their paths.

    Raises
    ------
    InputError
        If the disk does not take them.
    """
    table, picture = (pack.with_name(f"{pack.stem}.learning.{kind}") for kind in ("csv", "svg"))
    try:
        write_atomic(table, _csv(progress).encode("utf-8-sig"))
        write_atomic(picture, learning_curve(pack.stem, progress, language).encode())
    except OSError as error:
        raise InputError("training.cannot_write", folder=pack.parent, detail=technical(error)) from error
    return table, picture


def learning_curve(name: str, progress: TrainingProgress, language: Language) -> str:
    """Return the learning curve as an SVG document."""
    image, pixel = (text(key, language) for key in ("training.curve_image_auroc", "training.curve_pixel_auroc"))
    loss = (text("training.curve_learned", language), text("training.curve_held_out", language))
    panels: Sequence[Panel] = (
        Panel(text("training.curve_loss", language), (("loss", loss[0]), ("held_out_loss", loss[1]))),
        Panel("AUROC", (("held_out_image_auroc", image), ("held_out_pixel_auroc", pixel))),
    )
    return curves_svg(
        [epoch.as_dict() for epoch in progress.epochs],
        "epoch",
        panels,
        title=text("training.curve_title", language, pack=name),
        x_label=text("training.curve_epoch", language),
        mark=(progress.best.epoch, text("training.curve_kept", language)),
    )


def _csv(progress: TrainingProgress) -> str:
    target = io.StringIO(newline="")
    table = csv.DictWriter(target, _COLUMNS)
    table.writeheader()
    table.writerows(epoch.as_dict() for epoch in progress.epochs)
    return target.getvalue()

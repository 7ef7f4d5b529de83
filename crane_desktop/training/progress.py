"""How far a prompt learning has come, kept beside the pack to be: a killed run goes on where it stopped."""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from crane_desktop.domain.errors import InputError

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
class Progress:
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
        """The epoch with the lowest held-out loss; of equals, the first.

        The loss, and not an AUROC, because on a few held-out pictures the AUROC moves in large steps.
        """
        return min(self.epochs, key=lambda epoch: epoch.held_out.loss)

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
            raise InputError("training.cannot_write", folder=path.parent, detail=str(error)[:200]) from error

    def restore(self, path: Path, prompts: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Go on from the checkpoint at `path`, if there is one of the same inputs; else leave everything as it is."""
        if not path.exists():
            return
        try:
            state = torch.load(path, weights_only=True, map_location="cpu")
            if state["wish"] != self.wish:
                return
            epochs = [Epoch(**{**e, "held_out": Figures(**e["held_out"])}) for e in json.loads(state["epochs"])]
            prompts.load_state_dict(state["prompts"])
            optimiser.load_state_dict(state["optimiser"])
        except _UNUSABLE:
            return
        self.epochs, self.best_prompts = epochs, state["best_prompts"]

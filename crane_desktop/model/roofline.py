"""The least time a Crane could take on a machine: its operations and bytes against what the machine reaches."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from crane_desktop.model.config import CraneConfig, TowerConfig
from crane_desktop.model.crane import Crane

_REPEATS = 7
_COPIED_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Roofline:
    """What a forward pass cannot go below.

    Attributes
    ----------
    operations
        Floating point operations of all matrix products (a multiplication and an addition are two).
    weight_bytes
        Of the weights, each of which must be read once.
    operations_a_second, bytes_a_second
        What the machine reaches in the model's own largest product, and when copying.
    """

    operations: float
    weight_bytes: int
    operations_a_second: float
    bytes_a_second: float

    @property
    def ms(self) -> float:
        """The later of the two: products and reading can go on side by side."""
        return 1e3 * max(self.operations / self.operations_a_second, self.weight_bytes / self.bytes_a_second)


def roofline_of(crane: Crane) -> Roofline:
    """Count a Crane's operations and measure this machine, in the precision that it computes in."""
    held = sum(tensor.nbytes for part in (crane.visual, crane.dino) if part is not None for tensor in part.parameters())
    return Roofline(operations(crane.config), held, _product_speed(crane), _copy_speed(crane))


def operations(config: CraneConfig) -> float:
    """Return the floating point operations of the matrix products that a picture needs, static prompts' text aside.

    E-Attn's three soft-maxes are summed before they are applied, and D-Attn's one matrix serves all heads; soft-max,
    norms, activations and smoothing are not counted.
    """
    vision, patches = config.vision, config.grid**2
    dual = vision.layers - config.dual_from
    count = _tower(vision, patches + 1)
    count -= 8 * _layer(patches, vision.width, vision.width)  # the last MLP is for the class token alone
    count += dual * (_correlations(patches + 1, vision.width, 4) + _layer(patches + 1, vision.width, vision.width))
    count += _layer(patches, 3 * vision.patch_size_px**2, vision.width)
    count += _layer(patches + 1, vision.width, config.embed_dim)
    if config.dino is not None:
        dino = config.dino
        count += _tower(dino, patches + dino.registers + 1) + _layer(patches, 3 * dino.patch_size_px**2, dino.width)
        count += _correlations(patches, dino.width, 1) + _correlations(patches, vision.width, 1)
        count += 2 * _layer(patches, vision.width, vision.width) + _layer(patches, vision.width, config.embed_dim)
    return count


def _tower(tower: TowerConfig, tokens: int) -> float:
    layers = 12 * _layer(tokens, tower.width, tower.width)  # queries, keys, values and output are 4, the MLP 8
    return tower.layers * (layers + _correlations(tokens, tower.width, 2))


def _layer(tokens: int, width_in: int, width_out: int) -> float:
    return 2.0 * tokens * width_in * width_out


def _correlations(tokens: int, width: int, products: int) -> float:
    """Products between every two tokens, over all heads."""
    return products * 2.0 * tokens * tokens * width


def _product_speed(crane: Crane) -> float:
    """Return operations a second of the first MLP layer on as many tokens as the model has."""
    config, compute = crane.config, crane.compute
    device = next(crane.parameters()).device
    tokens, width = config.grid**2 + 1, config.vision.width
    left = torch.randn(tokens, width, device=device, dtype=compute)
    right = torch.randn(4 * width, width, device=device, dtype=compute)
    return _layer(tokens, width, 4 * width) / _seconds(lambda: F.linear(left, right), device)


def _copy_speed(crane: Crane) -> float:
    """Return bytes a second that are read where memory is copied."""
    device = next(crane.parameters()).device
    source = torch.ones(_COPIED_BYTES, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return _COPIED_BYTES / _seconds(lambda: target.copy_(source), device)


def _seconds(job: Callable[[], object], device: torch.device) -> float:
    taken = []
    with torch.inference_mode():
        for _ in range(_REPEATS):
            began_s = time.perf_counter()
            job()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            taken.append(time.perf_counter() - began_s)
    return statistics.median(taken)

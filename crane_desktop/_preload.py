"""What must be imported before Qt, and what must be put right before open_clip and timm are imported."""

from __future__ import annotations

import importlib.util
import sys

_schemas: object | None = None


def import_torch_before_qt() -> None:
    """On Windows torch >= 2.9 fails to load once Qt has been imported (pytorch issue 166628): load it first."""
    if sys.platform == "win32":
        importlib.import_module("torch")


def guard_torchvision() -> None:
    """Make torchvision importable beside a CPU build of torch.

    torchvision from PyPI is built for CUDA; beside a CPU torch its own operators are missing and its import
    fails with ``operator torchvision::nms does not exist``. We never call them, so their schemas are enough.
    """
    global _schemas
    import torch

    if _schemas is not None or "torchvision" in sys.modules or hasattr(torch.ops.torchvision, "nms"):
        return
    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _schemas = library

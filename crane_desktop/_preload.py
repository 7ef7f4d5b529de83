"""What must be imported before Qt, and what must be put right before open_clip and timm are imported."""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, cast

_schemas: object | None = None


def import_torch_before_qt() -> None:
    """On Windows torch >= 2.9 fails to load once Qt has been imported (pytorch issue 166628): load it first."""
    if sys.platform == "win32":
        importlib.import_module("torch")


def guard_torchvision() -> None:
    """Make torchvision importable beside a CPU build of torch. Idempotent.

    torchvision from PyPI is built for CUDA; beside a CPU torch its operators do not load and its import fails with
    ``operator torchvision::nms does not exist``. We never call them, so their schemas are enough. A torchvision
    that fits keeps its own: its library is loaded first, because a schema that is defined twice ends the process.
    """
    import torch

    if _schemas is not None or "torchvision" in sys.modules:
        return
    _define_missing_operators(torch)
    with torch_without_compiler(), _absent("timm"):  # open_clip takes it in where it is; only Crane+ needs it
        for name in ("torchvision", "open_clip"):
            importlib.import_module(name)


def _define_missing_operators(torch: Any) -> None:
    global _schemas
    _load_own_operators(torch)
    missing = [name for name in ("nms", "qnms") if not hasattr(torch.ops.torchvision, name)]
    if missing:
        library: Any = torch.library.Library("torchvision", "FRAGMENT")
        for name in missing:
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _schemas = library  # the schemas live as long as this object


@contextlib.contextmanager
def _absent(name: str) -> Iterator[None]:
    """Let a package look as if it were not installed, unless it is imported already."""
    if name in sys.modules:
        yield
        return
    absent: dict[str, Any] = {name: None}
    sys.modules.update(absent)
    try:
        yield
    finally:
        del sys.modules[name]


@contextlib.contextmanager
def torch_without_compiler() -> Iterator[None]:
    """Keep torch's compiler from being imported by libraries that only ask whether they are being compiled.

    It and its algebra system are a thousand modules and a third of what the program imports before its first verdict;
    nothing here compiles. Where it is imported already, nothing is done; whoever imports it later gets the real one.
    """
    names = ("torch._dynamo", "torch._dynamo.utils")
    if names[0] in sys.modules:
        yield
        return
    stand_ins = {name: ModuleType(name) for name in names}
    compiler, helpers = (cast(Any, stand_ins[name]) for name in names)
    compiler.__path__ = []
    compiler.utils = helpers
    compiler.disable = lambda function=None, *_args, **_kwargs: function if function is not None else lambda f: f
    helpers.is_compile_supported = lambda _device: False
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in names:
            if sys.modules.get(name) is stand_ins[name]:
                del sys.modules[name]


def _load_own_operators(torch: Any) -> None:
    found = importlib.util.find_spec("torchvision")
    for folder in (found.submodule_search_locations or ()) if found else ():
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            file = Path(folder, f"_C{suffix}")
            if file.is_file():
                # An OSError means: built for another torch. That is the case this guard is for.
                with contextlib.suppress(OSError):
                    torch.ops.load_library(str(file))
                return

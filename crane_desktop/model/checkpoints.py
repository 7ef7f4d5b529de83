"""Published weight files, read without ever running a pickle's code."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from crane_desktop.domain.errors import InputError
from crane_desktop.settings.regular_file import require_regular

_WRAPPERS = ("state_dict", "model", "prompt_learner")
"""Keys under which training scripts keep the state dict."""
_MOST_SOURCE_CODE = 64 << 20


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a weight file by name, on the CPU.

    Takes safetensors, PyTorch state dicts (plain, or under ``state_dict``, ``model`` or ``prompt_learner``), and
    TorchScript archives such as OpenAI's CLIP. State dicts are read with ``weights_only=True``.

    Raises
    ------
    InputError
        If the file is missing, damaged, of another kind, or would need its own code to be run.
    """
    try:
        require_regular(path)
    except OSError as error:
        raise InputError("model.weights_file_missing", file=path) from error
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        _refuse_bombs(path)
        with warnings.catch_warnings():
            # TorchScript announces its retirement (OpenAI's file will stay what it is), torch.load odd pickles that it
            # then takes or refuses: neither is anything that a person could do something about.
            warnings.simplefilter("ignore")
            content = _scripted(path) if _is_torchscript(path) else _state_dict(path)
    except Exception as error:  # whatever torch's readers raise on bytes that somebody made up: it differs by version
        raise InputError("model.weights_unreadable", file=path) from error
    return _tensors(content, path)


def _refuse_bombs(path: Path) -> None:
    """Refuse an archive that grows when it is read: torch packs source code, never weights, and unpacks whatever is.

    Raises
    ------
    ValueError, zipfile.BadZipFile
        If it is one.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > path.stat().st_size + _MOST_SOURCE_CODE:
            raise ValueError(path.name)


def _is_torchscript(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _state_dict(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)


def _scripted(path: Path) -> dict[str, Any]:
    """TorchScript runs in its own interpreter, without Python's; only its tensors are taken."""
    module: Any = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
    state: dict[str, Any] = module.state_dict()
    return state


def _tensors(content: object, path: Path) -> dict[str, Tensor]:
    for _ in _WRAPPERS:  # a pickle may hold a wrapper that holds itself
        if not isinstance(content, dict):
            break
        content = next((content[key] for key in _WRAPPERS if isinstance(content.get(key), dict)), content)
    if not isinstance(content, dict):
        raise InputError("model.weights_unreadable", file=path)
    found = {str(name).removeprefix("module."): value for name, value in content.items() if isinstance(value, Tensor)}
    if not found or any(_larger_than_it_is(tensor) for tensor in found.values()):
        raise InputError("model.weights_unreadable", file=path)
    return {name: tensor.detach() for name, tensor in found.items()}


def _larger_than_it_is(tensor: Tensor) -> bool:
    """Return whether a tensor shows more values than it holds (strides of 0): working with it would take any room."""
    return tensor.layout is not torch.strided or tensor.numel() * tensor.itemsize > tensor.untyped_storage().nbytes()

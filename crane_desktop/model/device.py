"""Where the model runs, and that it gives the same numbers there every time."""

from __future__ import annotations

import torch

from crane_desktop.domain.errors import InputError


def choose_device(asked: str) -> torch.device:
    """Return the device for ``"auto"`` (a CUDA GPU where there is one, else the CPU), ``"cpu"`` or ``"cuda[:N]"``.

    Raises
    ------
    InputError
        If this station has no such device.
    """
    if asked == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(asked)
    except RuntimeError as error:
        raise InputError("model.no_such_device", device=asked) from error
    gpu_is_missing = device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()
    if device.type not in {"cpu", "cuda"} or gpu_is_missing:
        raise InputError("model.no_such_device", device=asked)
    return device


def device_label(device: torch.device) -> str:
    """Return the device for the log, with the GPU's own name."""
    return f"{device}: {torch.cuda.get_device_name(device)}" if device.type == "cuda" else str(device)


def set_threads(count: int) -> None:
    """Let the CPU part of the model use `count` threads (for the whole process)."""
    torch.set_num_threads(count)


def settle_numerics() -> None:
    """Keep float32 what it says: no TF32, no kernels chosen by a race.

    The authors' GPU default lets the patch convolution use TF32 (GOLDEN fact 8); golden scores could not hold then.
    """
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True

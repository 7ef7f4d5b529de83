"""Networks without weights: of the right shape, and cheap to make."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from eventually import HANG_S

from crane_desktop.model.crane import Crane
from crane_desktop.model.meta_init import empty_weights


@pytest.mark.parametrize("variant", ["crane", "crane-plus"])
def test_it_has_every_shape_and_no_memory(small_config: Callable[..., Any], variant: str) -> None:
    config = small_config(variant)
    with empty_weights():
        empty = Crane(config)
    full = Crane(config)
    assert {tensor.device.type for tensor in empty.state_dict().values()} == {"meta"}
    shapes = [{name: tuple(tensor.shape) for name, tensor in crane.state_dict().items()} for crane in (empty, full)]
    assert shapes[0] == shapes[1]
    assert {n: t.dtype for n, t in empty.state_dict().items()} == {n: t.dtype for n, t in full.state_dict().items()}


def test_random_numbers_are_drawn_again_afterwards() -> None:
    with empty_weights():
        assert torch.randn(3).device.type == "meta"
    drawn = torch.nn.init.normal_(torch.zeros(1000)) * 2
    assert drawn.std().item() == pytest.approx(2, rel=0.2)


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_pack_is_loaded_and_asked_without_the_compiler(tiny_pack: Path) -> None:
    """It costs seconds of every start."""
    code = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from crane_desktop.model.scorer import load_scorer\n"
        f"scorer = load_scorer(Path({str(tiny_pack)!r}))\n"
        "scorer.score(np.zeros((64, 64, 3), np.uint8))\n"
        "print([name for name in ('torch._dynamo', 'sympy') if name in sys.modules])"
    )
    assert run(code) == "[]"


def test_who_wants_the_compiler_gets_the_real_one() -> None:
    code = (
        "from crane_desktop._preload import guard_torchvision; guard_torchvision()\n"
        "import torch, torch._dynamo, torch._dynamo.utils\n"
        "print(hasattr(torch._dynamo, 'optimize'), hasattr(torch._dynamo.utils, 'counters'))"
    )
    assert run(code) == "True True"

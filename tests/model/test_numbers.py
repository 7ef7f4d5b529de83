"""Pooling, smoothing, devices, names and weight files: what holds whatever the numbers are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from torch import Tensor

from crane_desktop.domain.errors import InputError
from crane_desktop.model import device as device_module
from crane_desktop.model.checkpoints import read_checkpoint
from crane_desktop.model.device import choose_device, device_label
from crane_desktop.model.golden import golden_pictures, sampled
from crane_desktop.model.naming import clip_names, dino_names, name_in_file, prompt_names
from crane_desktop.model.pooling import image_logits, pixel_logits, raw_map
from crane_desktop.model.runner import Answer
from crane_desktop.model.smoothing import Smoother, smoothing_matrix

SEEDS = st.integers(0, 2**20)


def drawn(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def unit(seed: int, *shape: int) -> Tensor:
    return torch.nn.functional.normalize(drawn(seed, *shape), dim=-1)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(1, 3), st.sampled_from(["softmax", "logits"]), st.integers(4, 20))
def test_a_map_is_a_share_and_its_mean_does_not_mind_the_order(
    seed: int, entries: int, average: Any, size: int
) -> None:
    logits = [4 * drawn(seed + n, 2, 9, 2) for n in range(entries)]
    found = raw_map(logits, size, average)
    assert found.shape == (2, size, size)
    assert 0 <= float(found.min()) <= float(found.max()) <= 1
    assert torch.allclose(found, raw_map(logits[::-1], size, average), atol=1e-6)
    assert torch.allclose(found[1:], raw_map([x[1:] for x in logits], size, average), atol=1e-6)
    # What is more normal everywhere is odd nowhere more.
    calmer = [x - torch.tensor([0.0, 1.0]) for x in logits]
    assert bool((raw_map(calmer, size, average) <= found + 1e-6).all())


def test_both_averages_are_the_published_ones() -> None:
    """One patch, two entries: the mean of the probabilities, and the probability of the mean."""
    logits = [torch.tensor([[[0.0, 2.0]]]), torch.tensor([[[1.0, -1.0]]])]
    shares = [float(x.softmax(-1)[0, 0, 1]) for x in logits]
    assert float(raw_map(logits, 1, "softmax")) == pytest.approx(sum(shares) / 2)
    assert float(raw_map(logits, 1, "logits")) == pytest.approx(1 / (1 + np.exp(0.5 - 0.5)))


def test_patches_lie_where_they_were_cut_out() -> None:
    logits = torch.zeros(1, 9, 2)
    logits[0, 5, 1] = 9.0  # row 1, column 2 of three by three
    found = raw_map([logits], 30, "softmax")[0].numpy()
    assert np.unravel_index(found.argmax(), found.shape)[0] in range(10, 20)
    assert np.unravel_index(found.argmax(), found.shape)[1] in range(20, 30)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(0.01, 1))
def test_logits_are_cosines_over_the_temperature(seed: int, temperature: float) -> None:
    features, text = unit(seed, 2, 9, 6), unit(seed + 1, 2, 6)
    found = pixel_logits(features, text, temperature)
    assert found.shape == (2, 9, 2)
    assert float(found.abs().max()) <= 1 / temperature + 1e-4
    expected = torch.einsum("bnd,kd->bnk", features, text) / temperature
    assert torch.allclose(found, expected, atol=1e-4)
    per_picture = text.expand(2, 2, 6)
    assert torch.allclose(found, pixel_logits(features, per_picture, temperature), atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(1, 3))
def test_the_picture_is_pooled_by_what_is_odd_in_it(seed: int, entries: int) -> None:
    features = [unit(seed + n, 2, 9, 6) for n in range(entries)]
    image, text = unit(seed + 7, 2, 6), unit(seed + 8, 2, 6)
    logits = [pixel_logits(x, text, 0.07) for x in features]
    found = image_logits(features, logits, image, text.expand(2, 2, 6), 0.07)
    weight = sum(logits[1:], logits[0]).div(entries).softmax(-1)[..., 1]
    for n in range(2):
        pooled = (weight[n, :, None] * (sum(features[1:], features[0])[n] / entries)).sum(0)
        joined = torch.nn.functional.normalize(pooled / pooled.norm() + image[n], dim=-1)
        assert torch.allclose(found[n], text @ joined / 0.07, atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(1, 24), st.floats(0.3, 9))
def test_smoothing_keeps_the_mean_the_bounds_and_the_symmetry(seed: int, size: int, sigma: float) -> None:
    values = torch.rand(2, size, size, generator=torch.Generator().manual_seed(seed))
    smooth = Smoother(size, sigma, torch.device("cpu"))
    found = smooth(values)
    assert float(found.min()) >= float(values.min()) - 1e-6
    assert float(found.max()) <= float(values.max()) + 1e-6
    assert torch.allclose(found.mean((1, 2)), values.mean((1, 2)), atol=1e-5)
    assert torch.allclose(smooth(values.flip(-1)), found.flip(-1), atol=1e-5)
    assert torch.allclose(smooth(values.mT.contiguous()), found.mT, atol=1e-5)
    assert np.allclose(found[0].numpy(), gaussian_filter(values[0].numpy(), sigma), atol=1e-5)


def test_a_smoothing_matrix_is_made_once_and_its_lines_sum_up_to_one() -> None:
    assert smoothing_matrix(12, 2.0) is smoothing_matrix(12, 2.0)
    assert np.allclose(smoothing_matrix(12, 2.0).sum(axis=1), 1)
    assert np.allclose(smoothing_matrix(3, 8.0).sum(axis=1), 1)


# Devices.


@pytest.mark.parametrize(
    ("asked", "gpus", "found"),
    [
        ("auto", 0, "cpu"),
        ("auto", 2, "cuda"),
        ("cpu", 2, "cpu"),
        ("cuda", 1, "cuda"),
        ("cuda:0", 1, "cuda:0"),
        ("cuda:1", 2, "cuda:1"),
        ("cuda", 0, None),
        ("cuda:0", 0, None),
        ("cuda:2", 2, None),
        ("cuda:-1", 2, None),
        ("mps", 2, None),
        ("meta", 2, None),
        ("gpu", 2, None),
        ("", 2, None),
        ("cuda:x", 2, None),
        ("日本", 2, None),
    ],
)
def test_a_device_is_what_was_asked_for_or_none(
    monkeypatch: pytest.MonkeyPatch, asked: str, gpus: int, found: str | None
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    if found is not None:
        assert str(choose_device(asked)) == found
        return
    with pytest.raises(InputError) as told:
        choose_device(asked)
    assert (told.value.key, told.value.params["device"]) == ("model.no_such_device", asked)


def test_a_gpu_is_called_by_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _device: "RTX 3060")
    assert device_label(torch.device("cuda:1")) == "cuda:1: RTX 3060"
    assert device_label(torch.device("cpu")) == "cpu"


def test_float32_stays_what_it_says() -> None:
    torch.set_float32_matmul_precision("medium")
    torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.benchmark = True
    device_module.settle_numerics()
    assert torch.get_float32_matmul_precision() == "highest"
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cudnn.benchmark
    assert torch.backends.cudnn.deterministic


# Names of weights.

CLIP = {"visual.conv1.weight": 1, "ln_final.weight": 2, "text_projection": 3, "transformer.resblocks.0.ln_1.weight": 4}


@pytest.mark.parametrize("prefix", ["", "text."])
def test_clip_has_the_same_names_from_wherever_it_comes(prefix: str) -> None:
    state = {name if name.startswith("visual") else prefix + name: torch.tensor(float(n)) for name, n in CLIP.items()}
    state |= {
        f"{prefix}token_embedding.weight": torch.zeros(2),
        "logit_scale": torch.zeros(1),
        "attn_mask": torch.zeros(1),
    }
    found = clip_names(state)
    assert {name: int(tensor) for name, tensor in found.items()} == {
        name if name.startswith("visual") else f"text.{name}": n for name, n in CLIP.items()
    }
    for name in found:
        assert name_in_file(name, state.keys()) in state  # a person finds it there


def test_a_projection_that_is_a_layer_is_turned_round() -> None:
    layer = drawn(0, 3, 5)
    assert torch.equal(clip_names({"text_projection.weight": layer})["text.text_projection"], layer.T)


@pytest.mark.parametrize("side", [1, 2, 5])
def test_a_position_table_with_a_class_row_is_split(side: int) -> None:
    table, token = drawn(1, 1, side * side + 1, 4), drawn(2, 1, 1, 4)
    found = dino_names({"pos_embed": table, "cls_token": token, "register_tokens": token, "mask_token": token})
    assert torch.equal(found["dino.pos_embed"], table[:, 1:])
    assert torch.equal(found["dino.cls_token"], token + table[:, :1])
    assert set(found) == {"dino.pos_embed", "dino.cls_token", "dino.reg_token"}


@pytest.mark.parametrize("rows", [4, 9, 3, 7])
def test_a_position_table_without_a_class_row_stays(rows: int) -> None:
    table, token = drawn(1, 1, rows, 4), drawn(2, 1, 1, 4)
    found = dino_names({"pos_embed": table, "cls_token": token})
    assert torch.equal(found["dino.pos_embed"], table)
    assert torch.equal(found["dino.cls_token"], token)


@given(st.dictionaries(st.text("abc.", min_size=1, max_size=6), st.integers(0, 9), max_size=5))
def test_prompts_keep_their_names(names: dict[str, int]) -> None:
    state = {name: torch.tensor(n) for name, n in names.items()}
    found = prompt_names(state)
    assert {name.removeprefix("prompts."): int(tensor) for name, tensor in found.items()} == names
    assert all(name_in_file(name, state.keys()) in state for name in found)


# Weight files.


@pytest.mark.parametrize("wrapped", [(), ("state_dict",), ("model",), ("prompt_learner",), ("model", "state_dict")])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_state_is_found_in_whatever_a_script_put_around_it(
    tmp_path: Path, wrapped: tuple[str, ...], prefix: str
) -> None:
    content: dict[str, Any] = {f"{prefix}a.weight": torch.arange(3.0), "epoch": 7}
    for key in wrapped:
        content = {key: content, "lr": 0.1}
    torch.save(content, tmp_path / "w.pth")
    found = read_checkpoint(tmp_path / "w.pth")
    assert list(found) == ["a.weight"]
    assert torch.equal(found["a.weight"], torch.arange(3.0))


@pytest.mark.parametrize("content", [{}, {"epoch": 3}, [torch.zeros(2)], torch.zeros(2), {"model": {"lr": 0.1}}])
def test_a_file_without_weights_is_told(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(InputError) as told:
        read_checkpoint(tmp_path / "w.pth")
    assert told.value.key == "model.weights_unreadable"


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_a_weight_file_cut_anywhere_is_told(tmp_path: Path, name: str) -> None:
    from safetensors.torch import save_file

    state = {"a": torch.arange(6.0)}
    whole = tmp_path / name
    save_file(state, whole) if name.endswith("safetensors") else torch.save(state, whole)
    content = whole.read_bytes()
    for end in (*range(0, len(content), max(1, len(content) // 25)), len(content) - 1):
        whole.write_bytes(content[:end])
        with pytest.raises(InputError) as told:
            read_checkpoint(whole)
        assert told.value.key == "model.weights_unreadable", end


def test_a_missing_weight_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        read_checkpoint(tmp_path / "重み.pth")
    assert (told.value.key, told.value.params["file"]) == ("model.weights_file_missing", tmp_path / "重み.pth")


# Golden inputs.


def test_the_drawn_golden_pictures_never_change() -> None:
    """Packs hold answers to them: other pictures would make every pack without its own fail."""
    woven, noise = golden_pictures()
    assert (woven.shape, woven.dtype, noise.shape, noise.dtype) == ((240, 320, 3), np.uint8, (256, 256), np.uint8)
    assert all(np.array_equal(a, b) for a, b in zip((woven, noise), golden_pictures(), strict=True))
    assert woven.std() > 10
    assert noise.std() > 10


@given(st.integers(1, 40), st.integers(1, 9))
def test_every_nth_value_of_a_map_is_kept(size: int, stride: int) -> None:
    values = np.arange(size * size, dtype=np.float32).reshape(size, size)
    found = sampled(Answer(0.5, values), stride)
    assert found.shape == (-(-size // stride),) * 2
    assert found.flags.c_contiguous
    assert np.array_equal(found, values[::stride, ::stride])

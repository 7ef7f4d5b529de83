"""What a Crane must keep, whatever its weights."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from crane_desktop.model.config import CraneConfig
from crane_desktop.model.crane import Crane, CraneOutput, new_crane

Configs = Callable[..., CraneConfig]
Cranes = Callable[..., Crane]


def pictures(count: int, seed: int = 0, size_px: int = 56) -> Tensor:
    return torch.randn(count, 3, size_px, size_px, generator=torch.Generator().manual_seed(seed))


def run(crane: Crane, images: Tensor) -> CraneOutput:
    output: CraneOutput = crane(images, images if crane.dino is not None else None)
    return output


@pytest.mark.parametrize("context", ["static", "guided"])
@pytest.mark.parametrize("variant", ["crane", "crane-plus"])
def test_shapes_and_ranges(small_crane: Cranes, variant: str, context: str) -> None:
    crane = small_crane(variant, context)
    output = run(crane, pictures(3))
    assert output.score.shape == (3,)
    assert output.image_logits.shape == (3, 2)
    assert [tuple(logits.shape) for logits in output.pixel_logits] == [(3, 16, 2)] * (
        2 if variant == "crane-plus" else 1
    )
    assert output.raw_map.shape == (3, 56, 56)
    assert 0 <= float(output.raw_map.min()) <= float(output.raw_map.max()) <= 1
    assert ((output.score >= 0) & (output.score <= 1)).all()


@pytest.mark.parametrize("context", ["static", "guided"])
@pytest.mark.parametrize("variant", ["crane", "crane-plus"])
def test_every_parameter_learns(small_config: Configs, variant: str, context: str) -> None:
    crane = new_crane(small_config(variant, context=context), seed=1)
    output = run(crane, pictures(2))
    loss = output.image_logits.log_softmax(-1)[:, 1].mean() + output.raw_map[:, 10:30].log().mean()
    loss.backward()
    idle = [n for n, p in crane.named_parameters() if p.grad is None or not p.grad.isfinite().all() or not p.grad.any()]
    assert idle == []


@pytest.mark.parametrize("context", ["static", "guided"])
@pytest.mark.parametrize("variant", ["crane", "crane-plus"])
def test_the_batch_does_not_matter(small_crane: Cranes, variant: str, context: str) -> None:
    crane = small_crane(variant, context)
    images = pictures(4)
    together = run(crane, images)
    alone = [run(crane, image[None]) for image in images]
    assert torch.allclose(together.score, torch.cat([a.score for a in alone]), atol=1e-5)
    assert torch.allclose(together.raw_map, torch.cat([a.raw_map for a in alone]), atol=1e-5)


def test_the_picture_guides_the_prompt(small_crane: Cranes) -> None:
    static, guided = small_crane("crane", "static"), small_crane("crane", "guided")
    image = static.encode_image(pictures(2)).image
    by_picture = guided.encode_text(image)
    assert by_picture.shape == (2, 2, 32)
    assert not torch.allclose(by_picture[0], by_picture[1], atol=1e-4)
    assert not torch.allclose(by_picture[0], static.encode_text(), atol=1e-4)


def test_a_featureless_dino_gives_nan_and_no_score(small_config: Configs) -> None:
    # All similarities are 1, so none reaches 1.2 times their mean (GOLDEN fact 10).
    crane = new_crane(small_config("crane-plus"), seed=1)
    assert crane.dino is not None
    with torch.no_grad():
        crane.dino.norm.weight.zero_()
        crane.dino.norm.bias.fill_(1.0)
        output = run(crane, pictures(1))
    assert output.score.isnan().all()
    assert output.raw_map.isnan().all()


def test_one_picture_without_an_answer_spoils_no_other(small_config: Configs) -> None:
    crane = new_crane(small_config("crane-plus"), seed=1).eval()
    images = pictures(2)
    dino = images.clone()
    dino[0] = float("nan")
    with torch.no_grad():
        assert torch.isnan(crane(images, dino).score).tolist() == [True, False]


def test_deep_prompts_are_rounded_to_half(small_config: Configs) -> None:
    crane = new_crane(small_config(), seed=2)
    with torch.no_grad():
        before = crane.encode_text()
        for deep in crane.prompts.compound_prompts_text:
            deep.copy_(deep.half().float())
        assert torch.equal(crane.encode_text(), before)


def test_plus_needs_its_second_picture(small_crane: Cranes) -> None:
    with pytest.raises(ValueError, match="DINOv2"):
        small_crane("crane-plus")(pictures(1))


def test_autocast_stays_close(small_crane: Cranes) -> None:
    crane = small_crane("crane-plus", "guided")
    exact = run(crane, pictures(2))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = run(crane, pictures(2))
    assert rounded.score.dtype == torch.float32
    assert (rounded.score - exact.score).abs().max() < 0.05
    assert (rounded.raw_map - exact.raw_map).abs().max() < 0.2


def test_the_seed_decides(small_config: Configs) -> None:
    one, same, other = (new_crane(small_config("crane-plus"), seed) for seed in (5, 5, 6))
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, same.state_dict()[name]), name
    assert not torch.equal(one.visual.conv1.weight, other.visual.conv1.weight)


def test_a_new_crane_leaves_the_random_state_alone(small_config: Configs) -> None:
    torch.manual_seed(9)
    expected = torch.rand(3)
    torch.manual_seed(9)
    new_crane(small_config(), seed=1)
    assert torch.equal(torch.rand(3), expected)


def test_both_prompts_end_where_their_text_ends(small_crane: Cranes) -> None:
    assert small_crane().prompts.ends(guided=False) == [15, 16]
    assert small_crane().prompts.ends(guided=True) == [16, 17]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image_size_px": 57}, "multiple of the patch size"),
        ({"dual_from": 4}, "E-Attn"),
        ({"variant": "crane-plus", "dino": None}, "DINOv2"),
        ({"context": "guided", "embed_dim": 64}, "as wide as"),
        ({"deep_layers": 3}, "deep prompts"),
        ({"prompt_tokens": 75}, "does not fit"),
        (
            {"vision": {"width": 50, "layers": 4, "heads": 3, "patch_size_px": 14, "position_grid": 3}},
            "multiple of the heads",
        ),
        ({"temperature": float("nan")}, "temperature"),
        ({"embed_dim": 10**9}, "embed_dim"),
    ],
)
def test_what_does_not_fit_together_is_refused(small_config: Configs, changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        small_config(**changes)

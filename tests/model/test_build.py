"""`pack build` takes the weights as they are published, under every name they are published by, and nothing else."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from crane_desktop._preload import guard_torchvision
from crane_desktop.domain.errors import InputError
from crane_desktop.model.build import build_pack
from crane_desktop.model.container import open_pack
from crane_desktop.model.crane import Crane, new_crane
from crane_desktop.model.packs import verify_pack
from crane_desktop.model.scorer import load_scorer
from crane_desktop.model.selfcheck import self_check
from crane_desktop.model.shapes import infer_config
from crane_desktop.model.weights import load_crane
from crane_desktop.settings.texts import error_text

State = dict[str, Tensor]
SIZE_PX = 518
BLOCK = "transformer.resblocks.1"


@pytest.fixture(scope="module")
def published(small_config: Callable[..., Any]) -> Crane:
    """A Crane+ as small as the published image size lets it be; pieces of it are the published files."""
    config = small_config(
        "crane-plus",
        image_size_px=SIZE_PX,
        embed_dim=64,
        vision={"width": 64, "layers": 2, "heads": 1, "patch_size_px": 14, "position_grid": 3},
        text={"width": 64, "layers": 3, "heads": 1},
        dino={"width": 64, "layers": 1, "heads": 1, "patch_size_px": 14},
    )
    crane = new_crane(config, seed=5).requires_grad_(False).eval()
    # Untrained DINOv2 finds all patches alike, which is no answer; places tell them apart.
    crane.dino.pos_embed.normal_(generator=torch.Generator().manual_seed(5))  # type: ignore[union-attr, operator]
    crane.half().float()  # as OpenAI's weights: float16 by origin
    return crane


def part(crane: Crane, head: str) -> State:
    return {n[len(head) + 1 :]: t.clone() for n, t in crane.state_dict().items() if n.startswith(f"{head}.")}


def openai_names(crane: Crane) -> State:
    """As in OpenAI's file and in open_clip's `CLIP`; the token table and the scale come along unused."""
    visual = {f"visual.{n}": t for n, t in part(crane, "visual").items()}
    unused = {"token_embedding.weight": torch.zeros(9, 64), "logit_scale": torch.tensor(4.6)}
    return visual | part(crane, "text") | unused


def custom_text_names(crane: Crane) -> State:
    """As in open_clip's `CustomTextCLIP`, the projection as its linear layer."""
    visual = {f"visual.{n}": t for n, t in part(crane, "visual").items()}
    text = {f"text.{n}": t for n, t in part(crane, "text").items()}
    text["text.text_projection.weight"] = text.pop("text.text_projection").T.contiguous()
    unused = {"text.token_embedding.weight": torch.zeros(9, 64), "logit_scale": torch.tensor(4.6)}
    return visual | text | unused | {"logit_bias": torch.tensor(-10.0)}


def facebook_names(crane: Crane) -> State:
    """As in Facebook's file: the table of positions has a row for the class token, which timm adds to the token."""
    state = part(crane, "dino")
    own = state["cls_token"] * 0.25
    state["pos_embed"] = torch.cat([state["cls_token"] - own, state["pos_embed"]], dim=1)
    state["cls_token"] = own
    state["register_tokens"] = state.pop("reg_token")
    return state | {"mask_token": torch.zeros(1, 64)}


class Bare(nn.Module):
    """A module with weights and nothing to do, of which TorchScript makes an archive like OpenAI's."""

    def forward(self, x: Tensor) -> Tensor:
        return x


def scripted(path: Path, state: Mapping[str, Tensor]) -> Path:
    root = Bare()
    for name, tensor in state.items():
        *folders, last = name.split(".")
        place: nn.Module = root
        for folder in folders:
            if folder not in dict(place.named_children()):
                place.add_module(folder, Bare())
            place = place.get_submodule(folder)
        place.register_buffer(last, tensor)
    with pytest.warns(DeprecationWarning, match="jit"):
        torch.jit.script(root).save(str(path))  # type: ignore[no-untyped-call]
    return path


def saved(path: Path, state: Mapping[str, Any]) -> Path:
    if path.suffix == ".safetensors":
        save_file({n: t.contiguous() for n, t in state.items()}, path)
    else:
        torch.save(dict(state), path)
    return path


@pytest.fixture
def prompts(published: Crane, tmp_path: Path) -> Path:
    return saved(tmp_path / "epoch_5.pth", {"prompt_learner": part(published, "prompts")})


def loaded(pack: Path) -> State:
    with open_pack(pack) as reader:
        return dict(load_crane(reader).state_dict())


def same_weights(pack: Path, crane: Crane) -> None:
    found, wanted = loaded(pack), crane.state_dict()
    heads = {name.split(".")[0] for name in found}
    for name, tensor in wanted.items():
        if name.split(".")[0] in heads:
            assert torch.equal(found[name].float(), tensor.float()), name


def build(out: Path, clip: Path, prompts: Path, dino: Path | None = None) -> Path:
    build_pack("crane-plus" if dino else "crane", clip, prompts, dino, "softmax", "static", out)
    return out


CLIP_FORMS: dict[str, Callable[[Path, Crane], Path]] = {
    "OpenAI's TorchScript archive": lambda d, c: scripted(d / "ViT-L-14-336px.pt", openai_names(c)),
    "OpenAI's names in a state dict": lambda d, c: saved(d / "clip.pt", openai_names(c)),
    "OpenAI's names in half precision": lambda d, c: saved(
        d / "clip.pt", {n: t.half() for n, t in openai_names(c).items()}
    ),
    "OpenAI's names in safetensors": lambda d, c: saved(d / "clip.safetensors", openai_names(c)),
    "open_clip's training checkpoint": lambda d, c: saved(
        d / "epoch.pt", {"epoch": 3, "state_dict": {f"module.{n}": t for n, t in openai_names(c).items()}}
    ),
    "open_clip's CustomTextCLIP": lambda d, c: saved(d / "open_clip_model.safetensors", custom_text_names(c)),
}


@pytest.mark.parametrize("form", CLIP_FORMS)
def test_clip_in_every_published_form(published: Crane, prompts: Path, tmp_path: Path, form: str) -> None:
    pack = build(tmp_path / "out.cranepack", CLIP_FORMS[form](tmp_path, published), prompts)
    same_weights(pack, published)


@pytest.mark.parametrize("names", [lambda c: part(c, "dino"), facebook_names], ids=["timm", "facebook"])
def test_dino_under_both_names(
    published: Crane, prompts: Path, tmp_path: Path, names: Callable[[Crane], State]
) -> None:
    clip = saved(tmp_path / "clip.safetensors", openai_names(published))
    pack = build(tmp_path / "plus.cranepack", clip, prompts, saved(tmp_path / "dino.pth", names(published)))
    found = loaded(pack)
    for name, tensor in part(published, "dino").items():
        assert torch.allclose(found[f"dino.{name}"], tensor, atol=1e-7), name


def test_our_names_are_open_clips_and_timms_own(published: Crane) -> None:
    """What the libraries themselves write, not what we remember of it."""
    from open_clip.model import CLIP, CustomTextCLIP
    from timm.models.vision_transformer import VisionTransformer

    vision = {"layers": 2, "width": 64, "patch_size": 14, "image_size": 42, "head_width": 64}
    text = {"layers": 3, "width": 64, "heads": 1, "vocab_size": 9}
    for kind, names in ((CLIP, openai_names(published)), (CustomTextCLIP, openai_names(published))):
        theirs = kind(64, vision, text, quick_gelu=True).state_dict()
        ours = {f"text.{n}" if kind is CustomTextCLIP and not n.startswith(("visual", "logit")) else n for n in names}
        assert set(theirs) == ours
    dino = VisionTransformer(
        img_size=518, patch_size=14, embed_dim=64, depth=1, num_heads=1, init_values=1e-5, reg_tokens=4,
        no_embed_class=True, num_classes=0,
    )  # fmt: skip
    assert set(dino.state_dict()) == set(part(published, "dino"))


def test_a_built_pack_proves_itself_and_says_where_it_comes_from(
    published: Crane, prompts: Path, tmp_path: Path
) -> None:
    clip = saved(tmp_path / "ViT-L-14-336px.safetensors", openai_names(published))
    dino = saved(tmp_path / "dinov2_vitb14_reg4.pth", facebook_names(published))
    out = tmp_path / "工場A.cranepack"
    build_pack("crane-plus", clip, prompts, dino, "logits", "guided", out)
    manifest = verify_pack(out)
    assert (manifest.variant, manifest.config.average, manifest.config.context) == ("crane-plus", "logits", "guided")
    assert manifest.config.image_size_px == SIZE_PX
    assert [licence.part for licence in manifest.licences] == ["clip", "prompts", "dino"]
    assert manifest.backbones == {"clip": "ViT-L-14-336px", "prompts": "epoch_5", "dino": "dinov2_vitb14_reg4"}
    assert {name: len(facts["sha256"]) for name, facts in manifest.provenance.items()} == {  # type: ignore[call-overload, index, arg-type]
        "clip": 64,
        "prompts": 64,
        "dino": 64,
    }
    scorer = load_scorer(out, device="cpu")
    assert all(check.ok for check in self_check(scorer, out))


@pytest.mark.parametrize("file", ["visa_crane_epoch5.pth", "visa_crane_plus_epoch5.pth"])
def test_the_authors_checkpoints_have_the_published_shape(shared_dir: Path, file: str) -> None:
    """Together with weights of CLIP's and DINOv2's shapes they make the published model (facts 3, 8, 12, 13)."""
    from crane_desktop.model.checkpoints import read_checkpoint
    from crane_desktop.model.naming import prompt_names
    from crane_desktop.model.weights import find_misfit, wanted_shapes

    learned = prompt_names(read_checkpoint(shared_dir / "data" / "prompts" / file))
    variant = "crane-plus" if "plus" in file else "crane"
    state = learned | published_shapes(plus=variant == "crane-plus")
    config = infer_config(
        variant, state, average="softmax", context="static", origin=lambda name: (file, name)
    )  # fmt: skip
    assert (config.vision.width, config.vision.layers, config.vision.heads) == (1024, 24, 16)
    assert (config.text.width, config.text.layers, config.text.heads) == (768, 12, 12)
    assert (config.dual_from, config.image_size_px, config.grid, config.temperature) == (5, 518, 37, 0.07)
    assert (config.prompt_tokens, config.deep_tokens, config.deep_layers) == (12, 4, 8)
    assert find_misfit(wanted_shapes(config), state) is None
    deep = learned["prompts.compound_prompts_text.0"]
    assert not torch.equal(deep, deep.half().float())  # a pack must not round them when it stores them


def published_shapes(*, plus: bool) -> State:
    """CLIP ViT-L/14-336 and DINOv2 ViT-B/14 with registers, empty: names and shapes without content."""
    guard_torchvision()
    from open_clip.model import CLIP
    from timm.models.vision_transformer import VisionTransformer

    with torch.device("meta"):
        clip = CLIP(
            768,
            {"layers": 24, "width": 1024, "patch_size": 14, "image_size": 336},
            {"layers": 12, "width": 768, "heads": 12},
            quick_gelu=True,
        ).state_dict()
        dino = VisionTransformer(
            img_size=518, patch_size=14, embed_dim=768, depth=12, num_heads=12, init_values=1e-5, reg_tokens=4,
            no_embed_class=True, num_classes=0,
        ).state_dict()  # fmt: skip
    from crane_desktop.model.naming import clip_names, dino_names

    return clip_names(clip) | (dino_names(dino) if plus else {})


def refusal(out: Path, clip: Path, prompts: Path, dino: Path | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        build(out, clip, prompts, dino)
    assert all(error_text(caught.value, language) for language in ("en", "ja"))
    assert list(out.parent.glob("*.cranepack*")) == []
    return caught.value


def without(state: State, name: str) -> State:
    return {n: t for n, t in state.items() if n != name}


@pytest.mark.parametrize(
    ("change", "key", "named"),
    [
        (lambda s: without(s, "visual.ln_post.bias"), "missing", "visual.ln_post.bias"),
        (lambda s: without(s, "ln_final.weight"), "missing", "ln_final.weight"),
        (lambda s: without(s, "visual.conv1.weight"), "missing", "visual.conv1.weight"),
        (lambda s: without(s, f"{BLOCK}.mlp.c_fc.bias"), "missing", f"{BLOCK}.mlp.c_fc.bias"),
        (lambda s: s | {"visual.attn_pool.query": torch.zeros(3)}, "surplus", "visual.attn_pool.query"),
        (lambda s: s | {"ln_final.weight": torch.zeros(63)}, "wrong_shape", "ln_final.weight"),
        (lambda s: s | {"visual.positional_embedding": torch.zeros(12, 64)}, "shape", "visual.positional_embedding"),
        (lambda s: {f"vision_model.{n}": t for n, t in s.items()}, "missing", "visual.conv1.weight"),
    ],
)  # fmt: skip
def test_a_clip_that_does_not_fit_is_named(
    published: Crane, prompts: Path, tmp_path: Path, change: Callable[[State], State], key: str, named: str
) -> None:
    clip = saved(tmp_path / "clip.safetensors", change(openai_names(published)))
    error = refusal(tmp_path / "x.cranepack", clip, prompts)
    assert error.key == f"model.checkpoint_weight_{key}"
    assert (error.params["file"], error.params["name"]) == ("clip.safetensors", named)


@pytest.mark.parametrize("kind", [torch.int64, torch.bool, torch.complex64])
def test_a_weight_of_another_kind_of_numbers_is_named(
    published: Crane, prompts: Path, tmp_path: Path, kind: torch.dtype
) -> None:
    state = openai_names(published)
    clip = saved(tmp_path / "clip.pt", state | {"ln_final.weight": state["ln_final.weight"].to(kind)})
    error = refusal(tmp_path / "x.cranepack", clip, prompts)
    assert (error.key, error.params["name"]) == ("model.weight_kind", "text.ln_final.weight")


def test_a_file_that_grows_when_it_is_read_is_not_read(published: Crane, prompts: Path, tmp_path: Path) -> None:
    state = openai_names(published)
    endless: State = {"model": state}  # type: ignore[dict-item]
    endless["model"] = endless  # type: ignore[assignment]
    large = state | {"ln_final.weight": torch.zeros(1).expand(1 << 40)}
    for number, odd in enumerate((endless, large, state | {"ln_final.weight": torch.ones(64).to_sparse()})):
        clip = saved(tmp_path / f"{number}.pt", odd)
        assert refusal(tmp_path / "x.cranepack", clip, prompts).key == "model.weights_unreadable"
    bomb = tmp_path / "bomb.pt"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(80 << 20))
    assert bomb.stat().st_size < 1 << 20
    assert refusal(tmp_path / "x.cranepack", bomb, prompts).key == "model.weights_unreadable"


def test_a_weight_is_named_as_its_own_file_names_it(published: Crane, prompts: Path, tmp_path: Path) -> None:
    clip = saved(tmp_path / "clip.safetensors", without(custom_text_names(published), "text.ln_final.bias"))
    assert refusal(tmp_path / "x.cranepack", clip, prompts).params["name"] == "text.ln_final.bias"
    good = saved(tmp_path / "good.safetensors", openai_names(published))
    dino = facebook_names(published) | {"register_tokens": torch.zeros(1, 4, 63)}
    error = refusal(tmp_path / "x.cranepack", good, prompts, saved(tmp_path / "dino.pth", dino))
    assert (error.params["file"], error.params["name"]) == ("dino.pth", "register_tokens")


def test_files_in_each_others_place_are_told(published: Crane, prompts: Path, tmp_path: Path) -> None:
    clip = saved(tmp_path / "clip.safetensors", openai_names(published))
    dino = saved(tmp_path / "dino.safetensors", part(published, "dino"))
    out = tmp_path / "x.cranepack"
    assert refusal(out, dino, prompts).params["file"] == "dino.safetensors"
    assert refusal(out, clip, dino).params["name"] == "ctx_pos"
    assert refusal(out, clip, prompts, clip).params["name"] == "patch_embed.proj.weight"


def test_towers_of_different_models_do_not_make_one(published: Crane, tmp_path: Path) -> None:
    clip = saved(tmp_path / "clip.safetensors", openai_names(published))
    learned = part(published, "prompts")
    learned["ctx_pos"] = torch.zeros(1, 1, 12, 96)
    error = refusal(tmp_path / "x.cranepack", clip, saved(tmp_path / "wide.pth", {"prompt_learner": learned}))
    assert (error.key, error.params["name"]) == ("model.checkpoint_weight_wrong_shape", "ctx_pos")


def test_a_pickle_never_runs(published: Crane, prompts: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Touch:
        def __reduce__(self) -> tuple[Any, ...]:
            return (marker.touch, ())

    clip = saved(tmp_path / "clip.safetensors", openai_names(published))
    evil = tmp_path / "evil.pth"
    torch.save({"prompt_learner": {"ctx_pos": Touch()}}, evil)
    assert refusal(tmp_path / "x.cranepack", clip, evil).key == "model.weights_unreadable"
    evil.write_bytes(pickle.dumps({"prompt_learner": Touch()}))
    assert refusal(tmp_path / "x.cranepack", clip, evil).key == "model.weights_unreadable"
    assert not marker.exists()


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + b"\0" * 60, b"\x80\x02}q\x00."])
@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
def test_what_holds_no_weights_is_told(
    published: Crane, prompts: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    assert refusal(tmp_path / "x.cranepack", tmp_path / name, prompts).key == "model.weights_unreadable"
    assert refusal(tmp_path / "x.cranepack", tmp_path / "absent.pt", prompts).key == "model.weights_file_missing"


def test_weights_without_an_answer_make_no_pack(published: Crane, prompts: Path, tmp_path: Path) -> None:
    state = openai_names(published)
    state["visual.ln_post.weight"][0] = float("nan")
    clip = saved(tmp_path / "clip.safetensors", state)
    assert refusal(tmp_path / "x.cranepack", clip, prompts).key == "model.no_golden_answer"

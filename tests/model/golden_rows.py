"""How far our Crane is from every array of the golden vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from golden_reference import (
    CASES,
    CONTEXTS,
    EXACT,
    FEATURES,
    LOGITS,
    MAP,
    PICTURES,
    SCORE,
    SIZE_PX,
    TEXT,
    Reference,
    Row,
    far,
    scaled,
)
from PIL import Image
from torch import Tensor

from crane_desktop.model.crane import CraneOutput
from crane_desktop.model.dattn import dense_features, run_dino, similarity_attention
from crane_desktop.model.pooling import image_logits
from crane_desktop.model.smoothing import smoothing_matrix
from crane_desktop.model.vision import resized_positions, run_vision
from crane_desktop.preprocess.fit import fit, fit_picture
from crane_desktop.preprocess.normalise import CLIP_NORMALISATION, IMAGENET_NORMALISATION

_IMAGENET = 5e-7
"""The authors reach DINO's input through CLIP's, which rounds differently (GOLDEN step 7)."""
_GAUSSIAN = 1e-6
_AT_THE_EDGE = 4
"""So many of D-Attn's 1.87 million entries may fall on the other side of the threshold by rounding."""
TRACED_BLOCKS = (0, 4, 5, 6, 23)
"""Each of them costs a run of the tower up to there."""


def measure(reference: Reference) -> list[Row]:
    """Compare everything; every array that is not `GIVEN` has a row."""
    sections = (_inputs, _extra, _features, _text, _answers, _batch, _vision_traces, _dattn_traces, _text_traces)
    return [row for section in sections for row in section(reference)]


def _inputs(reference: Reference) -> Iterator[Row]:
    theirs = reference.golden.inputs
    hashes = reference.golden.manifest["sha256"]
    yield Row("inputs", "resized.C", EXACT, far(reference.image("C"), theirs["resized.C"]))
    for picture in PICTURES:
        clip = reference.tensor(picture, CLIP_NORMALISATION)[0]
        yield Row(
            "inputs", f"tensor.{picture}.slice37", EXACT, far(clip[:, ::37, ::37], theirs[f"tensor.{picture}.slice37"])
        )
        yield Row("inputs", f"tensor.{picture}.row259", EXACT, far(clip[:, 259], theirs[f"tensor.{picture}.row259"]))
        yield _digest(clip, f"tensor.{picture} (3,518,518) float32 C-order", hashes)
        dino = reference.tensor(picture, IMAGENET_NORMALISATION)[0]
        name = f"dino_tensor.{picture}.slice37"
        yield Row("inputs", name, _IMAGENET, far(dino[:, ::37, ::37], theirs[name]))
        through_clip = _through_clip(clip)
        yield _digest(through_clip, f"dino_tensor.{picture} (3,518,518) float32 C-order", hashes)
        yield Row("manifest", f"dino_tensor.{picture}, whole", _IMAGENET, far(dino, through_clip.numpy()))


def _digest(tensor: Tensor, name: str, hashes: dict[str, str]) -> Row:
    same = hashlib.sha256(tensor.contiguous().numpy().tobytes()).hexdigest() == hashes[name]
    return Row("manifest", f"sha256 {name}", EXACT, 0.0 if same else float("inf"))


def _through_clip(clip: Tensor) -> Tensor:
    """DINO's input as the authors make it: CLIP's normalisation undone, cut to [0, 1], normalised anew."""
    mean, std, other_mean, other_std = (
        torch.tensor(v)[:, None, None] for n in (CLIP_NORMALISATION, IMAGENET_NORMALISATION) for v in (n.mean, n.std)
    )
    return ((clip * std + mean).clamp(0, 1) - other_mean) / other_std


def _extra(reference: Reference) -> Iterator[Row]:
    theirs = reference.golden.extra
    palette = Image.fromarray(theirs["mode_P.input_indices"])
    palette.putpalette(theirs["mode_P.palette"].tobytes())
    pictures = {
        "mode_L": Image.fromarray(theirs["mode_L.input"]),
        "mode_RGBA": Image.fromarray(theirs["mode_RGBA.input"]),
        "mode_P": palette,
    }
    for name, picture in pictures.items():
        array = f"{name}.resized.stride7"
        yield Row("extra", array, EXACT, far(fit_picture(picture, SIZE_PX)[::7, ::7], theirs[array]))
    portrait = "portrait.resized.pillow_10_4_0.stride7"
    yield Row("extra", portrait, EXACT, far(fit(theirs["portrait.input"], SIZE_PX)[::7, ::7], theirs[portrait]))
    given = torch.from_numpy(theirs["gaussian.input.u16"].astype(np.float32) / 16384)
    smooth = reference.smooth(given)
    yield Row("extra", "gaussian.output.stride7", _GAUSSIAN, far(smooth[::7, ::7], theirs["gaussian.output.stride7"]))
    yield Row("extra", "gaussian.output.corner20", _GAUSSIAN, far(smooth[:20, :20], theirs["gaussian.output.corner20"]))
    middle = SIZE_PX // 2
    kernel = smoothing_matrix(SIZE_PX, 4.0)[middle, middle - 16 : middle + 17]
    yield Row("extra", "gaussian.kernel33", 1e-15, far(kernel, theirs["gaussian.kernel33"]))


def _features(reference: Reference) -> Iterator[Row]:
    theirs = reference.golden.expected
    for picture in PICTURES:
        found = reference.features(picture, "cranep")
        for name, ours in (("image", found.image), ("dattn", found.entries[0][0]), ("epath", found.entries[1][0])):
            array = f"{picture}.{name}_features"
            yield Row("expected", array, FEATURES, scaled(ours, theirs[array]))
        assert reference.plus.dino is not None
        tokens = run_dino(reference.plus.dino, reference.tensor(picture, IMAGENET_NORMALISATION))
        array = f"{picture}.dino_features"
        yield Row("expected", array, FEATURES, far(tokens.transpose(1, 2), theirs[array]))


def _text(reference: Reference) -> Iterator[Row]:
    theirs = reference.golden.expected
    yield Row("expected", "text_features.static", TEXT, far(reference.static_text, theirs["text_features.static"]))
    for picture in PICTURES:
        array = f"text_features.guided.{picture}"
        yield Row("expected", array, TEXT, far(reference.text(picture, "guided"), theirs[array]))


def _answers(reference: Reference) -> Iterator[Row]:
    for context in CONTEXTS:
        for picture in PICTURES:
            for case in CASES:
                yield from _answer(reference, picture, case, context)


def _answer(reference: Reference, picture: str, case: str, context: str) -> Iterator[Row]:
    ours, theirs = reference.answer(picture, case, context), reference.golden.expected
    head = f"{context}.{picture}"
    family = case.split("_")[0]
    if case != "cranep_softfirst":  # the same for both averages, and named once
        entries = ("dattn", "epath") if family == "cranep" else ("epath",)
        for logits, entry in zip(ours.pixel_logits, entries, strict=True):
            if (family, entry) != ("cranep", "epath"):  # Crane's own entry, bit for bit (fact 7)
                array = f"{head}.pixel_logits.{entry}"
                yield Row("expected", array, LOGITS, far(logits, theirs[array]))
        pooled = f"{head}.{family}.pooled_image_feature"
        yield Row("expected", pooled, FEATURES, far(_pooled(reference, picture, case, ours), theirs[pooled]))
        for name, mine, tolerance in (("image_logits", ours.image_logits, LOGITS), ("score", ours.score, SCORE)):
            yield Row("expected", f"{head}.{family}.{name}", tolerance, far(mine, theirs[f"{head}.{family}.{name}"]))
    smooth = reference.smooth(ours.raw_map)[0]
    yield _map_row(ours.raw_map[0], theirs, f"{head}.{case}.map_raw")
    yield _map_row(smooth, theirs, f"{head}.{case}.map_smooth")
    array = f"{head}.{case}.map_smooth.stats"
    yield Row("expected", array, MAP, _stats_error(smooth.double().numpy(), theirs[array]))


def _pooled(reference: Reference, picture: str, case: str, ours: CraneOutput) -> Tensor:
    """The joined feature itself: what comes out when it is compared with the unit vectors of its own space."""
    found = reference.features(picture, case)
    return image_logits(found.entries, ours.pixel_logits, found.image, torch.eye(found.image.shape[-1]), 1.0)


def _map_row(ours: Tensor, theirs: dict[str, np.ndarray], name: str) -> Row:
    if name in theirs:
        return Row("expected", name, MAP, far(ours, theirs[name]))
    return Row("expected", f"{name}.stride7", MAP, far(ours[::7, ::7], theirs[f"{name}.stride7"]))


def _stats_error(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The place of the maximum is right where the map has its maximum's value: two places may be as high."""
    mean, std, low, high, peak = theirs
    at_their_peak = ours.ravel()[int(peak)]
    mine = [ours.mean(), ours.std(), ours.min(), ours.max(), at_their_peak]
    return far(np.array(mine), np.array([mean, std, low, high, high]))


def _batch(reference: Reference) -> Iterator[Row]:
    """Crane on its own does not mind who else is in the batch (fact 9)."""
    theirs = reference.golden.expected
    both = [reference.answer(picture, "crane", "static") for picture in "AB"]
    smooth = torch.stack([reference.smooth(one.raw_map)[0, ::7, ::7] for one in both])
    scores = torch.cat([one.score for one in both])
    yield Row("expected", "batch2_AB.crane.score", SCORE, far(scores, theirs["batch2_AB.crane.score"]))
    array = "batch2_AB.crane.map_smooth.stride7"
    yield Row("expected", array, MAP, far(smooth, theirs[array]))


def _vision_traces(reference: Reference) -> Iterator[Row]:
    theirs = reference.golden.expected
    tower: Any = reference.crane.visual
    patches = tower.conv1(reference.tensor("A", CLIP_NORMALISATION))
    yield Row(
        "expected",
        "trace.vision.patch_embed",
        FEATURES,
        far(patches[0, :, ::9, ::9], theirs["trace.vision.patch_embed"]),
    )
    table = resized_positions(tower.positional_embedding, patches.shape[-1])
    ids = theirs["trace.vision.pos_emb_row_ids"].tolist()
    yield Row("expected", "trace.vision.pos_emb_rows", FEATURES, far(table[ids], theirs["trace.vision.pos_emb_rows"]))
    tokens = torch.cat([tower.class_embedding[None], patches[0].flatten(1).T]) + table
    rows = theirs["trace.vision.rows"].tolist()
    entering = tower.ln_pre(tokens)[rows]
    yield Row("expected", "trace.vision.block0_input", FEATURES, far(entering, theirs["trace.vision.block0_input"]))
    yield Row(
        "expected", "trace.vision.blocks", FEATURES, max(_block_error(reference, tower, b) for b in TRACED_BLOCKS)
    )


def _block_error(reference: Reference, tower: Any, block: int) -> float:
    """Cut the tower after `block`: its class token and extra stream must be the traced ones, brought out alike."""
    rows = reference.golden.expected["trace.vision.rows"].tolist()
    extra, plain = torch.from_numpy(reference.golden.expected["trace.vision.blocks"][block])
    found = reference.shortened(block + 1).encode_image(reference.tensor("A", CLIP_NORMALISATION))
    brought_out = [(tower.ln_post(tokens) @ tower.proj).numpy() for tokens in (plain[:1], extra[1:])]
    error = scaled(found.image, brought_out[0])
    if block < reference.crane.config.dual_from:
        return error  # the streams are still one, and a tower that ends here has none beside it
    return max(error, scaled(found.entries[0][0, [row - 1 for row in rows[1:]]], brought_out[1]))


def _dattn_traces(reference: Reference) -> Iterator[Row]:
    theirs = reference.golden.expected
    features = torch.from_numpy(theirs["A.dino_features"])[0].flatten(1).T[None]
    weights = similarity_attention(features)[0]
    array = "trace.dattn.weights_rows"
    yield Row("expected", array, SCORE, far(weights[[0, 699, 1368]], theirs[array]))
    kept, wanted = (weights > 0).sum(-1).numpy(), theirs["trace.dattn.kept_per_row"]
    # Some entries lie so near the threshold that rounding may move them across.
    yield Row("expected", "trace.dattn.kept_per_row", float(_AT_THE_EDGE), float(np.abs(kept - wanted).sum()))
    unit = torch.nn.functional.normalize(features[0], dim=-1)
    similarity = unit @ unit.T
    mean = similarity.mean()
    yield Row("expected", "trace.dattn.mean_similarity", SCORE, far(mean, theirs["trace.dattn.mean_similarity"]))
    array = "trace.dattn.n_entries_within_1e-6_of_threshold"
    near = (3 * (similarity - 1.2 * mean)).abs() < 1e-6
    yield Row("expected", array, float(_AT_THE_EDGE), far(near.sum(), theirs[array]))
    yield from _dattn_stream(reference)


def _dattn_stream(reference: Reference) -> Iterator[Row]:
    """What D-Attn reads and gives, each brought out as the features are (facts 2 and 5)."""
    theirs = reference.golden.expected
    tower: Any = reference.plus.visual
    block = tower.transformer.resblocks[-1]
    width = block.attn.out_proj.weight.shape[0]
    values = torch.nn.functional.linear(
        torch.from_numpy(theirs["trace.dattn.input_rows"])[1:],
        block.attn.in_proj_weight[2 * width :],
        block.attn.in_proj_bias[2 * width :],
    )
    # The rows that were traced, attended to one at a time: each patch's own value, through projection and norm.
    ours = _single_values(reference)
    yield Row(
        "expected", "trace.dattn.input_rows", FEATURES, far(ours, _brought_out(tower, block.attn.out_proj(values)))
    )
    found = reference.features("A", "cranep").entries[0][0, [0, 1, 699, 1368]]
    array = "trace.dattn.output_rows"
    wanted = (tower.ln_post(torch.from_numpy(theirs[array])) @ tower.proj).numpy()
    yield Row("expected", array, FEATURES, scaled(found, wanted))


def _brought_out(tower: Any, tokens: Tensor) -> np.ndarray:
    return torch.nn.functional.normalize(tower.ln_post(tokens) @ tower.proj, dim=-1).numpy()


def _single_values(reference: Reference) -> Tensor:
    """D-Attn's features of picture A where every patch attends to itself alone, at the traced rows."""
    rows = [row - 1 for row in reference.golden.expected["trace.vision.rows"].tolist()[1:]]
    tower = reference.plus.visual
    streams = run_vision(tower, reference.tensor("A", CLIP_NORMALISATION), dual_from=reference.plus.config.dual_from)
    alone = torch.eye(streams.dense_input.shape[1])[None]
    return torch.nn.functional.normalize(dense_features(tower, streams.dense_input, alone), dim=-1)[0, rows]


def _text_traces(reference: Reference) -> Iterator[Row]:
    for name, image in (("static", None), ("guided_A", reference.features("A", "crane").image)):
        yield from _text_trace(reference, f"trace.text.{name}", image)


def _text_trace(reference: Reference, head: str, image: Tensor | None) -> Iterator[Row]:
    theirs = reference.golden.expected
    prompts, tower = reference.crane.prompts, reference.crane.text
    array = f"{head}.prompt_embeddings"
    yield Row("expected", array, TEXT, far(prompts.embedded(image), theirs[array]))
    ends = torch.tensor(prompts.ends(guided=image is not None))
    array = f"{head}.token_ids"  # only their arg-max means anything (fact 17)
    yield Row("expected", array, EXACT, far(ends, theirs[array].argmax(-1)))
    entered: list[Tensor] = []
    blocks: Any = tower.transformer
    norms = [*(block.ln_1 for block in blocks.resblocks), tower.ln_final]
    hooks = [norm.register_forward_pre_hook(lambda _m, given: entered.append(given[0])) for norm in norms]
    found = tower(prompts, image)
    entered.clear()
    last_place = theirs["trace.text.rows"].max().item()
    try:
        # What stands behind a text's end is not computed, unless it is said to end where the trace does.
        with patch.object(type(prompts), "ends", lambda _self, *, guided: [last_place, last_place]):
            tower(prompts, image)
    finally:
        for hook in hooks:
            hook.remove()
    array = f"{head}.blocks"
    rows = theirs["trace.text.rows"].tolist()
    left = np.stack([tokens[:, rows].numpy() for tokens in entered[1:]])
    wanted = theirs[array].copy()
    deep = [i for i, row in enumerate(rows) if 1 <= row <= 4]
    wanted[:8, :, deep] = left[:8, :, deep]  # the next block overwrites these before it is looked at
    yield Row("expected", array, FEATURES, far(left, wanted))
    array = f"{head}.features_unnormalised"
    yield Row("expected", array, FEATURES, scaled(found, theirs[array]))

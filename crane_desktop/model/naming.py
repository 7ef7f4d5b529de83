"""The names that weights have in published files, and Crane's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from torch import Tensor

# Crane compares features by its own temperature, and its prompts carry their own token embeddings.
_UNUSED = {"logit_scale", "logit_bias", "input_resolution", "context_length", "vocab_size", "attn_mask"}
_UNUSED_PARTS = ("token_embedding.",)


def clip_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a CLIP under Crane's names, given OpenAI's or either of open_clip's.

    open_clip writes the text tower beside the visual one as OpenAI does (``CLIP``), or under ``text.``
    (``CustomTextCLIP``), and there its projection may be a linear layer.
    """
    named: dict[str, Tensor] = {}
    for name, tensor in state.items():
        own = name.removeprefix("text.")
        if own in _UNUSED or own.startswith(_UNUSED_PARTS):
            continue
        if own.startswith("visual."):
            named[own] = tensor
        elif own == "text_projection.weight":
            named["text.text_projection"] = tensor.T
        else:
            named[f"text.{own}"] = tensor
    return named


def dino_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a DINOv2 under Crane's names, given timm's or Facebook's.

    A position table with a row for the class token is split: the row goes into the class token, as timm keeps it.
    """
    own = {{"register_tokens": "reg_token"}.get(name, name): t for name, t in state.items() if name != "mask_token"}
    table, token = own.get("pos_embed"), own.get("cls_token")
    if table is not None and token is not None and table.ndim == 3 and token.shape == table[:, :1].shape:
        side = int((table.shape[1] - 1) ** 0.5)
        if side * side == table.shape[1] - 1:
            own["cls_token"], own["pos_embed"] = token + table[:, :1], table[:, 1:]
    return _under("dino", own)


def prompt_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a prompt learner under Crane's names, given its authors'."""
    return _under("prompts", state)


def name_in_file(name: str, known: Collection[str]) -> str:
    """Return what one of Crane's weights is called in its file, so that a person finds it there.

    Parameters
    ----------
    known
        The names that the file uses.
    """
    head, _, rest = name.partition(".")
    if head == "visual" or name in known:
        return name
    # Where a weight is missing, its neighbours tell how the file names such things.
    nested = head == "text" and any(other.startswith("text.") for other in known)
    if head == "dino" and rest == "reg_token" and "register_tokens" in known:
        return "register_tokens"
    return name if nested else rest


def _under(part: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{part}.{name}": tensor for name, tensor in state.items()}

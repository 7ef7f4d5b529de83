"""Attention and self-correlation, each by the way that is fastest where it runs.

On a GPU, and with gradients in float32, the fused attention of torch is used. On the CPU without gradients the matrices
are made a few heads at a time in room that is kept for it: they never leave the cache, nothing is allocated for them,
and E-Attn's three soft-maxes are summed before they are applied once. With gradients in less than float32, the products
that the fused call is made of are faster on a CPU than the call.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

_ROOM_BYTES_A_THREAD = 4 << 20
"""Of one matrix, and never less than one head's: what still stays in the cache of the processors in use."""

_Pairs = Sequence[tuple[Tensor, Tensor]]
_kept = threading.local()


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Return softmax(q k' / sqrt(d)) v of ``(B, heads, N, d)`` queries, keys and values."""
    # In float32 the fused call on the CPU is as fast as the products that it is made of; in less it is not.
    if v.dtype == torch.float32 or v.device.type != "cpu":
        return F.scaled_dot_product_attention(q, k, v)
    return _by_products([(q, k)], v) if torch.is_grad_enabled() else _by_heads([(q, k)], v)


def self_correlation(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """E-Attn: the soft-maxes of q-q, k-k and v-v are summed (not averaged) and applied to v (GOLDEN fact 4)."""
    pairs = [(q, q), (k, k), (v, v)]
    if v.device.type == "cpu" and not torch.is_grad_enabled():
        return _by_heads(pairs, v)
    if v.device.type == "cpu" and v.dtype != torch.float32:
        return _by_products(pairs, v)
    attended = F.scaled_dot_product_attention
    return attended(q, q, v) + attended(k, k, v) + attended(v, v, v)


def _by_products(pairs: _Pairs, values: Tensor) -> Tensor:
    """Return what `_by_heads` does, with gradients; autocast would make every soft-max float32."""
    with torch.autocast(values.device.type, enabled=False):
        scale = values.shape[-1] ** -0.5
        weights = [torch.softmax((scale * left) @ right.transpose(-1, -2), -1) for left, right in pairs]
        return sum(weights[1:], weights[0]) @ values


def _by_heads(pairs: _Pairs, values: Tensor) -> Tensor:
    """Return the sum of softmax(a b' / sqrt(d)) over the `pairs`, applied to `values`, all ``(B, heads, N, d)``."""
    batch, heads, count, size = values.shape
    flat = {id(t): t.reshape(-1, count, size) for t in (values, *(t for pair in pairs for t in pair))}
    applied = torch.empty_like(flat[id(values)])
    logits, first, more = _room(count, values.dtype, batch * heads)
    step = len(logits)
    for start in range(0, batch * heads, step):
        some = slice(start, min(start + step, batch * heads))
        length = some.stop - start
        total = first[:length]
        for index, (left, right) in enumerate(pairs):
            made, weights = logits[:length], more[:length] if index else total
            left_some, right_some = flat[id(left)][some], flat[id(right)][some]
            torch.baddbmm(made, left_some, right_some.transpose(1, 2), beta=0, alpha=size**-0.5, out=made)
            torch.softmax(made, -1, out=weights)
            if index:
                total += weights
        torch.bmm(total, flat[id(values)][some], out=applied[some])
    return applied.view(batch, heads, count, size)


def _room(count: int, dtype: torch.dtype, heads: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return room for the matrices of as many heads as fit: logits, their soft-max, and one more soft-max."""
    matrix_bytes = count * count * dtype.itemsize
    step = max(1, min(heads, _ROOM_BYTES_A_THREAD * torch.get_num_threads() // matrix_bytes))
    wanted = (3, step, count, count)
    room: Tensor | None = getattr(_kept, "room", None)
    if room is None or room.shape != wanted or room.dtype != dtype:
        with torch.inference_mode(False):  # room made inside that mode could not be written to outside it
            room = _kept.room = torch.empty(wanted, dtype=dtype)
    return room[0], room[1], room[2]

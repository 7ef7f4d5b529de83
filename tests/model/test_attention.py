"""Attention by heads gives what the fused attention gives."""

from __future__ import annotations

import threading

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from crane_desktop.model import attention
from crane_desktop.model.attention import attend, self_correlation

SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 40), st.sampled_from([8, 16, 64]))


def drawn(shape: tuple[int, ...], dtype: torch.dtype, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values as a layer leaves them: three views into one tensor, not contiguous."""
    batch, heads, count, size = shape
    generator = torch.Generator().manual_seed(seed)
    whole = torch.randn(batch, count, 3, heads, size, generator=generator).to(dtype)
    q, k, v = whole.permute(2, 0, 3, 1, 4)
    return q, k, v


def summed(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The definition, in double precision."""
    q, k, v = (t.double() for t in (q, k, v))
    weights = sum((x @ x.transpose(-1, -2) / x.shape[-1] ** 0.5).softmax(-1) for x in (q, k, v))
    return torch.as_tensor(weights) @ v


@given(SHAPES, st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_self_correlation_is_the_sum_of_three_soft_maxes(shape: tuple[int, ...], seed: int) -> None:
    q, k, v = drawn(shape, torch.float32, seed)
    with torch.inference_mode():
        found = self_correlation(q, k, v)
    assert torch.allclose(found.double(), summed(q, k, v), atol=1e-5)


@given(SHAPES, st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_attention_in_bfloat16_is_near_the_exact_one(shape: tuple[int, ...], seed: int) -> None:
    q, k, v = drawn(shape, torch.bfloat16, seed)
    exact = F.scaled_dot_product_attention(q.double(), k.double(), v.double())
    with torch.inference_mode():
        assert torch.allclose(attend(q, k, v).double(), exact, atol=0.05)
        assert torch.allclose(self_correlation(q, k, v).double(), summed(q, k, v), atol=0.15)


@pytest.mark.parametrize("room_bytes", [1, 3 * 20 * 20 * 4, 1 << 30])
def test_the_room_that_is_kept_changes_nothing(room_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "_ROOM_BYTES_A_THREAD", room_bytes)
    q, k, v = drawn((2, 5, 20, 16), torch.float32)
    with torch.inference_mode():
        assert torch.allclose(self_correlation(q, k, v).double(), summed(q, k, v), atol=1e-5)


def test_the_room_serves_other_sizes_and_modes() -> None:
    for count in (20, 7, 20):
        q, k, v = drawn((1, 2, count, 16), torch.float32)
        with torch.inference_mode():
            first = self_correlation(q, k, v)
        with torch.no_grad():
            second = self_correlation(q, k, v)
        assert torch.equal(first, second)


def test_threads_do_not_share_the_room() -> None:
    shapes = [drawn((1, 4, 64, 16), torch.float32, seed) for seed in range(4)]
    expected = [summed(*parts) for parts in shapes]
    wrong: list[int] = []

    def work(index: int) -> None:
        with torch.inference_mode():
            for _ in range(50):
                if not torch.allclose(self_correlation(*shapes[index]).double(), expected[index], atol=1e-5):
                    wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_gradients_go_through() -> None:
    q, k, v = (t.clone().requires_grad_() for t in drawn((1, 2, 9, 8), torch.float32))
    self_correlation(q, k, v).sum().backward()
    assert all(t.grad is not None and bool(t.grad.isfinite().all()) for t in (q, k, v))


def test_its_gradients_in_bfloat16_are_near_the_exact_ones() -> None:
    def gradients(dtype: torch.dtype) -> list[Tensor]:
        given = [t.to(dtype).detach().requires_grad_() for t in drawn((2, 3, 20, 16), torch.bfloat16)]
        (attend(*given) + self_correlation(*given)).double().square().sum().backward()
        return [t.grad.double() for t in given if t.grad is not None]

    exact, near = gradients(torch.float64), gradients(torch.bfloat16)
    assert len(near) == 3
    for one, other in zip(exact, near, strict=True):
        assert (one - other).norm() < 0.03 * one.norm()

"""Networks of the right shape without any weights, as they are before a pack fills them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from crane_desktop._preload import torch_without_compiler

_DRAWN: dict[Callable[..., Any], Callable[..., Any]] = {torch.randn: torch.empty, torch.rand: torch.empty}
_FILLING: set[Callable[..., Any]] = {
    Tensor.mul, Tensor.__rmul__,  # scales what was drawn
    Tensor.normal_, Tensor.uniform_, Tensor.random_, Tensor.bernoulli_, Tensor.exponential_, Tensor.erfinv_,
}  # fmt: skip


@contextmanager
def empty_weights() -> Iterator[None]:
    """Let networks that are made in here have shapes and no memory; their initial weights are not drawn.

    torch would go through the motions even so, and import its compiler to do it: over a second of every start.
    """
    with torch_without_compiler(), torch.device("meta"), _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    """Leaves out whatever draws random numbers."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if func in _FILLING or getattr(func, "__module__", "") == "torch.nn.init":
            return args[0] if args else given["tensor"]
        return _DRAWN.get(func, func)(*args, **given)

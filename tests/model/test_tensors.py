"""Tensors are read one at a time, and nothing is believed that the bytes do not bear out."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save
from torch import Tensor

from crane_desktop.model.tensors import TensorsDamaged, read_tensors

STATE = {
    "b": torch.arange(6, dtype=torch.float16).reshape(2, 3),
    "a": torch.tensor([1.5, -2.0]),
    "empty": torch.zeros(0, 4),
    "scalar": torch.tensor(7, dtype=torch.int32),
    "日本": torch.tensor([True, False]),
    "brain": torch.tensor([1.0, 3.0], dtype=torch.bfloat16),
}


def read(content: bytes) -> dict[str, Tensor]:
    return dict(read_tensors(io.BytesIO(content), len(content)))


def with_header(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_what_the_library_writes_is_read() -> None:
    found = read(save(STATE, metadata={"made": "here"}))
    assert found.keys() == STATE.keys()
    for name, tensor in STATE.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)


def entry(begin: int, end: int, shape: list[Any] | None = None, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": [2] if shape is None else shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x01",
        struct.pack("<Q", 1 << 60) + b"{}",
        with_header(b"no json"),
        with_header(b"[" * 5000),
        with_header([1, 2]),
        with_header({"a": 3}),
        with_header({"a": entry(0, 8)}),
        with_header({"a": entry(0, 8)}, b"\0" * 9),
        with_header({"a": entry(0, 4)}, b"\0" * 4),
        with_header({"a": entry(4, 12)}, b"\0" * 12),
        with_header({"a": entry(0, 8), "b": entry(4, 12)}, b"\0" * 12),
        with_header({"a": entry(0, 8), "b": entry(0, 8)}, b"\0" * 8),
        with_header({"a": entry(0, 8, [1 << 40])}, b"\0" * 8),
        with_header({"a": entry(0, 8, [-2])}, b"\0" * 8),
        with_header({"a": entry(0, 8, [2.0])}, b"\0" * 8),
        with_header({"a": entry(0, 8, [True, 2])}, b"\0" * 8),
        with_header({"a": entry(0, 8, [1] * 9 + [2])}, b"\0" * 8),
        with_header({"a": entry(0, 8, dtype="OBJECT")}, b"\0" * 8),
        with_header({"a": {"dtype": "F32", "shape": [2]}}, b"\0" * 8),
    ],
)
def test_what_does_not_agree_with_itself_is_refused(content: bytes) -> None:
    with pytest.raises(TensorsDamaged):
        read(content)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damage_is_refused_or_changes_only_values(data: st.DataObject) -> None:
    content = bytearray(save(STATE))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    try:
        found = read(bytes(content))
    except TensorsDamaged:
        return
    assert sum(tensor.nbytes for tensor in found.values()) <= len(content)


def test_a_stream_that_ends_early_is_refused() -> None:
    content = save(STATE)
    with pytest.raises(TensorsDamaged, match="early"):
        dict(read_tensors(io.BytesIO(content[:-1]), len(content)))

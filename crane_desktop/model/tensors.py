"""Tensors out of a safetensors member, one at a time: a large member is never whole in memory beside its tensors.

The safetensors library reads files and whole byte strings, not streams; the format is a length, a JSON header that
names dtype, shape and place of every tensor, and the tensors' bytes.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from crane_desktop.settings.plain_json import parse_json

_LARGEST_HEADER = 4 << 20
_MOST_DIMENSIONS = 8
_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "BOOL": torch.bool,
}


class TensorsDamaged(ValueError):
    """What was read is no safetensors file, or one that does not agree with itself."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    dtype: torch.dtype
    shape: tuple[int, ...]
    begin: int
    end: int


def read_tensors(stream: io.BufferedIOBase, size: int) -> Iterator[tuple[str, Tensor]]:
    """Yield the name and content of every tensor in a safetensors stream of `size` bytes, in their order there.

    Raises
    ------
    TensorsDamaged
        If the header does not describe exactly these bytes, or the stream ends early. Nothing is allocated for what
        is not there.
    """
    length = int.from_bytes(_exactly(stream, 8), "little")
    if length > min(_LARGEST_HEADER, size - 8):
        raise TensorsDamaged("header size")
    entries = _entries(_exactly(stream, length))
    place = 0
    for entry in entries:
        if entry.begin != place or entry.end - entry.begin != math.prod(entry.shape) * entry.dtype.itemsize:
            raise TensorsDamaged(f"place of {entry.name}")
        place = entry.end
    if 8 + length + place != size:
        raise TensorsDamaged("size")
    for entry in entries:
        tensor = torch.empty(entry.shape, dtype=entry.dtype)
        if tensor.numel():
            _fill(tensor.view(-1).view(torch.uint8).numpy().data, stream)
        yield entry.name, tensor


def _entries(header: bytes) -> list[_Entry]:
    try:
        raw: Any = parse_json(header)
        described = [_entry(name, about) for name, about in raw.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TensorsDamaged("header") from error
    return sorted(described, key=lambda entry: (entry.begin, entry.end))


def _entry(name: str, about: dict[str, Any]) -> _Entry:
    shape, (begin, end) = about["shape"], about["data_offsets"]
    counts = [begin, end, *shape]
    # An empty side makes the content nothing, however large the others say they are: torch counts those all the same.
    if (
        math.prod(max(1, side) for side in shape if type(side) is int) >= 1 << 48
        or len(shape) > _MOST_DIMENSIONS
        or not all(type(n) is int and 0 <= n < 1 << 48 for n in counts)
    ):
        raise ValueError(name)
    return _Entry(name, _DTYPES[about["dtype"]], tuple(shape), begin, end)


def _exactly(stream: io.BufferedIOBase, count: int) -> bytes:
    content = stream.read(count)
    if len(content) != count:
        raise TensorsDamaged("it ends early")
    return content


def _fill(room: memoryview, stream: io.BufferedIOBase) -> None:
    done = 0
    while done < len(room):
        got = stream.readinto(room[done : done + (1 << 20)])
        if not got:
            raise TensorsDamaged("it ends early")
        done += got

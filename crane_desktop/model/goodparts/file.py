"""A memory of good parts as a file, ``NAME.goodparts``: safetensors, all words in its header as JSON."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.model.goodparts.members import MemberName, member_of
from crane_desktop.model.goodparts.memory import Bound, GoodParts, SelfCheck
from crane_desktop.model.goodparts.scale import Scale
from crane_desktop.preprocess.likeness import Likeness
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.plain_json import parse_json
from crane_desktop.settings.regular_file import read_regular

SUFFIX = ".goodparts"
MOST_PARTS = 64
_LARGEST_FILE = 32 << 20
_LIKENESS = "likeness."
"""Before the numbers of the tensors that tell what the learned pictures looked like, since format 2."""

_Sha: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Scale(_Words):
    middle: float
    spread: Annotated[float, Field(gt=0)]
    weight: Annotated[float, Field(ge=0, le=1e6)]  # only their ratios matter


class _Check(_Words):
    zero_shot: _Share
    hybrid: _Share
    gain_low: Annotated[float, Field(ge=-1, le=1)]


class _Bound(_Words):
    pack: str
    pack_sha256: str
    profile: str
    image_size_px: Annotated[int, Field(ge=1, le=100_000)]
    precision: str


class _Header(_Words):
    format_version: Literal[1, 2]
    bound: _Bound
    scales: Annotated[dict[MemberName, _Scale], Field(min_length=1)]
    score_scale: _Scale
    map_scale: _Scale
    pictures: Annotated[tuple[_Sha, ...], Field(min_length=1, max_length=MOST_PARTS)]
    check: _Check
    tensors_sha256: _Sha


def write_good_parts(path: Path, memory: GoodParts) -> str:
    """Write a memory; return the file's SHA-256.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    tensors = {
        f"{name}.{key}": np.ascontiguousarray(value)
        for name, member in memory.members.items()
        for key, value in member.tensors().items()
    } | {f"{_LIKENESS}{number}": _kept(likeness) for number, likeness in enumerate(memory.likenesses)}
    header = _Header(
        format_version=2 if memory.likenesses else 1,
        bound=_Bound(**_fields(memory.bound)),
        scales={name: _Scale(**_fields(memory.scales[name])) for name in memory.members},
        score_scale=_Scale(**_fields(memory.score_scale)),
        map_scale=_Scale(**_fields(memory.map_scale)),
        pictures=memory.pictures,
        check=_Check(**_fields(memory.check)),
        tensors_sha256=_digest(tensors),
    )
    content = save(tensors, metadata={"goodparts": header.model_dump_json()})
    try:
        write_atomic(path, content)
    except OSError as error:
        raise InputError("settings.unwritable", file=path, reason=technical(error)) from error
    return hashlib.sha256(content).hexdigest()


def read_good_parts(path: Path, sha256: str | None = None) -> GoodParts:
    """Read a memory.

    Parameters
    ----------
    sha256
        Of the file, where it is known.

    Raises
    ------
    InputError
        If it is missing, damaged, or not the one that was meant.
    """
    content = _bytes(path)
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise InputError("model.good_parts_changed", file=path)
    try:
        tensors = load(content)
        header = _Header.model_validate_json(_words(content))
        if _digest(tensors) != header.tensors_sha256:
            raise ValueError("the tensors are not those that were written")
        members = {name: member_of(name, _own(tensors, name)) for name in header.scales}
        likenesses = _likenesses(tensors, len(header.pictures) if header.format_version > 1 else 0)
    except (SafetensorError, ValidationError, ValueError, KeyError, TypeError) as error:
        raise InputError("model.good_parts_damaged", file=path) from error
    return GoodParts(
        bound=Bound(**header.bound.model_dump()),
        members=members,
        scales={name: Scale(**scale.model_dump()) for name, scale in header.scales.items()},
        score_scale=Scale(**header.score_scale.model_dump()),
        map_scale=Scale(**header.map_scale.model_dump()),
        pictures=header.pictures,
        check=SelfCheck(**header.check.model_dump()),
        likenesses=likenesses,
    )


def _bytes(path: Path) -> bytes:
    try:
        return read_regular(path, _LARGEST_FILE)
    except FileNotFoundError:
        raise InputError("model.good_parts_missing", file=path) from None
    except OSError as error:
        raise InputError("model.good_parts_damaged", file=path) from error


def _words(content: bytes) -> str:
    """Return what a memory says about itself: out of the bytes that were checked, whatever the file is by now."""
    length = int.from_bytes(content[:8], "little")
    header = parse_json(content[8 : 8 + length])
    words = header["__metadata__"]["goodparts"]
    if not isinstance(words, str):
        raise TypeError("the words are no text")
    return words


def _own(tensors: dict[str, NDArray[Any]], name: str) -> dict[str, NDArray[np.float32]]:
    own = {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}
    if any(value.dtype != np.float32 or not np.isfinite(value).all() for value in own.values()):
        raise ValueError(name)
    return own


def _kept(likeness: Likeness) -> NDArray[np.float16]:
    """Half precision: a sixteenth of a grey level, where copies differ by more than one."""
    return likeness.cells.astype(np.float16)


def _likenesses(tensors: dict[str, NDArray[Any]], pictures: int) -> tuple[Likeness, ...]:
    return tuple(_likeness(tensors[f"{_LIKENESS}{number}"]) for number in range(pictures))


def _likeness(cells: NDArray[Any]) -> Likeness:
    if cells.dtype != np.float16 or not np.isfinite(cells).all():
        raise ValueError("no likeness of a picture")
    return Likeness.of_cells(cells.astype(np.float32))


def _digest(tensors: dict[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name]
        digest.update(f"{name}{value.dtype}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()


def _fields(words: Any) -> dict[str, Any]:
    return {name: getattr(words, name) for name in words.__dataclass_fields__}

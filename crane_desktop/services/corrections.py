"""A recipe's corrections with their reference pictures, which lie in the data folder."""

from __future__ import annotations

from collections.abc import Sequence

from crane_desktop.camera.genicam.formats import raw_kind
from crane_desktop.domain.corrections import ReferenceFile
from crane_desktop.domain.errors import InputError, technical
from crane_desktop.domain.frames import Frame
from crane_desktop.preprocess.correct import Corrector
from crane_desktop.preprocess.references import (
    Kind,
    Reference,
    Stack,
    decode_reference,
    encode_reference,
    make_reference,
    stack_of,
    white_balance_of,
)
from crane_desktop.recipe.corrections import ReferencePicture, WhiteBalance
from crane_desktop.recipe.model import Recipe
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.regular_file import read_regular

_LARGEST_REFERENCE = 512 << 20
"""A colour picture of 80 million points at 16 bits."""


def corrector_of(data: DataDir, recipe: Recipe) -> Corrector | None:
    """Return what corrects a camera's pictures for this recipe, None where nothing is to be done.

    Raises
    ------
    InputError
        If a reference picture is gone, or is not the one that the recipe was made with.
    """
    choice = None if recipe.corrections is None else recipe.corrections.choice()
    if choice is None or choice.empty:
        return None
    return Corrector(choice, _read(data, choice.dark), _read(data, choice.bright))


def keep_reference(data: DataDir, frames: Sequence[Frame], kind: Kind) -> ReferencePicture:
    """Make a dark or bright reference picture of frames of one scene, and keep it; return its place in a recipe.

    Raises
    ------
    InputError
        If the frames do not make one, or it cannot be written.
    """
    reference = make_reference(_stack(frames), kind)
    content, sha256 = encode_reference(reference)
    name = f"{kind}-{sha256[:16]}.png"
    try:
        data.references.mkdir(parents=True, exist_ok=True)
        write_atomic(data.references / name, content)
    except OSError as error:
        reason = technical(error)
        raise InputError("settings.unwritable", file=data.references / name, reason=reason) from error
    return ReferencePicture.model_validate({"file": name, "sha256": sha256, "order": reference.order})


def white_balance(data: DataDir, frames: Sequence[Frame], dark: ReferencePicture | None = None) -> WhiteBalance:
    """Return the white balance that frames of a grey card ask for.

    Raises
    ------
    InputError
        If the frames have no colour or are too dark or too bright, or the dark reference is not there.
    """
    reference = None if dark is None else _read(data, dark.reference())
    red, green, blue = white_balance_of(_stack(frames), reference)
    return WhiteBalance(red=red, green=green, blue=blue)


def _stack(frames: Sequence[Frame]) -> Stack:
    if not frames:
        raise InputError("preprocess.stack_empty")
    if len({frame.pixel_format for frame in frames}) > 1:
        raise InputError("preprocess.stack_differs")
    depth, order = raw_kind(frames[0].pixel_format)
    return stack_of((frame.raw for frame in frames), depth, order)


def _read(data: DataDir, wanted: ReferenceFile | None) -> Reference | None:
    if wanted is None:
        return None
    try:
        content = read_regular(data.references / wanted.file, _LARGEST_REFERENCE)
    except OSError as error:
        raise InputError("app.reference_missing", file=data.references / wanted.file) from error
    return decode_reference(content, wanted)

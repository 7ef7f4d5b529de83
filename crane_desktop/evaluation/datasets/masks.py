"""Whether masks can be meant as they are: told at once, before a model is loaded or hours are spent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.samples import Dataset, Sample, read_marks, size_words

WHOLE = 0.9
"""From this share of a picture on a mask marks the part, not the defect on it: most likely it is inverted."""
MUCH = 0.5
"""From here on it is worth a remark."""
_RIM = 0.98
_SHADES = 16
_MOST_SHADED = 0.5


@dataclass(frozen=True, slots=True)
class MaskRemark:
    """What a person should know about the masks of a class, although it ends nothing.

    Attributes
    ----------
    large
        Masks that mark more than half of their picture.
    largest_share
        The largest share that one of them marks.
    blank
        Masks of defective parts that mark nothing.
    first
        The first file that is meant.
    """

    name: str
    large: int
    largest_share: float
    blank: int
    first: Path

    def warnings(self) -> Iterator[InputError]:
        """Yield a sentence for each kind of remark."""
        if self.large:
            shown = {"count": self.large, "share": f"{100 * self.largest_share:.0f}"}
            yield InputError("training.masks_large", name=self.name, mask=self.first, **shown)
        if self.blank:
            yield InputError("training.report_blank_masks", name=self.name, count=self.blank)


def look_at_masks(dataset: Dataset) -> list[MaskRemark]:
    """Read every mask once and return what is worth a remark.

    Raises
    ------
    InputError
        If a mask cannot be read, cannot be meant (it marks nearly the whole picture, a good part, or holds shades of
        grey), or is not as large as its picture: names it.
    """
    remarks = []
    for labelled in dataset.classes:
        shares = [(sample.mask_file, _share(sample)) for sample in labelled.test if sample.mask_file is not None]
        large = [(mask, share) for mask, share in shares if share is not None and share > MUCH]
        blank = [mask for mask, share in shares if share == 0]
        if large or blank:
            most = max((share for _, share in large), default=0.0)
            first = large[0][0] if large else blank[0]
            remarks.append(MaskRemark(labelled.name, len(large), most, len(blank), first))
    return remarks


def _share(sample: Sample) -> float | None:
    """Return the share of the picture that the mask of a defective part marks; None where it is a good part's."""
    mask = sample.mask_file
    if mask is None:
        raise ValueError("a picture without a mask has no share")
    values, marked = read_marks(mask)
    share = float(marked.mean())
    if sample.is_good:
        if share > 0:
            raise InputError("training.mask_of_good_part", mask=mask, share=f"{100 * share:.1f}")
        return None
    if share >= WHOLE or (share > MUCH and _marks_the_rim(marked)):
        raise InputError("training.mask_nearly_all", mask=mask, share=f"{100 * share:.0f}")
    if _is_shaded(values, marked):
        raise InputError("training.mask_with_shades", mask=mask)
    size = _size_of(sample.file)
    if size is not None and size not in (marked.shape, marked.shape[::-1]):
        found, wanted = size_words(marked.shape), size_words(size)
        raise InputError("training.mask_size", mask=mask, found=found, picture=sample.file, wanted=wanted)
    return share


def _marks_the_rim(marked: NDArray[np.bool_]) -> bool:
    """Return whether nearly the whole rim of the picture is marked, as where the ground is and not the defect."""
    rim = np.concatenate([marked[0], marked[-1], marked[:, 0], marked[:, -1]])
    return bool(rim.mean() >= _RIM)


def _is_shaded(values: NDArray[np.uint8] | NDArray[np.uint16], marked: NDArray[np.bool_]) -> bool:
    """Return whether what is marked are mostly shades between nothing and all, as in a picture or a heat map.

    A number for each defect, or a soft edge, is none of that.
    """
    plane = values.max(axis=-1) if values.ndim == 3 else values
    inside = plane[marked]
    if inside.size == 0 or len(np.unique(inside)) <= _SHADES:
        return False
    return float((inside < 0.9 * inside.max()).mean()) > _MOST_SHADED


def _size_of(file: Path) -> tuple[int, int] | None:
    """Return a picture's height and width by its header, None where only reading it whole can tell."""
    try:
        with Image.open(file) as picture:
            return picture.height, picture.width
    except Exception:  # noqa: BLE001 - Pillow raises anything on damaged files; who reads the picture says what is wrong
        return None

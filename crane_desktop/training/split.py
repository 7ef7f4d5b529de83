"""Three parts of a labelled set: to learn from, to stop by, and unseen ones to judge the result by.

The part that stops the learning also chooses its best epoch, so figures on it are too good; whether the new pack is
better is asked of pictures that decided nothing. Pictures that show the same thing stay together: exact copies,
near-copies (saved again, scaled, or taken twice without moving), and what the user says belongs together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.training.features import Lesson

SHARE = 0.2
"""Of each label's pictures, for each of the two parts that nothing is learned from."""
FEWEST = 3
"""Pictures (or groups) of each label: one for each part."""

_ALIKE_LEVELS = 1.0
"""Root mean square difference of two thumbnails in grey levels, below which they show the same thing."""
_LARGEST_SHARE = 0.25
"""Near-copies that chain more of the pictures than this together are no copies: the camera and the parts stand so
still that thumbnails cannot tell parts apart."""
_ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Split:
    """A labelled set, split in three.

    Attributes
    ----------
    learned
        To learn from.
    stopping
        To choose the best epoch by, and to stop.
    unseen
        For nothing but the comparison at the end.
    near_copies
        How many pictures lie in one group with another; None where they could not be told (see `group_alike`).
    """

    learned: list[Lesson]
    stopping: list[Lesson]
    unseen: list[Lesson]
    near_copies: int | None = 0


def split_samples(
    lessons: Sequence[Lesson], seed: int, group_by: str | None = None, known: Collection[str] = frozenset()
) -> Split:
    """Split a set in three: of each label about the same share, drawn by `seed`, groups kept whole.

    Parameters
    ----------
    group_by
        Regular expression, searched for in the picture's path; pictures with the same finding belong together.
    known
        SHA-256 of pictures that the base was learned from: they are learned again, and judge nothing.

    Raises
    ------
    InputError
        If the expression is none, or there are not three pictures (or groups) of each label.
    """
    groups, near_copies = groups_of(lessons, group_by)
    rng = np.random.default_rng(seed)
    members: dict[int, list[Lesson]] = {}
    for lesson, group in zip(lessons, groups, strict=True):
        members.setdefault(group, []).append(lesson)
    order = [list(members.values())[index] for index in rng.permutation(len(members))]
    wanted = {label: _wanted(lessons, label) for label in (False, True)}
    again = [group for group in order if any(lesson.picture in known for lesson in group)]
    order = [group for group in order if not any(lesson.picture in known for lesson in group)]
    taken: list[list[Lesson]] = []
    for _ in range(2):
        some, order = _take(order, wanted)
        taken.append(some)
    learned = [lesson for group in (*again, *order) for lesson in group]
    for some in (learned, *taken):
        if {lesson.defective for lesson in some} != {False, True}:
            raise InputError("training.too_few_pictures", needed=FEWEST)
    return Split(learned, taken[0], taken[1], near_copies)


def groups_of(lessons: Sequence[Lesson], group_by: str | None) -> tuple[NDArray[np.int64], int | None]:
    """Return which group each lesson belongs to, and how many are near-copies of another (None: cannot be told)."""
    groups = np.arange(len(lessons), dtype=np.int64)
    alike = group_alike([lesson.thumbnail for lesson in lessons])
    near_copies = None if alike is None else sum(n for n in Counter(alike.tolist()).values() if n > 1)
    for labels in (alike, _named(lessons, group_by)):
        if labels is not None:
            _, firsts, label = np.unique(labels, return_index=True, return_inverse=True)
            groups = _joined(groups, np.arange(len(lessons)), firsts[label])
    return groups, near_copies


def group_alike(thumbnails: Sequence[NDArray[np.uint8] | None]) -> NDArray[np.int64] | None:
    """Return a group number for each thumbnail, chains of near-copies in one; None where that says nothing."""
    count = len(thumbnails)
    groups = np.arange(count, dtype=np.int64)
    if any(t is None for t in thumbnails) or count < 2:
        return groups
    flat = np.stack([t.ravel() for t in thumbnails if t is not None]).astype(np.float32) - 127.5
    square = (flat * flat).sum(1)
    limit = _ALIKE_LEVELS**2 * flat.shape[1]
    for at in range(0, count, _ROWS_AT_ONCE):
        rows = slice(at, at + _ROWS_AT_ONCE)
        distance = square[rows, None] + square[None] - 2 * flat[rows] @ flat.T
        first, second = np.nonzero(distance <= limit)
        groups = _joined(groups, first + at, second)
    largest = max(Counter(groups.tolist()).values())
    return None if largest > max(2, _LARGEST_SHARE * count) else groups


def _named(lessons: Sequence[Lesson], group_by: str | None) -> NDArray[np.int64] | None:
    if group_by is None:
        return None
    try:
        pattern = re.compile(group_by)
    except re.error as error:
        raise InputError("training.bad_group_by", words=group_by, detail=technical(error)) from error
    names: dict[object, int] = {}
    numbers = []
    for index, lesson in enumerate(lessons):
        path = lesson.sample.file.as_posix() if lesson.sample is not None else ""
        found = pattern.search(path)
        name: object = index if found is None else (found.groups() or found.group())
        numbers.append(names.setdefault(name, len(names)))
    if len(set(numbers)) == len(numbers):
        raise InputError("training.group_by_finds_nothing", words=group_by)
    return np.array(numbers, np.int64)


def _joined(groups: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the groups after those of `first` and `second`, indexes of a pair each, have become one."""
    edges = (np.ones(len(first), np.float32), (groups[first], groups[second]))
    _, joined = connected_components(coo_array(edges, shape=(len(groups), len(groups))), directed=False)
    return np.asarray(joined, np.int64)[groups]


def _wanted(lessons: Sequence[Lesson], label: bool) -> int:
    return max(1, round(SHARE * sum(lesson.defective is label for lesson in lessons)))


def _take(groups: Sequence[list[Lesson]], wanted: dict[bool, int]) -> tuple[list[Lesson], list[list[Lesson]]]:
    """Take groups in their order while their labels are still wanted; return what was taken, and the other groups."""
    need = dict(wanted)
    taken, left = list[Lesson](), list[list[Lesson]]()
    for group in groups:
        has = Counter(lesson.defective for lesson in group)
        if all(count <= max(need[label], 0) for label, count in has.items()):
            taken += group
            for label, count in has.items():
                need[label] -= count
        else:
            left.append(group)
    return taken, left

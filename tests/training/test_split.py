"""What shows the same thing lies on one side; of each label about the same share on every side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.datasets import Sample
from crane_desktop.settings.texts import error_text
from crane_desktop.training.features import Lesson
from crane_desktop.training.split import SHARE, Split, group_alike, split_samples


def lessons_of(good: int, defective: int) -> list[Lesson]:
    return [Lesson(str(n), str(n), n >= good) for n in range(good + defective)]


def pictured(count: int, seed: int = 0) -> list[Lesson]:
    rng = np.random.default_rng(seed)
    thumbs = rng.integers(0, 256, (count, 32, 32), dtype=np.uint8)
    return [
        Lesson(str(n), str(n), n % 2 == 1, Sample(Path(f"/s/part{n // 2}_{n % 2}.png"), "good"), thumbs[n])
        for n in range(count)
    ]


def sides(parts: Split) -> list[set[str]]:
    return [{lesson.key for lesson in side} for side in (parts.learned, parts.stopping, parts.unseen)]


@settings(deadline=None)
@given(st.integers(3, 60), st.integers(3, 60), st.integers(0, 2**32))
def test_each_side_has_its_share_of_each_label(good: int, defective: int, seed: int) -> None:
    lessons = lessons_of(good, defective)
    parts = split_samples(lessons, seed)
    everything = [*parts.learned, *parts.stopping, *parts.unseen]
    assert sorted(everything, key=lambda x: int(x.key)) == lessons
    for label, count in ((False, good), (True, defective)):
        for side in (parts.stopping, parts.unseen):
            held = sum(lesson.defective is label for lesson in side)
            assert held == max(1, round(SHARE * count))
        assert any(lesson.defective is label for lesson in parts.learned)
    assert split_samples(lessons, seed) == parts


def test_the_seed_decides() -> None:
    assert len({frozenset(sides(split_samples(lessons_of(20, 20), seed))[2]) for seed in range(5)}) == 5


@pytest.mark.parametrize("seed", range(10))
def test_near_copies_stay_together(seed: int) -> None:
    lessons = pictured(40, seed)
    rng = np.random.default_rng(seed)
    copies = []
    for lesson in lessons[:12]:
        assert lesson.thumbnail is not None
        again = np.clip(lesson.thumbnail.astype(int) + rng.integers(-1, 2, (32, 32)), 0, 255).astype(np.uint8)
        copies.append(Lesson(f"{lesson.key}'", f"{lesson.key}'", lesson.defective, lesson.sample, again))
    parts = split_samples([*lessons, *copies], seed)
    assert parts.near_copies == 24
    for side in sides(parts):
        for copy in copies:
            assert (copy.key in side) == (copy.key[:-1] in side)


def test_a_camera_that_stands_still_makes_no_copies() -> None:
    lessons = [Lesson(str(n), str(n), n % 2 == 1, None, np.full((32, 32), 90, np.uint8)) for n in range(20)]
    parts = split_samples(lessons, 0)
    assert parts.near_copies is None
    assert [len(side) for side in sides(parts)] == [12, 4, 4]


def test_chains_of_near_copies_are_one_group() -> None:
    base = np.full((32, 32), 100, np.uint8)
    far = np.random.default_rng(1).integers(0, 256, (12, 32, 32), dtype=np.uint8)
    groups = group_alike([base, base + 1, base + 2, *far])
    assert groups is not None
    assert groups[0] == groups[1] == groups[2]
    assert len(set(groups.tolist())) == 13


def test_what_the_user_says_belongs_together_does() -> None:
    lessons = pictured(40)
    parts = split_samples(lessons, 3, group_by=r"split_samples(\d+)_")
    for side in sides(parts):
        assert all((str(2 * n) in side) == (str(2 * n + 1) in side) for n in range(20))


@pytest.mark.parametrize(("words", "key"), [("(", "training.bad_group_by"), ("zzz", "training.group_by_finds_nothing")])
def test_a_grouping_that_is_none_is_told(words: str, key: str) -> None:
    with pytest.raises(InputError) as caught:
        split_samples(pictured(20), 0, group_by=words)
    assert caught.value.key == key
    assert words in error_text(caught.value, "ja")


def test_too_few_for_three_sides_are_told() -> None:
    for good, defective in ((2, 9), (9, 2), (0, 9), (9, 0)):
        with pytest.raises(InputError) as caught:
            split_samples(lessons_of(good, defective), 0)
        assert caught.value.key == "training.too_few_pictures"


def test_what_is_known_is_learned_again() -> None:
    lessons = lessons_of(20, 20)
    known = {str(n) for n in (0, 5, 21, 30)}
    for seed in range(10):
        assert known <= sides(split_samples(lessons, seed, known=known))[0]

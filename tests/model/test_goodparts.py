"""The memory of good parts: coreset, scale, fusion, file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import scorer_info
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.model.goodparts.coreset import Nearest, coreset
from crane_desktop.model.goodparts.file import read_good_parts, write_good_parts
from crane_desktop.model.goodparts.hybrid import HybridScorer
from crane_desktop.model.goodparts.members import MEMBERS, MOST_PATCHES, Look, learn_member
from crane_desktop.model.goodparts.memory import Bound, GoodParts, SelfCheck, picture_sha256
from crane_desktop.model.goodparts.scale import Scale, heard, scale_of, squashed
from crane_desktop.model.runner import PatchFeatures
from crane_desktop.model.scorer import load_scorer
from crane_desktop.preprocess.likeness import Likeness

INFO = scorer_info("p", image_size_px=64)


def _picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(60, 90, (96, 96, 3), dtype=np.uint8)


class _Plain:
    """A scorer that sees grey means, and is content with everything."""

    info = INFO

    def score(self, pixels: np.ndarray) -> Scored:
        return Scored(0.1, AnomalyMap(np.full((64, 64), 0.1, np.float32), Placement(0, 0, 96, 96)))

    def score_with_features(self, pixels: np.ndarray) -> tuple[Scored, PatchFeatures]:
        cells = pixels.reshape(12, 8, 12, 8, 3).mean((1, 3)).astype(np.float32)
        return self.score(pixels), PatchFeatures(cells, (1, 2))

    def close(self) -> None: ...


def _look(pixels: np.ndarray) -> Look:
    return Look.at(pixels, _Plain().score_with_features(pixels)[1])


@pytest.fixture(scope="module")
def memory() -> GoodParts:
    looks = [_look(_picture(seed)) for seed in range(3)]
    members = {name: learn_member(name, looks, 0) for name in MEMBERS}
    peaks = {name: [float(m.distances(_look(_picture(s))).max()) for s in (7, 8, 9)] for name, m in members.items()}
    return GoodParts(
        bound=Bound.to(INFO),
        members=members,
        scales={name: scale_of(values) for name, values in peaks.items()},
        score_scale=Scale(0.1, 0.05),
        map_scale=Scale(0.1, 0.05),
        pictures=tuple(picture_sha256(_picture(seed)) for seed in range(3)),
        check=SelfCheck(0.5, 0.9, 0.2),
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(1, 40), st.integers(1, 40), st.integers(0, 9))
def test_a_coreset_is_bounded_and_made_of_the_rows_themselves(rows: int, width: int, most: int, seed: int) -> None:
    patches = np.random.default_rng(seed).standard_normal((rows, width)).astype(np.float32)
    kept = coreset(patches, most, seed)
    assert len(kept) == min(rows, most)
    assert {row.tobytes() for row in kept} <= {row.tobytes() for row in patches}
    assert len({row.tobytes() for row in kept}) == len(kept)


def test_greedy_choice_covers_better_than_chance() -> None:
    draw = np.random.default_rng(0)
    rows = np.concatenate([draw.normal(0, 0.1, (2000, 6)), draw.normal(5, 0.1, (5, 6))]).astype(np.float32)
    far = Nearest(coreset(rows, 40, 0))(rows).max()
    assert far < Nearest(rows[draw.choice(2000, 40)])(rows).max() / 4


def test_nearest_is_the_plain_distance() -> None:
    draw = np.random.default_rng(0)
    kept, asked = draw.standard_normal((70, 9)).astype(np.float32), draw.standard_normal((900, 9)).astype(np.float32)
    plain = np.sqrt(((asked[:, None] - kept[None]) ** 2).sum(-1)).min(1)
    np.testing.assert_allclose(Nearest(kept)(asked), plain, atol=2e-5)
    assert Nearest(kept)(kept).max() < 2e-3


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=30))
def test_the_scale_is_absolute_and_rises(values: list[float]) -> None:
    z = np.sort(np.array(values, np.float32))
    shown = squashed(heard(z))
    assert ((shown > 0) & (shown < 1)).all()
    assert (np.diff(shown) >= 0).all()
    np.testing.assert_array_equal(shown[:1], squashed(heard(z[:1])))  # no value depends on its neighbours


def test_landmarks_of_the_scale() -> None:
    assert squashed(np.array([0, 4], np.float32)).tolist() == [0.25, 0.5]
    assert scale_of([0.3]).spread == pytest.approx(0.06)  # a fifth of the middle, where there is one value
    many = scale_of(list(np.random.default_rng(0).normal(10, 1, 4000)))
    assert many.middle == pytest.approx(10, abs=0.1)
    assert many.spread == pytest.approx(1, abs=0.1)


def test_memories_are_bounded(memory: GoodParts) -> None:
    for name, most in MOST_PATCHES.items():
        assert len(memory.members[name].tensors()["patches"]) <= most


def test_an_odd_part_is_odd_and_no_answer_depends_on_another_picture(memory: GoodParts) -> None:
    hybrid = HybridScorer(_Plain(), memory)
    good, odd = _picture(20), _picture(20).copy()
    odd[40:60, 40:60] = (250, 20, 20)
    before = hybrid.score(good)
    marked = hybrid.score(odd)
    after = hybrid.score(good)
    assert marked.score > 0.5 > before.score == after.score
    np.testing.assert_array_equal(before.anomaly_map.values, after.anomaly_map.values)
    values = marked.anomaly_map.values
    assert values.shape == (64, 64)
    assert values.dtype == np.float32
    assert not values.flags.writeable
    y, x = np.unravel_index(values.argmax(), values.shape)
    assert 24 <= y <= 42
    assert 24 <= x <= 42
    assert values.min() > 0
    assert values.max() < 1


def test_where_crane_has_no_answer_there_is_none(memory: GoodParts) -> None:
    look = _look(_picture(1))
    scored = Scored(float("nan"), _Plain().score(_picture(1)).anomaly_map)
    assert np.isnan(memory.fused(scored, look).score)


def test_a_file_gives_the_same_memory(memory: GoodParts, tmp_path: Path) -> None:
    path = tmp_path / "良品.goodparts"
    sha256 = write_good_parts(path, memory)
    again = read_good_parts(path, sha256)
    pixels = _picture(30)
    here, there = HybridScorer(_Plain(), memory).score(pixels), HybridScorer(_Plain(), again).score(pixels)
    assert here.score == there.score
    np.testing.assert_array_equal(here.anomaly_map.values, there.anomaly_map.values)
    assert again.pictures == memory.pictures
    assert again.check == memory.check
    assert path.stat().st_size < 4_000_000


def _shown_again(pixels: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(-4, 5, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def _part(seed: int) -> np.ndarray:
    """A part with a coarse pattern of its own, uint8 ``(96, 128, 3)``."""
    coarse = np.random.default_rng(seed).integers(60, 140, (6, 8, 3), dtype=np.uint8)
    return np.kron(coarse, np.ones((16, 16, 1), np.uint8))


def test_a_memory_knows_the_parts_that_it_was_learned_from_when_they_are_shown_again(
    memory: GoodParts, tmp_path: Path
) -> None:
    learned = [_part(1), _part(2)[:64]]
    names = tuple(picture_sha256(pixels) for pixels in learned)
    held = replace(memory, pictures=names, likenesses=tuple(Likeness.of(pixels) for pixels in learned))
    write_good_parts(tmp_path / "a.goodparts", held)
    for hybrid in (HybridScorer(_Plain(), held), HybridScorer(_Plain(), read_good_parts(tmp_path / "a.goodparts"))):
        for number, pixels in enumerate(learned):
            assert hybrid.remembers(pixels)
            assert hybrid.remembers(_shown_again(pixels, number))
        assert not hybrid.remembers(_part(3))
        assert not hybrid.remembers(learned[0][:, ::-1].copy())


def test_a_file_of_an_earlier_program_knows_the_very_pictures_only(memory: GoodParts, tmp_path: Path) -> None:
    pixels = _part(1)
    write_good_parts(tmp_path / "a.goodparts", replace(memory, pictures=(picture_sha256(pixels),)))
    assert b'format_version\\":1' in (tmp_path / "a.goodparts").read_bytes()
    again = HybridScorer(_Plain(), read_good_parts(tmp_path / "a.goodparts"))
    assert again.remembers(pixels)
    assert not again.remembers(_shown_again(pixels, 1))


@pytest.mark.parametrize("shape", [(0, 4), (1, 300), (12,), (2, 2, 3)])
def test_what_is_no_likeness_of_a_picture_is_damage(memory: GoodParts, tmp_path: Path, shape: tuple[int, ...]) -> None:
    flat = Likeness(np.zeros(shape, np.float32), 0.0)
    write_good_parts(tmp_path / "a.goodparts", replace(memory, likenesses=(flat,) * len(memory.pictures)))
    with pytest.raises(InputError, match="good_parts_damaged"):
        read_good_parts(tmp_path / "a.goodparts")


def test_a_damaged_file_never_loads(memory: GoodParts, tmp_path: Path) -> None:
    path = tmp_path / "a.goodparts"
    write_good_parts(path, memory)
    content = path.read_bytes()
    draw = np.random.default_rng(0)
    for at in [3, 40, *draw.integers(0, len(content), 12)]:
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        with pytest.raises(InputError, match=r"good_parts_damaged|good_parts_changed"):
            read_good_parts(path, None if at > 4000 else "0" * 64)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="good_parts_damaged"):
        read_good_parts(path)


def test_a_missing_or_another_file_is_told(memory: GoodParts, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="good_parts_missing"):
        read_good_parts(tmp_path / "no.goodparts")
    write_good_parts(tmp_path / "a.goodparts", memory)
    with pytest.raises(InputError, match="good_parts_changed"):
        read_good_parts(tmp_path / "a.goodparts", "0" * 64)


@pytest.mark.parametrize("change", [{"pack_sha256": "0" * 64}, {"profile": "fast"}, {"image_size_px": 96}])
def test_a_memory_of_another_model_is_refused(memory: GoodParts, change: dict[str, object]) -> None:
    other = replace(memory, bound=replace(memory.bound, **change))
    with pytest.raises(InputError, match="good_parts_of_other_pack"):
        HybridScorer(_Plain(), other)


def test_asking_for_features_changes_no_answer_to_the_last_bit(tiny_pack: Path) -> None:
    for profile in ("full", "fast"):
        scorer = load_scorer(tiny_pack, device="cpu", profile=profile)
        pixels = _picture(3)
        plain, (scored, features) = scorer.score(pixels), scorer.score_with_features(pixels)
        assert plain.score == scored.score
        np.testing.assert_array_equal(plain.anomaly_map.values, scored.anomaly_map.values)
        assert features.values.shape[-1] == sum(features.families)
        assert features.values.dtype == np.float32
        assert np.isfinite(features.values).all()
        scorer.close()

"""Crane and the memory of good parts become one answer: no member talks another out of what it saw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.domain.verdicts import Reason
from crane_desktop.model.goodparts.hybrid import CpuFallbackHybrid, HybridScorer
from crane_desktop.model.goodparts.members import (
    LEARNED,
    MEMBERS,
    PLACE,
    PRETRAINED,
    TEXTURE,
    Look,
    MemberName,
    member_of,
)
from crane_desktop.model.goodparts.memory import Bound, GoodParts, SelfCheck, picture_sha256
from crane_desktop.model.goodparts.scale import Scale, heard, scale_of, squashed
from crane_desktop.model.runner import PatchFeatures

INFO = ScorerInfo("p", "1", "a" * 64, "crane", "full", 16, "cpu", "float32", for_demonstration=False)
SIDE = 16
FINITE = st.floats(-50, 50, width=32)
PEAKS = st.fixed_dictionaries({name: st.floats(0, 20) for name in MEMBERS})


@dataclass(frozen=True)
class Fixed:
    """A member that says the same of every picture."""

    values: NDArray[np.float32]

    def distances(self, look: Look) -> NDArray[np.float32]:
        return self.values

    def oddness(self, distances: NDArray[np.float32]) -> float:
        return float(distances.max())

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        return {"values": self.values}


def memory(members: dict[MemberName, NDArray[np.float32]], weight: float = 1.0, **changes: object) -> GoodParts:
    made = GoodParts(
        bound=Bound.to(INFO),
        members={name: Fixed(values) for name, values in members.items()},
        scales={name: Scale(1.0, 0.5, weight) for name in members},
        score_scale=Scale(0.3, 0.1, 1.0),
        map_scale=Scale(0.3, 0.1, 1.0),
        pictures=("b" * 64,),
        check=SelfCheck(0.7, 0.8, 0.05),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def scored(score: float, values: NDArray[np.float32] | None = None) -> Scored:
    own = np.full((SIDE, SIDE), 0.3, np.float32) if values is None else values
    return Scored(score, AnomalyMap(own, Placement(0, 0, 64, 48)))


LOOK = Look(np.zeros((8, 8), np.uint8), PatchFeatures(np.zeros((4, 4, 2), np.float32), (2,)))


@given(st.floats(0, 1), PEAKS, st.sampled_from(MEMBERS), st.floats(0, 10))
def test_an_odder_peak_never_lowers_the_score(
    crane: float, peaks: dict[MemberName, float], which: MemberName, more: float
) -> None:
    whole = memory(dict.fromkeys(MEMBERS, np.zeros((4, 4), np.float32)))
    odder = {**peaks, which: peaks[which] + more}
    assert 0 < whole.score(crane, peaks) < 1
    assert whole.score(crane, peaks) <= whole.score(crane, odder) + 1e-7
    assert whole.score(crane, peaks) <= whole.score(crane + 0.1, peaks) + 1e-7


@given(PEAKS)
def test_where_crane_has_no_answer_there_is_none(peaks: dict[MemberName, float]) -> None:
    whole = memory(dict.fromkeys(MEMBERS, np.zeros((4, 4), np.float32)))
    assert np.isnan(whole.score(float("nan"), peaks))


def test_members_without_weight_change_nothing() -> None:
    far = {name: np.full((4, 4), 19.0, np.float32) for name in MEMBERS}
    silent, alone = memory(far, weight=0.0), memory({})
    given_ = scored(0.6, np.random.default_rng(1).random((SIDE, SIDE)).astype(np.float32))
    one, other = silent.fused(given_, LOOK), alone.fused(given_, LOOK)
    assert one.score == pytest.approx(other.score, abs=1e-7)
    assert np.allclose(one.anomaly_map.values, other.anomaly_map.values, atol=1e-7)


@settings(max_examples=30)
@given(arrays(np.float32, (SIDE, SIDE), elements=st.floats(0, 1, width=32)), st.floats(0.1, 3))
def test_the_fused_map_is_the_formula_place_by_place(values: NDArray[np.float32], weight: float) -> None:
    member = np.random.default_rng(2).uniform(0, 4, (SIDE, SIDE)).astype(np.float32)
    found = memory({TEXTURE: member}, weight).fused(scored(0.5, values), LOOK).anomaly_map
    z_own, z_member = (values - 0.3) / 0.1, (member - 1.0) / 0.5
    total = np.where(z_own > 0, z_own, z_own / 10) + weight * np.where(z_member > 0, z_member, z_member / 10)
    u = (total / np.sqrt(1 + weight**2) - 4) / 4
    assert np.allclose(found.values, 0.5 * (1 + u / (1 + np.abs(u))), atol=1e-5)
    assert found.placement == Placement(0, 0, 64, 48)
    assert not found.values.flags.writeable


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (SIDE, SIDE), (40, 20)])
def test_a_members_map_of_any_size_is_brought_to_cranes(shape: tuple[int, int]) -> None:
    found = memory({PLACE: np.full(shape, 9.0, np.float32)}).fused(scored(0.5), LOOK).anomaly_map.values
    assert found.shape == (SIDE, SIDE)
    assert np.ptp(found) < 1e-6


def test_a_content_member_hides_no_defect() -> None:
    """One member sees nothing at all: what Crane saw there stays far above a good part's place."""
    values = np.full((SIDE, SIDE), 0.3, np.float32)
    values[4, 4] = 1.3  # ten spreads away
    content = memory({LEARNED: np.zeros((SIDE, SIDE), np.float32)}).fused(scored(0.5, values), LOOK).anomaly_map.values
    assert content[4, 4] > 0.5
    assert content[0, 0] < 0.3


@given(FINITE, FINITE)
def test_hearing_and_squashing_keep_the_order(one: float, other: float) -> None:
    low, high = sorted((one, other))
    for way in (heard, squashed):
        assert way(np.array([low], np.float32))[0] <= way(np.array([high], np.float32))[0]
    assert 0 < squashed(np.array([low], np.float32))[0] < 1


@pytest.mark.parametrize(("z", "value"), [(0.0, 0.25), (4.0, 0.5), (8.0, 0.75), (20.0, 0.9)])
def test_landmarks_of_what_is_said_at_last(z: float, value: float) -> None:
    assert squashed(np.array([z], np.float32))[0] == pytest.approx(value, abs=1e-6)


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=40))
def test_a_scale_is_positive_and_does_not_mind_the_order(values: list[float]) -> None:
    found = scale_of(values)
    assert found.spread > 0
    assert found.middle == pytest.approx(np.median(values))
    assert found == scale_of(values[::-1])


@given(st.lists(st.floats(0.5, 10), min_size=1, max_size=40), st.floats(0.1, 10))
def test_another_unit_is_another_scale_and_the_same_z(values: list[float], unit: float) -> None:
    plain, scaled = scale_of(values), scale_of([unit * value for value in values])
    probe = np.array([0.7, 3.0], np.float32)
    assert np.allclose(plain.z(probe), scaled.z(np.float32(unit) * probe), rtol=1e-3, atol=1e-3)


def test_many_parts_say_their_own_spread_and_one_says_a_fifth_of_its_middle() -> None:
    assert scale_of([2.0]).spread == pytest.approx(0.4)
    rng = np.random.default_rng(0)
    assert scale_of(rng.normal(10, 0.5, 5000).tolist()).spread == pytest.approx(0.5, rel=0.05)
    assert scale_of([3.0] * 500).spread < 0.1  # parts that never vary leave a small one, never none


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        (PLACE, {}),
        (PLACE, {"reference": (8, 8, 3), "mean": (8, 8, 3), "spread": (8, 8, 3)}),
        (TEXTURE, {"mean": (29,), "turn": (29, 29)}),
        (TEXTURE, {"mean": (29,), "turn": (28, 29), "patches": (4, 29)}),
        (TEXTURE, {"mean": (29,), "turn": (29, 29), "patches": (4, 28)}),
        (TEXTURE, {"mean": (29,), "turn": (29, 29), "patches": (0, 29)}),
        (TEXTURE, {"mean": (29,), "turn": (29, 29), "patches": (4001, 29)}),
        (TEXTURE, {"mean": (30,), "turn": (30, 30), "patches": (4, 30)}),
        (LEARNED, {"mean": (6,), "turn": (6, 6), "patches": (2001, 6)}),
        (PRETRAINED, {"mean": (152,), "turn": (152, 152), "patches": (1501, 152)}),
        (PRETRAINED, {"mean": (151,), "turn": (151, 151), "patches": (4, 151)}),
        (LEARNED, {"mean": (6,), "turn": (6, 6), "patches": (4, 6), "more": (1,)}),
    ],
)
def test_a_member_of_other_shapes_is_none(name: MemberName, shapes: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match=name):
        member_of(name, {key: np.zeros(shape, np.float32) for key, shape in shapes.items()})


class Standing:
    """A scorer with features, which may have fallen back to the CPU."""

    info = INFO
    unfit: Reason | None = None
    notice: StationFault | None = None
    closed = 0

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        return scored(0.5)

    def score_with_features(self, pixels: NDArray[np.uint8]) -> tuple[Scored, PatchFeatures]:
        return self.score(pixels), PatchFeatures(np.zeros((4, 4, 2), np.float32), (2,))

    def close(self) -> None:
        self.closed += 1


def test_a_hybrid_says_how_many_parts_it_remembers_and_which() -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (40, 50), dtype=np.uint8)
    below = Standing()
    hybrid = HybridScorer(below, memory({}, pictures=(picture_sha256(pixels), "c" * 64)))
    assert hybrid.info == replace(INFO, good_parts=2)
    assert hybrid.remembers(pixels)
    assert not hybrid.remembers(pixels.reshape(50, 40))  # the same bytes may be another picture
    assert not hybrid.remembers(pixels + np.uint8(1))
    assert 0 < hybrid.score(pixels).score < 1
    hybrid.close()
    assert below.closed == 1


@pytest.mark.parametrize(
    "change",
    [{"pack_sha256": "d" * 64}, {"profile": "fast"}, {"image_size_px": 32}, {"precision": "bfloat16"}, {"pack": "q"}],
)
def test_a_memory_of_another_model_is_refused_with_both_names(change: dict[str, object]) -> None:
    made = memory({})
    with pytest.raises(InputError) as told:
        HybridScorer(Standing(), replace(made, bound=replace(made.bound, **change)))  # type: ignore[arg-type]
    assert told.value.key == "model.good_parts_of_other_pack"
    assert told.value.params["pack"] == "p (full)"


def test_another_device_is_the_same_model() -> None:
    below = Standing()
    below.info = replace(INFO, device="cuda:0", pack_version="2")
    assert HybridScorer(below, memory({})).info.device == "cuda:0"


def test_a_hybrid_may_judge_where_the_scorer_below_may() -> None:
    below = Standing()
    hybrid = CpuFallbackHybrid(below, memory({}))  # type: ignore[arg-type]
    assert (hybrid.unfit, hybrid.notice) == (None, None)
    below.notice = StationFault("model.gpu_out_of_memory", device="cuda:0")
    assert hybrid.notice is below.notice


@given(arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6))))
def test_a_pictures_name_depends_on_every_pixel_and_not_on_its_place_in_memory(pixels: NDArray[np.uint8]) -> None:
    name = picture_sha256(pixels)
    assert picture_sha256(np.asfortranarray(pixels)) == name
    assert picture_sha256(np.repeat(pixels, 2, axis=1)[:, ::2]) == name
    other = pixels.copy()
    other.flat[-1] ^= 1
    assert picture_sha256(other) != name


def test_a_file_cut_anywhere_never_loads(tmp_path: Path) -> None:
    from crane_desktop.model.goodparts.file import read_good_parts, write_good_parts

    file = tmp_path / "a.goodparts"
    tensors = {"mean": (6,), "turn": (6, 6), "patches": (3, 6)}
    member = member_of(LEARNED, {key: np.ones(shape, np.float32) for key, shape in tensors.items()})
    write_good_parts(file, replace(memory({}), members={LEARNED: member}, scales={LEARNED: Scale(1.0, 0.5, 1.0)}))
    assert read_good_parts(file).pictures == ("b" * 64,)
    content = file.read_bytes()
    for end in (*range(0, len(content), 31), len(content) - 1):
        file.write_bytes(content[:end])
        with pytest.raises(InputError) as told:
            read_good_parts(file)
        assert told.value.key == "model.good_parts_damaged", end

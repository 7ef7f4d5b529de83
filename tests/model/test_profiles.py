"""A pack can be run in several ways; each is proven, and none changes what another says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import model_pack
from golden_reference import CASES, Golden, Reference, far
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError
from crane_desktop.model.config import CraneConfig
from crane_desktop.model.crane import Crane, new_crane
from crane_desktop.model.packing import ProfileWish
from crane_desktop.model.packs import read_manifest
from crane_desktop.model.runner import Runner
from crane_desktop.model.scorer import load_scorer
from crane_desktop.model.selfcheck import self_check
from crane_desktop.settings.resources import resource_path

WISHES = (ProfileWish("small", 28, "float32", 1), ProfileWish("several", 56, "float32", 3))


@pytest.fixture(scope="module", params=["crane", "crane-plus"])
def pack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, small_crane: Callable[..., Crane]
) -> Path:
    path = tmp_path_factory.mktemp("packs") / "many.cranepack"
    return model_pack(path, small_crane(request.param), profiles=WISHES)


def pictures(count: int) -> list[NDArray[np.uint8]]:
    draw = np.random.default_rng(5)
    return [draw.integers(0, 256, (60 + 7 * n, 80, 3), dtype=np.uint8) for n in range(count)]


@pytest.mark.parametrize("name", ["full", "fast", "small", "several"])
def test_every_profile_proves_itself(pack: Path, name: str) -> None:
    scorer = load_scorer(pack, profile=name)
    checks = self_check(scorer, pack)
    assert len(checks) == 3
    assert all(check.ok for check in checks), checks
    assert scorer.info.profile == name
    assert scorer.info.image_size_px == (28 if name == "small" else 56)
    assert scorer.info.precision == ("bfloat16" if name == "fast" else "float32")
    assert scorer.score(pictures(1)[0]).anomaly_map.values.shape == (scorer.info.image_size_px,) * 2


def test_a_profile_that_computes_otherwise_fails_its_proof(pack: Path) -> None:
    scorer = load_scorer(pack, profile="small")
    scorer.runner.crane.config = scorer.runner.crane.config.model_copy(update={"temperature": 0.06})
    assert not all(check.ok for check in self_check(scorer, pack))


def test_an_unknown_profile_is_told_with_those_that_exist(pack: Path) -> None:
    with pytest.raises(InputError) as told:
        load_scorer(pack, profile="huge")
    assert told.value.key == "model.no_such_profile"
    assert told.value.params["known"] == "full, fast, small, several"


def test_a_batch_changes_no_answer(pack: Path) -> None:
    many, one = load_scorer(pack, profile="several"), load_scorer(pack)
    given = pictures(7)
    together = many.runner.answers(many.runner.prepare(*given))
    assert len(together) == 7
    for pixels, answer in zip(given, together, strict=True):
        alone = one.score(pixels)
        assert answer.score == pytest.approx(alone.score, abs=1e-6)
        assert np.abs(answer.map - alone.anomaly_map.values).max() < 5e-6


@pytest.mark.parametrize(
    "wish",
    [
        ProfileWish("small", 30, "float32", 1),
        ProfileWish("Small", 28, "float32", 1),
        ProfileWish("small", 28, "float32", 0),
        ProfileWish("full", 28, "float32", 1),
    ],
)
def test_a_profile_that_cannot_be_is_refused(
    wish: ProfileWish, tmp_path: Path, small_crane: Callable[..., Crane]
) -> None:
    with pytest.raises((InputError, ValueError)):
        model_pack(tmp_path / "x.cranepack", small_crane(), profiles=[wish])
    assert list(tmp_path.iterdir()) == []


def test_stored_halves_are_held_as_halves_and_lose_nothing(
    tmp_path: Path, small_config: Callable[..., CraneConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crane_desktop.model.weights._LARGE", 1)
    crane = new_crane(small_config("crane-plus"), 4).requires_grad_(False).eval()
    for name, weight in crane.named_parameters():
        if not name.startswith("prompts."):
            weight.copy_(weight.half().float())
    path = model_pack(tmp_path / "halves.cranepack", crane)
    scorer = load_scorer(path)
    held = {weight.dtype for name, weight in scorer.runner.crane.named_parameters() if ".mlp." in name}
    assert torch.float16 in held
    picture = pictures(1)[0]
    exact = Runner(crane, read_manifest(path).preprocessing, torch.device("cpu"))(picture)
    found = scorer.score(picture)
    assert found.score == exact.score
    assert np.array_equal(found.anomaly_map.values, exact.map)


def test_the_fast_profile_changes_no_verdict_of_the_demo_pack() -> None:
    """Away from the thresholds by more than what a reduced precision may err; nearer, REVIEW is what they are for."""
    from crane_desktop.simulation.source import DemoSource

    path = resource_path("packs") / "demo.cranepack"
    thresholds = read_manifest(path).thresholds
    assert thresholds is not None
    exact, fast = load_scorer(path), load_scorer(path, profile="fast")
    line = DemoSource(None, seed=12)
    for number in range(1, 25):
        pixels = line.drawn(number).pixels
        one, other = exact.score(pixels), fast.score(pixels)
        assert abs(one.score - other.score) <= 2e-3
        assert np.abs(one.anomaly_map.values - other.anomaly_map.values).max() <= 5e-3
        for threshold in (thresholds.score_ng, thresholds.score_review):
            assert (one.score >= threshold) == (other.score >= threshold) or abs(one.score - threshold) <= 2e-3


@pytest.mark.parametrize("case", CASES)
def test_bfloat16_stays_near_the_golden_vectors(golden: Golden, case: str) -> None:
    exact, reduced = Reference(golden), Reference(golden)
    reduced.plus.compute = torch.bfloat16
    with torch.inference_mode():
        for picture in ("A", "B", "C"):
            before, after = (reference.answer(picture, case, "static") for reference in (exact, reduced))
            assert far(after.score, before.score.numpy()) <= 2e-3
            smooth = [exact.smooth(answer.raw_map[0]) for answer in (before, after)]
            assert far(smooth[1], smooth[0].numpy()) <= 1e-2

"""Features on disk are those of the model, computed once, and for the very picture and mask that were given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.datasets import Sample, read_dataset
from crane_desktop.model.crane import Crane, new_crane
from crane_desktop.model.manifest import Preprocessing
from crane_desktop.model.runner import Runner
from crane_desktop.settings.texts import error_text
from crane_desktop.training.features import FeatureStore, bytes_per_picture, small_mask


@pytest.fixture
def samples(write_spots: Callable[..., Path], tmp_path: Path) -> list[Sample]:
    place = write_spots(tmp_path / "set", good=2, spotted=2)
    (place / "ground_truth" / "spot" / "001_mask.png").unlink()
    return list(read_dataset(place).samples())


@pytest.fixture
def runner(small_crane: Callable[..., Crane]) -> Runner:
    return Runner(small_crane("crane-plus"), Preprocessing(), torch.device("cpu"))


@pytest.fixture
def encoded(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with each picture that goes through the towers."""
    calls: list[int] = []
    real = runner.crane.encode_image

    def counted(*images: torch.Tensor) -> object:
        calls.append(len(calls))
        return real(*images)

    monkeypatch.setattr(runner.crane, "encode_image", counted)
    return calls


def store_in(folder: Path, runner: Runner, pack: str = "abc") -> FeatureStore:
    folder.mkdir(exist_ok=True)
    return FeatureStore(folder, pack, runner.crane.config, lambda: runner)


def test_a_batch_is_what_the_model_computes(tmp_path: Path, runner: Runner, samples: list[Sample]) -> None:
    store = store_in(tmp_path / "kept", runner)
    lessons = [lesson for lesson in map(store.encode, samples) if lesson is not None]
    batch = store.batch(lessons, runner.device)
    assert batch.defective.tolist() == [False, False, True, True]
    assert batch.drawn.tolist() == [True, True, True, False]
    for index, sample in enumerate(samples):
        prepared = runner.prepare(sample.pixels())
        with torch.no_grad():
            features = runner.crane.encode_image(prepared.clip, prepared.dino)
        assert torch.allclose(batch.features.image[index], features.image[0], atol=5e-4)
        assert len(batch.features.entries) == len(features.entries) == 2
        for kept, entry in zip(batch.features.entries, features.entries, strict=True):
            assert torch.allclose(kept[index], entry[0], atol=5e-4)
    mask = samples[2].mask((56, 56))
    assert mask is not None
    assert np.array_equal(batch.masks[2].numpy() > 0, mask)
    assert not batch.masks[[0, 1, 3]].any()


def test_nothing_is_encoded_twice(tmp_path: Path, runner: Runner, samples: list[Sample], encoded: list[int]) -> None:
    first = [store_in(tmp_path / "kept", runner).encode(s) for s in samples]
    assert len(encoded) == 4
    assert [store_in(tmp_path / "kept", runner).encode(s) for s in samples] == first
    assert len(encoded) == 4


def test_another_pack_mask_label_or_picture_is_another_lesson(
    tmp_path: Path, runner: Runner, samples: list[Sample], write_picture: Callable[..., None]
) -> None:
    spot = samples[2]
    assert spot.mask_file is not None
    store = store_in(tmp_path / "kept", runner)
    keys = [store.encode(spot), store_in(tmp_path / "kept", runner, "other pack").encode(spot)]
    keys += [store.encode(Sample(spot.file, "good")), store.encode(Sample(spot.file, "spot"))]
    write_picture(spot.mask_file, np.eye(56, dtype=np.uint8))
    keys.append(store.encode(spot))
    write_picture(spot.file, np.full((56, 56), 9, np.uint8))
    keys.append(store.encode(spot))
    assert len({k.key for k in keys if k is not None}) == 6


def test_a_picture_without_an_answer_is_no_lesson(
    tmp_path: Path, small_crane: Callable[..., Crane], samples: list[Sample]
) -> None:
    crane = new_crane(small_crane("crane-plus").config, seed=1)
    assert crane.dino is not None
    with torch.no_grad():  # all DINOv2 features alike: no similarity reaches the centre
        crane.dino.norm.weight.zero_()
        crane.dino.norm.bias.fill_(1.0)
    store = store_in(tmp_path / "kept", Runner(crane, Preprocessing(), torch.device("cpu")))
    assert store.encode(samples[0]) is None
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path, runner: Runner, samples: list[Sample]) -> None:
    store = FeatureStore(tmp_path / "absent", "abc", runner.crane.config, lambda: runner)
    with pytest.raises(InputError) as caught:
        store.encode(samples[0])
    assert caught.value.key == "training.cannot_write"
    assert "absent" in error_text(caught.value, "ja")


def test_a_thin_defect_stays_in_the_small_mask() -> None:
    mask = np.zeros((1000, 1500), bool)
    mask[500] = True
    small = small_mask(mask, 56)
    assert small.any(axis=0).all()
    assert small.sum() <= 2 * 56
    assert not small_mask(np.zeros((1000, 1500), bool), 56).any()
    half = np.zeros((112, 112), bool)
    half[:, :56] = True
    assert np.array_equal(small_mask(half, 56), half[::2, ::2])


def test_where_all_is_there_no_tower_is_loaded(tmp_path: Path, runner: Runner, samples: list[Sample]) -> None:
    first = [store_in(tmp_path / "kept", runner).encode(s) for s in samples]
    store = FeatureStore(tmp_path / "kept", "abc", runner.crane.config, lambda: pytest.fail("a tower was loaded"))
    assert [store.encode(s) for s in samples] == first


def test_the_room_on_disk_is_bounded_and_known_before(
    tmp_path: Path, runner: Runner, samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_in(tmp_path / "kept", runner)
    lessons = [lesson for lesson in map(store.encode, samples) if lesson is not None]
    most = bytes_per_picture(runner.crane.config)
    sizes = [file.stat().st_size for file in (tmp_path / "kept").iterdir()]
    assert len(sizes) == 4
    assert max(sizes) <= most
    assert max(sizes) > 0.5 * most
    store.keep_only(lessons[:1])
    assert len(list((tmp_path / "kept").iterdir())) == 1

    free = SimpleNamespace(free=500_000_000 + 3 * most)
    monkeypatch.setattr("crane_desktop.training.features.shutil.disk_usage", lambda _: free)
    store.has_room_for(4)  # one is there already
    with pytest.raises(InputError) as caught:
        store.has_room_for(5)
    assert caught.value.key == "training.no_room"
    assert caught.value.params["pictures"] == 4
    assert "--most-pictures 4" in error_text(caught.value, "ja")


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_damaged_features_are_told(tmp_path: Path, runner: Runner, samples: list[Sample], damage: str) -> None:
    store = store_in(tmp_path / "kept", runner)
    lesson = store.encode(samples[0])
    assert lesson is not None
    (file,) = (tmp_path / "kept").iterdir()
    file.write_bytes(file.read_bytes()[:100]) if damage == "cut" else file.unlink()
    with pytest.raises(InputError) as caught:
        store.batch([lesson], runner.device)
    assert caught.value.key == "training.features_damaged"

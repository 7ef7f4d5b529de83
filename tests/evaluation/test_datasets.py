"""What a folder of labelled pictures means, and what is said where it means nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.datasets import Dataset, Sample, read_dataset
from crane_desktop.evaluation.datasets.passed_over import passed_over_in
from crane_desktop.settings.texts import error_text

Writer = Callable[..., None]
GREY = np.full((16, 24), 90, np.uint8)


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        read_dataset(path)
    for language in ("en", "ja"):
        assert error_text(caught.value, language)
    return caught.value


@pytest.fixture
def bolts(tmp_path: Path, write_picture: Writer) -> Path:
    """A class with pictures and masks of every kind, under a Japanese path."""
    place = tmp_path / "検査データ" / "ボルト"
    for name in ("train/good/000.png", "test/good/001.png", "test/good/000.JPG", "test/傷/000.bmp", "test/傷/001.tiff"):
        write_picture(place / name, GREY)
    write_picture(place / "test" / "chip" / "000.png", GREY)
    mask = np.zeros((16, 24), np.uint8)
    mask[2, 3] = 255
    write_picture(place / "ground_truth/傷/000_mask.png", mask)
    write_picture(place / "ground_truth/傷/001.png", mask // 255)
    return place


def labels(dataset: Dataset) -> list[tuple[str, str, bool]]:
    return [(s.defect, s.file.name, s.has_mask) for s in dataset.samples()]


def test_one_class(bolts: Path) -> None:
    dataset = read_dataset(bolts)
    assert dataset.name == "ボルト"
    assert [c.name for c in dataset.classes] == ["ボルト"]
    assert labels(dataset) == [
        ("chip", "000.png", False),
        ("good", "000.JPG", True),
        ("good", "001.png", True),
        ("傷", "000.bmp", True),
        ("傷", "001.tiff", True),
    ]
    assert [s.file.name for s in dataset.classes[0].train_good] == ["000.png"]
    assert dataset.classes[0].has_masks


def test_a_folder_of_classes(bolts: Path, write_spots: Callable[..., Path]) -> None:
    write_spots(bolts.parent / "a nut", good=1, spotted=2, masks=False)
    (bolts.parent / "notes").mkdir()
    dataset = read_dataset(bolts.parent)
    assert [(c.name, len(c.test), c.has_masks) for c in dataset.classes] == [("a nut", 3, False), ("ボルト", 5, True)]
    assert dataset.classes[0].train_good == ()


def test_the_current_folder_has_a_name(bolts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bolts)
    assert read_dataset(Path()).classes[0].name == "ボルト"


def test_masks_say_where(bolts: Path) -> None:
    for sample in read_dataset(bolts).samples():
        mask = sample.mask((16, 24))
        if sample.is_good:
            assert mask is not None
            assert not mask.any()
        elif sample.has_mask:
            assert mask is not None
            assert np.argwhere(mask).tolist() == [[2, 3]]
        else:
            assert mask is None


def test_deep_coloured_and_lossy_masks(tmp_path: Path, write_picture: Writer) -> None:
    deep = np.zeros((16, 16), np.uint16)
    deep[4:12, 4:12] = 1  # nothing of it is left in the upper 8 bit
    colour = np.zeros((16, 16, 3), np.uint8)
    colour[4:12, 4:12, 2] = 9
    lossy = np.zeros((16, 16), np.uint8)
    lossy[4:12, 4:12] = 255
    for name, picture in (("deep.png", deep), ("colour.png", colour), ("lossy.jpg", lossy)):
        write_picture(tmp_path / name, picture)
        mask = Sample(tmp_path / "x.png", "chip", tmp_path / name).mask((16, 16))
        assert mask is not None
        assert np.array_equal(mask, lossy > 0), name


def test_remarks_of_the_file_system_are_no_pictures(bolts: Path) -> None:
    before = labels(read_dataset(bolts))
    for name in ("test/good/._000.png", "test/good/Thumbs.db", "test/.DS_Store", "test/readme.txt"):
        (bolts / name).write_bytes(b"x")
    (bolts / "test" / ".cache").mkdir()
    assert labels(read_dataset(bolts)) == before


def test_nothing_is_read_before_it_is_asked_for(bolts: Path) -> None:
    for file in bolts.rglob("*.*"):
        file.write_bytes(b"no picture")
    samples = list(read_dataset(bolts).samples())
    assert len(samples) == 5
    with pytest.raises(InputError) as caught:
        samples[3].pixels()
    # The name alone would not do: every folder has a 000.
    assert str(bolts / "test" / "傷" / "000.bmp") in error_text(caught.value, "ja")


def test_a_picture_that_went_away_is_named(bolts: Path) -> None:
    sample = next(read_dataset(bolts).samples())
    sample.file.unlink()
    with pytest.raises(InputError) as caught:
        sample.pixels()
    assert caught.value.key == "camera.file_missing"
    assert str(sample.file) in error_text(caught.value, "en")


def test_no_data_set(tmp_path: Path, bolts: Path) -> None:
    assert refusal(tmp_path / "absent").key == "training.no_dataset"
    assert refusal(bolts / "train" / "good" / "000.png").key == "training.no_dataset"
    assert refusal(bolts / "train").key == "training.no_dataset"


def test_a_class_needs_good_and_defective_pictures(tmp_path: Path, write_spots: Callable[..., Path]) -> None:
    write_spots(tmp_path / "all good", good=2, spotted=0)
    assert refusal(tmp_path / "all good").key == "training.no_defective_images"
    write_spots(tmp_path / "none good", good=0, spotted=2)
    error = refusal(tmp_path / "none good")
    assert error.key == "training.no_good_images"
    assert "none good" in error_text(error, "ja")
    (tmp_path / "empty" / "test").mkdir(parents=True)
    assert refusal(tmp_path / "empty").key == "training.no_good_images"


@pytest.mark.parametrize("name", ["傷/002_mask.png", "傷/000_musk.png", "scratch/000_mask.png"])
def test_a_mask_without_its_picture_is_told(bolts: Path, write_picture: Writer, name: str) -> None:
    write_picture(bolts / "ground_truth" / name, GREY)
    error = refusal(bolts)
    assert error.key == "training.mask_without_image"
    assert Path(str(error.params["mask"])).name in name


def test_empty_masks_of_good_parts_are_let_be(bolts: Path, write_picture: Writer) -> None:
    write_picture(bolts / "ground_truth" / "good" / "777.png", 0 * GREY)
    assert len(list(read_dataset(bolts).samples())) == 5


def test_a_mask_of_another_size_is_told(bolts: Path, write_picture: Writer) -> None:
    write_picture(bolts / "ground_truth/傷/000_mask.png", np.zeros((24, 16), np.uint8))
    sample = list(read_dataset(bolts).samples())[3]
    with pytest.raises(InputError) as caught:
        sample.mask(sample.pixels().shape[:2])
    words = error_text(caught.value, "en")
    assert "16 x 24" in words
    assert "24 x 16" in words
    assert str(sample.file) in words


def test_what_is_no_picture_in_a_set_is_named_wherever_it_lies(bolts: Path) -> None:
    for name in ("test/good/10.heic", "test/good/9.txt", "train/good/list.csv", "test/good/.hidden"):
        (bolts / name).parent.mkdir(parents=True, exist_ok=True)
        (bolts / name).touch()
    (bolts / "test" / "only_heic").mkdir()
    (bolts / "test" / "only_heic" / "1.heic").touch()
    found = passed_over_in(read_dataset(bolts))
    assert set(found) >= {"test/good/10.heic", "test/good/9.txt", "test/only_heic/1.heic"}
    assert found.index("test/good/9.txt") < found.index("test/good/10.heic")
    assert not any("hidden" in name for name in found)


def test_the_depth_that_is_told_holds_for_every_picture_and_no_mask(bolts: Path, write_picture: Writer) -> None:
    deep = np.full((16, 24), 600, np.uint16)
    write_picture(bolts / "test" / "chip" / "000.png", deep)
    write_picture(bolts / "ground_truth" / "chip" / "000.png", (deep > 0).astype(np.uint16))

    def chip(dataset: Dataset) -> Sample:
        return next(sample for sample in dataset.samples() if sample.defect == "chip")

    with pytest.raises(InputError) as caught:
        chip(read_dataset(bolts)).pixels()
    assert caught.value.key == "camera.depth_unknown"
    told = chip(read_dataset(bolts).with_bits(10))
    assert (told.pixels() == 150).all()
    marked = told.mask((16, 24))
    assert marked is not None
    assert marked.all()

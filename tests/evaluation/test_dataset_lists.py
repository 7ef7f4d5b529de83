"""Data sets that name their pictures in a file: VisA's CSV and the authors' ``meta.json``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.datasets import Dataset, read_dataset
from crane_desktop.settings.texts import error_text

Writer = Callable[..., None]
GREY = np.full((6, 8), 90, np.uint8)
HEAD = "object,split,label,image,mask"
GOOD = "candle,test,normal,candle/Data/Images/Normal/0001.png,"
ODD = "candle,test,anomaly,candle/Data/Images/Anomaly/000.png,candle/Data/Masks/Anomaly/000.png"
TRAIN = "candle,train,normal,candle/Data/Images/Normal/0000.png,"


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        read_dataset(path)
    for language in ("en", "ja"):
        words = error_text(caught.value, language)
        assert words
        assert "\n" not in words
    return caught.value


@pytest.fixture
def visa(tmp_path: Path, write_picture: Writer) -> Path:
    place = tmp_path / "VisA データ"
    images = place / "candle" / "Data" / "Images"
    for name in ("Normal/0000.png", "Normal/0001.png", "Anomaly/000.png"):
        write_picture(images / name, GREY)
    mask = np.zeros((6, 8), np.uint8)
    mask[1, 2], mask[4, 5] = 1, 7  # a number for each kind of defect
    write_picture(place / "candle" / "Data" / "Masks" / "Anomaly" / "000.png", mask)
    (place / "split_csv").mkdir()
    write_csv(place, HEAD, TRAIN, GOOD, ODD)
    return place


def write_csv(place: Path, *lines: str, name: str = "1cls.csv", ending: str = "\n") -> Path:
    file = place / "split_csv" / name
    file.write_bytes((ending.join(lines) + ending).encode())
    return file


def entry(image: str, mask: str = "", kind: str = "", odd: Any = 0) -> dict[str, Any]:
    return {"img_path": image, "mask_path": mask, "cls_name": "c", "specie_name": kind, "anomaly": odd}


@pytest.fixture
def authors(tmp_path: Path, write_picture: Writer) -> Path:
    """Three classes as the authors keep them: with masks, without, and for segmentation (no good pictures)."""
    place = tmp_path / "authors"
    for name in ("a/1.png", "a/2.png", "a/3.png", "a/4.png", "b/1.png", "b/2.png", "c/1.png"):
        write_picture(place / name, GREY)
    mask = np.zeros((6, 8), np.uint8)
    mask[2:4, 2:4] = 255
    for name in ("a/m.png", "c/m.png"):
        write_picture(place / name, mask)
    test = {
        "b": [entry("b/1.png"), entry("b/2.png", odd=1)],
        "a": [entry("a/2.png", "a/nowhere.png", "good"), entry("a/1.png", "a/m.png", "scratch", 1)],
        "c": [entry("c/1.png", "c/m.png", "good", 1)],
    }
    train = {"a": [entry("a/3.png"), entry("a/4.png", "", "scratch", 1)], "b": [], "z": [], "c": []}
    write_meta(place, {"train": train, "test": test})
    return place


def write_meta(place: Path, content: Any) -> Path:
    file = place / "meta.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def labels(dataset: Dataset) -> list[tuple[str, str, bool]]:
    return [(s.defect, s.file.name, s.mask_file is not None) for s in dataset.samples()]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_visa(visa: Path, ending: str) -> None:
    for given in (visa, write_csv(visa, "\ufeff" + HEAD, TRAIN, GOOD, ODD, ending=ending)):
        dataset = read_dataset(given)
        assert (dataset.name, dataset.layout) == ("VisA データ", "visa")
        assert [c.name for c in dataset.classes] == ["candle"]
        assert labels(dataset) == [("anomaly", "000.png", True), ("good", "0001.png", False)]
        assert [s.file.name for s in dataset.classes[0].train_good] == ["0000.png"]
        mask = next(dataset.samples()).mask((6, 8))
        assert mask is not None
        assert np.argwhere(mask).tolist() == [[1, 2], [4, 5]]


def test_a_split_must_be_named_where_there_are_several(visa: Path) -> None:
    (visa / "split_csv" / "1cls.csv").rename(visa / "split_csv" / "2cls_fewshot.csv")
    assert labels(read_dataset(visa))
    other = write_csv(visa, HEAD, TRAIN, GOOD, ODD, name="2cls_highshot.csv")
    assert refusal(visa).key == "training.many_splits"
    assert labels(read_dataset(other))


def test_the_authors_form(authors: Path) -> None:
    for given in (authors, authors / "meta.json"):
        dataset = read_dataset(given)
        assert dataset.layout == "meta"
        assert [(c.name, len(c.test), len(c.train_good), c.has_masks) for c in dataset.classes] == [
            ("a", 2, 1, True),
            ("b", 2, 0, False),
            ("c", 1, 0, True),
        ]
        assert labels(dataset) == [
            ("good", "2.png", False),
            ("scratch", "1.png", True),
            ("defective", "2.png", False),
            ("good", "1.png", False),
            ("defective", "1.png", True),
        ]


def test_paths_of_windows_are_understood(authors: Path) -> None:
    write_meta(authors, {"test": {"a": [entry("a\\2.png"), entry("a\\1.png", "a\\m.png", "x", 1)]}})
    assert len(labels(read_dataset(authors))) == 2


def test_folders_keep_counting_where_a_meta_json_is_another_programs(
    tmp_path: Path, write_spots: Callable[..., Path]
) -> None:
    write_meta(write_spots(tmp_path), {"camera": "x"})
    assert read_dataset(tmp_path).layout == "mvtec"


OUTSIDE = ["../secret.png", "/etc/passwd", "a/../../secret.png", "C:\\secret.png", "\\\\host\\share\\x.png", "c:x.png"]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("what", ["image", "mask"])
def test_no_path_leaves_the_folder(authors: Path, visa: Path, write_picture: Writer, name: str, what: str) -> None:
    write_picture(authors.parent / "secret.png", GREY)
    image, mask = (name, "a/m.png") if what == "image" else ("a/1.png", name)
    write_meta(authors, {"test": {"a": [entry("a/2.png"), entry(image, mask, "x", 1)]}})
    assert refusal(authors).key == "training.list_leaves_folder"
    write_csv(visa, HEAD, GOOD, f"candle,test,anomaly,{image if what == 'image' else ODD.split(',')[3]},{mask}")
    assert refusal(visa).key == "training.list_leaves_folder"


def test_no_link_leaves_the_folder(authors: Path, write_picture: Writer) -> None:
    write_picture(authors.parent / "elsewhere" / "secret.png", GREY)
    (authors / "out").symlink_to(authors.parent / "elsewhere")
    write_meta(authors, {"test": {"a": [entry("out/secret.png"), entry("a/1.png", "", "x", 1)]}})
    assert refusal(authors).key == "training.list_leaves_folder"
    (authors / "loop").symlink_to(authors / "loop")
    write_meta(authors, {"test": {"a": [entry("loop/secret.png"), entry("a/1.png", "", "x", 1)]}})
    assert refusal(authors).key in {"training.list_damaged", "training.list_files_missing"}


def test_a_set_behind_a_link_is_read(authors: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(authors)
    assert labels(read_dataset(tmp_path / "link")) == labels(read_dataset(authors))


def test_missing_files_are_told(authors: Path) -> None:
    samples = [entry("a/2.png"), entry("a/9.png", "a/8.png", "x", 1), entry("a", "", "x", 1)]
    write_meta(authors, {"test": {"a": samples}})
    error = refusal(authors)
    assert error.key == "training.list_files_missing"
    assert error.params["count"] == 3
    assert str(error.params["missing"]).endswith("9.png")


@pytest.mark.parametrize("again", ["a/2.png", "a/./2.png", "a\\2.png"])
def test_a_picture_may_be_named_once(authors: Path, again: str) -> None:
    write_meta(authors, {"train": {"a": [entry(again)]}, "test": {"a": [entry("a/2.png"), entry("a/1.png", odd=1)]}})
    error = refusal(authors)
    assert error.key == "training.list_twice"
    assert {error.params["one"], error.params["other"]} == {"train.a[0]", "test.a[0]"}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[" * 100_000,
        '{"test": []}',
        '{"test": {"a": {}}}',
        '{"test": {"a": [1]}}',
        '{"test": {"": []}}',
        '{"train": [1], "test": {"a": []}}',
        json.dumps({"test": {"a": [entry("")]}}),
        json.dumps({"test": {"a": [entry(7)]}}),  # type: ignore[arg-type]
        json.dumps({"test": {"a": [entry("a/1.png", odd=2)]}}),
        json.dumps({"test": {"a": [entry("a/1.png", odd="1")]}}),
        json.dumps({"test": {"a": [entry("a/1.png", odd=1.0)]}}),
        json.dumps({"test": {"a": [entry("a/\0.png")]}}),
        json.dumps({"test": {"a": [entry("a/\ud800.png")]}}),
    ],
)
def test_a_damaged_meta_json(authors: Path, content: str) -> None:
    write_meta(authors, content)
    error = refusal(authors / "meta.json")
    assert error.key in {"training.list_damaged", "training.list_files_missing"}


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["object,split,label,image", "candle,test,normal,x"],
        [HEAD, "candle,validate,normal,x,"],
        [HEAD, "candle,test,odd,x,"],
        [HEAD, ",test,normal,x,"],
        [HEAD, "candle,test,normal,,"],
        [HEAD, "candle,test"],
        [HEAD, GOOD + ",more"],
        [HEAD, 'candle,test,normal,"x,'],
        [HEAD, "candle,test,normal,\0,"],
    ],
)
def test_a_damaged_csv(visa: Path, lines: list[str]) -> None:
    assert refusal(write_csv(visa, *lines)).key == "training.list_damaged"


def test_what_is_no_text_is_told(visa: Path, authors: Path) -> None:
    (visa / "split_csv" / "1cls.csv").write_bytes(b"\xff\xfe\x00")
    (authors / "meta.json").write_bytes(b"\xff\xfe\x00")
    assert [refusal(place).key for place in (visa, authors)] == ["training.list_damaged"] * 2


def test_a_class_must_be_measurable(authors: Path, visa: Path) -> None:
    write_meta(authors, {"test": {"a": [entry("a/1.png", odd=1)]}})
    assert refusal(authors).key == "training.list_none_good"
    write_meta(authors, {"test": {"a": [entry("a/1.png")]}})
    assert refusal(authors).key == "training.list_all_good"
    write_meta(authors, {"test": {}})
    assert refusal(authors).key == "training.list_without_tests"
    write_csv(visa, HEAD, TRAIN)
    assert refusal(visa).key == "training.list_without_tests"

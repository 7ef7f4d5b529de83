"""One set of pictures in every layout is the same set; names are odd, folders incomplete, and nothing is guessed."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation.datasets.datasets import Dataset, read_dataset
from crane_desktop.evaluation.evaluate import evaluate
from crane_desktop.settings.texts import error_text

Write = Callable[[Path, NDArray[Any]], None]
GREY = np.full((16, 24), 90, np.uint8)
ODD_NAMES = ["傷 01", "a b", "x#y%20z", "naïve", "-rf", "ﾊﾝｶｸ", "🔩", "001.5", "'quoted'", "UPPER", "ｱ・い", "a,b;c"]


def refusal(read: Callable[[Path], Dataset], path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        read(path)
    assert all(error_text(caught.value, language) for language in ("en", "ja"))
    return caught.value


def parts(count: int = 4, seed: int = 0) -> list[tuple[str, NDArray[np.uint8], NDArray[np.uint8]]]:
    """Names, pictures and masks of defective parts: a bright corner, on some of them too dark to be found."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        part, mask = rng.integers(40, 80, (16, 16), dtype=np.uint8), np.zeros((16, 16), np.uint8)
        mask[2:8, 3:9] = 255
        part[2:8, 3:9] = 200 if number % 2 else 20
        made.append((f"{number:03d}", part, mask))
    return made


def as_mvtec(place: Path, write: Write) -> Path:
    rng = np.random.default_rng(9)
    for number in range(3):
        write(place / "ねじ" / "test" / "good" / f"{number}.png", rng.integers(40, 80, (16, 16), dtype=np.uint8))
    for name, part, mask in parts():
        write(place / "ねじ" / "test" / "anomaly" / f"{name}.png", part)
        write(place / "ねじ" / "ground_truth" / "anomaly" / f"{name}_mask.png", mask)
    return place


def listed(place: Path) -> list[tuple[str, str]]:
    """Pictures and masks of a set in MVTec's folders, by their paths."""
    test = sorted((place / "ねじ" / "test").rglob("*.png"))
    masks = [place / "ねじ" / "ground_truth" / "anomaly" / f"{file.stem}_mask.png" for file in test]
    return [
        (file.relative_to(place).as_posix(), mask.relative_to(place).as_posix() if mask.exists() else "")
        for file, mask in zip(test, masks, strict=True)
    ]


def with_meta(place: Path) -> Path:
    rows = [
        {"img_path": image, "mask_path": mask, "cls_name": "ねじ", "specie_name": "anomaly", "anomaly": int(bool(mask))}
        for image, mask in listed(place)
    ]
    (place / "meta.json").write_text(json.dumps({"train": {}, "test": {"ねじ": rows}}, ensure_ascii=False), "utf-8")
    return place


def with_csv(place: Path) -> Path:
    (place / "split_csv").mkdir()
    with (place / "split_csv" / "1cls.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["object", "split", "label", "image", "mask"])
        for image, mask in listed(place):
            table.writerow(["ねじ", "test", "anomaly" if mask else "normal", image, mask])
    return place


def test_every_layout_gives_the_same_figures(bright: Scorer, write_picture: Write, tmp_path: Path) -> None:
    plain = as_mvtec(tmp_path / "a", write_picture)
    meta = with_meta(as_mvtec(tmp_path / "b", write_picture))
    visa = with_csv(as_mvtec(tmp_path / "c", write_picture))
    sets = [read_dataset(place) for place in (plain, meta, visa)]
    assert [data.layout for data in sets] == ["mvtec", "meta", "visa"]
    figures = [json.dumps(evaluate(bright, data).as_dict()) for data in sets]
    assert figures[0] == figures[1] == figures[2]
    assert '"image_auroc": 0.5,' in figures[0]  # half of the defects are dark


def test_where_several_layouts_could_be_meant_the_list_decides(write_picture: Write, tmp_path: Path) -> None:
    place = with_csv(with_meta(as_mvtec(tmp_path, write_picture)))
    assert read_dataset(place).layout == "meta"
    (place / "meta.json").unlink()
    assert read_dataset(place).layout == "visa"
    (place / "split_csv" / "1cls.csv").unlink()
    assert read_dataset(place).layout == "mvtec"


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_of_pictures_defects_and_classes_are_kept(write_picture: Write, tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    write_picture(place / "test" / "good" / f"{name}.png", GREY)
    write_picture(place / "test" / name / f"{name}.png", GREY)
    write_picture(place / "ground_truth" / name / f"{name}_mask.png", GREY)
    dataset = read_dataset(place)
    assert [(c.name, s.defect, s.file.stem) for c in dataset.classes for s in c.test if not s.is_good] == [
        (name, name, name)
    ]
    assert dataset.classes[0].has_masks
    assert all(sample.pixels().shape == (16, 24) for sample in dataset.samples())


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".jpg", ".JPEG", ".bmp", ".tif", ".tiff"])
def test_every_kind_of_picture_counts_and_nothing_else(write_picture: Write, tmp_path: Path, suffix: str) -> None:
    for label in ("good", "scratch"):
        write_picture(tmp_path / "test" / label / f"1{suffix}", GREY)
        (tmp_path / "test" / label / "notes.txt").write_text("no picture")
        (tmp_path / "test" / label / f"folder{suffix}").mkdir()
    assert [sample.file.suffix for sample in read_dataset(tmp_path).samples()] == [suffix, suffix]


@pytest.mark.parametrize(
    ("mask", "found"), [("1_mask.png", True), ("1.png", True), ("1_mask.tif", True), ("1-m.png", None)]
)
def test_a_mask_is_called_like_its_picture(write_picture: Write, tmp_path: Path, mask: str, found: bool | None) -> None:
    for label in ("good", "scratch"):
        write_picture(tmp_path / "test" / label / "1.png", GREY)
    write_picture(tmp_path / "ground_truth" / "scratch" / mask, GREY)
    if found is None:
        assert refusal(read_dataset, tmp_path).key == "training.mask_without_image"
    else:
        assert [sample.mask_file is not None for sample in read_dataset(tmp_path).samples()] == [False, True]


def test_of_two_masks_the_one_that_is_called_a_mask_counts_and_the_other_is_told(
    write_picture: Write, tmp_path: Path
) -> None:
    for label in ("good", "scratch"):
        write_picture(tmp_path / "test" / label / "1.png", GREY)
    for mask in ("1_mask.png", "1.png"):
        write_picture(tmp_path / "ground_truth" / "scratch" / mask, GREY)
    error = refusal(read_dataset, tmp_path)
    assert (error.key, error.params["mask"]) == (
        "training.mask_without_image",
        tmp_path / "ground_truth" / "scratch" / "1.png",
    )


@pytest.mark.parametrize(("size", "told"), [((24, 16), "16 x 24"), ((16, 25), "25 x 16"), ((1, 1), "1 x 1")])
def test_a_mask_of_a_wrong_size_is_told_by_both_sizes(
    write_picture: Write, tmp_path: Path, bright: Scorer, size: tuple[int, int], told: str
) -> None:
    for label in ("good", "scratch"):
        write_picture(tmp_path / "test" / label / "1.png", GREY)
    write_picture(tmp_path / "ground_truth" / "scratch" / "1.png", np.zeros(size, np.uint8))
    with pytest.raises(InputError) as caught:
        evaluate(bright, read_dataset(tmp_path))
    assert caught.value.key == "training.mask_size"
    words = error_text(caught.value, "en")
    assert told in words
    assert "24 x 16" in words


def test_a_folder_that_cannot_be_listed_is_named(
    write_picture: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_picture(tmp_path / "test" / "good" / "1.png", GREY)
    write_picture(tmp_path / "test" / "scratch" / "1.png", GREY)
    real = Path.iterdir

    def locked(place: Path) -> Any:
        if place.name == "scratch":
            raise PermissionError(13, "Permission denied")
        return real(place)

    monkeypatch.setattr(Path, "iterdir", locked)
    error = refusal(read_dataset, tmp_path)
    assert error.key == "training.folder_unreadable"
    assert error.params["folder"] == tmp_path / "test" / "scratch"
    assert error.params["detail"] == "Permission denied"


@pytest.mark.parametrize("file", ["meta.json", "split_csv/1cls.csv"])
def test_a_list_that_cannot_be_read_is_named(
    write_picture: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    (with_meta if file == "meta.json" else with_csv)(as_mvtec(tmp_path, write_picture))

    def gone(*_args: object, **_named: object) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.open", gone)
    error = refusal(read_dataset, tmp_path)
    assert (error.key, error.params["file"]) == ("training.list_unreadable", tmp_path / file)


# A site's own two folders.


@pytest.mark.parametrize("good", ["good", "Good", "ok", "OK", "良品"])
@pytest.mark.parametrize("bad", ["defective", "bad", "NG", "ng", "不良品", "不良"])
def test_a_site_calls_its_folders_as_it_likes(write_picture: Write, tmp_path: Path, good: str, bad: str) -> None:
    write_picture(tmp_path / good / "1.png", GREY)
    write_picture(tmp_path / bad / "1.png", GREY)
    assert [sample.is_good for sample in read_dataset(tmp_path).samples()] == [True, False]


@pytest.mark.parametrize("masks", ["masks", "mask", "Masks", "マスク"])
@pytest.mark.parametrize("inside", ["", "月曜", "a/b"])
def test_masks_of_a_site_lie_beside_its_folders(write_picture: Write, tmp_path: Path, masks: str, inside: str) -> None:
    write_picture(tmp_path / "OK" / "1.png", GREY)
    write_picture(tmp_path / "NG" / inside / "傷1.png", GREY)
    write_picture(tmp_path / masks / inside / "傷1_mask.png", GREY)
    drawn = [sample for sample in read_dataset(tmp_path).samples() if sample.mask_file is not None]
    assert [sample.file.name for sample in drawn] == ["傷1.png"]


def test_two_folders_of_one_label_are_both_taken(write_picture: Write, tmp_path: Path) -> None:
    for folder in ("OK", "良品", "NG", "不良"):
        write_picture(tmp_path / folder / f"{folder}.png", GREY)
    assert sorted((s.file.stem, s.is_good) for s in read_dataset(tmp_path).samples()) == [
        ("NG", False),
        ("OK", True),
        ("不良", False),
        ("良品", True),
    ]


@pytest.mark.parametrize("folders", [("good",), ("defective",), ("goods", "defectives"), ("OK",), ()])
def test_one_folder_alone_is_no_labelled_set(write_picture: Write, tmp_path: Path, folders: tuple[str, ...]) -> None:
    for folder in folders:
        write_picture(tmp_path / folder / "1.png", GREY)
    assert refusal(read_dataset, tmp_path).key == "training.no_dataset"


def test_a_set_with_tests_is_read_as_one_even_beside_good_and_bad(write_picture: Write, tmp_path: Path) -> None:
    as_mvtec(tmp_path, write_picture)
    for folder in ("OK", "NG"):
        write_picture(tmp_path / "ねじ" / folder / "9.png", GREY)
    assert len(list(read_dataset(tmp_path / "ねじ").samples())) == 7


LABELS = st.dictionaries(
    st.text("abcxyz01", min_size=1, max_size=6), st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=8
).filter(lambda named: len({good for good, _ in named.values()}) == 2)


@settings(max_examples=15, deadline=None)
@given(LABELS)
def test_what_was_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, write_picture: Write, named: dict[str, tuple[bool, bool]]
) -> None:
    site = tmp_path_factory.mktemp("site")
    for name, (good, drawn) in named.items():
        write_picture(site / ("OK" if good else "NG") / f"{name}.png", GREY)
        if drawn and not good:
            write_picture(site / "masks" / f"{name}.png", GREY)
    found = {s.file.stem: (s.is_good, s.mask_file is not None) for s in read_dataset(site).samples()}
    assert found == {name: (good, drawn and not good) for name, (good, drawn) in named.items()}


# The folders of MVTec with other names, and what was seen where none fits.


@pytest.mark.parametrize("good", ["good", "Good", "OK", "ok", "ＯＫ", "良品", "Normal", "合格"])
@pytest.mark.parametrize("bad", ["scratch", "NG", "ＮＧ", "不良品", "Defective"])
@pytest.mark.parametrize("test", ["test", "Test", "TEST"])
def test_good_parts_are_known_by_their_usual_names(
    write_picture: Write, tmp_path: Path, good: str, bad: str, test: str
) -> None:
    write_picture(tmp_path / test / good / "1.png", GREY)
    write_picture(tmp_path / test / bad / "2.png", GREY)
    write_picture(tmp_path / "Train" / good / "3.png", GREY)
    write_picture(tmp_path / "Ground_Truth" / bad / "2_mask.png", GREY)
    (labelled,) = read_dataset(tmp_path).classes
    assert [(s.file.stem, s.is_good, s.mask_file is not None) for s in sorted(labelled.test, key=lambda s: s.file)] == [
        *sorted([("1", True, False), ("2", False, True)], key=lambda row: good if row[1] else bad)
    ]
    assert [s.file.stem for s in labelled.train_good] == ["3"]


def test_a_folder_of_sites_is_read_as_classes(write_picture: Write, tmp_path: Path) -> None:
    for name, good, bad in (("ねじ", "OK", "NG"), ("ばね", "良品", "不良")):
        write_picture(tmp_path / name / good / "1.png", GREY)
        write_picture(tmp_path / name / bad / "1.png", GREY)
    assert [labelled.name for labelled in read_dataset(tmp_path).classes] == ["ねじ", "ばね"]


def test_where_no_name_fits_it_says_what_was_seen(write_picture: Write, tmp_path: Path) -> None:
    for folder in ("oui", "non"):
        write_picture(tmp_path / "test" / folder / "1.png", GREY)
    error = refusal(read_dataset, tmp_path)
    assert (error.key, error.params["seen"]) == ("training.no_good_images", "non, oui")
    error = refusal(read_dataset, tmp_path / "test")
    assert (error.key, error.params["seen"]) == ("training.no_dataset", "non, oui")


@pytest.mark.parametrize("folders", [("test/good", "test/scratch"), ("良品", "不良品")])
def test_of_what_the_program_archived_only_the_judged_pictures_are_parts(
    write_picture: Write, tmp_path: Path, folders: tuple[str, str]
) -> None:
    """Its maps are no parts, and of a corrected picture what the camera sent lies beside what was judged."""
    stem = "235959-000000-0123cafe-NG"
    for folder in folders:
        for name in (f"{stem}.png", f"{stem}-map.png", f"{stem}-original.png"):
            write_picture(tmp_path / "部品" / folder / name, np.full((16, 16), 90, np.uint8))
    (found,) = read_dataset(tmp_path / "部品").classes
    assert [sample.file.name for sample in found.test] == [f"{stem}.png"] * 2

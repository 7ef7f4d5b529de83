"""The report stands alone, hides nothing and believes no file name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation.datasets.datasets import Sample, read_dataset
from crane_desktop.evaluation.evaluate import ClassFigures, ClassScores, Evaluation, evaluate
from crane_desktop.evaluation.report.pictures import MOST, shown, worst
from crane_desktop.evaluation.report.report import Occasion, write_report
from crane_desktop.evaluation.report.words import headings, not_judged, rows
from crane_desktop.settings.texts import LANGUAGES, Language, text

Spots = Callable[..., Path]
EVIL = "<script>alert(1)</script>"
NAME = "x\"onerror='y' &amp; \x1b[31m"


class Seen(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data


def report(scorer: Scorer, place: Path, out: Path, language: Language = "en") -> tuple[Seen, str]:
    data = read_dataset(place)
    write_report(out, evaluate(scorer, data), scorer, Occasion(data, datetime(2026, 1, 2, tzinfo=UTC), language))
    text = out.read_text(encoding="utf-8")
    seen = Seen()
    seen.feed(text)
    return seen, text


@pytest.fixture
def confused(write_spots: Spots, write_picture: Callable[..., None], tmp_path: Path) -> Path:
    """A class where one good part is bright and one defective one dark."""
    place = write_spots(tmp_path / "set" / EVIL.replace("/", "_"))
    write_picture(place / "test" / "good" / f"{NAME}.png", np.full((56, 56), 250, np.uint8))
    write_picture(place / "test" / "spot" / "dark.png", np.full((56, 56), 10, np.uint8))
    mask = np.zeros((56, 56), np.uint8)
    mask[20:30, 20:30] = 255
    write_picture(place / "ground_truth" / "spot" / "dark_mask.png", mask)
    return place


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_needs_nothing_beside_it(bright: Scorer, confused: Path, tmp_path: Path, language: Language) -> None:
    seen, text = report(bright, confused, tmp_path / "r.html", language)
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & set(seen.tags)
    sources = [value for name, value in seen.attributes if name in {"src", "href", "srcset", "data", "action"}]
    assert sources
    assert all(value.startswith("data:image/") for value in sources)
    assert "url(" not in text
    assert "@import" not in text
    assert seen.tags.count("img") == 1 + 2 * 2 * 4
    assert seen.tags.count("svg") == 2
    assert ("lang", language) in seen.attributes
    assert bool(re.search("[\u3041-\u9fff]", seen.words)) == (language == "ja")
    for fact in (bright.info.pack, bright.info.pack_sha256, "full", "cpu", "2026-01-02", "7 / 7"):
        assert fact in seen.words


def test_no_name_becomes_markup(bright: Scorer, confused: Path, tmp_path: Path) -> None:
    seen, text = report(bright, confused, tmp_path / "r.html")
    assert "<script" not in text
    assert EVIL.replace("/", "_") in seen.words
    assert "x\"onerror='y' &amp; \\x1b[31m" in seen.words
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    assert "\x1b" not in text


def test_the_worst_pictures_are_shown(bright: Scorer, confused: Path) -> None:
    found = evaluate(bright, read_dataset(confused))
    (miss, *others), (alarm, *_) = worst(found, misses=True), worst(found, misses=False)
    assert (miss.sample.file.name, miss.beyond) == ("dark.png", 1.0)
    assert (alarm.sample.file.stem, alarm.beyond) == (NAME, 1.0)
    assert [round(other.beyond, 3) for other in others] == [0.143] * 3  # the bright good part lies above them
    assert [other.score for other in others] == sorted(other.score for other in others)


def test_the_drawn_defect_is_outlined(bright: Scorer, confused: Path) -> None:
    miss = worst(evaluate(bright, read_dataset(confused)), misses=True)[0]
    plain, seen = shown(bright, miss.sample)
    assert plain.shape == seen.shape == (56, 56, 3)
    cyan = (seen == (0, 255, 255)).all(axis=2)
    assert cyan[15:35, 15:35].sum() > 30
    assert not cyan[22:28, 22:28].any()
    assert not (plain == (0, 255, 255)).all(axis=2).any()


def test_large_pictures_become_small(bright: Scorer, write_picture: Callable[..., None], tmp_path: Path) -> None:
    write_picture(tmp_path / "test" / "good" / "0.png", np.full((900, 1200, 3), 200, np.uint8))
    write_picture(tmp_path / "test" / "spot" / "0.png", np.full((900, 1200, 3), 30, np.uint8))
    (miss,) = worst(evaluate(bright, read_dataset(tmp_path)), misses=True)
    assert shown(bright, miss.sample)[1].shape == (225, 300, 3)


def test_the_number_of_pictures_is_bounded(bright: Scorer, write_picture: Callable[..., None], tmp_path: Path) -> None:
    for number in range(12):
        for index in range(4):
            grey = np.full((16, 16), 10 * index, np.uint8)
            write_picture(tmp_path / f"{number:02d}" / "test" / "good" / f"{index}.png", grey + 90)
            write_picture(tmp_path / f"{number:02d}" / "test" / "spot" / f"{index}.png", grey)
    found = evaluate(bright, read_dataset(tmp_path))
    assert [len(worst(found, misses=misses)) for misses in (True, False)] == [MOST // 2] * 2


def test_what_could_not_be_judged_is_said(bright: Scorer, write_spots: Spots, tmp_path: Path) -> None:
    write_spots(tmp_path / "a", masks=False)
    partly = write_spots(tmp_path / "b")
    (partly / "ground_truth" / "spot" / "000_mask.png").unlink()
    seen, _ = report(bright, tmp_path, tmp_path / "r.html")
    assert "a: no defect is drawn (no masks), so there are image figures only." in seen.words
    assert "b: the defect is drawn in 5 of 6 defective pictures" in seen.words
    assert "None: scores separate good from defective." in seen.words


def test_a_report_that_cannot_be_written(bright: Scorer, confused: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        report(bright, confused, tmp_path / "absent" / "r.html")
    assert caught.value.key == "training.report_not_written"


def test_segmentation_sets_have_pixel_figures_only(bright: Scorer, write_spots: Spots, tmp_path: Path) -> None:
    place = write_spots(tmp_path)
    samples: list[dict[str, Any]] = [
        {"img_path": f"test/spot/{n:03d}.png", "mask_path": f"ground_truth/spot/{n:03d}_mask.png", "anomaly": 1}
        for n in range(6)
    ]
    (place / "meta.json").write_text(json.dumps({"test": {"polyp": samples}}))
    row = evaluate(bright, read_dataset(place)).classes["polyp"]
    assert (row.image_auroc, row.good, row.defective) == (None, 0, 6)
    assert row.pixel_auroc == pytest.approx(1.0)
    assert row.pixel_auroc_defective_only == row.pixel_auroc
    assert (row.intervals_95["pixel_aupro"], row.intervals_missing["pixel_aupro"]) == (None, "all_draws_agree")
    seen, _ = report(bright, place, tmp_path / "r.html")
    assert "polyp: no good test pictures, so there are pixel figures only." in seen.words


def test_pictures_show_what_judged_their_class(bright: Scorer, confused: Path, tmp_path: Path) -> None:
    """With a memory of good parts, each class has a judge of its own."""
    asked: list[tuple[int, ...]] = []

    class Other:
        info = bright.info

        def score(self, pixels: np.ndarray) -> Any:
            asked.append(pixels.shape)
            return bright.score(pixels)

        def close(self) -> None:
            pass

    data = read_dataset(confused)
    found, occasion = evaluate(bright, data), Occasion(data, datetime(2026, 1, 2, tzinfo=UTC), "en")
    write_report(tmp_path / "r.html", found, bright, occasion, {data.classes[0].name: Other()})
    assert len(asked) == 2 * 4


def counted(group: str, values: list[float], defective: int, name: str = "p") -> tuple[str, ClassScores]:
    """A class of which the last `defective` pictures are."""
    samples = tuple(
        Sample(Path(f"/s/{group}/{name}{n}.png"), "good" if n < len(values) - defective else "x")
        for n in range(len(values))
    )
    return group, ClassScores(samples, np.array(values, np.float64), None, {})


LABELLED = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=24)


@given(st.lists(LABELLED, min_size=1, max_size=4), st.booleans())
def test_the_wrong_pictures_are_those_beyond_others_worst_first(
    classes: list[list[tuple[int, bool]]], misses: bool
) -> None:
    groups = {}
    for number, pairs in enumerate(classes):
        ordered = sorted(pairs, key=lambda pair: pair[1])
        groups.update([counted(str(number), [float(s) for s, _ in ordered], sum(d for _, d in ordered))])
    found = worst(Evaluation({}, groups), misses=misses)
    for group, own in groups.items():
        mine = own.scores[own.defective == misses]
        others = own.scores[own.defective != misses]
        listed = [one for one in found if one.group == group]
        beyond = (
            {value: float(((others >= value) if misses else (others <= value)).mean()) for value in mine.tolist()}
            if len(others)
            else {}
        )
        wrong = sorted((v for v in mine.tolist() if beyond.get(v, 0) > 0), reverse=not misses)
        assert [one.score for one in listed] == wrong[:4]
        for one in listed:
            assert one.beyond == pytest.approx(beyond[one.score])
            assert one.sample.is_good is not misses


def test_pictures_without_an_answer_are_never_shown_as_wrong() -> None:
    groups = dict([counted("a", [0.9, float("nan"), float("nan"), 0.1], 2)])
    assert [one.score for one in worst(Evaluation({}, groups), misses=True)] == [0.1]
    assert [one.score for one in worst(Evaluation({}, groups), misses=False)] == [0.9]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_has_a_cell_for_every_figure_and_a_line_for_none(language: Language) -> None:
    figures = ClassFigures(
        0.5, None, 1.0, None, None, None, (0.25, 0.75), 4, 2, 2, 0, 0, intervals_95={"image_auroc": (0.25, 0.75)}
    )
    table = list(rows(Evaluation({"a\x1b<b>": figures}, {}), language))
    assert all(len(row) == len(headings(language)) for row in table)
    first, mean = table
    assert first[0][0] == "a\ufffd<b>"
    assert first[1] == ("2 / 2", "")
    assert first[2] == ("0.5000", "0.250 .. 0.750")
    assert first[3] == ("-", "")
    assert mean[2][0] == "0.5000"
    assert mean[3][0] == "-"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, []),
        ({"pixel_auroc": None}, ["training.report_no_masks"]),
        ({"masks": 1}, ["training.report_some_masks"]),
        ({"blank_masks": 1}, ["training.report_blank_masks"]),
        ({"good": 0}, ["training.report_no_good"]),
        ({"pixel_auroc": None, "good": 0}, ["training.report_no_masks", "training.report_no_good"]),
    ],
)
def test_every_gap_of_the_figures_has_its_sentence(
    language: Language, changes: dict[str, Any], keys: list[str]
) -> None:
    whole = ClassFigures(0.5, 0.5, 0.5, 0.5, 0.5, 0.5, None, 4, 2, 2, 2, 0)
    found = list(not_judged(Evaluation({"a": replace(whole, **changes)}, {}), language))
    facts = {"name": "a", "masks": 1, "defective": 2, "count": 1}
    assert found == [text(key, language, **facts) for key in keys]


@pytest.mark.parametrize("language", LANGUAGES)
def test_silent_pictures_are_named_ten_at_most(language: Language) -> None:
    name, silent = counted("a", [float("nan")] * 14, 7, name="傷\x07")
    figures = ClassFigures(None, None, None, 0.5, None, None, None, 0, 1, 0, 0, 14)
    (told,) = not_judged(Evaluation({name: figures}, {name: silent}), language)
    assert told.count(".png") == 10
    assert "a/傷\ufffd0.png" in told
    assert "14" in told


def test_a_picture_that_went_away_before_the_report_is_named(bright: Scorer, confused: Path, tmp_path: Path) -> None:
    data = read_dataset(confused)
    found = evaluate(bright, data)
    gone = worst(found, misses=True)[0].sample.file
    gone.unlink()
    with pytest.raises(InputError) as caught:
        write_report(tmp_path / "r.html", found, bright, Occasion(data, datetime(2026, 1, 2, tzinfo=UTC), "ja"))
    assert (caught.value.key, caught.value.params["file"]) == ("camera.file_missing", gone)
    assert not (tmp_path / "r.html").exists()

"""Better, worse, or no difference that these pictures can show: claimed only where it is so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, roc_auc_score

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.evaluation import compare as compare_module
from crane_desktop.evaluation.compare import Comparison, compare
from crane_desktop.evaluation.datasets.datasets import Sample, read_dataset
from crane_desktop.evaluation.evaluate import evaluate
from crane_desktop.evaluation.pack_scores import PackScores, score_pictures
from crane_desktop.evaluation.pixel_metrics import PixelTally
from crane_desktop.evaluation.report.compare_report import sentences, write_report
from crane_desktop.evaluation.report.html import plain
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.thresholds import Thresholds
from crane_desktop.settings.texts import LANGUAGES, Language, text
from crane_desktop.training.compare_packs import ComparedPack, compare_packs
from crane_desktop.training.prompt_learning import LearningOptions, learn_prompts

Spots = Callable[..., Path]
LIMITS = Thresholds(score_review=0.3, score_ng=0.4, map_review=2, map_ng=2)


def scores(
    values: NDArray[np.float64], bad: int, name: str = "a", verdicts: list[str | None] | None = None
) -> PackScores:
    """Answers to pictures of which the last `bad` are defective; nothing is drawn."""
    count = len(values)
    samples = tuple(Sample(Path(f"{n}.png"), "good" if n < count - bad else "x") for n in range(count))
    return PackScores(name, samples, values, verdicts, PixelTally(), (None,) * count)


def drawn(rng: np.random.Generator, good: int, bad: int, apart: float) -> NDArray[np.float64]:
    return np.concatenate([rng.normal(0, 1, good), rng.normal(apart, 1, bad)])


def test_a_large_difference_is_found_either_way() -> None:
    rng = np.random.default_rng(0)
    weak, strong = scores(drawn(rng, 40, 40, 0.2), 40, "weak"), scores(drawn(rng, 40, 40, 2.5), 40, "strong")
    assert compare(weak, strong).finding == "better"
    assert compare(strong, weak).finding == "worse"
    row = compare(weak, strong).figures["image_auroc"]
    truth = weak.defective
    assert row.first == pytest.approx(roc_auc_score(truth, weak.scores))
    assert row.difference == pytest.approx(roc_auc_score(truth, strong.scores) - (row.first or 0))
    assert compare(weak, strong).figures["image_ap"].second == pytest.approx(
        average_precision_score(truth, strong.scores)
    )


def test_the_same_answers_are_no_difference() -> None:
    one = scores(drawn(np.random.default_rng(1), 30, 30, 1.0), 30)
    found = compare(one, one)
    assert found.finding == "no_difference"
    assert found.figures["image_auroc"].interval_95 == (0.0, 0.0)
    assert found.exchange_p == 1.0
    assert found.worse == []


def test_chance_is_seldom_taken_for_a_difference() -> None:
    """Two equally good packs with answers of their own: 5 % of claims are allowed, and 40 sets are drawn."""
    rng = np.random.default_rng(2)
    claims = 0
    for _ in range(40):
        pair = [scores(drawn(rng, 10, 10, 1.0), 10) for _ in range(2)]
        claims += compare(*pair).figures["image_auroc"].finding != "no_difference"
    assert claims <= 5


def test_a_handful_of_pictures_shows_nothing() -> None:
    truth = np.repeat([0.0, 1.0], 5)
    assert compare(scores(1 - truth, 5), scores(truth, 5)).finding == "no_difference"
    truth = np.repeat([0.0, 1.0], 6)
    assert compare(scores(1 - truth, 6), scores(truth, 6)).finding == "better"


def test_scales_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    one, other = drawn(rng, 20, 20, 0.5), drawn(rng, 20, 20, 1.5)
    plain = compare(scores(one, 20), scores(other, 20))
    scaled = compare(scores(one, 20), scores(np.exp(other) * 1e-3, 20))
    assert plain.figures == scaled.figures
    assert plain.exchange_p == scaled.exchange_p


def test_the_worst_falls_come_first_and_verdicts_are_counted() -> None:
    first = scores(np.array([0.1, 0.2, 0.3, 0.8, 0.9, 1.0]), 3, verdicts=["OK", "OK", "OK", "NG", "NG", "NG"])
    second = scores(np.array([0.1, 0.95, 0.3, 0.2, 0.9, 1.0]), 3, verdicts=["OK", "NG", "OK", "OK", "NG", "NG"])
    found = compare(first, second)
    assert sorted((p.file, round(p.lost, 3)) for p in found.worse[:2]) == [("1.png", 0.667), ("3.png", 0.667)]
    assert found.verdicts_changed == 2
    assert [p.file for p in found.changed] == ["1.png", "3.png"]
    told = json.loads(json.dumps(found.as_dict()))
    assert sorted(p["verdicts"] for p in told["worse"][:2]) == [["NG", "OK"], ["OK", "NG"]]


def test_pictures_without_an_answer_count_for_neither() -> None:
    rng = np.random.default_rng(4)
    values = drawn(rng, 20, 20, 1.0)
    holes = values.copy()
    holes[[3, 30]] = np.nan
    found = compare(scores(values, 20), scores(holes, 20))
    assert (found.good, found.defective, found.unanswered) == (19, 19, 2)
    assert found.figures["image_auroc"].difference == 0.0


class Patchy:
    """Sees brightness, and has no answer to every fifth picture."""

    info = ScorerInfo("patchy", "1", "0" * 64, "crane", "full", 56, "cpu", "float32", False)

    def __init__(self, worth: float, holes: bool) -> None:
        self._worth = np.float32(worth)
        self._holes = holes
        self._count = 0

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        noise = np.random.default_rng(int(pixels.sum())).random(pixels.shape).astype(np.float32)
        grey = self._worth * pixels.astype(np.float32) / 255 + (1 - self._worth) * noise
        self._count += 1
        hole = self._holes and self._count % 5 == 0
        return Scored(float("nan") if hole else float(grey.mean()), AnomalyMap(grey, Placement(0, 0, 56, 56)))

    def close(self) -> None:
        pass


def test_pixel_figures_are_those_of_evaluate_and_differ_in_pairs(write_spots: Spots, tmp_path: Path) -> None:
    data = read_dataset(write_spots(tmp_path / "set", good=10, spotted=10))
    samples = list(data.samples())
    sides = []
    for number, worth in enumerate((0.1, 1.0)):
        (tmp_path / str(number)).mkdir()
        rule = Recipe(name="r", thresholds=LIMITS)
        sides.append(score_pictures(Patchy(worth, holes=False), samples, tmp_path / str(number), rule, lambda *_: None))
    found = compare(*sides)
    expected = [evaluate(Patchy(worth, holes=False), data).mean() for worth in (0.1, 1.0)]
    for name in ("image_auroc", "pixel_auroc", "pixel_aupro", "pixel_f1_max"):
        row = found.figures[name]
        assert (row.first, row.second) == pytest.approx((expected[0][name], expected[1][name]), abs=1e-9)
    row = found.figures["pixel_aupro"]
    assert row.finding == "better"
    assert row.interval_95 is not None
    assert row.interval_95[0] <= (row.difference or 0) <= row.interval_95[1]
    assert found.masks == 10

    holes = score_pictures(Patchy(1.0, holes=True), samples, tmp_path / "0", Recipe(name="r"), lambda *_: None)
    fewer = compare(sides[1], holes)
    assert fewer.unanswered == 4
    row = fewer.figures["pixel_auroc"]
    assert row.first == pytest.approx(row.second, abs=1e-3)  # the same pictures are left out of both
    assert row.difference == pytest.approx(0, abs=1e-3)


@pytest.fixture(scope="module")
def learned(base_pack: Callable[..., Path], write_spots: Spots, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack learned on twenty pictures of ``set``, both in one folder."""
    folder = tmp_path_factory.mktemp("learned")
    place = write_spots(folder / "set", good=10, spotted=10)
    out = folder / "new.cranepack"
    list(learn_prompts(base_pack(), [place], out, LearningOptions(epochs=8, device="cpu")))
    return out


def test_learned_pictures_are_left_out(
    base_pack: Callable[..., Path], learned: Path, write_spots: Spots, tmp_path: Path
) -> None:
    own = list(read_dataset(learned.parent / "set").samples())
    fresh = list(read_dataset(write_spots(tmp_path / "fresh", good=8, spotted=8, seed=77)).samples())
    found = compare_packs(
        ComparedPack(base_pack(), LIMITS), ComparedPack(learned), [*own, *fresh, *fresh], device="cpu"
    )
    assert found.left_out == 16
    assert (found.good, found.defective) == (10, 10)
    assert found.packs == ("base", "new")
    assert found.finding == "better"
    assert found.verdicts_changed is None
    names = {p.file for p in found.pictures}
    assert len(names) == 20

    only_learned = [s for s in own if str(s.file) not in names]
    with pytest.raises(InputError) as caught:
        compare_packs(ComparedPack(base_pack()), ComparedPack(learned), only_learned, device="cpu")
    assert caught.value.key == "training.nothing_to_compare"
    assert caught.value.params["left_out"] == 16


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_says_what_was_found(language: str, tmp_path: Path, write_picture: Callable[..., None]) -> None:
    first = scores(np.array([0.1, 0.2, 0.8, 0.9]), 2, "今 <a>", ["OK", "OK", "NG", "NG"])
    second = scores(np.array([0.1, 0.85, 0.8, 0.9]), 2, "新", ["OK", "NG", "NG", "NG"])
    for side in (first, second):
        for sample in side.samples:
            write_picture(tmp_path / sample.file, np.zeros((30, 40, 3), np.uint8))
    at_home = [s.__class__(tmp_path / s.file, s.defect) for s in first.samples]
    found: Comparison = compare(
        *(PackScores(s.pack, tuple(at_home), s.scores, s.verdicts, s.pixels, s.tallies) for s in (first, second))
    )
    told = list(sentences(found, language))  # type: ignore[arg-type]
    assert ("no difference that these pictures can show" if language == "en" else "確かめられる差はありません") in told[
        0
    ]
    assert any("1" in line and "4" in line and ("verdicts" in line or "判定" in line) for line in told)
    write_report(tmp_path / "r.html", found, language, "<svg></svg>")  # type: ignore[arg-type]
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "今 &lt;a&gt;" in page
    assert "<a>" not in page
    assert page.count("data:image/jpeg;base64,") == len(found.worse) + len(found.changed) == 3
    assert "<svg></svg>" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    with pytest.raises(InputError):
        write_report(tmp_path / "absent" / "r.html", found, language)  # type: ignore[arg-type]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**20), st.integers(2, 9), st.integers(2, 9))
def test_the_other_way_round_is_the_opposite(seed: int, good: int, bad: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = (scores(np.round(drawn(rng, good, bad, apart), 1), bad) for apart in (0.3, 1.5))
    there, back = compare(one, other), compare(other, one)
    opposite = {"better": "worse", "worse": "better", "no_difference": "no_difference"}
    assert back.finding == opposite[there.finding]
    assert back.exchange_p == there.exchange_p
    for name, row in there.figures.items():
        turned = back.figures[name]
        assert (turned.first, turned.second) == (row.second, row.first)
        assert turned.finding == opposite[row.finding]
        if row.difference is not None and row.interval_95 is not None:
            assert turned.difference == pytest.approx(-row.difference, abs=1e-12)
            assert turned.interval_95 == pytest.approx((-row.interval_95[1], -row.interval_95[0]), abs=1e-12)
    assert {p.file for p in there.worse}.isdisjoint({p.file for p in back.worse})


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40))
def test_the_shares_of_a_label_have_the_auroc_for_a_mean(pairs: list[tuple[int, bool]]) -> None:
    values, truth = np.array([s for s, _ in pairs], float), np.array([d for _, d in pairs])
    shares = compare_module._right_shares(values, truth)
    assert ((shares >= 0) & (shares <= 1)).all()
    if truth.any() and not truth.all():
        for label in (True, False):
            assert shares[truth == label].mean() == pytest.approx(roc_auc_score(truth, values), abs=1e-12)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=40))
def test_ranks_of_equal_scores_are_their_mean(values: list[int]) -> None:
    assert np.array_equal(compare_module._ranks(np.array(values, float)), rankdata(values))


def test_an_exchange_of_all_ways_says_the_same() -> None:
    """Six pictures have 64 ways to exchange the packs; the drawn share is near the counted one."""
    rng = np.random.default_rng(11)
    first, second, truth = rng.random(6), rng.random(6), np.arange(6) >= 3
    ranks = np.stack([rankdata(first), rankdata(second)])
    seen = abs(roc_auc_score(truth, second) - roc_auc_score(truth, first))
    large = 0
    for ways in range(64):
        swap = np.array([bool(ways >> bit & 1) for bit in range(6)])
        one, other = np.where(swap, ranks[::-1], ranks)
        large += abs(roc_auc_score(truth, other) - roc_auc_score(truth, one)) >= seen - 1e-12
    found = compare(scores(first, 3), scores(second, 3)).exchange_p
    assert found == pytest.approx(large / 64, abs=0.04)


@pytest.mark.parametrize(("good", "bad"), [(0, 4), (4, 0)])
def test_one_label_alone_is_no_comparison(good: int, bad: int) -> None:
    one = scores(np.random.default_rng(0).random(good + bad), bad)
    found = compare(one, one)
    assert found.finding == "no_difference"
    assert found.exchange_p is None
    assert all(row.difference is None for row in found.figures.values())


def test_no_more_falls_are_listed_than_a_page_holds() -> None:
    truth = np.repeat([0.0, 1.0], 40)
    found = compare(scores(truth, 40), scores(1 - truth, 40))
    assert len(found.worse) == 24
    assert len(found.as_dict()["worse"]) == 24
    assert "pictures" not in found.as_dict()
    assert [p.lost for p in found.worse] == sorted((p.lost for p in found.worse), reverse=True)


HOSTILE = [
    "<script>alert(1)</script>.png",
    "a\"b'&c.png",
    "x\x1b[31m\x07.png",
    "half \udcff.png",
    "</body>.png",
    "良品 & 不良.png",
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_markup_or_stops_the_report(tmp_path: Path, language: Language, name: str) -> None:
    values = np.array([0.1, 0.2, 0.8, 0.9])
    samples = tuple(Sample(tmp_path / "absent" / name, "good" if n < 2 else "x") for n in range(4))
    sides = [
        PackScores(f"{pack}{name}", samples, answers, verdicts, PixelTally(), (None,) * 4)
        for pack, answers, verdicts in (
            ("今", values, ["OK", "OK", "NG", "NG"]),
            ("新", values[[0, 3, 2, 1]], ["OK"] * 4),
        )
    ]
    found = compare(sides[0], sides[1])
    assert found.worse
    assert found.changed
    write_report(tmp_path / "r.html", found, language, "<svg></svg>", heading=f"見出し {name}")
    page = (tmp_path / "r.html").read_bytes().decode()
    read = Read(page)
    assert set(read.tags) == {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "p",
        "table",
        "tr",
        "th",
        "td",
    } | {
        "figure",
        "figcaption",
        "br",
        "svg",
    }
    assert plain(name) in read.words
    assert f"見出し {plain(name)}" in read.words
    assert page.count("</body>") == 1
    assert page.index("<svg>") < page.index("</body>")
    assert read.tags.count("figure") == len(found.worse) + len(found.changed)


class Read(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_limits_a_comparison_is_said(language: Language) -> None:
    values = np.array([0.1, 0.2, np.nan, 0.9])
    found = compare(scores(values, 2, "a"), scores(values, 2, "b"), left_out=5)
    words = "\n".join(sentences(found, language))
    for key, facts in (
        ("training.compare_too_few", {"needed": 6}),
        ("training.compare_no_masks", {}),
        ("training.compare_no_thresholds", {}),
        ("training.compare_left_out", {"count": 5}),
        ("training.compare_unanswered", {"count": 1}),
    ):
        assert text(key, language, **facts) in words, key


@pytest.mark.parametrize("shape", [(30, 40), (30, 40, 3), (1, 400, 3), (700, 2)])
def test_pictures_are_shown_small_whatever_their_shape(
    tmp_path: Path, write_picture: Callable[..., None], shape: tuple[int, ...]
) -> None:
    write_picture(tmp_path / "1.png", np.full(shape, 90, np.uint8))
    samples = tuple(Sample(tmp_path / "1.png", "good" if n < 1 else "x") for n in range(2))
    sides = [PackScores("p", samples, np.array(v), None, PixelTally(), (None, None)) for v in ([0.1, 0.9], [0.9, 0.1])]
    write_report(tmp_path / "r.html", compare(*sides), "ja")
    sizes = re.findall(r'width="(\d+)" height="(\d+)"', (tmp_path / "r.html").read_text(encoding="utf-8"))
    assert len(sizes) == 2
    assert {max(int(w), int(h)) for w, h in sizes} == {180}
    assert min(int(side) for size in sizes for side in size) >= 1

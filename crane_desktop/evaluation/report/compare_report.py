"""The A/B report for people: sentences for the terminal, and one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

import cv2
import numpy as np

from crane_desktop.camera.decode import read_image
from crane_desktop.domain.errors import InputError, technical
from crane_desktop.evaluation.compare import FEWEST_TO_CLAIM, ComparedPicture, Comparison, Finding, ScoreDifference
from crane_desktop.evaluation.report.html import element, page_bytes, picture_uri, plain
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.texts import Language, text

_FIGURE_WORDS = {
    "image_auroc": "training.figure_image_auroc",
    "image_ap": "training.figure_image_ap",
    "image_f1_max": "training.figure_image_f1_max",
    "pixel_auroc": "training.figure_pixel_auroc",
    "pixel_aupro": "training.figure_pixel_aupro",
    "pixel_f1_max": "training.figure_pixel_f1_max",
}
_FINDINGS: dict[Finding, str] = {
    "better": "training.finding_better",
    "no_difference": "training.finding_no_difference",
    "worse": "training.finding_worse",
}
_GALLERIES = {"changed": "training.compare_changed_title", "worse": "training.compare_worse_title"}
_THUMBNAIL_PX = 180
_STYLE = """
body { font-family: sans-serif; margin: 2em auto; max-width: 60em; color: #222; }
table { border-collapse: collapse; } th, td { padding: .3em .8em; border-bottom: 1px solid #ccc; text-align: right; }
th:first-child, td:first-child { text-align: left; } .finding { font-size: 1.3em; font-weight: bold; }
.better { color: #00664b; } .worse { color: #a33b00; } figure { display: inline-block; margin: .5em; width: 190px;
vertical-align: top; font-size: .8em; overflow-wrap: anywhere; } svg { max-width: 100%; height: auto; }
"""


def sentences(comparison: Comparison, language: Language) -> Iterator[str]:
    """Yield the finding, a line per figure, and what would change, in plain words."""
    first, second = comparison.packs
    yield text(_FINDINGS[comparison.finding], language, first=first, second=second)
    yield _counted(comparison, language)
    if min(comparison.good, comparison.defective) < FEWEST_TO_CLAIM:
        yield text("training.compare_too_few", language, needed=FEWEST_TO_CLAIM)
    for name, row in comparison.figures.items():
        if row.difference is not None:
            yield f"{text(_FIGURE_WORDS[name], language)}: {_figures(row)}"
    if comparison.masks == 0:
        yield text("training.compare_no_masks", language)
    yield _verdict_words(comparison, language)
    if comparison.worse:
        names = ", ".join(Path(picture.file).name for picture in comparison.worse[:5])
        yield text("training.compare_worse", language, count=len(comparison.worse), second=second, files=names)


def write_report(
    out: Path, comparison: Comparison, language: Language, curve: str = "", heading: str | None = None
) -> None:
    """Write the page, whole or not at all.

    Parameters
    ----------
    curve
        An SVG document to show as well: the learning curve.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    page = _page(comparison, language, curve, heading)
    try:
        write_atomic(out, page)
    except OSError as error:
        raise InputError("training.cannot_write", folder=out.parent, detail=technical(error)) from error


def _page(comparison: Comparison, language: Language, curve: str, heading: str | None) -> bytes:
    first, second = comparison.packs
    title = heading or text("training.compare_title", language, first=first, second=second)
    finding, *rest = sentences(comparison, language)
    beside_table = [x for x in rest if not any(x.startswith(text(k, language)) for k in _FIGURE_WORDS.values())]
    head = element("head", {}, element("meta", {"charset": "utf-8"}), element("title", {}, title))
    head.append(element("style", {}, _STYLE))
    body = element("body", {}, element("h1", {}, title))
    body.append(element("p", {"class": f"finding {comparison.finding}"}, finding))
    body.extend([element("p", {}, line) for line in beside_table])
    body.append(_table(comparison, language))
    for key, pictures in (("changed", comparison.changed), ("worse", comparison.worse)):
        body.extend([*_gallery(text(_GALLERIES[key], language), pictures, comparison, language)])
    page = page_bytes(element("html", {"lang": language}, head, body))
    before, end, after = page.rpartition(b"</body>")
    return before + curve.encode() + end + after


def _table(comparison: Comparison, language: Language) -> Element:
    heads = ["", *comparison.packs, text("training.compare_difference", language), "95 %"]
    table = element("table", {}, element("tr", {}, *(element("th", {}, cell) for cell in heads)))
    for name, row in comparison.figures.items():
        figures = (_plain(row.first), _plain(row.second), _signed(row.difference), _interval(row))
        cells = (text(_FIGURE_WORDS[name], language), *figures)
        table.append(element("tr", {}, *(element("td", {}, cell) for cell in cells)))
    return table


def _gallery(
    title: str, pictures: Sequence[ComparedPicture], comparison: Comparison, language: Language
) -> Iterator[Element]:
    if not pictures:
        return
    yield element("h2", {}, title)
    for picture in pictures:
        label = text("training.label_defective" if picture.defective else "training.label_good", language)
        caption = element("figcaption", {}, Path(picture.file).name, element("br"), label)
        for pack, score, verdict in zip(comparison.packs, picture.scores, picture.verdicts, strict=True):
            caption.append(element("br"))
            caption[-1].tail = plain(f"{pack}: {score:.4f}" + (f" {verdict}" if verdict else ""))
        yield element("figure", {}, *_thumbnail(Path(picture.file)), caption)


def _thumbnail(file: Path) -> Iterator[Element]:
    try:
        pixels = read_image(file).pixels
    except InputError:  # it was there when it was scored; the report does not fail over its picture
        return
    height, width = pixels.shape[:2]
    share = _THUMBNAIL_PX / max(height, width)
    size = (max(1, round(width * share)), max(1, round(height * share)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    shown = small if small.ndim == 3 else np.repeat(small[:, :, None], 3, axis=2)
    yield element("img", {"src": picture_uri(shown), "width": size[0], "height": size[1], "alt": ""})


def _counted(comparison: Comparison, language: Language) -> str:
    words = text(
        "training.compare_counts",
        language,
        good=comparison.good,
        defective=comparison.defective,
        masks=comparison.masks,
    )
    if comparison.left_out:
        words += " " + text("training.compare_left_out", language, count=comparison.left_out)
    if comparison.unanswered:
        words += " " + text("training.compare_unanswered", language, count=comparison.unanswered)
    return words


def _verdict_words(comparison: Comparison, language: Language) -> str:
    if comparison.verdicts_changed is None:
        return text("training.compare_no_thresholds", language)
    return text(
        "training.compare_verdicts",
        language,
        changed=comparison.verdicts_changed,
        of=comparison.good + comparison.defective,
    )


def _figures(row: ScoreDifference) -> str:
    return f"{_plain(row.first)} -> {_plain(row.second)} ({_signed(row.difference)}; 95 %: {_interval(row)})"


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.4f}"


def _interval(row: ScoreDifference) -> str:
    return "-" if row.interval_95 is None else f"{row.interval_95[0]:+.4f} .. {row.interval_95[1]:+.4f}"

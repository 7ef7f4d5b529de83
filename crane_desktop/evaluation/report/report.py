"""The report of an evaluation: one HTML file that needs nothing beside it, for people who were not there."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element

import cv2
import numpy as np

from crane_desktop import __version__
from crane_desktop.domain.errors import InputError, technical
from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation.datasets.samples import Dataset
from crane_desktop.evaluation.evaluate import ClassFigures, ClassScores, Evaluation
from crane_desktop.evaluation.report.charts import DEFECTIVE_COLOUR, GOOD_COLOUR, histogram, roc, roc_points
from crane_desktop.evaluation.report.html import element, page_bytes, picture_uri
from crane_desktop.evaluation.report.pictures import Wrong, shown, worst
from crane_desktop.evaluation.report.words import headings, not_judged, rows
from crane_desktop.overlay.colour import colour_table
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.texts import Language, text

_PIXEL_COLOUR = "#555555"
_STYLE = f"""
body {{ font-family: "Noto Sans JP", "Yu Gothic UI", Meiryo, "Segoe UI", sans-serif; margin: 2em auto; max-width: 76em;
  padding: 0 1em; color: #222; background: #fff; line-height: 1.5; }}
h1 {{ font-size: 1.5em; }} h2 {{ font-size: 1.2em; margin-top: 2em; border-bottom: 2px solid #ddd; }}
table {{ border-collapse: collapse; }}
td, th {{ padding: .25em .8em; border-bottom: 1px solid #ddd; text-align: right; }}
td:first-child, th:first-child {{ text-align: left; min-width: 5em; overflow-wrap: anywhere; }}
.facts td {{ text-align: left; }}
.facts td:first-child {{ color: #666; white-space: nowrap; }} .facts td:last-child {{ overflow-wrap: anywhere; }}
.wide {{ overflow-x: auto; }} small {{ display: block; color: #666; white-space: nowrap; }}
tr.mean td {{ font-weight: bold; }} tr.mean small {{ font-weight: normal; }}
figure {{ display: inline-block; margin: .5em 1em .5em 0; vertical-align: top; }}
figcaption {{ font-size: .9em; max-width: 30em; overflow-wrap: anywhere; }} svg {{ max-width: 100%; height: auto; }}
figure img {{ margin-right: 6px; max-width: 240px; max-height: 240px; }}
.bar {{ white-space: nowrap; }} .scale {{ height: 12px; width: 200px; vertical-align: middle; }}
.good {{ color: {GOOD_COLOUR}; }} .defective {{ color: {DEFECTIVE_COLOUR}; }} .pixel {{ color: {_PIXEL_COLOUR}; }}
@media print {{ figure {{ break-inside: avoid; }} }}
"""


_NOBODY_ELSE: Mapping[str, Scorer] = {}


@dataclass(frozen=True, slots=True)
class Occasion:
    """What was evaluated, when, and for whom the report is."""

    dataset: Dataset
    at: datetime
    language: Language


def write_report(
    out: Path, evaluation: Evaluation, scorer: Scorer, occasion: Occasion, judges: Mapping[str, Scorer] = _NOBODY_ELSE
) -> None:
    """Write the page, whole or not at all. The few pictures that it shows are scored once more.

    Parameters
    ----------
    judges
        By the name of a class: what judged it instead of `scorer`.

    Raises
    ------
    InputError
        If it cannot be written, or a picture cannot be read any more.
    """
    content = page_bytes(_page(evaluation, scorer, occasion, judges))
    try:
        write_atomic(out, content)
    except OSError as error:
        raise InputError("training.report_not_written", file=out, detail=technical(error)) from error


def _page(evaluation: Evaluation, scorer: Scorer, occasion: Occasion, judges: Mapping[str, Scorer]) -> Element:
    say = partial(text, language=occasion.language)
    title = say("training.report_title", pack=scorer.info.pack, dataset=occasion.dataset.name)
    head = element("head", {}, element("meta", {"charset": "utf-8"}), element("title", {}, title))
    head.append(element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}))
    head.append(element("style", {}, _STYLE))
    body = element("body", {}, element("h1", {}, title), _facts(evaluation, scorer, occasion))
    if scorer.info.for_demonstration:
        body.append(element("p", {}, say("training.report_demonstration")))
    body.extend([element("h2", {}, say("training.report_figures")), _table(evaluation, occasion.language)])
    body.append(element("p", {}, say("training.report_interval_note")))
    body.append(element("h2", {}, say("training.report_not_judged")))
    notes = list(not_judged(evaluation, occasion.language)) or [say("training.report_all_judged")]
    body.append(element("ul", {}, *(element("li", {}, note) for note in notes)))
    body.append(element("h2", {}, say("training.report_scores")))
    for name, scores in evaluation.scores.items():
        body.extend([*_charts(name, scores, evaluation.classes[name], occasion.language)])
    chosen = {name: judges.get(name, scorer) for name in evaluation.classes}
    body.extend([*_wrong_pictures(evaluation, chosen, occasion)])  # extend hides what a generator raises
    return element("html", {"lang": occasion.language}, head, body)


def _facts(evaluation: Evaluation, scorer: Scorer, occasion: Occasion) -> Element:
    info, dataset, say = scorer.info, occasion.dataset, partial(text, language=occasion.language)
    figures = evaluation.classes.values()
    good, defective = sum(f.good for f in figures), sum(f.defective for f in figures)
    counts = say("training.report_counts", good=good, defective=defective, classes=len(figures))
    size = f"{info.profile}: {info.image_size_px} px, {info.precision}"
    lines = [
        (say("training.report_pack"), f"{info.pack} {info.pack_version}"),
        ("SHA-256", info.pack_sha256),
        (say("training.report_method"), info.variant),
        (say("training.report_profile"), size),
        (say("training.report_device"), info.device),
        (say("training.report_good_parts"), str(info.good_parts)),
        (say("training.report_dataset"), f"{dataset.folder} ({dataset.layout})"),
        (say("training.report_pictures"), counts),
        (say("training.report_date"), occasion.at.astimezone().strftime("%Y-%m-%d %H:%M %z")),
        ("CraneInspector", __version__),
    ]
    found = [element("tr", {}, element("td", {}, name), element("td", {}, value)) for name, value in lines]
    return element("table", {"class": "facts"}, *found)


def _table(evaluation: Evaluation, language: Language) -> Element:
    table = element("table", {}, element("tr", {}, *(element("th", {}, words) for words in headings(language))))
    cells = list(rows(evaluation, language))
    for row in cells:
        line = element("tr", {"class": "mean"} if row is cells[-1] else {})
        for value, below in row:
            line.append(element("td", {}, value, *([element("small", {}, below)] if below else [])))
        table.append(line)
    return element("div", {"class": "wide"}, table)


def _charts(name: str, scores: ClassScores, figures: ClassFigures, language: Language) -> Iterator[Element]:
    say = partial(text, language=language)
    known = ~np.isnan(scores.scores)
    found, truth = scores.scores[known], scores.defective[known]
    yield element("h3", {}, name)
    if len(found):
        chart = histogram(found, truth, say("training.report_score"), say("training.report_share"))
        legend = [_legend("good", say("training.report_good")), _legend("defective", say("training.report_defective"))]
        yield element("figure", {}, chart, element("figcaption", {}, say("training.report_histogram"), " ", *legend))
    curves = []
    legend = []
    if figures.image_auroc is not None:
        curves.append((roc_points(found, truth), DEFECTIVE_COLOUR, ""))
        legend.append(_legend("defective", say("training.report_roc_image", area=f"{figures.image_auroc:.4f}")))
    if scores.pixel_roc is not None and figures.pixel_auroc is not None:
        curves.append((list(zip(*scores.pixel_roc.tolist(), strict=True)), _PIXEL_COLOUR, "6 3"))
        legend.append(_legend("pixel", say("training.report_roc_pixel", area=f"{figures.pixel_auroc:.4f}")))
    if curves:
        chart = roc(curves, say("training.report_false_rate"), say("training.report_true_rate"))
        yield element("figure", {}, chart, element("figcaption", {}, "ROC: ", *legend))


def _legend(kind: str, words: str) -> Element:
    return element("span", {"class": kind}, "\u25a0 ", words, " ")


def _wrong_pictures(evaluation: Evaluation, judges: Mapping[str, Scorer], occasion: Occasion) -> Iterator[Element]:
    say = partial(text, language=occasion.language)
    strip = np.repeat(colour_table()[None], 8, axis=0)
    data = cv2.imencode(".png", np.ascontiguousarray(strip[:, :, ::-1]))[1].tobytes()
    bar = {"class": "scale", "alt": "", "src": "data:image/png;base64," + base64.b64encode(data).decode("ascii")}
    scale = element("span", {"class": "bar"}, "0 ", element("img", bar), " 1")
    yield element("h2", {}, say("training.report_pictures_title"))
    yield element("p", {}, say("training.report_pictures_note"), " ", scale)
    for misses in (True, False):
        yield element("h3", {}, say("training.report_misses") if misses else say("training.report_false_alarms"))
        wrong = worst(evaluation, misses=misses)
        if not wrong:
            yield element("p", {}, say("training.report_none_wrong"))
        for one in wrong:
            yield _wrong_picture(one, misses, judges[one.group], occasion)


def _wrong_picture(one: Wrong, misses: bool, scorer: Scorer, occasion: Occasion) -> Element:
    folder = occasion.dataset.folder
    file = one.sample.file
    name = file.relative_to(folder) if file.is_relative_to(folder) else Path(*file.parts[-3:])
    facts = {"file": name.as_posix(), "score": f"{one.score:.4f}", "share": f"{100 * one.beyond:.0f}"}
    words = (
        text("training.report_miss", occasion.language, **facts, defect=one.sample.defect)
        if misses
        else text("training.report_false_alarm", occasion.language, **facts)
    )
    pictures = [element("img", {"alt": "", "src": picture_uri(pixels)}) for pixels in shown(scorer, one.sample)]
    return element("figure", {}, *pictures, element("figcaption", {}, words))

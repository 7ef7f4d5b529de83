"""Model card and data card of the embedded pack: texts with the measured figures set in, none typed by hand.

``python packaging/demo_pack cards FOLDER`` writes ``demo.model-card.en.md`` and so on beside ``demo.cranepack``
in FOLDER, from ``demo.evaluation.json``, ``demo.choices.json``, ``demo.good-parts.json`` and ``demo.progress.jsonl``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from crane_desktop.evaluation.report.charts import Panel, curves_svg
from crane_desktop.model.container import open_pack
from crane_desktop.model.weights import load_crane
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.resources import resource_path
from crane_desktop.simulation import DEFECTS, HELD_OUT_KINDS, TRAINING_KINDS

_NAME = "demo"
_CARDS = ("model", "data")
_LANGUAGES = ("en", "ja")
_DRAWN = frozenset({"pack", "pack_sha256", "unseen_lines", "unseen_kinds"})
_COLUMNS = ("image_auroc", "pixel_auroc", "pixel_auroc_defective_only", "pixel_aupro")
_HEADINGS = ("image AUROC", "pixel AUROC", "defective only", "AUPRO")


def cards(folder: Path) -> dict[str, str]:
    """Return the cards' texts and the learning curve by their file names."""
    figures, choices, good_parts = (_read(folder, what) for what in ("evaluation", "choices", "good-parts"))
    progress = (folder / f"{_NAME}.progress.jsonl").read_text(encoding="ascii").splitlines()
    curve = f"{_NAME}.curve.svg"
    values = _of_the_pack(folder / f"{_NAME}.cranepack") | _of_the_figures(figures)
    values |= {
        "choices": _choices(choices["choices"]),
        "good_parts": _good_parts(good_parts["sets"]),
        "curve": curve,
        "kinds": ", ".join(f"`{kind}`" for kind in TRAINING_KINDS),
        "held_out": ", ".join(f"`{kind}`" for kind in HELD_OUT_KINDS),
        "defects": ", ".join(f"`{defect}`" for defect in DEFECTS),
    }
    found = {curve: _curve([json.loads(line) for line in progress])}
    for card in _CARDS:
        for language in _LANGUAGES:
            template = Template(resource_path("cards", f"{card}.{language}.md").read_text(encoding="utf-8"))
            found[f"{_NAME}.{card}-card.{language}.md"] = template.substitute(values)
    return found


def _read(folder: Path, what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{_NAME}.{what}.json").read_text(encoding="ascii"))
    return found


def _of_the_pack(path: Path) -> dict[str, str]:
    with open_pack(path) as pack:
        manifest, crane = pack.manifest, load_crane(pack)
        plan: dict[str, Any] = dict(manifest.provenance)
        return {
            "name": manifest.name,
            "sha256": pack.sha256,
            "size_mb": f"{path.stat().st_size / 1e6:.1f}",
            "parameters": f"{sum(p.numel() for p in crane.parameters()) / 1e6:.1f}",
            "image_size_px": str(crane.config.image_size_px),
            "plan": _plan(plan),
            "pool": _facts(plan, ("parts", "parts_px", "seed")),
            "calibration_images": str(plan["calibration"]["n_images"]),
            "calibration_rate": f"{plan['calibration']['asked']:.0%}",
        }


def _plan(plan: Mapping[str, Any]) -> str:
    columns = ("what", "size_px", "batch", "steps", "rate", "defect_weight")
    rounds = [[str(part[key]) for key in columns] for part in plan["rounds"]]
    rest = _facts(plan, ("seed", "warm_up", "weight_decay", "averaging", "words_pace"))
    lines = [_table(("round", "px", "batch", "steps", "rate", "defect weight"), rounds), "", rest]
    if "started_from" in plan:
        lines += ["", f"Started from: `{plan['started_from']['sha256']}` (version {plan['started_from']['version']})."]
    return "\n".join(lines)


def _facts(values: Mapping[str, Any], keys: Sequence[str]) -> str:
    return ", ".join(f"`{key}` {values[key]}" for key in keys)


def _of_the_figures(figures: Mapping[str, Any]) -> dict[str, str]:
    real = [row for name, found in figures.items() if name not in _DRAWN for row in _rows(found)]
    lines = figures["unseen_lines"]
    return {
        "real": _table(("set", *_HEADINGS), real),
        "unseen_kinds": _table(("kind", *_HEADINGS), list(_rows(figures["unseen_kinds"]))),
        "unseen_lines_count": str(len(lines["classes"])),
        "unseen_lines_image": _figure(lines["mean"]["image_auroc"]),
        "unseen_lines_pixel": _figure(lines["mean"]["pixel_auroc"]),
    }


def _rows(found: Mapping[str, Any]) -> list[list[str]]:
    rows = []
    for name, row in found["classes"].items():
        spans = row.get("intervals_95", {})
        rows.append([name, *(_with_interval(row.get(column), spans.get(column)) for column in _COLUMNS)])
    return rows


def _choices(rows: Sequence[Mapping[str, Any]]) -> str:
    sets = list(rows[0]["sets"])
    lines = [[row["choice"], f"{row['picture_ms']:.0f}", *(_pair(row["sets"][name]) for name in sets)] for row in rows]
    return _table(("", "ms", *(f"{name} (image / pixel / AUPRO)" for name in sets)), lines)


def _pair(row: Mapping[str, Any]) -> str:
    return " / ".join(_figure(row[column]) for column in ("image_auroc", "pixel_auroc", "pixel_aupro"))


def _good_parts(sets: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    lines = [
        [
            name,
            str(row["good_parts"]),
            "yes" if row["used"] else "no",
            *(_with_interval(*_spanned(row, c)) for c in _COLUMNS),
        ]
        for name, rows in sets.items()
        for row in rows
    ]
    return _table(("set", "good parts", "used", *_HEADINGS), lines)


def _spanned(row: Mapping[str, Any], column: str) -> tuple[Any, Any]:
    return row.get(column), row.get("intervals_95", {}).get(column)


def _with_interval(value: float | None, bounds: Sequence[float] | None) -> str:
    if value is None or bounds is None:
        return _figure(value)
    return f"{_figure(value)} [{bounds[0]:.2f}, {bounds[1]:.2f}]"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _curve(rows: Sequence[Mapping[str, Any]]) -> str:
    panels = [
        Panel("stem, patch, image", (("stem", "stem"), ("patch", "patch"), ("image", "image"))),
        Panel("focal, dice", (("focal", "focal"), ("dice", "dice"))),
    ]
    return curves_svg(rows, "step", panels, title="Losses while the embedded pack was trained", x_label="step")


def main() -> None:
    """Write the cards beside the pack."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folder", type=Path)
    folder = reader.parse_args().folder
    for name, text in cards(folder).items():
        write_atomic(folder / name, text.encode())

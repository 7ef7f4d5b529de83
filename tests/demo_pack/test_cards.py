"""Cards say what was measured, in both languages alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from crane_desktop.model.container import open_pack
from crane_desktop.model.crane import Crane
from crane_desktop.settings.resources import resource_path
from crane_desktop.simulation import DEFECTS, HELD_OUT_KINDS, TRAINING_KINDS
from demo_pack import build
from demo_pack.build import finish_demo
from demo_pack.cards import cards
from demo_pack.train import Plan

ROW = {"image_auroc": 0.812, "pixel_auroc": 0.923, "pixel_auroc_defective_only": 0.934, "pixel_aupro": 0.745}
BARE = {"image_auroc": 0.651, "pixel_auroc": None, "pixel_auroc_defective_only": None, "pixel_aupro": None}


def found(**classes: dict[str, Any]) -> dict[str, Any]:
    return {"classes": classes, "mean": ROW}


@pytest.fixture
def written(tmp_path: Path, small_crane: Callable[..., Crane], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(build, "_GOOD_PARTS_A_KIND", 1)
    monkeypatch.setattr(build, "_PART_PX", 64)
    finish_demo(small_crane(), asdict(Plan()), tmp_path / "demo.cranepack")
    held_out = dict.fromkeys(HELD_OUT_KINDS, ROW)
    spans = {"intervals_95": {"image_auroc": [0.55, 0.75]}}
    files = {
        "evaluation": {
            "pack_sha256": "0", "unseen_lines": found(wood=ROW, leather=ROW), "unseen_kinds": found(**held_out),
            "boards": found(boards=ROW), "cells": found(cells=BARE | spans),
        },
        "choices": {"choices": [{"choice": "256 px", "picture_ms": 12.4, "sets": {"boards": ROW, "cells": BARE}}]},
        "good-parts": {
            "sets": {"boards": [{"good_parts": 4, "used": True, **ROW}, {"good_parts": 9, "used": False, **ROW}]}
        },
    }  # fmt: skip
    for name, figures in files.items():
        (tmp_path / f"demo.{name}.json").write_text(json.dumps(figures), encoding="ascii")
    losses = {"stem": 0.5, "patch": 0.4, "image": 0.6, "focal": 0.1, "dice": 0.3}
    lines = [json.dumps({"step": step, **losses}) for step in (50, 100, 150)]
    (tmp_path / "demo.progress.jsonl").write_text("\n".join(lines), encoding="ascii")
    return cards(tmp_path)


def test_the_model_card_has_the_measured_figures(written: dict[str, str]) -> None:
    english, japanese = (written[f"demo.model-card.{language}.md"] for language in ("en", "ja"))
    assert re.findall(r"\d\.\d{2,3}", english) == re.findall(r"\d\.\d{2,3}", japanese)
    assert "| boards | 0.812 | 0.923 | 0.934 | 0.745 |" in english
    assert "| cells | 0.651 [0.55, 0.75] | - | - | - |" in english
    assert "| boards | 4 | yes | 0.812" in english
    assert "| boards | 9 | no | 0.812" in english
    assert "| stem | 128 | 64 |" in english
    for card in (english, japanese):
        assert "$" not in card
        assert "demo.curve.svg" in card
        assert all(kind in card for kind in HELD_OUT_KINDS)
    assert written["demo.curve.svg"].startswith("<svg")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_data_card_names_everything_that_is_drawn(written: dict[str, str], language: str) -> None:
    card = written[f"demo.data-card.{language}.md"]
    assert "$" not in card
    assert [word for word in (*TRAINING_KINDS, *HELD_OUT_KINDS, *DEFECTS) if f"`{word}`" not in card] == []


def test_the_cards_that_ship_are_those_of_the_pack_that_ships() -> None:
    folder = resource_path("packs")
    with open_pack(folder / "demo.cranepack") as pack:
        for what in ("evaluation", "choices", "good-parts"):
            told = json.loads((folder / f"demo.{what}.json").read_text(encoding="ascii"))
            assert told["pack_sha256"] == pack.sha256, what
    for name, text in cards(folder).items():
        assert (folder / name).read_text(encoding="utf-8") == text, f"python packaging/demo_pack cards {folder}"

"""The cards that ship say what was measured on the very pack that ships."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from crane_desktop.camera.simulated import DEFECTS, HELD_OUT_KINDS, TRAINING_KINDS
from crane_desktop.settings.resources import resource_path
from crane_desktop.training.cards import cards


@pytest.fixture(scope="module")
def packs() -> Path:
    return resource_path("packs", "demo.cranepack").parent


@pytest.fixture(scope="module")
def written(packs: Path) -> dict[str, str]:
    return cards(packs)


def test_they_are_those_of_the_figures_beside_them(packs: Path, written: dict[str, str]) -> None:
    """After another training: ``python -m crane_desktop.training.cards resources/packs``."""
    assert len(written) == 5
    for name, text in written.items():
        assert (packs / name).read_text(encoding="utf-8") == text


def test_the_figures_are_of_the_pack(packs: Path) -> None:
    hashes = {
        json.loads((packs / f"demo.{what}.json").read_text(encoding="ascii"))["pack_sha256"]
        for what in ("evaluation", "choices", "good-parts")
    }
    assert len(hashes) == 1


@pytest.mark.parametrize("language", ["en", "ja"])
def test_both_languages_have_the_same_figures(written: dict[str, str], language: str) -> None:
    model, english = written[f"demo.model-card.{language}.md"], written["demo.model-card.en.md"]
    assert re.findall(r"\d\.\d{3}", model) == re.findall(r"\d\.\d{3}", english)
    assert "$" not in model
    assert "demo.curve.svg" in model
    for kind in HELD_OUT_KINDS:
        assert kind in model


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_data_card_names_everything_that_was_drawn(written: dict[str, str], language: str) -> None:
    card = written[f"demo.data-card.{language}.md"]
    assert "$" not in card
    assert [word for word in (*TRAINING_KINDS, *HELD_OUT_KINDS, *DEFECTS) if f"`{word}`" not in card] == []

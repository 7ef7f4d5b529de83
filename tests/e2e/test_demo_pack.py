"""The demo pack that ships: the product works out of the box, and tells good drawn parts from bad ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crane_desktop.model.container import open_pack
from crane_desktop.settings.resources import resource_path
from crane_desktop.simulation import HELD_OUT_KINDS, write_dataset
from crane_desktop.simulation.source import DemoSource

Crane = Callable[..., Any]
FRAMES = 60


@pytest.fixture
def data_dir(tmp_path: Path) -> tuple[str, Path]:
    return "--data-dir", tmp_path / "新しい端末"


def test_it_is_whole_and_proves_itself_here(crane: Crane, data_dir: tuple[str, Path]) -> None:
    verified = crane("pack", "verify", "demo", "--json", *data_dir)
    assert (verified.code, verified.objects[0]["ok"]) == (0, True)
    info = crane("pack", "info", "demo", "--json", *data_dir).objects[0]
    assert info["for_demonstration"] is True
    assert info["thresholds"] is not None
    assert info["licences"]
    assert {"en", "ja"} == info["description"].keys()
    assert crane("selftest", "--json", *data_dir).code == 0


def test_out_of_the_box_it_judges_the_simulated_line(crane: Crane, data_dir: tuple[str, Path]) -> None:
    """Most good parts pass and most bad ones do not; what exactly it reaches, `evaluate` measures."""
    done = crane("inspect", "--json", *data_dir, "--frames", str(FRAMES), "--seed", "11")
    assert (done.code, done.summary["verdicts"], done.summary["none"]) == (0, FRAMES, 0)
    truth = DemoSource(None, seed=11)
    good = [line["verdict"] for line in done.verdicts if not truth.truth(line["frame_id"])]
    bad = [line["verdict"] for line in done.verdicts if truth.truth(line["frame_id"])]
    assert len(bad) >= 5
    assert sum(verdict == "OK" for verdict in good) >= 0.75 * len(good)
    assert sum(verdict != "OK" for verdict in bad) >= 0.5 * len(bad)


@pytest.mark.timing
def test_it_keeps_up_with_the_line(crane: Crane, data_dir: tuple[str, Path]) -> None:
    """Beside what the model alone takes on this machine, just now, the line adds little; a coarse bound."""
    alone = {figure["measure"]: figure for figure in crane("bench", "--json", *data_dir, "--repeats", "5").objects}
    done = crane("inspect", "--json", *data_dir, "--frames", "20")
    assert done.summary["fps"] >= 0.2 * 1000 / alone["total"]["median_ms"]


def test_its_figures_are_its_own() -> None:
    """What resources tell about the pack was measured on this very pack, on lines and kinds it never saw."""
    pack, figures = (resource_path("packs", f"demo.{end}") for end in ("cranepack", "evaluation.json"))
    told = json.loads(figures.read_text(encoding="ascii"))
    with open_pack(pack) as opened:
        assert told["pack_sha256"] == opened.sha256
    assert pack.stat().st_size <= 40e6
    for lines, pixel_auroc in (("unseen_lines", 0.93), ("unseen_kinds", 0.90)):
        assert told[lines]["mean"]["image_auroc"] >= 0.80
        assert told[lines]["mean"]["pixel_auroc"] >= pixel_auroc
    assert set(told["unseen_kinds"]["classes"]) == set(HELD_OUT_KINDS)


def test_it_detects_on_a_kind_it_never_saw(crane: Crane, data_dir: tuple[str, Path], tmp_path: Path) -> None:
    write_dataset(tmp_path / "line", ["knitted"], seed=777, good=25, defective=25, train_good=0)
    done = crane("evaluate", "--pack", "demo", str(tmp_path / "line"), "--json", *data_dir)
    mean = done.objects[-1]["mean"]
    assert mean["image_auroc"] >= 0.90
    assert mean["pixel_auroc"] >= 0.82

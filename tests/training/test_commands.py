"""``evaluate`` and ``train`` on the command line."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crane_desktop.app.process.logs import stop_logs
from crane_desktop.cli.cli import run
from crane_desktop.evaluation.evaluate import FIGURES
from crane_desktop.model.packs import verify_pack

Packs = Callable[..., Path]
Spots = Callable[..., Path]


@pytest.fixture(autouse=True)
def _close_logs() -> Iterator[None]:
    yield
    stop_logs()


@pytest.fixture
def command(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run the program; return exit code, the lines on stdout, and stderr."""
    monkeypatch.setenv("CRANE_LANGUAGE", "en")

    def call(*words: object) -> tuple[int, list[str], str]:
        code = run([*map(str, words), "--data-dir", str(tmp_path / "data")])
        out, err = capfd.readouterr()
        return code, out.splitlines(), err

    return call


def test_evaluate_as_json(command: Callable[..., Any], base_pack: Packs, write_spots: Spots, tmp_path: Path) -> None:
    write_spots(tmp_path / "sets" / "a", good=3, spotted=3)
    write_spots(tmp_path / "sets" / "b", good=3, spotted=3, masks=False)
    code, lines, err = command("evaluate", "--pack", base_pack(), tmp_path / "sets", "--json")
    assert (code, err) == (0, "")
    figures = json.loads(lines[-1])
    assert set(figures) == {"classes", "mean", "mean_intervals_95"}
    assert set(figures["mean"]) == set(FIGURES)
    assert set(figures["classes"]) == {"a", "b"}
    assert figures["classes"]["b"]["pixel_aupro"] is None
    assert figures["mean"]["pixel_aupro"] == figures["classes"]["a"]["pixel_aupro"]


def test_evaluate_for_people(command: Callable[..., Any], base_pack: Packs, write_spots: Spots, tmp_path: Path) -> None:
    place = write_spots(tmp_path / "ボルトとナット", good=3, spotted=3, masks=False)
    code, lines, _ = command("evaluate", "--pack", base_pack(), place)
    assert code == 0
    row = next(line for line in lines if line.strip().startswith("ボルトとナット "))
    assert row.split()[1:4] == ["3", "/", "3"]
    assert row.split()[7:] == ["-"] * 4
    assert any(line.strip().startswith("Mean ") for line in lines)
    assert any("no masks" in line for line in lines)


def test_evaluate_with_a_report(
    command: Callable[..., Any], base_pack: Packs, write_spots: Spots, tmp_path: Path
) -> None:
    place, out = write_spots(tmp_path / "set", good=3, spotted=3), tmp_path / "報告.html"
    words = ("evaluate", "--pack", base_pack(), place, "--report", out)
    code, lines, _ = command(*words)
    assert code == 0
    assert lines[-1] == f"Report: {out}"
    assert out.read_bytes().startswith(b"<!DOCTYPE html>")
    assert sorted(tmp_path.glob(".*")) == []  # kept work goes when the report is there
    code, lines, err = command(*words)
    assert (code, lines) == (2, [])
    assert str(out) in err
    words += ("--overwrite",)
    code, lines, _ = command(*words, "--resume", tmp_path / "kept", "--json")
    assert code == 0
    assert len(list((tmp_path / "kept").glob("*/0000.tally"))) == 1
    assert command(*words, "--resume", tmp_path / "kept", "--json")[1] == lines
    code, lines, err = command("evaluate", "--pack", base_pack(), place, "--report", tmp_path / "no" / "x.html")
    assert (code, lines) == (2, [])
    assert "cannot be written" in err


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_evaluate_without_a_data_set(command: Callable[..., Any], base_pack: Packs, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    code, lines, err = command("evaluate", "--pack", base_pack(), tmp_path / name)
    assert (code, lines) == (2, [])
    assert len(err.splitlines()) == 1
    assert "test/good" in err


def test_train_then_evaluate(command: Callable[..., Any], base_pack: Packs, write_spots: Spots, tmp_path: Path) -> None:
    place, out = write_spots(tmp_path / "set"), tmp_path / "learned.cranepack"
    code, lines, _ = command("train", "--pack", base_pack(), place, "-o", out, "--epochs", 2, "--json")
    assert code == 0
    told = [json.loads(line) for line in lines]
    assert [t.get("epoch") for t in told] == [1, 2, None]
    assert told[-1]["file"] == str(out)
    assert verify_pack(out).name == "learned"
    assert command("evaluate", "--pack", out, place, "--json")[0] == 0


class _Terminal(io.StringIO):
    """Where a person looks."""

    def isatty(self) -> bool:
        return True


def test_progress_is_for_the_terminal_and_results_for_the_pipe(
    base_pack: Packs,
    write_spots: Spots,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CRANE_LANGUAGE", "ja")
    seen = _Terminal()
    monkeypatch.setattr(sys, "stderr", seen)
    place, out = write_spots(tmp_path / "set"), tmp_path / "learned.cranepack"
    options = ["--json", "--data-dir", str(tmp_path / "data")]
    assert run(["train", "--pack", str(base_pack()), str(place), "-o", str(out), "--epochs", "2", *options]) == 0
    assert run(["evaluate", "--pack", str(out), str(place), *options]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(told) == 4
    assert "特徴量を計算中" in seen.getvalue()
    assert "評価中" in seen.getvalue()
    assert "held_out" not in seen.getvalue()


def test_train_for_people(command: Callable[..., Any], base_pack: Packs, write_spots: Spots, tmp_path: Path) -> None:
    places = [write_spots(tmp_path / name, masks=False, seed=n) for n, name in enumerate("ab")]
    out = tmp_path / "learned.cranepack"
    code, lines, _ = command("train", "--pack", base_pack(), *places, "-o", out, "--epochs", 1)
    assert code == 0
    assert lines[0].startswith("Epoch 1: loss ")
    assert "pixel AUROC -" in lines[0]
    assert "calibrate" in lines[-1]


def test_train_replaces_no_pack(
    command: Callable[..., Any], base_pack: Packs, write_spots: Spots, tmp_path: Path
) -> None:
    code, _, err = command("train", "--pack", base_pack(), write_spots(tmp_path / "set"), "-o", base_pack())
    assert code == 2
    assert "exists already" in err

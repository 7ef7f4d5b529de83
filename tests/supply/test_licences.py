"""What is shipped carries its licences, and nothing is shipped that nobody has decided about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import licences
import pytest
from licences import NoTextError, write_licences
from review import NotShippableError, check_shippable, reviewed, spdx_of

from crane_desktop.domain.licences import Component
from crane_desktop.model.lite import ORIGIN, WEIGHTS_SHA256
from crane_desktop.settings import licences as shown
from crane_desktop.settings.distributions import installed, licence_files, required


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "ライセンス"
    write_licences(folder)
    return folder


def index(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return found


def test_everything_has_a_licence_and_its_text(collected: Path) -> None:
    entries = index(collected)
    assert {one["name"] for one in entries} == {one.name for one in installed()}
    for one in entries:
        assert one["licence"]
        assert one["texts"]
        for text in one["texts"]:
            assert (collected / text["file"]).stat().st_size > 100, one["name"]
    files = {str(file.relative_to(collected)) for file in collected.rglob("*") if file.is_file()}
    assert files == {"index.json", *(text["file"] for one in entries for text in one["texts"])}


def test_paths_stay_short_enough_for_windows(collected: Path) -> None:
    deepest = "C:/Program Files/CraneInspector/_internal/crane_desktop/resources/licences/"
    assert all(len(deepest + text["file"]) < 200 for one in index(collected) for text in one["texts"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("PySide6_Essentials", "GNU LESSER GENERAL PUBLIC LICENSE"),
        ("shiboken6", "GNU LESSER GENERAL PUBLIC LICENSE"),
        ("Qt", "GNU GENERAL PUBLIC LICENSE"),
        ("Python", "PYTHON SOFTWARE FOUNDATION LICENSE"),
        ("opencv-python-headless", "FFmpeg"),
        ("genicam", "EMVA"),
        ("genicam", "MVTec"),  # viky's own terms
        ("torch", "Facebook"),
        ("torch", "fbgemm"),
        ("Intel oneMKL (in torch)", "Intel Simplified Software License"),
        ("EfficientNet-Lite0 (weights)", "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION"),
        ("numpy", "OpenBLAS"),
        ("pyqtgraph", "Creative Commons"),
        ("crane-desktop", "CraneInspector"),
    ],
)
def test_the_terms_that_matter_are_in(collected: Path, name: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "resource_path", lambda *_parts: collected)
    (component,) = [one for one in shown.components.__wrapped__() if one.name == name]
    assert words.lower() in component.text().lower()


def test_pretrained_weights_tell_where_they_come_from() -> None:
    (weights,) = [one for one in installed() if one.name == "EfficientNet-Lite0 (weights)"]
    told = weights.text()
    assert WEIGHTS_SHA256 in told
    assert all(value in told for value in ORIGIN.values())
    assert weights.licence == ORIGIN["licence"]


def test_the_program_shows_what_was_collected(collected: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "resource_path", lambda *_parts: collected)
    found = shown.components.__wrapped__()
    assert [(one.name, one.version, one.licence) for one in found] == [
        (one["name"], one["version"], one["licence"]) for one in index(collected)
    ]
    assert all(one.text() for one in found)


def test_the_closure_leaves_tools_of_development_out() -> None:
    names = {one.metadata["Name"].lower() for one in required()}
    assert {"torch", "harvesters", "genicam", "alembic", "mako"} <= names
    assert not names & {"pytest", "ruff", "mypy", "pyinstaller", "hypothesis"}


@pytest.mark.parametrize(
    "expression",
    ["MIT", "MIT AND BSD-3-Clause", "GPL-3.0-only OR MIT", "LGPL-3.0-only OR GPL-2.0-only", "MPL-2.0 AND MIT"],
)
def test_these_may_be_shipped(expression: str) -> None:
    stated = spdx_of("x", expression)
    check_shippable("x", stated)
    assert stated == expression


@pytest.mark.parametrize(
    "expression", ["GPL-3.0-only", "AGPL-3.0-or-later", "MIT AND GPL-2.0-only", "LicenseRef-Ours", "SSPL-1.0"]
)
def test_these_may_not(expression: str) -> None:
    with pytest.raises(NotShippableError, match=r"x: .* was not reviewed; .*reviewed\.toml"):
        check_shippable("x", spdx_of("x", expression))


@pytest.mark.parametrize("stated", ["", "Proprietary", "see the file", "BSD", "UNKNOWN"])
def test_what_is_no_licence_stops_the_build(stated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "installed", lambda: [Component("x", "1", stated, tuple)])
    with pytest.raises(NotShippableError, match="x"):
        write_licences(tmp_path)


def test_a_licence_without_its_text_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "installed", lambda: [Component("x", "1", "MIT", tuple)])
    with pytest.raises(NoTextError, match="x 1 "):
        write_licences(tmp_path)


def test_every_exception_has_its_reason_and_is_needed() -> None:
    table = reviewed()
    assert all(len(one["reason"]) > 30 for one in table["accepted"].values())
    stated = {spdx_of(one.name, one.licence) for one in installed()}
    for name in [*table["accepted"], *table["shippable"]]:
        assert name in {"BSL-1.0", "Unlicense"} or any(name in one for one in stated), name
    names = {one.metadata["Name"].lower() for one in required()}
    assert set(table["packages"]) <= names


def test_no_package_hides_a_licence_file(tmp_path: Path) -> None:
    """What a package itself names as its licence files is found."""
    for one in required():
        named = one.metadata.get_all("License-File") or []
        found = {path.name for path, _ in licence_files(one)}
        assert {Path(name).name for name in named} <= found, one.metadata["Name"]

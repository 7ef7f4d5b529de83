"""The bundle carries the licences of everything in it, and the list of it."""

from __future__ import annotations

import json
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import Any

import pytest

from crane_desktop import __version__

PAPERS = Path("_internal", "crane_desktop", "resources")


@pytest.fixture
def bill(bundle: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((bundle / PAPERS / "sbom.cdx.json").read_text(encoding="utf-8"))
    return found


def distributions(bundle: Path) -> set[str]:
    """Every distribution whose package data are in the bundle, or whose modules are."""
    found = (PathDistribution(folder) for folder in (bundle / "_internal").glob("*.dist-info"))
    return {f"{one.name.lower().replace('_', '-').replace('.', '-')}@{one.version}" for one in found}


def test_every_distribution_of_the_bundle_is_listed(bundle: Path, bill: dict[str, Any]) -> None:
    listed = {f"{one['name'].replace('_', '-')}@{one['version']}" for one in bill["components"] if "version" in one}
    assert distributions(bundle) - {f"crane-desktop@{__version__}"} <= listed
    assert bill["metadata"]["component"]["version"] == __version__


def test_folders_of_libraries_belong_to_something_listed(bundle: Path, bill: dict[str, Any]) -> None:
    """What lies in the bundle as a folder of its own comes from a distribution on the list."""
    from importlib.metadata import packages_distributions

    listed = {one["name"].lower().replace("_", "-") for one in bill["components"]}
    by_module = packages_distributions()
    for folder in (bundle / "_internal").iterdir():
        makers = by_module.get(folder.name, [])
        if folder.is_dir() and makers and folder.name != "crane_desktop":
            assert {maker.lower().replace("_", "-").replace(".", "-") for maker in makers} & listed, folder.name


def test_the_licences_are_in(bundle: Path) -> None:
    folder = bundle / PAPERS / "licences"
    entries = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    assert {"Qt", "Python", "torch", "genicam", "PySide6_Essentials"} <= {one["name"] for one in entries}
    for one in entries:
        for text in one["texts"]:
            assert (folder / text["file"]).is_file()


def test_the_program_shows_them(computer: Any) -> None:
    shown = computer.run("licences", "--json").objects
    assert {one["name"] for one in shown} >= {"Qt", "Python", "torch"}
    for one in shown:
        assert one["texts"]
        assert all(Path(text).is_relative_to(computer.installed) for text in one["texts"])

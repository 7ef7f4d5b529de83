"""The bill of materials is valid, complete, and the same for the same inputs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hashes import read_lock
from sbom import write_sbom

from crane_desktop import __version__
from crane_desktop.model.lite import WEIGHTS_SHA256
from crane_desktop.settings.distributions import PROGRAM, required
from crane_desktop.settings.resources import resource_path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("bundle") / "new folder" / "sbom.cdx.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SOURCE_DATE_EPOCH", raising=False)
        write_sbom(file)
    return file


@pytest.fixture(scope="module")
def bill(written: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    return found


def test_it_is_cyclonedx_1_6(written: Path) -> None:
    # Seconds of imports, which every run of any test would take where this file is but looked at.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written.read_text(encoding="utf-8")) is None


def test_every_distribution_that_is_shipped_is_in_it(bill: dict[str, Any]) -> None:
    purls = {one["purl"] for one in bill["components"]}
    for one in required():
        if one.name != PROGRAM:
            name = one.name.lower().replace("_", "-").replace(".", "-")
            version = one.version.replace("+", "%2B")
            assert f"pkg:pypi/{name}@{version}" in purls


def test_what_is_no_distribution_is_in_it(bill: dict[str, Any]) -> None:
    components = {one["name"]: one for one in bill["components"]}
    assert {"Qt", "Python", "viky.cti", "demo.cranepack"} <= components.keys()
    pack = resource_path("packs", "demo.cranepack").read_bytes()
    (stated,) = components["demo.cranepack"]["hashes"]
    assert stated == {"alg": "SHA-256", "content": hashlib.sha256(pack).hexdigest()}
    lite = components["EfficientNet-Lite0 (weights)"]
    assert lite["type"] == "machine-learning-model"
    assert [one["content"] for one in lite["hashes"]] == [WEIGHTS_SHA256]
    assert components["Qt"]["version"] == components["pyside6-essentials"]["version"]


def test_the_program_itself_is_the_subject(bill: dict[str, Any]) -> None:
    subject = bill["metadata"]["component"]
    assert (subject["name"], subject["version"], subject["type"]) == ("CraneInspector", __version__, "application")
    needs = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert any(ref.startswith("pkg:pypi/torch@") for ref in needs[subject["bom-ref"]])
    assert set().union(*needs.values()) <= {one["bom-ref"] for one in bill["components"]}


def test_all_have_licences_and_locked_ones_their_hashes(bill: dict[str, Any]) -> None:
    locked = read_lock()
    for one in bill["components"]:
        assert one["licenses"], one["name"]
        if one["name"] in locked and one["purl"].startswith("pkg:pypi/"):
            assert [h["content"] for h in one["hashes"]] == locked[one["name"]][1], one["name"]


def test_the_same_inputs_give_the_same_bytes(
    written: Path, bill: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sbom(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == written.read_bytes()
    assert "timestamp" not in bill["metadata"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1750000000")
    write_sbom(tmp_path / "dated.json")
    dated = json.loads((tmp_path / "dated.json").read_text(encoding="utf-8"))
    assert dated["metadata"]["timestamp"] == "2025-06-15T15:06:40+00:00"
    assert dated["serialNumber"] != bill["serialNumber"]

"""``update check``: what came on a stick is proven, and it is said what to do with it; nothing is executed."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crane_desktop import __version__
from crane_desktop.model.manifest import Signature
from crane_desktop.model.signature import BLANK, new_key, read_key
from crane_desktop.services.releases import MANIFEST, Release, ReleasedFile

Crane = Callable[..., Any]
INSTALLERS = ("CraneInspector-Setup.exe", "craneinspector.deb", "CraneInspector.run")


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    return tmp_path / "key.pem", new_key(tmp_path / "key.pem")


@pytest.fixture
def stick(tmp_path: Path, key: tuple[Path, str]) -> Callable[..., Path]:
    """A USB stick with a release of a version."""

    def make(version: str, installers: tuple[str, ...] = INSTALLERS) -> Path:
        folder = tmp_path / "USB メモリー" / version
        folder.mkdir(parents=True)
        files = []
        for name in installers:
            (folder / name).write_bytes(b"#!/bin/sh\nexit 1\n")
            sha256 = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            files.append(ReleasedFile(name=name, size_bytes=17, sha256=sha256))
        blank = Release(
            version=version, date="2026-11-28", files=tuple(files), signature=Signature(key=key[1], value=BLANK)
        )
        value = read_key(key[0]).sign(blank.manifest_bytes()).hex()
        signed = blank.model_copy(update={"signature": Signature(key=key[1], value=value)})
        (folder / MANIFEST).write_bytes(signed.manifest_bytes())
        return folder

    return make


@pytest.fixture
def trusting(crane: Crane, station_dir: Path, key: tuple[Path, str]) -> Crane:
    assert crane("pack", "trust", key[1], "--data-dir", station_dir).code == 0
    return lambda *words: crane("update", "check", *words, "--data-dir", station_dir)


@pytest.mark.parametrize(
    ("version", "relation", "says"),
    [("99.0", "newer", "newer than"), (__version__, "same", "nothing to do"), ("0.0.1", "older", "OLDER")],
)
def test_it_says_whether_a_release_is_newer(
    trusting: Crane, stick: Callable[..., Path], key: tuple[Path, str], version: str, relation: str, says: str
) -> None:
    folder = stick(version)
    done = trusting(folder, "--json")
    assert done.code == 0
    (told,) = done.objects
    assert told == {
        "ok": True,
        "version": version,
        "installed": __version__,
        "relation": relation,
        "date": "2026-11-28",
        "signed_by": key[1],
        "files": list(INSTALLERS),
        "installers": told["installers"],
    }
    sentences = trusting(folder).out
    assert says in sentences
    mine = {"linux": INSTALLERS[1], "win32": INSTALLERS[0]}.get(sys.platform)
    if mine:
        assert told["installers"][0] == mine
        assert (str(folder / mine) in sentences) == (relation != "same")


def test_ten_is_newer_than_nine(trusting: Crane, stick: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crane_desktop.cli.commands.update.__version__", "0.9.0")
    assert trusting(stick("0.10.0"), "--json").objects[0]["relation"] == "newer"


def test_a_release_for_other_systems_is_told(trusting: Crane, stick: Callable[..., Path]) -> None:
    assert "no installer for this system" in trusting(stick("99.0", ("full.cranepack",))).out


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_release_that_is_not_trusted_or_changed_is_refused(
    crane: Crane,
    trusting: Crane,
    stick: Callable[..., Path],
    tmp_path: Path,
    language: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRANE_LANGUAGE", language)
    folder = stick("99.0")
    stranger = crane("update", "check", folder, "--data-dir", tmp_path / "other station")
    (folder / INSTALLERS[0]).write_bytes(b"#!/bin/sh\nexit 2\n")
    changed = trusting(folder)
    nothing = trusting(tmp_path)
    for done, names in ((stranger, MANIFEST), (changed, INSTALLERS[0]), (nothing, str(tmp_path))):
        assert (done.code, done.out) == (2, "")
        (sentence,) = done.sentences
        assert names in sentence

"""A release on a stick: believed only as a trusted maker signed it, whole, with nothing strange beside it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crane_desktop.domain.errors import InputError
from crane_desktop.model.manifest import Signature
from crane_desktop.model.signature import BLANK, new_key, read_key
from crane_desktop.services.releases import (
    MANIFEST,
    Release,
    ReleasedFile,
    check_files,
    installers_of,
    read_release,
)

FILES = {
    "CraneInspector-Setup.exe": b"MZ" * 40,
    "craneinspector_1.0_amd64.deb": b"!<arch>" * 9,
    "CraneInspector.run": b"#!/bin/sh\n",
    "full.cranepack": bytes(3_000_000),
    "empty.txt": b"",
}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    file = tmp_path_factory.mktemp("key") / "key.pem"
    return file, new_key(file)


def signed(files: dict[str, bytes], key: tuple[Path, str]) -> Release:
    listed = tuple(
        ReleasedFile(name=name, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in files.items()
    )
    blank = Release(version="1.0", date="2026-11-28", files=listed, signature=Signature(key=key[1], value=BLANK))
    value = read_key(key[0]).sign(blank.manifest_bytes()).hex()
    return blank.model_copy(update={"signature": Signature(key=key[1], value=value)})


@pytest.fixture
def stick(tmp_path: Path, key: tuple[Path, str]) -> Path:
    folder = tmp_path / "USB メモリー"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    (folder / MANIFEST).write_bytes(signed(FILES, key).manifest_bytes())
    return folder


def refusal(call: Callable[[], object]) -> InputError:
    with pytest.raises(InputError) as caught:
        call()
    return caught.value


class TestManifest:
    def test_a_trusted_one_is_read_as_it_was_signed(self, stick: Path, key: tuple[Path, str]) -> None:
        release = read_release(stick, {key[1]})
        assert (release.version, release.date) == ("1.0", "2026-11-28")
        assert [one.name for one in release.files] == list(FILES)

    def test_none_is_told_with_its_folder(self, tmp_path: Path, key: tuple[Path, str]) -> None:
        error = refusal(lambda: read_release(tmp_path, {key[1]}))
        assert (error.key, error.params["folder"]) == ("app.release_none", tmp_path)

    def test_one_that_cannot_be_read_is_told_with_the_reason(self, stick: Path, key: tuple[Path, str]) -> None:
        (stick / MANIFEST).unlink()
        (stick / MANIFEST).mkdir()
        error = refusal(lambda: read_release(stick, {key[1]}))
        assert error.key == "settings.no_regular_file"

    def test_whoever_is_not_trusted_is_named(self, stick: Path, key: tuple[Path, str]) -> None:
        error = refusal(lambda: read_release(stick, {"00" * 32}))
        assert (error.key, error.params["signer"]) == ("app.release_signer_unknown", key[1])
        assert refusal(lambda: read_release(stick, ())).key == "app.release_signer_unknown"

    @pytest.mark.parametrize(
        ("field", "value"),
        [("version", "1.1"), ("date", "2026-11-29"), ("files", "one less"), ("files", "another sum")],
    )
    def test_whatever_is_changed_after_signing_is_seen(
        self, stick: Path, key: tuple[Path, str], field: str, value: str
    ) -> None:
        release = read_release(stick, {key[1]})
        changed: object = value
        if value == "one less":
            changed = release.files[1:]
        elif value == "another sum":
            changed = (release.files[0].model_copy(update={"sha256": "00" * 32}), *release.files[1:])
        (stick / MANIFEST).write_bytes(release.model_copy(update={field: changed}).manifest_bytes())
        assert refusal(lambda: read_release(stick, {key[1]})).key == "app.release_signature_wrong"

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"format_version": 2}'])
    def test_what_is_no_manifest_is_damaged(self, stick: Path, key: tuple[Path, str], content: bytes) -> None:
        (stick / MANIFEST).write_bytes(content)
        assert refusal(lambda: read_release(stick, {key[1]})).key == "app.release_damaged"

    def test_one_that_is_far_too_long_is_not_read(self, stick: Path, key: tuple[Path, str]) -> None:
        (stick / MANIFEST).write_bytes(b" " * 2_000_000)
        assert refusal(lambda: read_release(stick, {key[1]})).key == "settings.file_too_large"

    def test_the_place_of_the_damage_is_named(self, stick: Path, key: tuple[Path, str]) -> None:
        told = json.loads((stick / MANIFEST).read_bytes())
        told["files"][2]["size_bytes"] = -1
        (stick / MANIFEST).write_text(json.dumps(told))
        error = refusal(lambda: read_release(stick, {key[1]}))
        assert (error.key, error.params["detail"]) == ("app.release_damaged", "files.2.size_bytes")

    @given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
    def test_no_flipped_bit_is_believed(self, at: int, bit: int, key: tuple[Path, str], tmp_path_factory: Any) -> None:
        folder = tmp_path_factory.mktemp("flipped")
        content = bytearray(signed({"a.deb": b"x"}, key).manifest_bytes())
        content[at % len(content)] ^= 1 << bit
        (folder / MANIFEST).write_bytes(content)
        with pytest.raises(InputError):
            read_release(folder, {key[1]})


class TestNames:
    @pytest.mark.parametrize(
        "name", ["../x.deb", "a/b.deb", "a\\b.deb", "/etc/passwd", ".hidden", "", "C:x", "a b", "部品", "x" * 121]
    )
    def test_a_name_that_leads_elsewhere_is_none(self, name: str) -> None:
        with pytest.raises(ValidationError):
            ReleasedFile(name=name, size_bytes=1, sha256="00" * 32)

    @pytest.mark.parametrize(
        ("system", "wanted"),
        [
            ("linux", ["craneinspector_1.0_amd64.deb", "CraneInspector.run"]),
            ("win32", ["CraneInspector-Setup.exe"]),
            ("darwin", []),
        ],
    )
    def test_each_system_has_its_installers(self, system: str, wanted: list[str], key: tuple[Path, str]) -> None:
        assert installers_of(signed(FILES, key), system) == wanted


class TestFiles:
    def test_whole_ones_are_read_to_the_last_byte(self, stick: Path, key: tuple[Path, str]) -> None:
        told: list[tuple[int, int]] = []
        check_files(stick, signed(FILES, key), lambda done, of: told.append((done, of)))
        total = sum(map(len, FILES.values()))
        assert told[-1] == (total, total)
        assert told == sorted(told)
        assert len(told) > 3, "a large file is told piece by piece"

    @pytest.mark.parametrize("name", [name for name in FILES if FILES[name]])
    def test_a_changed_one_is_named(self, stick: Path, key: tuple[Path, str], name: str) -> None:
        release = signed(FILES, key)
        for content in (FILES[name][:-1] + b"~", FILES[name][:-1], FILES[name] + b"~"):
            (stick / name).write_bytes(content)
            error = refusal(lambda: check_files(stick, release))
            assert (error.key, error.params["file"]) == ("app.release_file_changed", stick / name)

    def test_one_of_another_length_is_not_even_read(self, stick: Path, key: tuple[Path, str]) -> None:
        (stick / "CraneInspector-Setup.exe").write_bytes(b"MZ")
        told: list[int] = []
        refusal(lambda: check_files(stick, signed(FILES, key), lambda done, _of: told.append(done)))
        assert told == []

    def test_a_missing_one_a_folder_and_a_link_are_no_file(self, stick: Path, key: tuple[Path, str]) -> None:
        place, release = stick / "full.cranepack", signed(FILES, key)
        elsewhere = stick.parent / "elsewhere"
        place.rename(elsewhere)
        makers: tuple[Callable[[], object], ...] = (
            lambda: None,
            lambda: place.symlink_to(elsewhere),
            lambda: (place.unlink(), place.mkdir()),
        )
        for make in makers:
            make()
            error = refusal(lambda: check_files(stick, release))
            assert (error.key, error.params["file"]) == ("app.release_file_missing", place)

    @pytest.mark.parametrize("name", ["VERSION.dll", "autorun.INF", "setup.EXE", "読んで.lnk", "install.sh"])
    def test_a_strange_program_beside_them_is_named(self, stick: Path, key: tuple[Path, str], name: str) -> None:
        (stick / name).write_bytes(b"")
        error = refusal(lambda: check_files(stick, signed(FILES, key)))
        assert (error.key, error.params["file"]) == ("app.release_stranger", stick / name)

    def test_what_starts_nothing_may_lie_beside_them(self, stick: Path, key: tuple[Path, str]) -> None:
        for name in ("読んで.txt", "SHA256SUMS", "写真.jpg"):
            (stick / name).write_bytes(b"")
        read: list[tuple[int, int]] = []
        check_files(stick, signed(FILES, key), lambda done, of: read.append((done, of)))
        assert read[-1][0] == read[-1][1]

    def test_a_stick_that_is_pulled_out_is_told(self, stick: Path, key: tuple[Path, str]) -> None:
        release = signed(FILES, key)
        error = refusal(lambda: check_files(stick / "gone", release))
        assert (error.key, error.params["file"]) == ("app.release_unreadable", stick / "gone")

    def test_one_that_cannot_be_read_is_told(
        self, stick: Path, key: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = os.open

        def broken(path: Any, *words: Any, **more: Any) -> Any:
            if Path(path).name == "full.cranepack":
                raise OSError(5, "Input/output error")
            return real(path, *words, **more)

        monkeypatch.setattr(os, "open", broken)
        error = refusal(lambda: check_files(stick, signed(FILES, key)))
        assert (error.key, error.params["reason"]) == ("app.release_unreadable", "Input/output error")

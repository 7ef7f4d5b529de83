"""A release is signed as a whole; any damage to a copy of it is found and told in one sentence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import release as script
from eventually import HANG_S
from release import make_release, source_date

from crane_desktop import __version__
from crane_desktop.domain.errors import InputError
from crane_desktop.model.manifest import Signature
from crane_desktop.model.signature import BLANK, new_key, read_key
from crane_desktop.services.releases import MANIFEST, SUMS, Release, ReleasedFile, check_files, read_release
from crane_desktop.settings.texts import LANGUAGES, error_text

FILES = {
    f"CraneInspector-Setup-{__version__}.exe": b"windows" * 1000,
    f"craneinspector_{__version__}_amd64.deb": b"debian" * 1000,
    "full.cranepack": b"pack",
    "sbom.cdx.json": b"{}",
}
EXE = next(iter(FILES))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: (folder / f"{name}.pem", new_key(folder / f"{name}.pem")) for name in ("maker", "stranger")}


@pytest.fixture
def stick(keys: dict[str, tuple[Path, str]], tmp_path: Path) -> Path:
    """A USB stick with a signed release."""
    folder = tmp_path / "USB メモリー"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    (folder / "build.log").write_text("belongs to nobody", encoding="utf-8")
    (folder / "CraneInspector").mkdir()
    make_release(folder, keys["maker"][0], "2026-11-28")
    return folder


def refusal(folder: Path, *trusted: str) -> str:
    """Return the key of the sentence that refuses a release; both languages say it, with the folder or file."""
    with pytest.raises(InputError) as caught:
        check_files(folder, read_release(folder, trusted))
    for language in LANGUAGES:
        assert str(folder) in error_text(caught.value, language)
    return caught.value.key


def test_a_copy_is_proven(stick: Path, keys: dict[str, tuple[Path, str]], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(stick, copy)
    release = read_release(copy, {keys["maker"][1]})
    told: list[tuple[int, int]] = []
    check_files(copy, release, lambda done, of: told.append((done, of)))
    assert {one.name for one in release.files} == set(FILES)
    assert (release.version, release.date) == (__version__, "2026-11-28")
    size = sum(map(len, FILES.values()))
    assert told[-1] == (size, size)


def test_the_sums_are_those_of_the_files(stick: Path) -> None:
    sums = (stick / SUMS).read_text(encoding="ascii")
    assert sorted(line.split()[1] for line in sums.splitlines()) == sorted(FILES)
    if checker := shutil.which("sha256sum"):
        subprocess.run(
            [checker, "--check", "--strict", SUMS], cwd=stick, check=True, capture_output=True, timeout=HANG_S
        )


def test_the_same_files_give_the_same_manifest(stick: Path, keys: dict[str, tuple[Path, str]]) -> None:
    before = (stick / MANIFEST).read_bytes()
    make_release(stick, keys["maker"][0], "2026-11-28")
    assert (stick / MANIFEST).read_bytes() == before


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def write_manifest(folder: Path, **changes: Any) -> None:
    stated = json.loads((folder / MANIFEST).read_text(encoding="ascii"))
    (folder / MANIFEST).write_text(json.dumps(stated | changes), encoding="ascii")


@pytest.mark.parametrize(
    ("harm", "key"),
    [
        (lambda folder: flip(folder / EXE), "file_changed"),
        (lambda folder: (folder / EXE).write_bytes(b""), "file_changed"),
        (lambda folder: (folder / EXE).unlink(), "file_missing"),
        (lambda folder: (folder / MANIFEST).unlink(), "none"),
        (lambda folder: (folder / MANIFEST).write_bytes(b"{"), "damaged"),
        (lambda folder: (folder / MANIFEST).write_bytes(b"\xff" * 100), "damaged"),
        (lambda folder: write_manifest(folder, version="9.9.9"), "signature_wrong"),
        (lambda folder: write_manifest(folder, signature=None), "damaged"),
        (lambda folder: write_manifest(folder, product="OtherThing"), "damaged"),
        (lambda folder: write_manifest(folder, format_version=2), "damaged"),
        (lambda folder: write_manifest(folder, files=[]), "damaged"),
        (lambda folder: (folder / "version.dll").write_bytes(b"beside the installer"), "stranger"),
        (lambda folder: (folder / "Setup.EXE").write_bytes(b"another installer"), "stranger"),
    ],
)
def test_damage_is_found(
    stick: Path, keys: dict[str, tuple[Path, str]], harm: Callable[[Path], object], key: str
) -> None:
    harm(stick)
    assert refusal(stick, keys["maker"][1]) == f"app.release_{key}"


def test_a_link_in_a_files_place_is_not_followed(
    stick: Path, keys: dict[str, tuple[Path, str]], tmp_path: Path
) -> None:
    (stick / EXE).rename(tmp_path / "elsewhere.exe")
    (stick / EXE).symlink_to(tmp_path / "elsewhere.exe")
    assert refusal(stick, keys["maker"][1]) == "app.release_file_missing"


def test_only_a_trusted_key_will_do(stick: Path, keys: dict[str, tuple[Path, str]]) -> None:
    assert refusal(stick) == "app.release_signer_unknown"
    assert refusal(stick, keys["stranger"][1]) == "app.release_signer_unknown"
    make_release(stick, keys["stranger"][0], "2026-11-28")
    assert refusal(stick, keys["maker"][1]) == "app.release_signer_unknown"


@pytest.mark.parametrize("name", ["../outside", "a/b", "a\\b", "/etc/passwd", "C:x", "", ".hidden", "a\nb", "x" * 130])
def test_names_that_lead_elsewhere_are_refused_even_when_signed(
    stick: Path, keys: dict[str, tuple[Path, str]], name: str
) -> None:
    key = read_key(keys["maker"][0])
    odd = ReleasedFile.model_construct(name=name, size_bytes=1, sha256="0" * 64)
    blank = Release.model_construct(
        format_version=1,
        product="CraneInspector",
        version="1",
        date="2026-11-28",
        files=(odd,),
        signature=Signature(key=keys["maker"][1], value=BLANK),
    )
    value = key.sign(blank.manifest_bytes()).hex()
    signed = blank.model_copy(update={"signature": Signature(key=keys["maker"][1], value=value)})
    (stick / MANIFEST).write_bytes(signed.manifest_bytes())
    assert refusal(stick, keys["maker"][1]) == "app.release_damaged"


def test_nothing_to_release_is_told(keys: dict[str, tuple[Path, str]], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to release"):
        make_release(tmp_path, keys["maker"][0], "2026-11-28")


def test_the_date_is_that_of_the_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert source_date() == "1970-01-01"


def test_the_command_signs_and_checks(stick: Path, keys: dict[str, tuple[Path, str]]) -> None:
    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1790000000", "CRANE_LANGUAGE": "en"}
        command = [sys.executable, str(script.__file__), *map(str, words)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=HANG_S, check=False)

    made = run("make", stick, "--key", keys["maker"][0])
    assert made.returncode == 0, made.stderr
    assert run("verify", stick, "--key", keys["maker"][1]).stdout == made.stdout
    flip(stick / EXE)
    bad = run("verify", stick, "--key", keys["maker"][1])
    assert bad.returncode == 1
    assert EXE in bad.stderr
    assert len(bad.stderr.splitlines()) == 1

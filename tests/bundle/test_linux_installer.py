"""A station's life on Linux, with the real bundle: installed, judging, upgraded with its data, removed."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging" / "linux"))  # the installers' modules lie here

from debian_package import build_package
from earlier_station import make_first_database
from private_root import USER, PrivateRoot, private_root
from run_file import build_run_file
from shell_words import words
from system_needs import MISSED_BY_NOBODY, PACKAGES, outside_libraries

from crane_desktop import __version__

NEWER = "99.0"
STALE = "_internal/古い部品.txt"
PROGRAM = "/opt/crane-inspector"
FAST = {"compression": "zstd", "level": 1}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the Linux installers are built on Linux"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("installers")
    made.chmod(0o755)  # the inspector, another user, starts an installer from here
    yield made
    shutil.rmtree(made)  # several gigabytes


@pytest.fixture(scope="module")
def package(bundle: Path, folder: Path) -> Path:
    """The package of this version, with a file that the newer one has not."""
    from desktop_files import link_bundle

    with_more = folder / "with more"
    link_bundle(bundle, with_more)
    (with_more / STALE).touch()
    return build_package(with_more, folder, **FAST)


@pytest.fixture(scope="module")
def newer(bundle: Path, folder: Path) -> Path:
    return build_package(bundle, folder, version=NEWER, **FAST)


@pytest.fixture(scope="module")
def run_file(bundle: Path, folder: Path) -> Path:
    for tool in ("makeself", "zstd"):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool} (packaging/debian-packages.txt)")
    return build_run_file(bundle, folder, **FAST)


@pytest.fixture
def machine(folder: Path) -> Iterator[PrivateRoot]:
    place = folder / "machine"
    yield private_root(place, folder)
    shutil.rmtree(place)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "logs"
    }


def fit(machine: PrivateRoot) -> bool:
    done = machine.program("selftest", "--json", environment={"OMP_NUM_THREADS": "1"})
    assert done.stderr == ""
    result = json.loads(done.stdout)
    assert result["ok"] is (done.returncode == 0), result
    return bool(result["ok"])


def records(machine: PrivateRoot) -> int:
    done = machine.program("records", "verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    stats = json.loads(machine.program("records", "stats", "--json").stdout)
    assert found["records"] == stats["records"]
    return int(found["records"])


def test_the_package_holds_the_bundle_and_nothing_that_others_may_change(package: Path, bundle: Path) -> None:
    files = set()
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as unpack:
        with tarfile.open(fileobj=unpack.stdout, mode="r|") as archive:
            for member in archive:
                assert (member.uid, member.gid) == (0, 0), member.name
                assert member.isdir() or member.isfile() or member.issym() or member.islnk(), member.name
                if not member.issym():
                    assert member.mode in ((0o755,) if member.isdir() else (0o644, 0o755)), member.name
                    assert not (member.mode & 0o111 and ".so" in member.name and not member.isdir()), member.name
                if not member.isdir():
                    files.add(member.name.removeprefix("."))
        unpack.communicate()
    own = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_symlink() or not path.is_dir()}
    assert {name.removeprefix(f"{PROGRAM}/") for name in files if name.startswith("/opt/")} == own | {STALE}
    assert {name for name in files if not name.startswith("/opt/")} == {
        "/usr/bin/CraneInspector",
        "/usr/bin/crane-inspector",
        "/usr/share/applications/crane-inspector.desktop",
        "/usr/share/doc/crane-inspector/cameras.en.md",
        "/usr/share/doc/crane-inspector/cameras.ja.md",
        "/usr/share/doc/crane-inspector/changelog.gz",
        "/usr/share/doc/crane-inspector/copyright",
        "/usr/share/doc/crane-inspector/examples/70-usb3-vision.rules",
        "/usr/share/icons/hicolor/scalable/apps/crane-inspector.svg",
        "/usr/share/icons/hicolor/scalable/mimetypes/crane-inspector-file.svg",
        "/usr/share/lintian/overrides/crane-inspector",
        "/usr/share/mime/packages/crane-inspector.xml",
    }


def test_whatever_the_bundle_lacks_the_package_asks_for(bundle: Path) -> None:
    asked_for = {library for libraries in PACKAGES.values() for library in libraries}
    lacking = {name: who[0] for name, who in outside_libraries(bundle).items() if name not in MISSED_BY_NOBODY}
    assert set(lacking) <= asked_for, lacking
    for package, libraries in PACKAGES.items():
        assert set(libraries) & set(lacking), f"the bundle has all of {package}, the package need not ask for it"


def test_a_station_is_installed_judges_is_upgraded_with_its_data_and_removed(
    machine: PrivateRoot, package: Path, newer: Path
) -> None:
    installed = machine.install(package)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    assert words()["self_test"]["en"] in installed.stdout
    assert machine.program("--version").stdout.strip() == __version__
    assert machine.exists(f"{PROGRAM}/{STALE}")
    assert fit(machine)

    judged = machine.program("inspect", "--json", "--frames", "3")
    assert (judged.returncode, judged.stderr) == (0, "")
    assert json.loads(judged.stdout.splitlines()[-1])["summary"]["verdicts"] == 3
    (station,) = machine.home.glob(".local/share/CraneInspector")
    recipe = {"name": "製品A", "thresholds": {"score_review": 0.7, "score_ng": 0.9}}
    (station / "recipes" / "製品A.json").write_text(json.dumps(recipe), encoding="utf-8")
    make_first_database(station / "records" / "log.sqlite3")  # as the oldest version would have left it
    (station / "records" / "log.anchor").unlink()
    before = digests(station)

    refused = machine.install_while_at_work(newer)
    assert refused.returncode != 0
    assert words()["running"]["en"] in refused.stderr
    assert machine.exists(f"{PROGRAM}/{STALE}")

    upgraded = machine.install(newer)
    assert upgraded.returncode == 0, upgraded.stdout + upgraded.stderr
    assert words()["self_test"]["en"] not in upgraded.stdout
    assert f"Version: {NEWER}" in machine.dpkg("--status", "crane-inspector").stdout.splitlines()
    assert not machine.exists(f"{PROGRAM}/{STALE}")
    assert machine.dpkg("--verify", "crane-inspector").stdout == ""
    assert digests(station) == before
    assert fit(machine)
    assert records(machine) == 3
    again = machine.program("inspect", "--json", "--frames", "2")
    assert (again.returncode, again.stderr) == (0, "")
    assert records(machine) == 5
    assert json.loads((station / "recipes" / "製品A.json").read_text(encoding="utf-8")) == recipe

    kept = digests(station)
    removed = machine.dpkg("--remove", "crane-inspector")
    assert removed.returncode == 0, removed.stderr
    assert words()["data_kept"]["en"] in removed.stdout
    gone = (PROGRAM, "/usr/bin/crane-inspector", "/usr/bin/CraneInspector", "/usr/share/doc/crane-inspector")
    assert [path for path in gone if machine.exists(path)] == []
    assert machine.dpkg("--purge", "crane-inspector").returncode == 0
    assert machine.dpkg("--status", "crane-inspector").returncode != 0
    assert digests(station) == kept


def test_the_run_file_serves_a_user_without_rights_and_brings_the_packs_beside_it(
    machine: PrivateRoot, run_file: Path, tiny_pack: Path
) -> None:
    beside = run_file.parent / tiny_pack.name
    shutil.copy(tiny_pack, beside)
    bad = run_file.parent / "bad.cranepack"
    bad.write_bytes(b"no pack")
    if type(machine) is PrivateRoot:
        own, home = {"HOME": f"/home/{USER}"}, f"/home/{USER}"
    else:
        own, home = {"HOME": str(machine.home)}, str(machine.home)
    own["OMP_NUM_THREADS"] = "1"

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return machine.run(*command, user=USER, environment=own)

    done = run(machine.seen(run_file), "--quiet", "--nox11")
    assert done.returncode == 1, done.stdout + done.stderr  # because of the bad pack, and of nothing else
    assert words()["pack_refused"]["en"] % machine.seen(bad) in done.stderr
    assert words()["pack_refused"]["en"] % machine.seen(beside) not in done.stderr
    assert words()["test_failed"]["en"] % f"{home}/.local/opt/crane-inspector" not in done.stderr
    program = f"{home}/.local/bin/crane-inspector"
    assert run(program, "--version").stdout.strip() == __version__
    (pack,) = machine.home.glob(".local/share/CraneInspector/packs/*.cranepack")
    assert pack.read_bytes() == tiny_pack.read_bytes()
    judged = run(program, "inspect", "--json", "--frames", "1")
    assert (judged.returncode, judged.stderr) == (0, "")

    removed = run(machine.seen(run_file), "--quiet", "--nox11", "--", "--uninstall")
    assert removed.returncode == 0, removed.stderr
    assert not (machine.home / ".local" / "opt" / "crane-inspector").exists()
    assert not (machine.home / ".local" / "bin" / "crane-inspector").is_symlink()
    assert pack.is_file()
    for file in (beside, bad):
        file.unlink()

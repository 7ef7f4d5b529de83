"""What the Linux installers say, refuse and lay down, tried with a hull: everything but the program."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eventually import HANG_S, eventually

from crane_desktop import __version__

sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging" / "linux"))  # the installers' modules lie here

from debian_package import build_package, debian_version
from desktop_files import ID, file_types, menu_entry
from private_root import PlainRoot
from run_file import build_run_file
from shell_words import HERE as LINUX
from shell_words import with_words, words

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Linux installers are built on Linux")
SCRIPTS = sorted(path.name for path in (LINUX / "scripts").iterdir())
FAST = {"compression": "gzip", "level": 1}


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"needs {tool} (packaging/debian-packages.txt)")


@pytest.fixture(scope="module")
def hull(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a bundle, with programs that wait as many seconds as they are told."""
    folder = tmp_path_factory.mktemp("hull") / "CraneInspector"
    licences = folder / "_internal" / "crane_desktop" / "resources" / "licences"
    licences.mkdir(parents=True)
    component = {"name": "library", "version": "1.2", "licence": "BSD-3-Clause", "texts": []}
    (licences / "index.json").write_text(json.dumps([component]), encoding="utf-8")
    (folder / "_internal" / "部品 一.txt").write_text("with a name as awkward as names get", encoding="utf-8")
    waits = Path(shutil.which("sleep") or "")
    shutil.copy(waits, folder / "crane-inspector")
    (folder / "CraneInspector").hardlink_to(folder / "crane-inspector")  # as in the bundle: one file, two names
    library = folder / "_internal" / "libeasy.so.1"
    shutil.copy(waits, library)  # executable here, as some wheels have their libraries
    (folder / "_internal" / "libeasy.so").symlink_to(library.name)
    return folder


@pytest.fixture(scope="module")
def package(hull: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_package(hull, tmp_path_factory.mktemp("package"), **FAST)


@pytest.fixture(scope="module")
def run_file(hull: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("makeself") is None:
        pytest.skip("needs makeself (packaging/debian-packages.txt)")
    return build_run_file(hull, tmp_path_factory.mktemp("run file"), **FAST)


@pytest.fixture
def at_work() -> Iterator[Callable[[Path], subprocess.Popen[bytes]]]:
    """Start the program of a folder, which then runs until the test is over."""
    started: list[subprocess.Popen[bytes]] = []

    def start(program: Path) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([str(program / "crane-inspector"), "300"]))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()


# -- words -----------------------------------------------------------------------------------------------------


def test_every_sentence_is_in_both_languages_with_the_same_places_and_used() -> None:
    said = "".join((LINUX / "scripts" / name).read_text(encoding="utf-8") for name in SCRIPTS)
    said += "".join(path.read_text(encoding="utf-8") for path in LINUX.glob("*.py"))
    for key, both in words().items():
        assert set(both) == {"ja", "en"}, key
        assert both["ja"].count("%s") == both["en"].count("%s"), key
        assert both["ja"] != both["en"], key
        if not key.startswith(("entry.", "type.")):
            assert re.search(rf"\b(say|refuse) {key}\b|[\"']{key}[\"']", said), f"nobody says {key}"


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_are_sound_shell(name: str, tmp_path: Path) -> None:
    script = tmp_path / name
    script.write_text(with_words(name), encoding="utf-8")
    for tool in (["sh", "-n"], ["shellcheck", "--severity=style"]):
        if shutil.which(tool[0]):
            done = subprocess.run([*tool, str(script)], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("locale", "answer"), [("ja_JP.UTF-8", "動作中"), ("en_US.UTF-8", "running"), ("", "running")])
def test_scripts_speak_the_systems_language(locale: str, answer: str, tmp_path: Path) -> None:
    script = tmp_path / "preinst"
    script.write_text(with_words("preinst").replace("install | upgrade)", "*)\n    say running\n    ;;\ninstall)"))
    done = subprocess.run(
        ["sh", str(script), "nothing"], capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": locale}
    )
    assert answer in done.stdout


# -- what the desktop is told ----------------------------------------------------------------------------------


@needs("desktop-file-validate")
def test_the_menu_entry_is_valid(tmp_path: Path) -> None:
    entry = tmp_path / "crane-inspector.desktop"
    entry.write_text(menu_entry("/usr/bin/CraneInspector"), encoding="utf-8")
    done = subprocess.run(["desktop-file-validate", str(entry)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_menu_entry_speaks_both_languages_and_takes_a_file() -> None:
    lines = menu_entry("/usr/bin/CraneInspector").splitlines()
    assert "Exec=/usr/bin/CraneInspector %F" in lines
    assert "MimeType=application/x-cranepack;application/x-cranerecipe;" in lines
    assert f"Comment[ja]={words()['entry.comment']['ja']}" in lines


def test_a_desktop_knows_which_menu_entry_a_window_belongs_to(qapp: object) -> None:
    from crane_desktop.ui.shell.application import prepare_application

    assert prepare_application().desktopFileName() == ID


@needs("update-mime-database")
def test_the_desktop_knows_packs_and_recipes_by_their_names(tmp_path: Path) -> None:
    ET.fromstring(file_types().encode())
    mime = tmp_path / "mime"
    (mime / "packages").mkdir(parents=True)
    (mime / "packages" / "crane-inspector.xml").write_text(file_types(), encoding="utf-8")
    own = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run(["update-mime-database", str(mime)], capture_output=True, text=True, check=True, env=own)
    assert done.stderr == ""
    globs = (mime / "globs2").read_text(encoding="utf-8").splitlines()
    assert {"60:application/x-cranepack:*.cranepack", "60:application/x-cranerecipe:*.cranerecipe"} <= set(globs)
    assert "application/x-cranepack application/zip" in (mime / "subclasses").read_text(encoding="utf-8")


# -- the package -----------------------------------------------------------------------------------------------


@needs("lintian")
def test_debians_own_checker_has_nothing_to_say(package: Path) -> None:
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning", "--info", str(package)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_versions_before_a_release_sort_before_it() -> None:
    order = ["1.0.dev3", "1.0a1", "1.0rc1", "1.0", "1.0.1"]
    for older, newer in itertools.pairwise(order):
        asked = ["dpkg", "--compare-versions", debian_version(older), "lt", debian_version(newer)]
        assert subprocess.run(asked, check=False).returncode == 0, (older, newer)


def test_the_same_bundle_gives_the_same_package_to_the_byte(
    hull: Path, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "elsewhere" / "CraneInspector"
    moved.parent.mkdir()
    subprocess.run(["cp", "-a", str(hull), str(moved)], check=True)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    time.sleep(1.1)  # whatever took its date from the clock now has another
    assert build_package(moved, tmp_path / "now", **FAST).read_bytes() == package.read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = build_package(hull, tmp_path / "one", **FAST)
    second = build_package(moved, tmp_path / "two", **FAST)
    assert first.read_bytes() == second.read_bytes() != package.read_bytes()


def test_the_bundle_is_only_read(hull: Path, tmp_path: Path) -> None:
    def look() -> dict[str, tuple[int, int]]:
        return {str(p): (p.lstat().st_mode, p.lstat().st_mtime_ns) for p in (hull, *hull.rglob("*"))}

    before = look()
    build_package(hull, tmp_path, **FAST)
    assert look() == before


def test_the_copyright_file_names_everything_that_came_along(package: Path, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "-x", str(package), str(tmp_path)], check=True)
    notices = (tmp_path / "usr/share/doc/crane-inspector/copyright").read_text(encoding="utf-8")
    assert "License: Expat" in notices
    assert " library 1.2 (BSD-3-Clause)" in notices.splitlines()


def test_the_package_leaves_a_program_of_the_run_file_alone(package: Path, tmp_path: Path) -> None:
    machine = PlainRoot(tmp_path / "machine", package.parent)
    other = machine.folder / "opt" / "crane-inspector" / "installed-files"
    other.parent.mkdir(parents=True)
    other.touch()
    refused = machine.install(package)
    assert refused.returncode != 0
    assert words()["installed_by_run"]["en"] in refused.stderr
    assert [path.name for path in other.parent.iterdir()] == [other.name]
    other.unlink()
    assert machine.install(package).returncode == 0
    assert machine.exists("/opt/crane-inspector/crane-inspector")


def test_a_running_program_is_neither_upgraded_nor_removed_by_dpkg(
    package: Path, hull: Path, tmp_path: Path, at_work: Callable[[Path], subprocess.Popen[bytes]]
) -> None:
    newer = build_package(hull, tmp_path / "newer", version="99.0", **FAST)
    machine = PlainRoot(tmp_path / "machine", package.parent)
    assert machine.install(package).returncode == 0
    running = at_work(machine.folder / "opt" / "crane-inspector")
    for done in (machine.install(newer), machine.dpkg("--remove", "crane-inspector")):
        assert done.returncode != 0
        assert words()["running"]["en"] in done.stderr
        status = machine.dpkg("--status", "crane-inspector").stdout.splitlines()
        assert any(line.startswith("Status:") and line.endswith("ok installed") for line in status)
        assert f"Version: {__version__}" in status
    running.kill()
    running.wait()
    assert machine.install(newer).returncode == 0
    assert machine.dpkg("--purge", "crane-inspector").returncode == 0
    assert not machine.exists("/opt/crane-inspector")


# -- the self-extracting file ----------------------------------------------------------------------------------

Installer = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    # No percent sign: GLib looks for the program of a menu entry before it undoes the doubling that one asks for.
    folder = tmp_path / 'ホーム "a" $b'
    folder.mkdir()
    return folder


@pytest.fixture
def installer(run_file: Path, home: Path) -> Installer:
    """Run the installer without a terminal, a display, or a home but its own."""

    def run(*options: str, file: Path = run_file, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", **environment}
        words = [str(file), "--quiet", "--nox11", "--", "--prefix", str(home / ".local"), *options]
        return subprocess.run(
            words, cwd=home.parent, env=own, capture_output=True, text=True, timeout=HANG_S, check=False
        )

    return run


@pytest.fixture
def program(home: Path) -> Path:
    return home / ".local" / "opt" / "crane-inspector"


def below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_it_installs_into_a_home_with_an_awkward_name_and_leaves_nothing_behind(
    installer: Installer, home: Path, program: Path
) -> None:
    (home / ".local" / "share" / "CraneInspector").mkdir(parents=True)
    record = home / ".local" / "share" / "CraneInspector" / "record"
    record.write_text("kept")
    done = installer("--no-selftest")
    assert done.returncode == 0, done.stderr
    assert (program / "_internal" / "部品 一.txt").is_file()
    assert (program / "installed-version").read_text().strip() == __version__
    assert (home / ".local" / "bin" / "CraneInspector").readlink() == program / "CraneInspector"
    assert (program / "CraneInspector").samefile(program / "crane-inspector")
    assert os.access(program / "crane-inspector", os.X_OK)
    assert not (program / "_internal" / "libeasy.so.1").stat().st_mode & 0o111
    assert "kept" in done.stdout
    removed = subprocess.run([str(program / "uninstall.sh")], capture_output=True, text=True, check=True)
    assert record.name in below(home / ".local" / "share" / "CraneInspector")
    assert "~/.local/share/CraneInspector" in removed.stdout
    left = {name for name in below(home) if not name.startswith(".local/share/mime/")}
    assert left <= {".local/share/CraneInspector/record", ".local/share/applications/mimeinfo.cache"}
    assert "crane" not in "".join(p.read_text() for p in (home / ".local/share/mime").glob("globs*"))


@needs("gio")
def test_the_desktop_starts_the_program_with_the_file_that_was_clicked(
    installer: Installer, home: Path, program: Path
) -> None:
    assert installer("--no-selftest").returncode == 0
    (program / "CraneInspector").write_text('#!/bin/sh\nprintf "%s" "$1" >"$HOME/clicked"\n')
    entry = home / ".local/share/applications/crane-inspector.desktop"
    pack = home / "名前 1.cranepack"
    pack.touch()
    subprocess.run(
        ["gio", "launch", str(entry), str(pack)], check=True, env={"PATH": os.environ["PATH"], "HOME": str(home)}
    )
    eventually(lambda: (home / "clicked").is_file() and (home / "clicked").read_text() == str(pack))


def test_an_upgrade_takes_away_what_the_new_version_has_not(installer: Installer, home: Path, program: Path) -> None:
    assert installer("--no-selftest").returncode == 0
    (program / "_internal" / "stale.txt").touch()
    extra = home / ".local" / "share" / "stale.svg"
    extra.touch()
    with (program / "installed-files").open("a", encoding="utf-8") as listed:
        listed.write(f"{extra}\n")
    done = installer("--no-selftest")
    assert done.returncode == 0, done.stderr
    assert f"Upgrading CraneInspector {__version__}" in done.stdout
    assert not (program / "_internal" / "stale.txt").exists()
    assert not extra.exists()
    assert {path.name for path in program.parent.iterdir()} == {"crane-inspector"}


def test_an_upgrade_that_was_cut_off_is_mended(installer: Installer, program: Path) -> None:
    assert installer("--no-selftest").returncode == 0
    program.rename(program.with_name("crane-inspector.old"))
    assert installer("--no-selftest").returncode == 0
    assert {path.name for path in program.parent.iterdir()} == {"crane-inspector"}


def test_a_running_program_is_neither_upgraded_nor_removed(
    installer: Installer, home: Path, program: Path, at_work: Callable[[Path], subprocess.Popen[bytes]]
) -> None:
    assert installer("--no-selftest").returncode == 0
    before = below(home)
    at_work(program)
    for done in (
        installer("--no-selftest"),
        installer("--uninstall"),
        subprocess.run([str(program / "uninstall.sh")], capture_output=True, text=True, check=False),
    ):
        assert (done.returncode, done.stderr) == (2, f"{words()['running']['en']}\n")
    assert below(home) == before


def test_what_it_cannot_do_is_refused_in_plain_words(installer: Installer, home: Path, program: Path) -> None:
    program.mkdir(parents=True)
    (program / "somebody else's").touch()
    foreign = installer("--no-selftest")
    assert foreign.returncode == 2
    assert str(program) in foreign.stderr
    assert below(program) == {"somebody else's"}
    unknown = installer("--nonsense")
    assert unknown.returncode == 2
    assert "--nonsense" in unknown.stderr
    (program / "somebody else's").unlink()
    program.rmdir()
    assert installer("--uninstall").returncode == 2
    assert below(home) == set()


def test_a_self_test_that_fails_is_told(installer: Installer, program: Path) -> None:
    done = installer(LC_ALL="ja_JP.UTF-8")
    assert done.returncode == 1
    assert words()["test_failed"]["ja"] % program in done.stderr
    assert (program / "crane-inspector").is_file()


def test_a_damaged_installer_installs_nothing(installer: Installer, run_file: Path, home: Path, tmp_path: Path) -> None:
    content = bytearray(run_file.read_bytes())
    content[-1000] ^= 1
    damaged = tmp_path / "damaged.run"
    damaged.write_bytes(content)
    damaged.chmod(0o755)
    assert installer("--no-selftest", file=damaged).returncode != 0
    assert below(home) == set()

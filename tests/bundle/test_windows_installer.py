"""The installer for Windows, compiled with a small payload and run under Wine: what it leaves, keeps and takes away."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from eventually import HANG_S, eventually

sys.path.append(str(Path(__file__).parent))  # `windows_machine` lies beside the tests

from windows_machine import COMPILER, WindowsMachine, wine

from crane_desktop import __version__

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = ROOT / "packaging" / "windows"
NEWER = "99.1.0"
PROGRAM_FILES = r"C:\Program Files\CraneInspector"
MACHINE_DATA = r"C:\ProgramData\CraneInspector"
START_MENU = r"C:\ProgramData\Microsoft\Windows\Start Menu\Programs\CraneInspector"
UNINSTALL_KEY = r"Software\Microsoft\Windows\CurrentVersion\Uninstall\CraneInspector"
STALE = r"_internal\古い部品.txt"
COMMON = r"_internal\日本語 フォルダー\部品 ①.txt"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
if missing := [name for name in ("makensis", COMPILER) if shutil.which(name) is None]:
    pytestmark.append(pytest.mark.skip(reason=f"needs {', '.join(missing)} (packaging/debian-packages.txt)"))
needs_wine = pytest.mark.skipif(wine() is None, reason="needs wine64 (packaging/debian-packages.txt)")


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("windows_build", WINDOWS / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["windows_build"] = module
    spec.loader.exec_module(module)
    return module


def stand_in(file: Path, version: str) -> Path:
    words = [COMPILER, "-municode", "-static", "-s", "-Wall", "-Wextra", "-Werror", f'-DVERSION="{version}"']
    subprocess.run([*words, "-o", str(file), str(WINDOWS / "stand_in.c")], check=True, timeout=HANG_S)
    return file


def payload(folder: Path, version: str) -> Path:
    """A bundle in small, with names in Japanese; the older version holds a file that the newer one has not."""
    inside = folder / "_internal" / "日本語 フォルダー"
    inside.mkdir(parents=True)
    stand_in(folder / "CraneInspector.exe", version)
    shutil.copy(folder / "CraneInspector.exe", folder / "crane-inspector.exe")
    (inside / "部品 ①.txt").write_text(version, encoding="utf-8")
    (inside / "dollar $INSTDIR.txt").write_text("a name that NSIS must not fill in", encoding="utf-8")
    licences = folder / "_internal" / "crane_desktop" / "resources" / "licences"
    licences.mkdir(parents=True)
    (licences / "Qt.txt").write_text("LGPL", encoding="utf-8")
    for name in ("MSVCP140.dll", "VCRUNTIME140.dll", "VCRUNTIME140_1.dll"):
        (folder / "_internal" / name).write_bytes(b"MZ")
    if version == __version__:
        (folder / "_internal" / "古い部品.txt").write_text("stale", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def setups(tmp_path_factory: pytest.TempPathFactory, build: ModuleType) -> dict[str, Path]:
    """The installer of this version, and the one of a newer version, each alone in its folder."""
    folder = tmp_path_factory.mktemp("setups")
    made = {}
    for version in (__version__, NEWER):
        bundle = payload(folder / f"bundle {version}", version)
        wishes = build.Wishes(bundle, compression="zlib", version=version)
        made[version] = build.build_installer(wishes, folder / f"配布 {version}")
    return made


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WindowsMachine]:
    """A Windows whose icacls.exe writes down what it is told."""
    if wine() is None:
        pytest.skip("needs wine64 (packaging/debian-packages.txt)")
    folder = tmp_path_factory.mktemp("windows")
    machine = WindowsMachine.set_up(folder / "prefix")
    machine.environment["CRANE_STAND_IN_LOG"] = f"Z:{folder / 'icacls.log'}"
    stand_in(machine.path(r"C:\windows\system32\icacls.exe"), "0")
    yield machine
    machine.end()


@pytest.fixture
def machine(windows: WindowsMachine) -> Iterator[WindowsMachine]:
    """The same Windows, without the program and without its data."""
    yield windows
    windows.settle()
    for place in (PROGRAM_FILES, *user_folders(windows)):
        uninstaller = windows.path(place) / "Uninstall.exe"
        if uninstaller.is_file():
            windows.run(uninstaller, "/S", "/REMOVEDATA")
            windows.settle()
        shutil.rmtree(windows.path(place), ignore_errors=True)
    shutil.rmtree(windows.path(MACHINE_DATA), ignore_errors=True)
    (windows.folder.parent / "icacls.log").unlink(missing_ok=True)


def user_folders(windows: WindowsMachine) -> tuple[str, ...]:
    (local,) = (windows.folder / "drive_c" / "users").glob("*/AppData/Local")
    inside = "C:\\" + str(local.relative_to(windows.folder / "drive_c")).replace("/", "\\")
    return (rf"{inside}\Programs\CraneInspector", rf"{inside}\CraneInspector")


def uninstall(windows: WindowsMachine, folder: str, *switches: str) -> int:
    """Run the uninstaller where it lies, so that its exit code comes back; alone then it cannot delete itself."""
    place = windows.path(folder)
    code = windows.run(place / "Uninstall.exe", "/S", *switches, *unquoted(f"_?={folder}"))
    if everything_below(place) == {"Uninstall.exe"}:
        shutil.rmtree(place)
    return code


def unquoted(last: str) -> list[str]:
    """A last switch with blanks, as NSIS wants it: not in quotation marks, which every word with a blank would get."""
    return last.split(" ")


def everything_below(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*")} if folder.exists() else set()


# -- it compiles -----------------------------------------------------------------------------------------------


def test_it_compiles_without_a_warning_and_carries_the_version(setups: dict[str, Path]) -> None:
    setup = setups[__version__]
    assert setup.name == f"CraneInspector-Setup-{__version__}.exe"
    content = setup.read_bytes()
    assert content[:2] == b"MZ"
    assert "ProductVersion\0".encode("utf-16-le") in content
    assert f"{__version__}\0".encode("utf-16-le") in content


def test_a_warning_stops_the_compiler(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setups: dict[str, Path]
) -> None:
    copy = tmp_path / "windows"
    shutil.copytree(WINDOWS, copy)
    (copy / "words.nsh").write_text(
        (WINDOWS / "words.nsh").read_text(encoding="utf-8").replace('"$(NO_SUCH)"', ""), encoding="utf-8"
    )
    script = copy / "installer.nsi"
    script.write_text(
        script.read_text(encoding="utf-8") + '\nFunction .onGUIEnd\nDetailPrint "$(NO_SUCH)"\nFunctionEnd\n'
    )
    monkeypatch.setattr(build, "HERE", copy)
    bundle = setups[__version__].parents[1] / f"bundle {__version__}"
    with pytest.raises(build.PayloadError, match="NO_SUCH"):
        build.build_installer(build.Wishes(bundle, compression="zlib"), tmp_path)
    assert list(tmp_path.glob("*.exe")) == []


def test_every_sentence_exists_in_both_languages_and_is_used() -> None:
    text = (WINDOWS / "words.nsh").read_text(encoding="utf-8-sig").replace("\\\n", " ")
    words = re.findall(r'^!insertmacro Word (\w+)\s+"(.*?)"\s+"(.*?)"$', text, re.MULTILINE)
    assert len(words) == text.count("!insertmacro Word ") > 30
    everything = "".join(p.read_text(encoding="utf-8-sig") for p in WINDOWS.glob("*.ns[hi]"))
    for name, english, japanese in words:
        places = [set(re.findall(r"\$(?![\\$])\{?\w+", sentence)) for sentence in (english, japanese)]
        assert places[0] == places[1], name
        assert english.isascii(), name
        assert japanese == english or not japanese.isascii() or name == "LANGUAGE_CODE", name
        assert f"$({name})" in everything, f"{name} is never shown"


def test_nothing_is_said_that_is_not_among_the_words() -> None:
    for script in WINDOWS.glob("*.ns[hi]"):
        for line in script.read_text(encoding="utf-8-sig").splitlines():
            said = re.search(
                r'(MessageBox \S+|DetailPrint|Insertmacro Fail \S+|NSD_Create\w+\S* \S+ \S+ \S+ \S+) "(.*?)"', line
            )
            if said:
                assert said[2].startswith(("$(", "${")), line


def test_every_exit_code_and_switch_is_written_down() -> None:
    manual = (WINDOWS / "README.md").read_text(encoding="utf-8")
    codes = re.findall(r"^!define EXIT_\w+ (\d+)", (WINDOWS / "fail.nsh").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(codes) == len(set(codes)) > 8
    assert [code for code in codes if f"\n| {code} |" not in manual] == []
    arguments = (WINDOWS / "arguments.nsh").read_text(encoding="utf-8")
    switches = re.findall(r'(?:Case\}|CaseSwitch|Case2\}) "(/\w+)', arguments)
    assert len(set(switches)) >= 10
    assert [switch for switch in switches if switch not in manual] == []


# -- what cannot become an installer ---------------------------------------------------------------------------


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    (folder / "_internal").mkdir(parents=True)
    for name in ("CraneInspector.exe", "crane-inspector.exe"):
        (folder / name).write_bytes(b"MZ")
    for name in ("msvcp140.dll", "VCRUNTIME140.dll", "vcruntime140_1.DLL"):
        (folder / "_internal" / name).write_bytes(b"MZ")
    return folder


def _too_large(folder: Path) -> None:
    with (folder / "_internal" / "full.cranepack").open("wb") as file:
        file.truncate(2**31)


def _no_runtime(folder: Path) -> None:
    (folder / "_internal" / "VCRUNTIME140.dll").unlink()


def _no_console(folder: Path) -> None:
    (folder / "crane-inspector.exe").unlink()


def _odd_name(folder: Path) -> None:
    (folder / "_internal" / "a[1].txt").write_text("x")


def _long_path(folder: Path) -> None:
    deep = folder.joinpath("_internal", *["x" * 50] * 4)
    deep.mkdir(parents=True)
    (deep / "y").write_text("x")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_too_large, "full.cranepack has 2147483648 bytes"),
        (_no_runtime, "vcruntime140.dll is missing"),
        (_no_console, "crane-inspector.exe is missing"),
        (_odd_name, "holds a character"),
        (_long_path, "longer than"),
        (shutil.rmtree, "is no folder"),
    ],
)
def test_a_payload_that_cannot_be_installed_is_refused_in_one_sentence(
    bundle: Path, tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(bundle)
    command = [sys.executable, str(WINDOWS / "build.py"), "--payload", str(bundle), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_S, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert everything_below(tmp_path / "out") == set()


def test_versions_of_any_length_are_put_in_order(build: ModuleType) -> None:
    order = sys.modules["versions"].order_of
    rising = ["0.1.dev3", "0.1.0a1", "0.1.0rc2", "0.1.0", "0.1.0.post1", "0.2", "0.10.0", "2026.11.28", "12345.0"]
    numbers = [[int(n) for n in order(v).split(".")] for v in rising]
    assert numbers == sorted(numbers)
    assert len({tuple(n) for n in numbers}) == len(rising)
    assert sys.modules["versions"].windows_numbers("1.2rc1") == "1.2.0.0"


# -- on Windows, for everybody ---------------------------------------------------------------------------------


@needs_wine
def test_it_installs_for_everybody(machine: WindowsMachine, setups: dict[str, Path]) -> None:
    assert machine.run(setups[__version__], "/S", "/LANG=ja") == 0
    folder = machine.path(PROGRAM_FILES)
    source = setups[__version__].parents[1] / f"bundle {__version__}"
    installed = everything_below(folder)
    assert everything_below(source) <= installed
    assert (folder / "_internal" / "日本語 フォルダー" / "部品 ①.txt").read_text(encoding="utf-8") == __version__
    assert installed - everything_below(source) == {
        *("Uninstall.exe", "installation.json", "installed-files.txt", "pack.ico", "recipe.ico"),
        *("notes", "notes/camera-notes.en.txt", "notes/camera-notes.ja.txt"),
    }
    assert machine.run(folder / "crane-inspector.exe", "--version") == 0
    assert machine.output.strip() == __version__
    assert (folder / "installation.json").read_text(encoding="utf-8") == '{"data": "machine"}\n'

    menu = everything_below(machine.path(START_MENU))
    assert menu == {
        *("CraneInspector.lnk", "CraneInspector のアンインストール.lnk"),
        *("ライセンス.lnk", "カメラ接続の手引き.lnk"),
    }
    target = f"{PROGRAM_FILES}\\CraneInspector.exe"
    link = (machine.path(START_MENU) / "CraneInspector.lnk").read_bytes()
    assert target.encode("ascii") in link or target.encode("utf-16-le") in link
    assert machine.path(r"C:\users\Public\Desktop\CraneInspector.lnk").is_file()

    entry = machine.registry(rf"HKLM\{UNINSTALL_KEY}")[rf"HKEY_LOCAL_MACHINE\{UNINSTALL_KEY}"]
    assert entry["DisplayName"] == "CraneInspector"
    assert entry["DisplayVersion"] == __version__
    assert entry["Publisher"]
    assert entry["DisplayIcon"] == f"{target},0"
    assert entry["InstallLocation"] == PROGRAM_FILES
    assert entry["UninstallString"] == f'"{PROGRAM_FILES}\\Uninstall.exe"'
    assert entry["QuietUninstallString"] == f'"{PROGRAM_FILES}\\Uninstall.exe" /S'
    size_kb = int(entry["EstimatedSize"].removeprefix("dword:"), 16)
    true_kb = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1024
    assert size_kb == pytest.approx(true_kb, abs=2 + len(installed))

    classes = machine.registry(r"HKLM\Software\Classes")
    for extension, progid in ((".cranepack", "CraneInspector.Pack.1"), (".cranerecipe", "CraneInspector.Recipe.1")):
        base = r"HKEY_LOCAL_MACHINE\Software\Classes"
        assert classes[rf"{base}\{extension}"]["@"] == progid
        assert classes[rf"{base}\{progid}\shell\open\command"]["@"] == f'"{target}" "%1"'
        assert (folder / Path(classes[rf"{base}\{progid}\DefaultIcon"]["@"].split("\\")[-1].split(",")[0])).is_file()

    assert machine.path(MACHINE_DATA).is_dir()
    rights = (machine.folder.parent / "icacls.log").read_text(encoding="utf-8").splitlines()
    assert rights == [MACHINE_DATA, "/grant", "*S-1-5-32-545:(OI)(CI)M", "/Q"]


@needs_wine
def test_a_newer_version_replaces_it_and_keeps_the_data(machine: WindowsMachine, setups: dict[str, Path]) -> None:
    assert machine.run(setups[__version__], "/S", "/DESKTOP=0", "/LANG=en") == 0
    folder, data = machine.path(PROGRAM_FILES), machine.path(MACHINE_DATA)
    (data / "records").mkdir()
    (data / "records" / "log.sqlite3").write_bytes(b"kept")
    (folder / "of somebody else.txt").write_text("stays")
    assert machine.path(rf"{PROGRAM_FILES}\{STALE}").is_file()

    assert machine.run(setups[NEWER], "/S") == 0
    assert machine.path(rf"{PROGRAM_FILES}\{COMMON}").read_text(encoding="utf-8") == NEWER
    assert not machine.path(rf"{PROGRAM_FILES}\{STALE}").exists()
    assert (folder / "of somebody else.txt").is_file()
    assert (data / "records" / "log.sqlite3").read_bytes() == b"kept"
    assert machine.run(folder / "crane-inspector.exe", "--version") == 0
    assert machine.output.strip() == NEWER
    entry = machine.registry(rf"HKLM\{UNINSTALL_KEY}")[rf"HKEY_LOCAL_MACHINE\{UNINSTALL_KEY}"]
    assert entry["DisplayVersion"] == NEWER
    # What was chosen the last time is chosen again.
    assert not machine.path(r"C:\users\Public\Desktop\CraneInspector.lnk").exists()

    # The way back is refused, unless it is asked for.
    assert machine.run(setups[__version__], "/S") == 6
    assert machine.path(rf"{PROGRAM_FILES}\{COMMON}").read_text(encoding="utf-8") == NEWER
    assert machine.run(setups[__version__], "/S", "/DOWNGRADE") == 0
    assert machine.path(rf"{PROGRAM_FILES}\{COMMON}").read_text(encoding="utf-8") == __version__


@needs_wine
def test_the_same_installer_repairs(machine: WindowsMachine, setups: dict[str, Path]) -> None:
    assert machine.run(setups[__version__], "/S") == 0
    broken = machine.path(rf"{PROGRAM_FILES}\{COMMON}")
    broken.unlink()
    machine.path(rf"{PROGRAM_FILES}\crane-inspector.exe").write_bytes(b"torn")
    (machine.path(MACHINE_DATA) / "settings.json").write_text("{}")
    assert machine.run(setups[__version__], "/S") == 0
    assert broken.read_text(encoding="utf-8") == __version__
    assert machine.run(machine.path(PROGRAM_FILES) / "crane-inspector.exe", "--version") == 0
    assert (machine.path(MACHINE_DATA) / "settings.json").is_file()


@needs_wine
def test_removal_keeps_the_data_unless_asked(machine: WindowsMachine, setups: dict[str, Path]) -> None:
    assert machine.run(setups[__version__], "/S") == 0
    kept = machine.path(MACHINE_DATA) / "記録.txt"
    kept.write_text("x")
    assert uninstall(machine, PROGRAM_FILES) == 0
    machine.settle()
    assert not machine.path(PROGRAM_FILES).exists()
    assert not machine.path(START_MENU).exists()
    assert not machine.path(r"C:\users\Public\Desktop\CraneInspector.lnk").exists()
    assert machine.registry(rf"HKLM\{UNINSTALL_KEY}") == {}
    assert machine.registry(r"HKLM\Software\CraneInspector") == {}
    assert not [key for key in machine.registry(r"HKLM\Software\Classes") if "crane" in key.lower()]
    assert kept.is_file()

    assert machine.run(setups[__version__], "/S") == 0
    assert kept.is_file()
    outside = machine.path(r"C:\outside")
    outside.mkdir(exist_ok=True)
    (outside / "not ours.txt").write_text("x")
    # As the list of installed programs does it: without waiting.
    assert machine.run(machine.path(PROGRAM_FILES) / "Uninstall.exe", "/S", "/REMOVEDATA") == 0
    machine.settle()
    assert not machine.path(PROGRAM_FILES).exists()
    assert not machine.path(MACHINE_DATA).exists()
    assert (outside / "not ours.txt").is_file()


@needs_wine
def test_a_list_that_was_tampered_with_leads_nowhere(machine: WindowsMachine, setups: dict[str, Path]) -> None:
    assert machine.run(setups[__version__], "/S") == 0
    victim = machine.path(r"C:\outside")
    victim.mkdir(exist_ok=True)
    (victim / "victim.txt").write_text("x")
    listed = machine.path(rf"{PROGRAM_FILES}\installed-files.txt")
    bad = "..\\..\\outside\\victim.txt\r\nC:\\outside\\victim.txt\r\n"
    listed.write_bytes(listed.read_bytes() + bad.encode("utf-16-le"))
    assert uninstall(machine, PROGRAM_FILES) == 0
    assert (victim / "victim.txt").is_file()
    assert not machine.path(rf"{PROGRAM_FILES}\CraneInspector.exe").exists()


# -- for one account, and elsewhere ----------------------------------------------------------------------------


@needs_wine
def test_it_installs_for_one_account(machine: WindowsMachine, setups: dict[str, Path]) -> None:
    program, data = user_folders(machine)
    assert machine.run(setups[__version__], "/S", "/CurrentUser", "/ASSOCIATE=0", "/NOTES=0") == 0
    assert (machine.path(program) / "CraneInspector.exe").is_file()
    assert (machine.path(program) / "installation.json").read_text(encoding="utf-8") == '{"data": "user"}\n'
    assert machine.path(data).is_dir()
    assert not machine.path(PROGRAM_FILES).exists()
    assert not machine.path(MACHINE_DATA).exists()
    assert not (machine.folder.parent / "icacls.log").exists()
    assert not (machine.path(program) / "notes").exists()
    assert machine.registry(rf"HKCU\{UNINSTALL_KEY}")
    assert machine.registry(rf"HKLM\{UNINSTALL_KEY}") == {}
    assert not [key for key in machine.registry(r"HKCU\Software\Classes") if ".cranepack" in key]
    # The newer one finds it where it is, without being told.
    assert machine.run(setups[NEWER], "/S") == 0
    assert (machine.path(program) / "_internal" / "日本語 フォルダー" / "部品 ①.txt").read_text(
        encoding="utf-8"
    ) == NEWER
    assert uninstall(machine, program, "/REMOVEDATA") == 0
    assert not machine.path(program).exists()
    assert not machine.path(data).exists()
    assert machine.registry(rf"HKCU\{UNINSTALL_KEY}") == {}


@needs_wine
def test_it_goes_where_it_is_told_and_moves_there(machine: WindowsMachine, setups: dict[str, Path]) -> None:
    elsewhere = r"C:\検査 ステーション\CraneInspector"
    assert machine.run(setups[__version__], "/S") == 0
    assert machine.run(setups[__version__], "/S", *unquoted(f"/D={elsewhere}")) == 0
    assert not machine.path(PROGRAM_FILES).exists()
    assert machine.run(machine.path(elsewhere) / "crane-inspector.exe", "--version") == 0
    assert (
        machine.registry(rf"HKLM\{UNINSTALL_KEY}")[rf"HKEY_LOCAL_MACHINE\{UNINSTALL_KEY}"]["InstallLocation"]
        == elsewhere
    )
    assert uninstall(machine, elsewhere) == 0
    assert not machine.path(elsewhere).exists()


# -- what it refuses -------------------------------------------------------------------------------------------


@needs_wine
@pytest.mark.parametrize("words", [["/BOGUS"], ["/DESKTOP=2"], ["/LANG=de"], ["file.txt"]])
def test_an_unknown_switch_installs_nothing(machine: WindowsMachine, setups: dict[str, Path], words: list[str]) -> None:
    assert machine.run(setups[__version__], "/S", *words) == 3
    assert not machine.path(PROGRAM_FILES).exists()
    (log,) = (machine.folder / "drive_c" / "users").glob("*/Temp/CraneInspector-Setup.log")
    assert words[0] in log.read_text(encoding="utf-16")


@needs_wine
def test_an_old_windows_is_refused(machine: WindowsMachine, setups: dict[str, Path]) -> None:
    machine.settle()
    machine.be("win7")
    machine.settle()
    try:
        assert machine.run(setups[__version__], "/S") == 8
    finally:
        machine.be("win10")
        machine.settle()
    assert not machine.path(PROGRAM_FILES).exists()


@needs_wine
def test_the_uninstaller_refuses_an_unknown_switch(machine: WindowsMachine, setups: dict[str, Path]) -> None:
    assert machine.run(setups[__version__], "/S") == 0
    assert uninstall(machine, PROGRAM_FILES, "/REMOVEDATEN") == 3
    assert machine.path(rf"{PROGRAM_FILES}\CraneInspector.exe").is_file()


@needs_wine
def test_a_running_program_is_neither_replaced_nor_removed(machine: WindowsMachine, setups: dict[str, Path]) -> None:
    assert machine.run(setups[__version__], "/S") == 0
    sign = machine.folder.parent / "held"
    with machine.start(machine.path(PROGRAM_FILES) / "crane-inspector.exe", "hold", f"Z:{sign}") as running:
        try:
            eventually(sign.exists)
            assert machine.run(setups[NEWER], "/S") == 5
            assert uninstall(machine, PROGRAM_FILES) == 5
            assert machine.path(rf"{PROGRAM_FILES}\{COMMON}").read_text(encoding="utf-8") == __version__
            assert machine.path(rf"{PROGRAM_FILES}\{STALE}").is_file()
        finally:
            sign.unlink(missing_ok=True)
            running.communicate(timeout=HANG_S)
    assert machine.run(setups[NEWER], "/S") == 0


# -- packs beside the installer --------------------------------------------------------------------------------


@needs_wine
def test_packs_beside_the_installer_are_handed_to_the_program(
    machine: WindowsMachine, setups: dict[str, Path], tmp_path: Path
) -> None:
    stick = tmp_path / "USB スティック"
    stick.mkdir()
    setup = Path(shutil.copy(setups[__version__], stick))
    (stick / "本番 パック.cranepack").write_bytes(b"a good one")
    packs = machine.path(MACHINE_DATA) / "packs"
    assert machine.run(setup, "/S", "/PACKS=0") == 0
    assert not packs.exists()
    assert machine.run(setup, "/S") == 0
    assert (machine.path(MACHINE_DATA) / "packs" / "本番 パック.cranepack").read_bytes() == b"a good one"
    (stick / "z.cranepack").write_bytes(b"damaged on the way")
    assert machine.run(setup, "/S") == 9
    assert everything_below(machine.path(MACHINE_DATA) / "packs") == {"本番 パック.cranepack"}
    assert machine.path(rf"{PROGRAM_FILES}\CraneInspector.exe").is_file()  # the program is there all the same
    (log,) = (machine.folder / "drive_c" / "users").glob("*/Temp/CraneInspector-Setup.log")
    assert "z.cranepack" in log.read_text(encoding="utf-16")


# -- the GPU build, and signing --------------------------------------------------------------------------------


@needs_wine
def test_the_gpu_component_lies_over_the_cpu_build(
    machine: WindowsMachine, setups: dict[str, Path], build: ModuleType, tmp_path: Path
) -> None:
    cpu = setups[__version__].parents[1] / f"bundle {__version__}"
    gpu = tmp_path / "gpu"
    shutil.copytree(cpu, gpu)
    (gpu / "_internal" / "cuda.dll").write_bytes(b"new")
    (gpu / "_internal" / "crane_desktop" / "resources" / "licences" / "Qt.txt").write_text("other")
    (gpu / "_internal" / "古い部品.txt").unlink()
    signed = tmp_path / "signed.txt"
    signer = tmp_path / "sign.py"
    signer.write_text(f"import sys; open({str(signed)!r}, 'a').write(sys.argv[1] + '\\n')")
    sign = f"{sys.executable} {signer}"
    setup = build.build_installer(build.Wishes(cpu, gpu, "zlib", sign=sign), tmp_path / "out")
    assert len(signed.read_text().splitlines()) == 2  # the uninstaller, and the installer itself
    assert str(setup) in signed.read_text()

    # No NVIDIA driver here: it is chosen only where it is asked for.
    assert machine.run(setup, "/S") == 0
    assert not machine.path(rf"{PROGRAM_FILES}\_internal\cuda.dll").exists()
    assert machine.run(setup, "/S", "/GPU=1") == 0
    assert machine.path(rf"{PROGRAM_FILES}\_internal\cuda.dll").read_bytes() == b"new"
    assert not machine.path(rf"{PROGRAM_FILES}\{STALE}").exists()
    assert uninstall(machine, PROGRAM_FILES) == 0
    assert not machine.path(PROGRAM_FILES).exists()

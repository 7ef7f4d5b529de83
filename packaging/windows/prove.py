"""Prove an installer on a true Windows: ``python packaging/windows/prove.py --setup FOLDER [--earlier FOLDER]``.

Run it as administrator, on a computer that may be changed: installs for everybody, has the program test itself,
updates from the earlier installer with data, repairs, and removes. Needs Python and nothing else. Each step is a line;
the first that fails ends it with exit code 1.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

NAME = "CraneInspector"
PROGRAM = Path(os.environ.get("PROGRAMFILES", r"C:\Program Files"), NAME)
DATA = Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData"), NAME)
MENU = Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData"), "Microsoft/Windows/Start Menu/Programs", NAME)
UNINSTALL_KEY = rf"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\{NAME}"
WITHIN_S = 1200


class ProofError(Exception):
    """A step that did not come out as it must; its words say which."""


def step(words: str, holds: bool, detail: object = "") -> None:
    """Write a line, and end everything where it does not hold."""
    print(f"{'ok  ' if holds else 'FAIL'}  {words} {detail if not holds else ''}".rstrip(), flush=True)
    if not holds:
        raise ProofError(words)


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    command = [str(word) for word in words]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", timeout=WITHIN_S, check=False
    )


def install(setup: Path, *switches: str) -> None:
    """Install silently."""
    done = run(setup, "/S", "/AllUsers", *switches)
    step(f"{setup.name} /S {' '.join(switches)} ends with 0", done.returncode == 0, done.returncode)


def uninstall(*switches: str) -> None:
    """Remove silently, waiting for the end, and take the uninstaller away that cannot delete itself then."""
    # As one string: _?= wants no quotation marks, and must be the last.
    command = " ".join([f'"{PROGRAM / "Uninstall.exe"}"', "/S", *switches, f"_?={PROGRAM}"])
    code = subprocess.run(command, timeout=WITHIN_S, check=False).returncode
    step(f"Uninstall.exe /S {' '.join(switches)} ends with 0", code == 0, code)
    left = sorted(str(p.relative_to(PROGRAM)) for p in PROGRAM.rglob("*"))
    step("nothing but the uninstaller is left of the program", left == ["Uninstall.exe"], left[:5])
    (PROGRAM / "Uninstall.exe").unlink()
    PROGRAM.rmdir()


def registered() -> dict[str, object]:
    """Return the entry in the list of installed programs."""
    import winreg

    found: dict[str, object] = {}
    try:
        key = winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, UNINSTALL_KEY)
    except FileNotFoundError:
        return found
    with key:
        for place in range(winreg.QueryInfoKey(key)[1]):
            name, value, _kind = winreg.EnumValue(key, place)
            found[name] = value
    return found


def associated(extension: str) -> str:
    """Return the command that opens a kind of file."""
    import winreg

    progid = winreg.QueryValue(winreg.HKEY_CLASSES_ROOT, extension)
    return winreg.QueryValue(winreg.HKEY_CLASSES_ROOT, rf"{progid}\shell\open\command")


def check_program(version: str) -> None:
    """The program is there, is that version, and is fit to judge; its data lies where all accounts share it."""
    done = run(PROGRAM / "crane-inspector.exe", "--version")
    step("the program answers with a version", done.returncode == 0, done.stderr)
    entry = registered()
    step(f"Windows lists version {version}", entry.get("DisplayVersion") == version, entry)
    done = run(PROGRAM / "crane-inspector.exe", "selftest", "--json")
    step("the self-test is passed", done.returncode == 0, done.stdout + done.stderr)
    step("it says so in JSON", json.loads(done.stdout.splitlines()[-1])["ok"] is True, done.stdout)
    step("its data lies in ProgramData", (DATA / "records").is_dir())


def check_surroundings() -> None:
    """Shortcuts, file types and rights."""
    step("the start menu has it", (MENU / f"{NAME}.lnk").is_file())
    for extension in (".cranepack", ".cranerecipe"):
        step(
            f"{extension} opens with it", associated(extension) == f'"{PROGRAM / NAME}.exe" "%1"', associated(extension)
        )
    probe = DATA / "rights.txt"
    probe.write_text("x")
    rights = run("icacls", probe, "/findsid", "*S-1-5-32-545").stdout
    step("a new file in the data folder carries a right for all users", str(probe) in rights, rights)
    shown = run("icacls", DATA).stdout
    step("which is to modify, and is inherited", "(OI)(CI)(M)" in shown, shown)
    probe.unlink()


def check_window() -> None:
    """The window opens, stays, and keeps the installer out while it is open."""
    with subprocess.Popen([str(PROGRAM / f"{NAME}.exe"), "--data-dir", str(DATA)]) as window:
        try:
            time.sleep(20)
            step("the window is open after 20 seconds", window.poll() is None, window.poll())
        finally:
            run("taskkill", "/pid", str(window.pid), "/t", "/f")


def keeps_out(setup: Path) -> None:
    """A running program is not replaced."""
    held = [str(PROGRAM / "crane-inspector.exe"), "inspect", "--json"]
    with subprocess.Popen(held, stdout=subprocess.PIPE) as running:
        try:
            step("the line runs", running.stdout is not None and bool(running.stdout.readline()))
            code = run(setup, "/S").returncode
            step("meanwhile the installer refuses with 5", code == 5, code)
        finally:
            run("taskkill", "/pid", str(running.pid), "/t", "/f")


def prove(setup: Path, version: str, earlier: Path | None) -> None:
    """Play the whole life of an installation."""
    step("nothing is installed yet", not PROGRAM.exists() and not registered())
    if earlier is not None:
        install(earlier, "/LANG=en")
        check_program(earlier.stem.rpartition("-")[2])
        done = run(PROGRAM / "crane-inspector.exe", "inspect", "--frames", "5", "--json")
        step("five parts are inspected", done.returncode == 0, done.stderr)
        stale = PROGRAM / "_internal" / "stale.txt"
        with (PROGRAM / "installed-files.txt").open("ab") as listed:
            listed.write("_internal\\stale.txt\r\n".encode("utf-16-le"))
        stale.write_text("of the earlier version")
        keeps_out(setup)
    install(setup, "/LANG=ja")
    check_program(version)
    check_surroundings()
    if earlier is not None:
        step("what only the earlier version had is gone", not stale.exists())
        stats = json.loads(run(PROGRAM / "crane-inspector.exe", "records", "stats", "--json").stdout)
        step("its records are there", stats["records"] >= 5, stats)
        step("and the log proves sound", run(PROGRAM / "crane-inspector.exe", "records", "verify").returncode == 0)
        step("the way back is refused with 6", run(earlier, "/S").returncode == 6)
    check_window()
    (PROGRAM / "crane-inspector.exe").write_bytes(b"")
    install(setup)
    check_program(version)
    uninstall()
    step("the data stays", (DATA / "records").is_dir())
    step("Windows lists it no more", not registered())
    step("the start menu has it no more", not MENU.exists())
    install(setup)
    uninstall("/REMOVEDATA")
    step("now the data is gone too", not DATA.exists())


def only_setup(folder: Path) -> Path:
    """Return the one installer of a folder."""
    found = list(folder.glob(f"{NAME}-Setup-*.exe"))
    step(f"one installer lies in {folder}", len(found) == 1, found)
    return found[0].absolute()


def main() -> int:
    """Prove as the command line says."""
    parser = argparse.ArgumentParser(description="Prove an installer on this Windows; the computer is changed.")
    parser.add_argument("--setup", type=Path, required=True, help="folder with the installer")
    parser.add_argument("--earlier", type=Path, help="folder with an earlier one, to update from")
    given = parser.parse_args()
    is_admin: Callable[[], int] | None = getattr(getattr(ctypes, "windll", None), "shell32", None) and (
        ctypes.windll.shell32.IsUserAnAdmin
    )
    try:
        step("this is Windows, as administrator", is_admin is not None and bool(is_admin()))
        setup = only_setup(given.setup)
        earlier = only_setup(given.earlier) if given.earlier is not None else None
        prove(setup, setup.stem.rpartition("-")[2], earlier)
    except ProofError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

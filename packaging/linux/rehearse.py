"""Rehearse a station's life on Linux: ``python packaging/linux/rehearse.py [--bundle DIR] [--out DIR]``.

Install, self-test, inspect, upgrade with data, self-test, remove; printed as it goes, and kept as
``rehearsal-linux.txt`` beside the installers. The machine itself is left as it is (see `private_root`).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]

from debian_package import build_package, debian_version, program_version  # noqa: E402
from desktop_files import ID, link_bundle, room_bytes  # noqa: E402
from earlier_station import make_first_database  # noqa: E402
from private_root import Done, PrivateRoot, private_root  # noqa: E402
from system_needs import depends  # noqa: E402

_STALE = "_internal/only-in-the-earlier-version.txt"


class RehearsalError(Exception):
    """A step did not go as it must."""


class Rehearsal:
    """Does the steps and writes down what they said.

    Parameters
    ----------
    machine
        Where to install.
    tell
        Takes each line of the transcript.
    """

    def __init__(self, machine: PrivateRoot, tell: Callable[[str], None]) -> None:
        self._machine, self._tell = machine, tell

    def step(self, title: str, command: str, do: Callable[[], Done], *, fails: bool = False) -> str:
        """Do one step, write it down and return what it said on stdout.

        Raises
        ------
        RehearsalError
            If it fails, or does not fail where it should.
        """
        self._tell(f"\n== {title}\n$ {command}")
        begun_s = time.monotonic()
        done = do()
        took_s = time.monotonic() - begun_s
        for line in (done.stdout + done.stderr).splitlines():
            if line.strip() and not line.startswith("(Reading database"):
                self._tell(f"  {line}")
        self._tell(f"-> exit code {done.returncode} after {took_s:.1f} s")
        if (done.returncode != 0) is not fails:
            raise RehearsalError(title)
        return done.stdout

    def program(self, title: str, *words: str) -> str:
        """Run the installed program as an ordinary user with an empty environment."""
        return self.step(title, f"env -i {ID} {' '.join(words)}", lambda: self._machine.program(*words))

    def must(self, sentence: str, holds: bool) -> None:
        """Write down that something holds.

        Raises
        ------
        RehearsalError
            If it does not.
        """
        self._tell(f"   {'yes' if holds else 'NO'}: {sentence}")
        if not holds:
            raise RehearsalError(sentence)


def rehearse(machine: PrivateRoot, earlier: Path, package: Path, tell: Callable[[str], None]) -> None:
    """Lead a station through its life.

    Raises
    ------
    RehearsalError
        If anything does not go as it must.
    """
    play = Rehearsal(machine, tell)
    play.step("install the earlier version", f"apt install ./{earlier.name}", lambda: machine.install(earlier))
    play.program("which version", "--version")
    play.program("self-test", "selftest")
    play.program("inspect 20 simulated parts", "inspect", "--frames", "20")
    (station,) = machine.home.glob(".local/share/CraneInspector")
    make_first_database(station / "records" / "log.sqlite3")
    tell("\n   (the log is now in the form in which the first version kept it)")
    before = _digests(station)
    play.step(
        "upgrade while the program inspects: refused",
        f"dpkg --install {package.name}",
        lambda: machine.install_while_at_work(package),
        fails=True,
    )
    play.must("the earlier version is untouched", machine.exists(f"/opt/{ID}/{_STALE}"))
    play.step("upgrade", f"apt install ./{package.name}", lambda: machine.install(package))
    play.must("no file of the earlier version is left", not machine.exists(f"/opt/{ID}/{_STALE}"))
    play.must("not a byte of the station's data has changed", _digests(station) == before)
    play.step("every installed file is whole", f"dpkg --verify {ID}", lambda: machine.dpkg("--verify", ID))
    play.program("self-test", "selftest")
    play.must("all 20 records are there", "20" in play.program("prove the log", "records", "verify"))
    play.program("inspect 5 more", "inspect", "--frames", "5")
    play.must("25 records are there", "25" in play.program("prove the log", "records", "verify"))
    kept = _digests(station)
    play.step("remove", f"dpkg --purge {ID}", lambda: machine.dpkg("--purge", ID))
    play.must("the program is gone", not machine.exists(f"/opt/{ID}") and not machine.exists(f"/usr/bin/{ID}"))
    play.must("the station's data are all kept", _digests(station) == kept)


def _digests(folder: Path) -> dict[str, str]:
    """Return what lies in a data folder; the program's own log of what it does counts for nothing."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "logs"
    }


def _facts(bundle: Path, packages: list[Path], machine: PrivateRoot) -> list[str]:
    return [
        f"machine: {platform.freedesktop_os_release()['PRETTY_NAME']}, {os.cpu_count()} CPUs",
        f"installed on: {(type(machine).__doc__ or '').splitlines()[0]}",
        f"bundle: {room_bytes(bundle) / 1e6:.0f} MB in {sum(1 for _ in bundle.rglob('*'))} files, links and folders",
        *(f"package: {path.name}, {path.stat().st_size / 1e6:.1f} MB" for path in packages),
        f"asks the system for: {', '.join(depends(bundle))}",
        "the earlier version: no version has been released before this one; it is the same program under an earlier",
        "number, with one file more, whose log is then put back into the form of the first version",
    ]


def main() -> None:
    """Read the command line and rehearse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=ROOT / "dist" / "CraneInspector", help="the bundle's folder")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder of the package and the transcript")
    asked = parser.parse_args()
    out = asked.out.absolute()
    version = debian_version(program_version())
    package = out / f"{ID}_{version}_amd64.deb"
    if not package.is_file():
        package = build_package(asked.bundle, out)
    work = Path(tempfile.mkdtemp(prefix=".rehearsal.", dir=out))
    try:
        with (out / "rehearsal-linux.txt").open("w", encoding="utf-8") as transcript:

            def tell(line: str) -> None:
                print(line, flush=True)
                transcript.write(f"{line}\n")

            _play(asked.bundle, package, work, tell)
    finally:
        shutil.rmtree(work)


def _play(bundle: Path, package: Path, work: Path, tell: Callable[[str], None]) -> None:
    with_more = work / "with more"
    link_bundle(bundle, with_more)
    (with_more / _STALE).touch()
    packages = work / "packages"
    earlier = build_package(with_more, packages, version=f"{program_version()}~earlier", compression="gzip", level=1)
    subprocess.run(["cp", "--reflink=auto", str(package), str(packages)], check=True)
    machine = private_root(work / "machine", packages)
    for line in _facts(bundle, [earlier, package], machine):
        tell(line)
    try:
        rehearse(machine, earlier, packages / package.name, tell)
    except RehearsalError as error:
        tell(f"\nFAILED: {error}")
        sys.exit(1)
    tell("\nAll went as it must.")


if __name__ == "__main__":
    main()

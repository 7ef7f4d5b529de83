"""A machine to install on that is not the developer's: installs, upgrades and removals leave the real one as it is.

As root it is a copy-on-write copy of this very machine (an overlay in a mount namespace of its own), without network:
real package database, real triggers, real paths. Elsewhere it is an empty folder with a package database of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

USER = "inspector"
_PATH = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
# Processes of its own too: whatever a command leaves running ends with it, and nothing holds the overlay any longer.
_ALONE = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private", "sh", "-c")
# Relative paths, because commas and colons are special in an overlay's options.
_OVERLAY = "mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work overlay root"
_ENTER = f"""
set -e
cd "$1"
{_OVERLAY}
mount --rbind /dev root/dev
mount -t proc proc root/proc
chmod 1777 root/tmp
mount --bind "$2" root/mnt
user=$3
shift 3
code=0
chroot --userspec="$user" root "$@" || code=$?
exit "$code"
"""
_AT_WORK = """
data=$(mktemp -d)
"$1" --data-dir "$data" inspect --frames 100000 >/dev/null 2>&1 &
work=$!
sleep 1
shift
"$@"
code=$?
kill "$work"
wait "$work"
rm -rf "$data"
exit "$code"
"""

Done = subprocess.CompletedProcess[str]


class PrivateRoot:
    """A copy-on-write copy of this machine; what was done to it lasts as long as its folder.

    Parameters
    ----------
    folder
        Empty folder for what differs from the real machine.
    packages
        Folder that is seen as ``/mnt`` in there.
    """

    def __init__(self, folder: Path, packages: Path) -> None:
        self.folder, self._packages = folder, packages
        for name in ("upper", "work", "root"):
            (folder / name).mkdir(parents=True)
        # Whatever of ours this machine has is none of the rehearsal's business.
        self.run("dpkg", "--purge", "crane-inspector")
        self.run("useradd", "--create-home", USER)

    @property
    def home(self) -> Path:
        """The inspector's home."""
        return self.folder / "upper" / "home" / USER

    def seen(self, file: Path) -> str:
        """Return where a file of the packages' folder is seen in there."""
        return f"/mnt/{file.name}"

    def exists(self, path: str) -> bool:
        """Return whether there is something at `path`, an absolute one, in there."""
        return self.run("sh", "-c", 'test -e "$1" || test -L "$1"', "sh", path).returncode == 0

    def install(self, package: Path) -> Done:
        """Install or upgrade as people do, with every dependency looked at."""
        options = ("-y", "-q", "--no-install-recommends", "-oDpkg::Use-Pty=0", "-oDpkg::Options::=--force-unsafe-io")
        own = {"DEBIAN_FRONTEND": "noninteractive"}
        return self.run("apt-get", "install", *options, self.seen(package), environment=own)

    def dpkg(self, *words: str) -> Done:
        """Run dpkg."""
        return self.run("dpkg", *words)

    def install_while_at_work(self, package: Path) -> Done:
        """Try to upgrade while the installed program inspects."""
        return self.run("sh", "-c", _AT_WORK, "sh", "/usr/bin/crane-inspector", "dpkg", "--install", self.seen(package))

    def program(self, *words: str, environment: Mapping[str, str] | None = None) -> Done:
        """Run the installed program as an ordinary user, with nothing in its environment but what is given."""
        return self._enter(["/usr/bin/crane-inspector", *words], USER, environment or {})

    def run(self, *words: str, user: str = "root", environment: Mapping[str, str] | None = None) -> Done:
        """Run a command in there."""
        return self._enter(list(words), user, {**_PATH, **(environment or {})})

    def _enter(self, words: list[str], user: str, environment: Mapping[str, str]) -> Done:
        return _run([*_ALONE, _ENTER, "sh", str(self.folder), str(self._packages), user, *_bare(words, environment)])


class PlainRoot(PrivateRoot):
    """An empty folder with a package database of its own: no copy of the machine, but it asks for no rights."""

    def __init__(self, folder: Path, packages: Path) -> None:
        self.folder, self._packages = folder, packages
        for name in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", f"home/{USER}"):
            (folder / name).mkdir(parents=True)
        (folder / "var/lib/dpkg/status").touch()
        how = ("not-root", "depends", "script-chrootless", "unsafe-io")
        self._dpkg = ("dpkg", f"--root={folder}", *(f"--force-{name}" for name in how))
        # The links of /usr/bin point outside.
        self._program = str(folder / "opt/crane-inspector/crane-inspector")

    @property
    def home(self) -> Path:
        """The inspector's home."""
        return self.folder / "home" / USER

    def seen(self, file: Path) -> str:
        """Return the file's own path."""
        return str(file)

    def exists(self, path: str) -> bool:
        """Return whether there is something at `path`, an absolute one, in the folder."""
        return os.path.lexists(self.folder / path.removeprefix("/"))

    def install(self, package: Path) -> Done:
        """Install or upgrade; there is nothing in there that a dependency could be looked up in."""
        return self.dpkg("--install", str(package))

    def dpkg(self, *words: str) -> Done:
        """Run dpkg on the folder."""
        return self.run(*self._dpkg, *words)

    def install_while_at_work(self, package: Path) -> Done:
        """Try to upgrade while the installed program inspects."""
        return self.run("sh", "-c", _AT_WORK, "sh", self._program, *self._dpkg, "--install", str(package))

    def program(self, *words: str, environment: Mapping[str, str] | None = None) -> Done:
        """Run the installed program as the present user."""
        return self._enter([self._program, *words], USER, {"HOME": str(self.home), **(environment or {})})

    def _enter(self, words: list[str], user: str, environment: Mapping[str, str]) -> Done:  # noqa: ARG002
        return _run(_bare(words, environment))


def private_root(folder: Path, packages: Path) -> PrivateRoot:
    """Return the best private root that this machine and user can have."""
    return PrivateRoot(folder, packages) if _can_overlay(folder) else PlainRoot(folder, packages)


def _can_overlay(folder: Path) -> bool:
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    trial = folder / "trial"
    for name in ("upper", "work", "root"):
        (trial / name).mkdir(parents=True)
    # An overlay of the root itself: a container may allow one of some other folder and not this.
    done = subprocess.run([*_ALONE, f"{_OVERLAY} && chroot root true"], cwd=trial, capture_output=True, check=False)
    subprocess.run(["rm", "-rf", str(trial)], check=True)
    return done.returncode == 0


def _bare(words: list[str], environment: Mapping[str, str]) -> list[str]:
    return ["env", "-i", *(f"{name}={value}" for name, value in environment.items()), *words]


def _run(command: list[str]) -> Done:
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)

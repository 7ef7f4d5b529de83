"""Sign what a release consists of, or check a copy of it.

``python packaging/supply/release.py make FOLDER --key FILE`` writes release-manifest.json and SHA256SUMS beside the
installers, packs and bill of materials in FOLDER; ``... verify FOLDER --key PUBLIC`` checks a copy, for example on a
USB stick. Keys are those of ``crane-inspector pack keygen``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from crane_desktop import __version__  # noqa: E402
from crane_desktop.domain.errors import InputError  # noqa: E402
from crane_desktop.model.manifest import Signature  # noqa: E402
from crane_desktop.model.signature import BLANK, read_key  # noqa: E402
from crane_desktop.services.releases import (  # noqa: E402
    MANIFEST,
    SUMS,
    Release,
    ReleasedFile,
    check_files,
    read_release,
)
from crane_desktop.settings.atomic import write_atomic  # noqa: E402
from crane_desktop.settings.texts import error_text, system_language  # noqa: E402

RELEASED = ("*.exe", "*.deb", "*.run", "*.cranepack", "*.cdx.json")
"""What belongs to a release, of all that lies in the folder that builds write to."""


def make_release(folder: Path, key_file: Path, date: str) -> Release:
    """Write the signed manifest and the check sums of what is released in `folder`.

    Raises
    ------
    InputError
        If the key cannot be read.
    ValueError
        If there is nothing to release, or a file has a name that no manifest takes.
    """
    files = sorted({file for pattern in RELEASED for file in folder.glob(pattern) if file.is_file()})
    if not files:
        raise ValueError(f"nothing to release in {folder}: none of {', '.join(RELEASED)}")
    key = read_key(key_file)
    released = tuple(
        ReleasedFile(name=file.name, size_bytes=file.stat().st_size, sha256=_sha256(file)) for file in files
    )
    public = key.public_key().public_bytes_raw().hex()
    blank = Release(version=__version__, date=date, files=released, signature=Signature(key=public, value=BLANK))
    signed = blank.model_copy(update={"signature": Signature(key=public, value=key.sign(blank.manifest_bytes()).hex())})
    write_atomic(folder / MANIFEST, signed.manifest_bytes())
    # In the form of the coreutils' sha256sum --check, for those who have no station at hand.
    write_atomic(folder / SUMS, "".join(f"{one.sha256}  {one.name}\n" for one in released).encode("ascii"))
    return signed


def source_date() -> str:
    """Return the day of the sources: of SOURCE_DATE_EPOCH, else of the last commit."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        asked = subprocess.run(
            ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        epoch = asked.stdout
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%d")


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def main() -> int:
    """Read the command line, make or verify; 0 done, 1 a bad copy, 2 it cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="sign what lies in a folder")
    make.add_argument("folder", type=Path)
    make.add_argument("--key", type=Path, required=True, help="file with the private key")
    verify = commands.add_parser("verify", help="check a copy")
    verify.add_argument("folder", type=Path)
    verify.add_argument("--key", required=True, help="the maker's public key, 64 hexadecimal digits")
    asked = parser.parse_args()
    try:
        if asked.command == "make":
            release = make_release(asked.folder, asked.key, source_date())
        else:
            release = read_release(asked.folder, {asked.key.lower()})
            check_files(asked.folder, release)
    except InputError as error:
        print(error_text(error, system_language()), file=sys.stderr)
        return 1 if asked.command == "verify" else 2
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"CraneInspector {release.version}, {len(release.files)} files, signed by {release.signature.key}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

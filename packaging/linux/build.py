"""Build the Linux installers of a bundle: ``python packaging/linux/build.py [--only deb|run] [--bundle DIR] ...``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from debian_package import LEVELS, ROOT, build_package  # noqa: E402  # beside this file, wherever it is started from
from run_file import build_run_file  # noqa: E402

BUILDERS = {"deb": build_package, "run": build_run_file}


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=BUILDERS, help="one of the two installers instead of both")
    parser.add_argument("--bundle", type=Path, default=ROOT / "dist" / "CraneInspector", help="the bundle's folder")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder that gets the installers")
    parser.add_argument("--compression", choices=LEVELS, help="otherwise the best: zstd for deb, xz for run")
    parser.add_argument("--level", type=int, help="of the compression; otherwise that of a release")
    parser.add_argument("--version", help="another version than the program's own, to rehearse upgrades")
    asked = parser.parse_args()
    if not (asked.bundle / "_internal").is_dir():
        parser.error(f"{asked.bundle} is no bundle; build it with: python packaging/bundle/build.py")
    how = {"compression": asked.compression, "level": asked.level} if asked.compression else {}
    for name in [asked.only] if asked.only else BUILDERS:
        built = BUILDERS[name](asked.bundle, asked.out, version=asked.version, **how)
        print(f"{built} {built.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

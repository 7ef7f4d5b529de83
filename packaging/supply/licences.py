"""Collect the licences of everything that is shipped: ``python packaging/supply/licences.py FOLDER``."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [entry for entry in (str(HERE), str(HERE.parents[1])) if entry not in sys.path]

from review import check_shippable, spdx_of  # noqa: E402

from crane_desktop.domain.licences import Component  # noqa: E402
from crane_desktop.settings.distributions import installed  # noqa: E402
from crane_desktop.settings.licences import INDEX  # noqa: E402


class NoTextError(Exception):
    """A component whose licence text is nowhere to be found."""


def write_licences(folder: Path) -> None:
    """Write the licence texts of everything that is shipped, and ``index.json`` over them, into `folder`.

    What lies in the folder already stays, where it has another name.

    Raises
    ------
    NotShippableError
        If a licence is unknown or not among those that were reviewed.
    NoTextError
        If a component comes without the text of its licence.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = [_collect(component, folder) for component in sorted(installed(), key=lambda one: one.name.lower())]
    (folder / INDEX).write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _collect(component: Component, folder: Path) -> dict[str, object]:
    expression = spdx_of(component.name, component.licence)
    check_shippable(component.name, expression)
    own = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in component.name)
    names = []
    for name, file in component.find_texts():
        # Deep folders of a package's sources, one file name: Windows ends paths at 260 characters.
        short = f"{len(names) + 1:03d}-{name.parent.name[-20:]}-{name.name[:40]}".replace("--", "-")
        target = folder / own / short
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(file, target)
        names.append({"name": name.as_posix(), "file": f"{own}/{short}"})
    if not names:
        raise NoTextError(f"{component.name} {component.version} comes without its licence's text: add it by hand")
    return {"name": component.name, "version": component.version, "licence": expression, "texts": names}


def main() -> None:
    """Read the command line and collect."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    write_licences(parser.parse_args().folder)


if __name__ == "__main__":
    main()

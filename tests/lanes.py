"""The lanes of the tests: a test's markers follow from where it stands and what it needs, so that nobody forgets one.

``pytest`` runs them all (only the published size is left out, see `full_size`); ``pytest -m quick`` runs what is in no
other lane and answers in under two minutes. A test that takes a second or more and is in no lane is marked ``slow``
where it stands; the end of a quick run names those that should be.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

FOLDERS = {"bundle": "bundle", "e2e": "e2e"}
"""Folder below `tests` -> the lane of everything in it."""

FIXTURES = {
    "virtual_cti": "virtual_camera",
    "virtual_cameras": "virtual_camera",
    "harvest": "virtual_camera",
    "viky": "slow",
    "shared_dir": "shared",
}
"""What a test asks for, itself or through another fixture -> its lane."""

NOT_QUICK = frozenset({"bundle", "e2e", "virtual_camera", "timing", "shared", "slow", "full_size"})
"""Whatever has one of these markers is not in the quick lane."""

SLOW_S = 2.0
"""A quick test that takes longer is named at the end; twice what it should take, for a busy machine."""


def lanes_of(folder: Path, fixtures: Collection[str], marked: Collection[str]) -> set[str]:
    """Return the markers that a test gets beside those that it has.

    Parameters
    ----------
    folder
        Where it stands, below `tests`.
    fixtures
        All that it asks for, directly or not.
    marked
        The markers that it has.
    """
    found = {lane for name, lane in FOLDERS.items() if name in folder.parts[:1]}
    found |= {lane for name, lane in FIXTURES.items() if name in fixtures}
    return found if NOT_QUICK & (found | set(marked)) else found | {"quick"}

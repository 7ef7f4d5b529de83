"""The lanes of the tests: a test's markers follow from where it stands and what it needs, so that nobody forgets one.

``pytest`` runs them all (only the published size is left out, see `full_size`); ``pytest -m quick`` runs what is in no
other lane and answers in under two minutes. A test that takes a second or more and is in no lane is marked ``slow``
where it stands; the end of a quick run names those that should be.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

PLACES = {
    "bundle": "bundle",
    "e2e": "e2e",
    "app/test_crash_report.py": "slow",
    "architecture/test_layers.py": "slow",
    "cli/test_recorded_answers.py": "slow",
    "contracts/test_frame_sources.py": "slow",
    "demo_pack/test_build.py": "slow",
    "demo_pack/test_cards.py": "slow",
    "demo_pack/test_train.py": "slow",
    "evaluation/test_checkpoint.py": "slow",
    "evaluation/test_compare.py": "slow",
    "evaluation/test_pixel_metrics.py": "slow",
    "model/test_meta_init.py": "slow",
    "model/test_profiles.py": "slow",
    "model/test_side_by_side.py": "slow",
    "records/test_verify.py": "slow",
    "supply/test_licences.py": "slow",
    "supply/test_sbom.py": "slow",
    "training/test_commands.py": "slow",
    "training/test_good_parts.py": "slow",
    "training/test_kill.py": "slow",
}
"""A folder or a file below `tests` -> the lane of everything in it."""

FIXTURES = {
    "crane": "slow",  # a whole command
    "station_dir": "slow",  # a whole station
    "viky": "slow",  # a camera in a process of its own
    "virtual_cti": "virtual_camera",
    "virtual_cameras": "virtual_camera",
    "harvest": "virtual_camera",
    "shared_dir": "shared",
}
"""What a test asks for, itself or through another fixture -> its lane."""

NOT_QUICK = frozenset({"bundle", "e2e", "virtual_camera", "timing", "shared", "slow", "full_size"})
"""Whatever has one of these markers is not in the quick lane."""

SLOW_S = 2.0
"""A quick test that takes longer is named at the end; twice what it should take, for a busy machine."""


def lanes_of(place: Path, fixtures: Collection[str], marked: Collection[str]) -> set[str]:
    """Return the markers that a test gets beside those that it has.

    Parameters
    ----------
    place
        The file that it stands in, below `tests`.
    fixtures
        All that it asks for, directly or not.
    marked
        The markers that it has.
    """
    found = {lane for name, lane in PLACES.items() if place.as_posix() == name or Path(name) in place.parents}
    found |= {lane for name, lane in FIXTURES.items() if name in fixtures}
    return found if NOT_QUICK & (found | set(marked)) else found | {"quick"}

"""The lanes of the tests: a test's markers follow from where it stands and what it needs, so that nobody forgets one.

``pytest`` runs them all (only the published size and the fuzz are left out, see `full_size` and `fuzz`);
``pytest -m quick`` runs what is in no other lane and answers in under two minutes. Which tests are slow was measured:
on an idle machine, ``pytest -m "quick or slow" --note-slow`` measures anew and writes ``slow_tests.txt``. The end of a
quick run names those that have become slow.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

PLACES = {
    "bundle": "bundle",
    "e2e": "e2e",
    "cli/test_recorded_answers.py": "slow",
    "contracts/test_frame_sources.py": "slow",
    "demo_pack/test_train.py": "slow",
    "evaluation/test_checkpoint.py": "slow",
    "evaluation/test_compare.py": "slow",
    "evaluation/test_pixel_metrics.py": "slow",
    "fuzz": "slow",
    "model/test_side_by_side.py": "slow",
    "recipe/test_store_machine.py": "slow",
    "supply/test_licences.py": "slow",
    "supply/test_sbom.py": "slow",
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

NOT_QUICK = frozenset({"bundle", "e2e", "virtual_camera", "timing", "shared", "slow", "full_size", "fuzz"})
"""Whatever has one of these markers is not in the quick lane."""

SLOW_S = 0.3
"""A test that takes longer, all its cases together, is slow: there are thousands."""

TOO_SLOW_S = 2.0
"""A single case of the quick lane that takes longer is named at the end: a busy machine makes many times `SLOW_S`."""

NOTED = Path(__file__).with_name("slow_tests.txt")


def slow_tests() -> frozenset[str]:
    """Return the tests that were measured to be slow, each as ``folder/test_file.py::test_name``."""
    return frozenset(NOTED.read_text(encoding="utf-8").split())


def function_of(node_id: str) -> str:
    """Return a test as `slow_tests` names it: without its class and its case."""
    path, *names = node_id.partition("[")[0].split("::")
    return f"{path.removeprefix('tests/')}::{names[-1]}"


def group_of(test: str) -> str:
    """Return what runs in one process of several (``pytest -n 2``): a file's tests; whatever needs the bundle.

    Parameters
    ----------
    test
        ``folder/test_file.py::test_name``.
    """
    file = test.partition("::")[0]
    return "bundle" if file.startswith("bundle/") else file


def note_slow(took_s: Mapping[str, float]) -> None:
    """Write down which of the tests that were measured are slow; the others stay as they are noted."""
    slow = {name for name, seconds in took_s.items() if seconds > SLOW_S}
    noted = sorted(slow_tests() - took_s.keys() | slow)
    NOTED.write_text("".join(f"{name}\n" for name in noted), encoding="utf-8")


def lanes_of(test: str, fixtures: Collection[str], marked: Collection[str], noted: Collection[str]) -> set[str]:
    """Return the markers that a test gets beside those that it has.

    Parameters
    ----------
    test
        ``folder/test_file.py::test_name``.
    fixtures
        All that it asks for, directly or not.
    marked
        The markers that it has.
    noted
        The tests that are known to be slow.
    """
    found = {lane for place, lane in PLACES.items() if test.startswith((f"{place}/", f"{place}::"))}
    found |= {"slow"} if test in noted else set()
    found |= {lane for name, lane in FIXTURES.items() if name in fixtures}
    return found if NOT_QUICK & (found | set(marked)) else found | {"quick"}

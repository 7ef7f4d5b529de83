"""Learning on the published size, with weights drawn from a seed: what it needs stays bounded (``-m full_size``)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.full_size, pytest.mark.timeout(3000)]

TESTS = Path(__file__).parents[1]


def test_a_published_size_learns_in_bounded_room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # In processes of their own: what the build needed does not count, and what is measured is only the learning.
    packs = tmp_path / "packs"
    subprocess.run([sys.executable, str(TESTS / "model" / "full_size.py"), str(packs)], check=True, env=os.environ)
    cost = TESTS / "training" / "learning_cost.py"
    words = [sys.executable, str(cost), str(packs / "full.cranepack"), str(tmp_path / "cost"), "8", "3"]
    measured = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    assert measured["images_learned"] == 4
    assert measured["disk_mb_each"] < 2.2  # 1369 patches of 768 halves, an image, a mask in bits
    assert max(measured["peak_gb"].values()) < 5.0
    with capsys.disabled():
        print(json.dumps(measured))

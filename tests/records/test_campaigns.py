"""Small versions of the campaigns: a few kills, a few failing calls; the scripts do them all."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs fork, SIGKILL and a library that is preloaded"),
    pytest.mark.slow,
]
HERE = Path(__file__).parent


def sums(script: str, *words: str) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, str(HERE / script), *words], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:] + done.stdout[-1000:]
    return dict(json.loads(done.stdout))


def test_a_line_that_is_killed_loses_nothing_that_it_acknowledged() -> None:
    found = sums("campaign_kills.py", "--kills", "3")
    assert found["kills"] == 3
    assert found["pictures"] > 0
    assert found["lost"] == found["false_ok"] == found["removed"] == found["wrong_proofs"] == 0


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_a_disk_that_fails_costs_nothing_that_was_acknowledged() -> None:
    found = sums("campaign_faults.py", "--most", "3")
    assert found["tries"] >= 9
    assert found["acknowledged"] > 0
    assert found["lost"] == found["false_ok"] == found["removed"] == found["wrong_proofs"] == found["died"] == 0

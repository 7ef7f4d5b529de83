"""Killed (SIGKILL) while encoding or in the middle of an epoch, learning goes on and ends with the very same files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crane_desktop.training.progress import TrainingProgress

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")

EPOCHS = 25
WITHIN_S = 240

LEARN = """
import sys
from pathlib import Path
import torch
from crane_desktop.training.prompt_learning import LearningOptions, learn_prompts
torch.set_num_threads(1)
base, site, out = map(Path, sys.argv[1:4])
how = LearningOptions(epochs=int(sys.argv[4]), seed=1, device="cpu")
for step in learn_prompts(base, [site], out, how, lambda done, _of: print("encoded", done, flush=True)):
    print("epoch", step.get("epoch"), flush=True)
"""


def start(base: Path, site: Path, out: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", LEARN, str(base), str(site), str(out), str(EPOCHS)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


def killed_after(line: str, wait_s: float, process: subprocess.Popen[str]) -> list[str]:
    """Read until a line comes, wait, kill; return every line that came."""
    assert process.stdout is not None
    read = []
    with process.stdout as stdout:
        for said in stdout:
            read.append(said.strip())
            if read[-1] == line:
                time.sleep(wait_s)  # into the middle of what comes next
                process.send_signal(signal.SIGKILL)
                break
        rest = stdout.read()
    assert process.wait(WITHIN_S) == -signal.SIGKILL
    return [*read, *rest.splitlines()]


@pytest.fixture(scope="module")
def undisturbed(
    base_pack: Callable[..., Path], write_spots: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[str]]:
    """The site's folder, with what an undisturbed run left beside it, and what it said."""
    folder = tmp_path_factory.mktemp("whole")
    site = write_spots(folder / "site", good=10, spotted=10)
    process = start(base_pack(), site, folder / "new.cranepack")
    said, _ = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0
    return site, said.splitlines()


@pytest.mark.parametrize(("line", "wait_s"), [("encoded 7", 0.0), ("epoch 3", 0.013)])
def test_killed_it_goes_on_and_ends_the_same(
    base_pack: Callable[..., Path], undisturbed: tuple[Path, list[str]], tmp_path: Path, line: str, wait_s: float
) -> None:
    site, expected = undisturbed
    said = killed_after(line, wait_s, start(base_pack(), site, tmp_path / "new.cranepack"))
    assert not (tmp_path / "new.cranepack").exists()
    left = tmp_path / ".new.cranepack.learning"
    features = sorted(left.glob("features/*.safetensors"))
    if line.startswith("encoded"):
        assert 7 <= len(features) < 20
        assert not (left / "checkpoint.pt").exists()
    else:
        assert len(features) == 20
        assert 3 <= len([one for one in said if one.startswith("epoch")]) < EPOCHS
        assert (left / "checkpoint.pt").exists()

    again = start(base_pack(), site, tmp_path / "new.cranepack")
    assert again.communicate(timeout=WITHIN_S)[0].splitlines() == expected
    assert again.returncode == 0
    for name in ("new.cranepack", "new.learning.csv", "new.learning.svg"):
        assert (tmp_path / name).read_bytes() == (site.parent / name).read_bytes(), name
    assert not left.exists()


def test_a_checkpoint_cut_in_the_middle_of_writing_is_not_there(tmp_path: Path) -> None:
    """The file is written beside and moved: a half-written one has another name and is never read."""
    import torch

    (tmp_path / "checkpoint.new").write_bytes(b"half")
    progress = TrainingProgress("wish")
    prompts = torch.nn.Linear(2, 2)
    progress.restore(tmp_path / "checkpoint.pt", prompts, torch.optim.Adam(prompts.parameters()))
    assert progress.epochs == []

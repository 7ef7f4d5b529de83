"""The published size end to end, with weights drawn from a seed: CLIP ViT-L/14-336 and DINOv2 ViT-B/14 with registers.

Not in the default run (minutes, some 8 GB of memory): ``pytest -m full_size -s tests/model/test_full_size.py``.
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from full_size import weight_files
from PIL import Image

pytestmark = [pytest.mark.full_size, pytest.mark.timeout(3000)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return weight_files(tmp_path_factory.mktemp("weights"))


class Took:
    """Seconds and peak memory of the steps, printed at the end."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        began_s = time.monotonic()
        yield
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        self.steps[step] = {"s": round(time.monotonic() - began_s, 1), "peak_gb": round(peak_gb, 2)}


def test_build_verify_load_score(
    crane: Callable[..., Any], files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    took = Took()
    station = ("--json", "--data-dir", tmp_path / "station")
    out = tmp_path / "full.cranepack"
    given = ("--clip", files["clip"], "--prompts", files["prompts"], "--dino", files["dino"])
    with took("build"):
        done = crane("pack", "build", "--variant", "crane-plus", *given, "-o", out, *station)
    assert (done.code, done.err) == (0, "")
    (told,) = done.objects
    config = told["config"]
    assert (config["vision"]["width"], config["vision"]["layers"], config["dual_from"]) == (1024, 24, 5)
    assert (config["dino"]["width"], config["dino"]["registers"], config["average"]) == (768, 4, "logits")
    # Half precision is kept where it loses nothing: some 390 and 86 million weights at two bytes, and the prompts.
    assert 0.9e9 < out.stat().st_size < 1.1e9
    with took("verify"):
        done = crane("pack", "verify", out, *station)
    assert done.code == 0, done.out
    assert [check["ok"] for check in done.objects[0]["checks"]] == [True, True, True]
    picture = tmp_path / "part.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)).save(picture)
    with took("score"):
        done = crane("score", "--pack", out, picture, "--out", tmp_path / "maps", *station)
    (scored,) = done.objects
    assert 0 <= scored["score"] <= 1
    values = np.load(scored["map"])
    assert values.shape == (518, 518)
    assert 0 <= values.min() < values.max() <= 1
    with capsys.disabled():
        print(json.dumps({"pack_gb": round(out.stat().st_size / 1e9, 3), **took.steps}))

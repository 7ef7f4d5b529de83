"""Whatever is handed to a reader, it takes it or refuses it with a sentence: never another exception, never a hang.

``pytest -m fuzz -s tests/fuzz`` gives every reader thousands of damaged inputs, the same ones each time, and prints
what became of them; the default run tastes some of each.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from builders import scorer_info
from file_subjects import text_subjects, weight_subjects
from picture_subjects import picture_subjects
from tasting import SEED, Subject, bounded, little_room, tasted
from weight_subjects import built_subjects

from crane_desktop.model.goodparts.file import write_good_parts
from crane_desktop.model.goodparts.members import MEMBERS, Look, learn_member
from crane_desktop.model.goodparts.memory import Bound, GoodParts, SelfCheck
from crane_desktop.model.goodparts.scale import Scale
from crane_desktop.model.runner import PatchFeatures

LEAST_INPUTS = 20_000
COMMANDS = 400


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small memory of good parts."""
    draw = np.random.default_rng(1)
    cells = PatchFeatures(draw.random((12, 12, 3), dtype=np.float32), (1, 2))
    looks = [Look(draw.integers(60, 90, (96, 96, 3), dtype=np.uint8), cells) for _ in range(2)]
    file = tmp_path_factory.mktemp("memory") / "m.goodparts"
    scale = Scale(0.1, 0.05)
    write_good_parts(
        file,
        GoodParts(
            bound=Bound.to(scorer_info("p", image_size_px=64)),
            members={name: learn_member(name, looks, 0) for name in MEMBERS},
            scales=dict.fromkeys(MEMBERS, scale),
            score_scale=scale,
            map_scale=scale,
            pictures=("ab" * 32,),
            check=SelfCheck(0.5, 0.9, 0.2),
        ),
    )
    return file


@pytest.fixture(scope="session")
def subjects(tmp_path_factory: pytest.TempPathFactory, tiny_pack: Path, memory: Path) -> list[Subject]:
    """Every reader of something from outside."""
    place = tmp_path_factory.mktemp("fuzz")
    return [
        *picture_subjects(1),
        *text_subjects(place / "text", 1),
        *weight_subjects(place / "weights", tiny_pack, memory, 1),
        *built_subjects(place / "built"),
    ]


def test_a_few_inputs_of_each_kind_are_taken_or_refused(subjects: list[Subject], tmp_path: Path) -> None:
    with quiet():
        told = [tasted(subject, subject.sample, tmp_path) for subject in subjects]
    assert sum(counts.total() for counts in told) == sum(subject.sample for subject in subjects)
    assert all(len(counts) > 0 for counts in told)


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
def test_thousands_of_inputs_are_taken_or_refused(subjects: list[Subject], tmp_path: Path) -> None:
    assert sum(subject.inputs for subject in subjects) >= LEAST_INPUTS
    faults = []
    with quiet(), little_room():
        for subject in subjects:
            try:
                counts = tasted(subject, subject.inputs, tmp_path)
            except AssertionError as error:
                faults.append(str(error))
            else:
                print(f"{subject.name}: {counts.total()} inputs, {dict(counts.most_common())}")
    assert not faults, "\n\n".join(faults)


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
def test_hundreds_of_commands_end_with_0_or_2(
    subjects: list[Subject], crane: Callable[..., Any], station_dir: Path, tmp_path: Path
) -> None:
    told: dict[tuple[str, int], int] = {}
    by_name = {subject.name: subject for subject in subjects}
    commands = command_lines(tmp_path)
    for name, (file, words) in commands.items():
        draw = Random(f"{SEED} command {name}")
        for _ in range(COMMANDS // len(commands)):
            file.write_bytes(by_name[name].make(draw))
            with quiet(), bounded():
                done = crane(*words, "--data-dir", station_dir, "--json")
            assert done.code in (0, 2), (name, done.code, done.err)
            assert "Traceback" not in done.err
            assert done.code == 0 or len(done.sentences) == 1, done.err
            told[name, done.code] = told.get((name, done.code), 0) + 1
    print(told)
    assert sum(told.values()) >= COMMANDS - len(commands)


def command_lines(place: Path) -> dict[str, tuple[Path, tuple[Any, ...]]]:
    """Return commands by the subject whose inputs they get: where the input lies, and the words."""
    pack, recipe, release = place / "a.cranepack", place / "a.cranerecipe", place / "stick" / "release-manifest.json"
    picture, weights, clip = place / "p.png", place / "w.pth", place / "w.safetensors"
    release.parent.mkdir()
    return {
        "pack": (pack, ("pack", "install", pack)),
        "forged-pack": (pack, ("pack", "info", pack)),
        "recipe": (recipe, ("recipe", "import", recipe, "--replace")),
        "release": (release, ("update", "check", release.parent)),
        "picture-png": (picture, ("score", "--pack", "試験用", picture)),
        "picture-tiff": (place / "p.tif", ("score", "--pack", "試験用", place / "p.tif")),
        "checkpoint": (weights, ("pack", "build", "--clip", weights, "--prompts", weights, "-o", pack)),
        "safetensors": (clip, ("pack", "build", "--clip", clip, "--prompts", clip, "-o", pack)),
        "meta": (place / "meta.json", ("evaluate", "--pack", "試験用", place / "meta.json")),
        "key": (place / "key.pem", ("pack", "sign", pack, "--key", place / "key.pem")),
    }


@contextmanager
def quiet() -> Iterator[None]:
    """Readers' libraries may remark on what they refuse: that is no fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield

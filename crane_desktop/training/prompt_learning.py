"""Learning prompts on labelled pictures, on frozen towers; the result is a new pack beside the old one.

As in the paper (arXiv 2504.11055, after AnomalyCLIP, arXiv 2310.18961) only the context tokens and the deep tokens of
the text tower change. They start from those of the base pack.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from crane_desktop.decision.names import clean_name
from crane_desktop.domain.errors import InputError
from crane_desktop.model.container import open_pack
from crane_desktop.model.device import choose_device, settle_numerics
from crane_desktop.model.packs import read_manifest
from crane_desktop.model.runner import Runner
from crane_desktop.model.weights import load_crane
from crane_desktop.training.datasets import Dataset, read_dataset
from crane_desktop.training.features import FeatureStore, Lesson
from crane_desktop.training.learned_pack import provenance, write_learned_pack
from crane_desktop.training.learner import Learner
from crane_desktop.training.progress import Progress

HELD_OUT_SHARE = 0.2
_PATIENCE = 3
"""Learning ends after so many epochs without a better one."""
_FEWEST = 2
"""Pictures of each label: one to learn from, one to judge by."""

Encoding = Callable[[int, int], None]


def _silent(_done: int, _of: int) -> None:
    pass


def learn_prompts(
    pack: Path,
    datasets: Sequence[Path],
    out: Path,
    *,
    epochs: int,
    seed: int,
    device: str = "auto",
    on_encoding: Encoding = _silent,
) -> Iterator[dict[str, Any]]:
    """Learn prompts on the test pictures of labelled sets and write a new pack.

    A share of the pictures is held out; the epoch with the lowest loss on them is kept. Features and the state after
    each epoch lie in ``.<out>.learning`` beside `out` until the pack is written: the same call after a power cut
    goes on from there and ends with the same pack.

    Parameters
    ----------
    pack
        The base: its towers, prompts to start from, and golden inputs.
    datasets
        Sets in the layout that `read_dataset` takes; pictures without masks teach the score only.
    out
        The new pack; must not exist. It has no thresholds: those of the base mean nothing for new prompts.
    on_encoding
        Told how many pictures are encoded, and of how many.

    Returns
    -------
    Iterator[dict[str, Any]]
        One dict per epoch (``epoch, loss, held_out_loss, held_out_image_auroc, held_out_pixel_auroc``), and at the
        end one with ``file, pack, kept_epoch`` and the held-out figures ``before`` and ``after``.

    Raises
    ------
    InputError
        Before anything is computed: if `out` exists or has no good name, its folder cannot be written, a set is no
        data set, or the base is no pack. While it is iterated: if a picture cannot be read, there are too few,
        the base is damaged, or the disk is full.
    """
    if out.exists():
        raise InputError("training.out_exists", file=out)
    if clean_name(out.stem) != out.stem:
        raise InputError("model.bad_pack_name", name=out.stem)
    read_manifest(pack)
    wish = _Wish(pack, tuple(read_dataset(path) for path in datasets), out, epochs, seed, choose_device(device))
    try:
        wish.folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError("training.cannot_write", folder=out.parent, detail=error.strerror or str(error)) from error
    return _learning(wish, on_encoding)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was asked for, checked."""

    pack: Path
    datasets: tuple[Dataset, ...]
    out: Path
    epochs: int
    seed: int
    device: torch.device

    @property
    def folder(self) -> Path:
        """Where features and state lie until the pack is written."""
        return self.out.with_name(f".{self.out.name}.learning")

    def inputs_sha256(self, pack_sha256: str, lessons: Sequence[Lesson]) -> str:
        """Return a name for everything that the result depends on."""
        inputs = [pack_sha256, [lesson.key for lesson in lessons], self.epochs, self.seed]
        return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def _learning(wish: _Wish, on_encoding: Encoding) -> Iterator[dict[str, Any]]:
    settle_numerics()
    with open_pack(wish.pack) as base:
        runner = Runner(load_crane(base), base.manifest.preprocessing, wish.device)
        store = FeatureStore(wish.folder, runner, base.sha256)
        lessons = _encoded(wish.datasets, store, on_encoding)
        learned, held_out = split(lessons, wish.seed)
        learner = Learner(runner.crane, store, wish.seed)
        before = learner.judge(held_out)
        progress = Progress(wish.inputs_sha256(base.sha256, lessons))
        yield from _epochs(wish, learner, progress, learned, held_out)
        learner.prompts.load_state_dict(progress.best_prompts)
        numbers = {"seed": wish.seed, "epochs": wish.epochs}
        numbers |= {"images_learned": len(learned), "images_held_out": len(held_out)}
        facts = provenance(base, wish.datasets, progress, before, numbers)
        write_learned_pack(wish.out, base, runner.crane, wish.datasets, facts)
    shutil.rmtree(wish.folder, ignore_errors=True)
    after = progress.best
    figures = {"before": asdict(before), "after": asdict(after.held_out)}
    yield {"file": str(wish.out), "pack": wish.out.stem, "kept_epoch": after.epoch, **figures}


def _encoded(datasets: Sequence[Dataset], store: FeatureStore, on_encoding: Encoding) -> list[Lesson]:
    """Encode every picture; one that is there twice counts once, or it would be learned and held out."""
    samples = [sample for dataset in datasets for sample in dataset.samples()]
    found: dict[str, Lesson] = {}
    for done, sample in enumerate(samples, start=1):
        lesson = store.encode(sample)
        if lesson is not None:
            found.setdefault(lesson.picture, lesson)
        on_encoding(done, len(samples))
    return list(found.values())


def split(lessons: Sequence[Lesson], seed: int) -> tuple[list[Lesson], list[Lesson]]:
    """Return the lessons to learn from and those to judge by: of each label the same share, drawn by `seed`.

    Raises
    ------
    InputError
        If there are not two of each label.
    """
    rng = np.random.default_rng(seed)
    learned, held_out = list[Lesson](), list[Lesson]()
    for defective in (False, True):
        group = [lesson for lesson in lessons if lesson.defective is defective]
        if len(group) < _FEWEST:
            raise InputError("training.too_few_pictures", needed=_FEWEST)
        drawn = [group[index] for index in rng.permutation(len(group))]
        count = max(1, round(HELD_OUT_SHARE * len(drawn)))
        held_out += drawn[:count]
        learned += drawn[count:]
    return learned, held_out


def _epochs(
    wish: _Wish, learner: Learner, progress: Progress, learned: Sequence[Lesson], held_out: Sequence[Lesson]
) -> Iterator[dict[str, Any]]:
    """Learn, epoch by epoch; those of an earlier, cut-off run are told again, not learned again."""
    checkpoint = wish.folder / "checkpoint.pt"
    progress.restore(checkpoint, learner.prompts, learner.optimiser)
    for done in progress.epochs:
        yield done.as_dict()
    for number in range(len(progress.epochs) + 1, wish.epochs + 1):
        if progress.epochs and number - 1 - progress.best.epoch >= _PATIENCE:
            return
        loss = learner.learn(learned, number)
        progress.add(number, loss, learner.judge(held_out), learner.prompts)
        progress.save(checkpoint, learner.prompts, learner.optimiser)
        yield progress.epochs[-1].as_dict()

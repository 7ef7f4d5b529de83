"""Learning prompts on labelled pictures, on frozen towers; the result is a new pack beside the old one.

As in the paper (arXiv 2504.11055, after AnomalyCLIP, arXiv 2310.18961) only the context tokens and the deep tokens of
the text tower change; losses, Adam's betas and batch (8) are those of the authors' training script. Where this differs,
and why (the losses' own deviations: `prompt_losses`):

* Context: by default prompts are learned as the pack judges. The authors learn guided (the image's own embedding in
  the prompt, "pad_suffix") and evaluate static; ``context="guided"`` does so too. On packs of the tests, judged static,
  learning guided left twice the held-out loss of learning static (1.3 against 0.6, 2.1 against 1.5), at equal AUROC.
* Prompts start from those of the base pack, not from noise: a site has tens of pictures, not thousands.
* Epochs: 5 as published, but more where they would be few steps; the epoch with the least held-out loss is kept,
  where the authors keep every epoch and choose by hand.
* Step size: relative to the prompts' own size (`learner`); for published prompts it is the published 0.001.
* Features are float16 on disk (some 1e-5 of a cosine), encoded picture by picture: the authors train Crane+ with
  D-Attn's mean taken over the batch, while the product judges parts one at a time.
* No augmentation, as published (its rate is 0).
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
from pydantic import JsonValue

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.evaluation.datasets.datasets import Dataset, Sample, read_dataset
from crane_desktop.evaluation.datasets.masks import look_at_masks
from crane_desktop.model.config import Context, CraneConfig
from crane_desktop.model.container import PackReader, open_pack
from crane_desktop.model.device import choose_device, settle_numerics
from crane_desktop.model.packs import read_manifest
from crane_desktop.model.runner import Runner
from crane_desktop.model.weights import hold_for, load_crane
from crane_desktop.recipe.names import clean_name
from crane_desktop.settings.texts import Language
from crane_desktop.training.features import FeatureStore, Lesson
from crane_desktop.training.learned_pack import fingerprint, pictures_behind, provenance, write_learned_pack
from crane_desktop.training.learner import BATCH, Learner
from crane_desktop.training.progress import TrainingProgress, write_learning_curve
from crane_desktop.training.split import Split, split_samples
from crane_desktop.training.text_side import load_text_side

_METHOD = 2
"""Counts up where the same inputs would end with other prompts: an older state is then not taken up."""
_PUBLISHED_EPOCHS, _MOST_EPOCHS = 5, 60
_ENOUGH_STEPS = 300
_LEAST_PATIENCE = 3

OnProgress = Callable[[int, int], None]


def _silent(_done: int, _of: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class LearningOptions:
    """How to learn.

    Attributes
    ----------
    epochs
        None: 5 as published, more where the pictures are few (some 300 steps, 60 epochs at most).
    context
        Whether the picture's embedding joins the prompts while learning; None: as the pack judges, which stays as
        it is whatever is chosen here.
    group_by
        Regular expression on a picture's path: those with the same finding stay on one side of the held-out line.
    most_pictures
        Learn from so many at most, drawn by the seed, both labels in their shares: bounds disk and time.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda[:N]"``.
    language
        Of the learning curve's labels.
    significant_bits
        How deep values of more than 8 bits are where picture files do not say; None: not known.
    """

    epochs: int | None = None
    seed: int = 0
    context: Context | None = None
    group_by: str | None = None
    most_pictures: int | None = None
    device: str = "auto"
    language: Language = "en"
    significant_bits: int | None = None

    def epochs_for(self, learned: int) -> int:
        """Return how many epochs so many pictures get."""
        steps = -(-learned // BATCH)
        return self.epochs or min(_MOST_EPOCHS, max(_PUBLISHED_EPOCHS, -(-_ENOUGH_STEPS // steps)))

    def context_for(self, config: CraneConfig) -> Context:
        """Return whether prompts of such a Crane are learned guided.

        Raises
        ------
        InputError
            If the picture's embedding does not fit into the prompt.
        """
        if self.context == "guided" and config.text.width != config.embed_dim:
            raise InputError("training.cannot_guide")
        return self.context or config.context


def learn_prompts(
    pack: Path,
    datasets: Sequence[Path],
    out: Path,
    how: LearningOptions = LearningOptions(),
    on_encoding: OnProgress = _silent,
) -> Iterator[dict[str, Any]]:
    """Learn prompts on the pictures of labelled sets and write a new pack.

    Some pictures stop the learning and choose its best epoch, others stay unseen (`split`). Features and the state
    after each epoch lie in ``.<out>.learning`` beside `out` until the pack is written: the same call after a power
    cut goes on from there and ends with the same pack. Image towers are in memory only while pictures are encoded.

    Parameters
    ----------
    pack
        The base: its towers, prompts to start from, and golden inputs.
    datasets
        What `read_dataset` takes; pictures without masks teach the score only.
    out
        The new pack; must not exist. It has no thresholds: those of the base mean nothing for new prompts.
    on_encoding
        Told how many pictures are encoded, and of how many.

    Returns
    -------
    Iterator[dict[str, Any]]
        One dict per epoch (``epoch, loss, held_out_loss, held_out_image_auroc, held_out_pixel_auroc``), and at the
        end one with ``file, pack, kept_epoch``, the counts of pictures, the held-out figures ``before`` and
        ``after``, the files of the curve, and ``unseen``: a list of `Sample` to compare the packs on.

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
    how.context_for(read_manifest(pack).config)
    sets = tuple(read_dataset(path).with_bits(how.significant_bits) for path in datasets)
    for dataset in sets:
        look_at_masks(dataset)  # an inverted mask would teach that everything but the defect is defective
    wish = _Wish(pack, sets, out, how, choose_device(how.device))
    try:
        wish.folder.mkdir(exist_ok=True)
        wish.features.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError("training.cannot_write", folder=out.parent, detail=technical(error)) from error
    return _learning(wish, on_encoding)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was asked for, checked."""

    pack: Path
    datasets: tuple[Dataset, ...]
    out: Path
    how: LearningOptions
    device: torch.device

    @property
    def folder(self) -> Path:
        """Where features and state lie until the pack is written."""
        return self.out.with_name(f".{self.out.name}.learning")

    @property
    def features(self) -> Path:
        """Where features lie."""
        return self.folder / "features"

    def samples(self) -> list[Sample]:
        """Return the pictures to use: all, or a drawn share of each label."""
        all_of_them = [sample for dataset in self.datasets for sample in dataset.samples()]
        most = self.how.most_pictures
        if most is None or most >= len(all_of_them):
            return all_of_them
        rng = np.random.default_rng([self.how.seed, 1])
        chosen: list[int] = []
        for good in (True, False):
            own = [index for index, sample in enumerate(all_of_them) if sample.is_good is good]
            count = min(len(own), max(1, round(most * len(own) / len(all_of_them))))
            chosen += rng.permutation(own)[:count].tolist()
        return [all_of_them[index] for index in sorted(chosen)]

    def inputs_sha256(self, pack_sha256: str, split: Split, epochs: int, context: Context) -> str:
        """Return a name for everything that the result depends on."""
        sides = [[lesson.key for lesson in side] for side in (split.learned, split.stopping, split.unseen)]
        inputs = [_METHOD, pack_sha256, sides, epochs, self.how.seed, context]
        return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def _learning(wish: _Wish, on_encoding: OnProgress) -> Iterator[dict[str, Any]]:
    settle_numerics()
    how = wish.how
    with open_pack(wish.pack) as base:
        store = FeatureStore(wish.features, base.sha256, base.manifest.config, lambda: _runner(base, wish.device))
        lessons = _encoded(wish.samples(), store, on_encoding)
        behind = set(pictures_behind(base.manifest.provenance))
        known = {lesson.picture for lesson in lessons if fingerprint(lesson.picture) in behind}
        split = split_samples(lessons, how.seed, how.group_by, known)
        epochs, context = how.epochs_for(len(split.learned)), how.context_for(base.manifest.config)
        learner = Learner(load_text_side(base).to(wish.device), store, how.seed, context)
        before = learner.judge(split.stopping)
        progress = TrainingProgress(wish.inputs_sha256(base.sha256, split, epochs, context))
        yield from _epochs(wish.folder / "checkpoint.pt", epochs, learner, progress, split)
        counts = {
            "images_learned": len(split.learned),
            "images_held_out": len(split.stopping),
            "images_unseen": len(split.unseen),
        }
        numbers: dict[str, JsonValue] = {"seed": how.seed, "epochs": epochs, "context": context, **counts}
        numbers |= {"near_copies": split.near_copies, "group_by": how.group_by}
        facts = provenance(base, wish.datasets, progress, before, numbers, [*split.learned, *split.stopping])
        # The pack comes last: where it is there, everything beside it is too.
        table, picture = write_learning_curve(wish.out, progress, how.language)
        write_learned_pack(wish.out, base, progress, wish.datasets, facts)
    shutil.rmtree(wish.folder, ignore_errors=True)
    after = progress.best
    yield {
        "file": str(wish.out),
        "pack": wish.out.stem,
        "kept_epoch": after.epoch,
        **counts,
        "before": asdict(before),
        "after": asdict(after.held_out),
        "curve": [str(table), str(picture)],
        "unseen": [lesson.sample for lesson in split.unseen],
    }


def _runner(base: PackReader, device: torch.device) -> Runner:
    return Runner(load_crane(base, hold=hold_for("float32")), base.manifest.preprocessing, device)


def _encoded(samples: Sequence[Sample], store: FeatureStore, on_encoding: OnProgress) -> list[Lesson]:
    """Encode every picture; one that is there twice counts once, or it would be learned and held out.

    Of two copies the one with a mask counts. Copies with different labels are refused: one of them is wrong.
    """
    store.has_room_for(len(samples))
    found: dict[str, Lesson] = {}
    for done, sample in enumerate(samples, start=1):
        lesson = store.encode(sample)
        if lesson is not None:
            known = found.get(lesson.picture)
            if known is not None and known.defective is not lesson.defective and known.sample is not None:
                raise InputError("training.two_labels", first=known.sample.file, second=sample.file)
            if known is None or (known.sample is not None and sample.has_mask and not known.sample.has_mask):
                found[lesson.picture] = lesson
        on_encoding(done, len(samples))
    store.release_towers()
    lessons = list(found.values())
    store.keep_only(lessons)
    return lessons


def _epochs(
    checkpoint: Path, epochs: int, learner: Learner, progress: TrainingProgress, split: Split
) -> Iterator[dict[str, Any]]:
    """Learn, epoch by epoch; those of an earlier, cut-off run are told again, not learned again."""
    patience = max(_LEAST_PATIENCE, epochs // 6)
    progress.restore(checkpoint, learner.prompts, learner.optimiser)
    for done in progress.epochs:
        yield done.as_dict()
    for number in range(len(progress.epochs) + 1, epochs + 1):
        if progress.epochs and number - 1 - progress.best.epoch >= patience:
            return
        loss = learner.learn(split.learned, number)
        progress.add(number, loss, learner.judge(split.stopping), learner.prompts)
        progress.save(checkpoint, learner.prompts, learner.optimiser)
        yield progress.epochs[-1].as_dict()

"""What a first batch finds in the sets of ``../shared/data``, from a seed, as one table.

    python tests/evaluation/first_batch_table.py [--draws N] [--seed S] [SET ...]

For each set some batches are drawn: 36 good parts (all where there are fewer) with 6 defective ones among them, and the
same good parts alone. Columns: image AUROC (mean, least, most over the draws), defective parts among the six oddest,
suspects among the defective and among the good ones; suspects in batches that are all good, and in how many batches.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from crane_desktop.evaluation.datasets.datasets import Sample, read_dataset
from crane_desktop.model.first_batch import features_of, judge_batch
from crane_desktop.model.lite import LiteFeatures, load_lite

SETS = ("toy_figure", "cookie", "elpv_mono", "deeppcb")
DATA = Path(__file__).parents[3] / "shared" / "data"
GOOD, ODD = 36, 6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("sets", nargs="*", default=SETS)
    asked = parser.parse_args()
    net = load_lite()
    print("set, batch; image AUROC [least, most]; among the six oddest; suspects: defective, good | all good: suspects")
    for name in asked.sets:
        print(_row(net, name, asked.draws, asked.seed), flush=True)


def _row(net: LiteFeatures, name: str, draws: int, seed: int) -> str:
    labelled = read_dataset(DATA / name).classes[0]
    good = _looked_at(net, [*labelled.train_good, *(one for one in labelled.test if one.is_good)])
    odd = _looked_at(net, [one for one in labelled.test if not one.is_good])
    ranked, first, right, wrong, alone = [], [], [], [], []
    for draw in range(draws):
        chance = np.random.default_rng((seed, draw))
        usual = [good[i] for i in chance.permutation(len(good))[:GOOD]]
        batch = [*usual, *(odd[i] for i in chance.permutation(len(odd))[:ODD])]
        is_odd = np.arange(len(batch)) >= len(usual)
        judged = judge_batch(batch, _quiet)
        ranked.append(float(roc_auc_score(is_odd, judged.oddness)))
        first.append(int(is_odd[np.argsort(-judged.oddness, kind="stable")[:ODD]].sum()))
        right.append(int(judged.suspects[is_odd].sum()))
        wrong.append(int(judged.suspects[~is_odd].sum()))
        alone.append(int(judge_batch(usual, _quiet).suspects.sum()))
    auroc = f"{np.mean(ranked):.3f} [{min(ranked):.3f}, {max(ranked):.3f}]"
    found = f"{np.mean(first):.1f} of {ODD}; {np.mean(right):.1f} of {ODD}, {np.mean(wrong):.2f} of {len(usual)}"
    false = f"{np.mean(alone):.2f} of {len(usual)}, in {np.count_nonzero(alone)} of {draws} batches"
    return f"{name:12s} {len(usual)} + {ODD}; {auroc}; {found} | {false}"


def _looked_at(net: LiteFeatures, samples: list[Sample]) -> list[tuple[torch.Tensor, ...]]:
    return [features_of(net, sample.pixels()) for sample in samples]


def _quiet(_done: int, _of: int) -> None:
    """Tell nobody."""


if __name__ == "__main__":
    main()

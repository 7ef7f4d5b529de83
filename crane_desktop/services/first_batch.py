"""First batch: parts that nobody has labelled, the odd ones first, before anything is learned or calibrated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crane_desktop.camera.decode import read_parts
from crane_desktop.camera.pictures.listing import list_folder
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.jobs import UNWATCHED, Watch
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.preprocess.likeness import Likeness, first_of_its_kind
from crane_desktop.services.good_set import names_of
from crane_desktop.services.picture_folder import passed_over_dict, passed_over_sentences
from crane_desktop.settings.texts import Language, text

if TYPE_CHECKING:  # bring torch
    from crane_desktop.model.first_batch import Judged, Looks

FEWEST, MOST = 20, 200
"""Different parts; pictures."""


@dataclass(frozen=True, slots=True, eq=False)
class RankedPart:
    """One picture of the batch.

    Attributes
    ----------
    rank
        1 for the oddest; copies have that of the picture that they show again.
    oddness
        How far it stands above the usual part, in robust widths of the batch; below 0 for every second part.
    suspect
        Whether it stands off the others so far that a person should look.
    scored
        Score and map on 0..1 of this batch: 0.5 where a part becomes a suspect. Other batches have other scales.
    copy_of
        The picture that shows the same part in the same place; None: it is the first.
    """

    name: str
    rank: int
    oddness: float
    suspect: bool
    scored: Scored
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class FirstBatch:
    """The parts of a folder, the oddest first.

    Attributes
    ----------
    passed_over
        What else lies in the folder and is no picture that can be read.
    """

    parts: tuple[RankedPart, ...]
    passed_over: tuple[str, ...] = ()

    @property
    def suspects(self) -> tuple[RankedPart, ...]:
        """The parts that stand off the others, the oddest first; no copies."""
        return tuple(part for part in self.parts if part.suspect and part.copy_of is None)

    @property
    def different(self) -> int:
        """How many different parts there are."""
        return sum(part.copy_of is None for part in self.parts)

    def sentences(self, language: Language) -> list[str]:
        """Return the outcome in plain words."""
        odd = [part.name for part in self.suspects]
        key = "services.first_batch_suspects" if odd else "services.first_batch_alike"
        told = [text(key, language, count=len(odd), of=self.different, files=names_of(odd))]
        copies = [part for part in self.parts if part.copy_of is not None]
        if copies:
            of = {"copies": len(copies), "of": len(self.parts), "counted": self.different}
            told.append(
                text("services.copies_count_once", language, first=copies[0].name, same=copies[0].copy_of, **of)
            )
        return [*told, *passed_over_sentences(self.passed_over, language)]

    def as_dict(self, language: Language) -> dict[str, Any]:
        """Return the outcome as one JSON object."""
        parts = [
            {
                "file": part.name,
                "rank": part.rank,
                "oddness": part.oddness,
                "score": part.scored.score,
                "suspect": part.suspect,
                "copy_of": part.copy_of,
            }
            for part in self.parts
        ]
        return {
            "parts": parts,
            "different": self.different,
            "suspects": [part.name for part in self.suspects],
            "passed_over": passed_over_dict(self.passed_over),
            "words": " ".join(self.sentences(language)),
        }


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What is kept of a picture: some 300 kB, whatever its size."""

    name: str
    shape: tuple[int, int]
    sha256: str
    likeness: Likeness
    features: Looks


def rank_first_batch(images: Path, significant_bits: int | None = None, watch: Watch = UNWATCHED) -> FirstBatch:
    """Rank the pictures of a folder by how odd each is among the others; nothing is learned or kept.

    Parameters
    ----------
    significant_bits
        How deep values of more than 8 bits are where the files do not say.
    watch
        Told of each picture twice: when it has been looked at, and when it has been compared.

    Raises
    ------
    InputError
        If the folder holds fewer than 20 different parts or more than 200 pictures, or one that cannot be read.
    StationFault
        If the program's own weights are missing or damaged.
    """
    listing = list_folder(images)
    seen = _looked_at(pictures_of(listing.files, significant_bits), len(listing.files), watch)
    first = _first_showing(seen)
    different = sorted(set(first))
    if len(different) < FEWEST:
        raise InputError(
            "services.first_batch_too_few", found=len(different), pictures=len(seen), least=FEWEST, most=MOST
        )
    judged = _judged([seen[number].features for number in different], len(seen), watch)
    return FirstBatch(_ranked(seen, first, different, judged), listing.passed_over)


def pictures_of(files: Iterable[Path], significant_bits: int | None) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield the pictures of files, of several pages one after the other, each with its name.

    Raises
    ------
    InputError
        If one cannot be read.
    """
    for file in files:
        for name, picture in read_parts(file, significant_bits):
            yield name, picture.pixels


def suspects_told(
    pictures: Iterable[tuple[str, NDArray[np.uint8]]], names: Collection[str], watch: Watch = UNWATCHED
) -> None:
    """Warn of parts among the good ones that stand off the others; advice only, since good parts may differ too.

    Nothing is told where they are too few or too many for a first batch.

    Parameters
    ----------
    pictures
        Looked at one by one.
    names
        Of those that count: different parts that nobody has decided about.
    watch
        Asked at every picture whether the rest is still wanted; its count stands still.
    """
    if not FEWEST <= len(names) <= MOST:
        return
    from crane_desktop.model.first_batch import features_of, judge_batch
    from crane_desktop.model.lite import load_lite

    net, known, features = load_lite(), [], []
    for name, pixels in pictures:
        if name in names:
            watch.progress(len(names), len(names))
            known.append(name)
            features.append(features_of(net, pixels))
    judged = judge_batch(features, lambda _done, _of: watch.progress(len(names), len(names)))
    odd = [known[number] for number in np.argsort(-judged.oddness, kind="stable") if judged.suspects[number]]
    if odd:
        watch.warn(InputError("services.good_parts_suspect", count=len(odd), of=len(known), files=names_of(odd)))


def _looked_at(pictures: Iterable[tuple[str, NDArray[np.uint8]]], files: int, watch: Watch) -> list[_Seen]:
    from crane_desktop.model.first_batch import features_of
    from crane_desktop.model.goodparts.memory import picture_sha256
    from crane_desktop.model.lite import load_lite

    _must_be_fewer(files)
    net = load_lite()
    seen: list[_Seen] = []
    for name, pixels in pictures:
        _must_be_fewer(len(seen) + 1)
        shape = (pixels.shape[0], pixels.shape[1])
        seen.append(_Seen(name, shape, picture_sha256(pixels), Likeness.of(pixels), features_of(net, pixels)))
        watch.progress(len(seen), 2 * max(files, len(seen)))
    return seen


def _must_be_fewer(found: int) -> None:
    if found > MOST:
        raise InputError("services.first_batch_too_many", least=FEWEST, most=MOST)


def _first_showing(seen: Sequence[_Seen]) -> list[int]:
    """Return for each picture the first one of the same part: same pixels, or nearly the same."""
    first_with: dict[str, int] = {}
    exact = [first_with.setdefault(picture.sha256, number) for number, picture in enumerate(seen)]
    different = sorted(first_with.values())
    near = first_of_its_kind([seen[number].likeness for number in different])
    first = {number: different[kind] for number, kind in zip(different, near, strict=True)}
    return [first[same] for same in exact]


def _judged(features: list[Looks], pictures: int, watch: Watch) -> Judged:
    from crane_desktop.model.first_batch import judge_batch

    copies = pictures - len(features)
    return judge_batch(features, lambda done, _of: watch.progress(pictures + copies + done, 2 * pictures))


def _ranked(
    seen: Sequence[_Seen], first: Sequence[int], different: Sequence[int], judged: Judged
) -> tuple[RankedPart, ...]:
    from crane_desktop.model.first_batch import shown

    row = {number: index for index, number in enumerate(different)}
    order = np.argsort(-judged.oddness, kind="stable")
    rank = {int(index): place + 1 for place, index in enumerate(order)}
    scores, maps, suspects = shown(judged.oddness), shown(judged.maps), judged.suspects
    maps.flags.writeable = False
    parts = []
    for number, picture in enumerate(seen):
        index = row[first[number]]
        whole = Placement(0, 0, picture.shape[1], picture.shape[0])
        parts.append(
            RankedPart(
                picture.name,
                rank[index],
                float(judged.oddness[index]),
                bool(suspects[index]),
                Scored(float(scores[index]), AnomalyMap(maps[index], whole)),
                None if first[number] == number else seen[first[number]].name,
            )
        )
    return tuple(sorted(parts, key=lambda part: (part.rank, part.copy_of is not None)))

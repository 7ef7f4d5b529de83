"""Make a model pack of a Crane."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from crane_desktop.domain.errors import InputError
from crane_desktop.model.container import MANIFEST
from crane_desktop.model.crane import Crane, at_size
from crane_desktop.model.device import settle_numerics
from crane_desktop.model.golden import golden_members, golden_pictures
from crane_desktop.model.manifest import About, GoldenCase, Manifest, Member, Precision, Preprocessing, Profile
from crane_desktop.model.packs import write_whole
from crane_desktop.model.runner import Runner
from crane_desktop.model.weights import crane_of, hold_for, stored_state, weight_members


@dataclass(frozen=True, slots=True)
class ProfileWish:
    """A profile as its maker asks for it; see `Profile`."""

    name: str
    image_size_px: int
    precision: Precision
    batch: int

    def proven(self, answered: Callable[[int, str], Sequence[GoldenCase]]) -> Profile:
        """Return the profile with what the model says in it.

        Raises
        ------
        InputError
            If there is no such profile.
        """
        fields = asdict(self)
        try:
            return Profile(**fields, golden=tuple(answered(self.image_size_px, f"{self.name}-")))
        except ValidationError as error:
            raise InputError("model.bad_profile", name=self.name, size=self.image_size_px) from error


def write_pack(
    path: Path,
    about: About,
    crane: Crane,
    golden_images: Sequence[NDArray[np.uint8]] = (),
    *,
    precision: Precision = "float32",
    preprocessing: Preprocessing | None = None,
    profiles: Sequence[ProfileWish] = (),
) -> Manifest:
    """Write a pack, whole or not at all. The same Crane gives the same bytes.

    Parameters
    ----------
    golden_images
        uint8 ``(H, W)`` or ``(H, W, 3)`` RGB; without any, two that the program draws. The answers kept with them are
        those of the weights as stored, on the CPU.
    precision
        How the weights are stored; ``float16`` and ``bfloat16`` round them.
    profiles
        Ways to run it beside those that every pack has.

    Returns
    -------
    Manifest
        As it stands in the pack.

    Raises
    ------
    InputError
        If the file cannot be written, or the towers cannot see a profile's image size.
    """
    settle_numerics()
    state = stored_state(crane, precision)
    preprocessing = preprocessing or Preprocessing()
    pictures = list(golden_images) or golden_pictures()

    def answered(size_px: int, tag: str) -> list[GoldenCase]:
        own = at_size(crane_of(crane.config, state, hold_for("float32")), size_px)
        added, cases = golden_members(Runner(own, preprocessing, torch.device("cpu")), pictures, tag)
        golden.update(added)
        return cases

    golden: dict[str, bytes] = {}
    cases = answered(crane.config.image_size_px, "")
    offered = tuple(wish.proven(answered) for wish in profiles)
    members = {**weight_members(state), **golden}
    manifest = Manifest(
        **about.model_dump(),
        variant=crane.config.variant,
        config=crane.config,
        precision=precision,
        preprocessing=preprocessing,
        members={n: Member(sha256=hashlib.sha256(c).hexdigest(), size=len(c)) for n, c in members.items()},
        golden=tuple(cases),
        profiles=offered,
    )
    write_whole(path, {MANIFEST: manifest.canonical_bytes(), **members})
    return manifest

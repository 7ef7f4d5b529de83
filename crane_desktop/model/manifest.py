"""What a model pack says about itself."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator
from pydantic_core import PydanticCustomError

from crane_desktop.domain.errors import InputError
from crane_desktop.model.config import LARGEST_GRID, LARGEST_SIDE_PX, CraneConfig, Variant
from crane_desktop.preprocess.normalise import CLIP_NORMALISATION, IMAGENET_NORMALISATION, Normalisation
from crane_desktop.recipe.names import clean_name
from crane_desktop.recipe.thresholds import Thresholds

FORMAT_VERSION: Final = 1

Precision: TypeAlias = Literal["float32", "float16", "bfloat16"]
_Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Triple: TypeAlias = tuple[float, float, float]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Words(_Frozen):
    """One text in both languages."""

    en: str
    ja: str


class Licence(_Frozen):
    """Terms that a part of the pack comes under.

    Attributes
    ----------
    part
        What the terms are for, for example ``"clip"``.
    spdx
        SPDX identifier, for example ``"MIT"``.
    attribution
        Whom to name, as the licence asks.
    """

    part: str
    spdx: str
    attribution: str


class ChannelStatistics(_Frozen):
    """Mean and standard deviation per RGB channel, of values in [0, 1]."""

    mean: _Triple
    std: _Triple

    @field_validator("std")
    @classmethod
    def _can_be_divided_by(cls, std: _Triple) -> _Triple:
        if min(std) <= 0:
            raise PydanticCustomError("std", "a standard deviation is positive")
        return std

    def normalisation(self) -> Normalisation:
        """Return the same for `preprocess`."""
        return Normalisation(self.mean, self.std)


def _statistics(of: Normalisation) -> ChannelStatistics:
    return ChannelStatistics(mean=of.mean, std=of.std)


class Preprocessing(_Frozen):
    """How pixels become what the towers were trained on. The resize is always Pillow's bicubic, to a square."""

    clip: ChannelStatistics = _statistics(CLIP_NORMALISATION)
    dino: ChannelStatistics = _statistics(IMAGENET_NORMALISATION)


class Member(_Frozen):
    """A file in the pack."""

    sha256: _Sha256
    size: Annotated[int, Field(ge=0, le=1 << 48)]


class Signature(_Frozen):
    """Who made the pack, in hexadecimal digits: the public Ed25519 key, and the signature (see `signature`)."""

    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    value: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


class GoldenCase(_Frozen):
    """A picture with what the model must say about it, on whatever machine.

    Attributes
    ----------
    image
        Member with the picture (PNG).
    map
        Member with every `stride`-th value of the smoothed map in both directions (float32 ``.npy``).
    """

    image: str
    map: str
    stride: Annotated[int, Field(ge=1, le=LARGEST_SIDE_PX)]
    score: Annotated[float, Field(ge=0, le=1)]


class Profile(_Frozen):
    """A way to run a pack, that its maker offers and proves: smaller pictures, other precision, several at once.

    Attributes
    ----------
    image_size_px
        Side of the picture that the model sees. Scores of different sizes are not comparable.
    precision
        What the layers compute in.
    batch
        So many pictures are answered in one pass at most; it changes no answer.
    golden
        What the model must say in this profile; in float32, where less is allowed to differ a little.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    image_size_px: Annotated[int, Field(ge=1, le=LARGEST_SIDE_PX)]
    precision: Precision = "float32"
    batch: Annotated[int, Field(ge=1, le=64)] = 1
    golden: Annotated[tuple[GoldenCase, ...], Field(min_length=1, max_length=64)]


FULL: Final = "full"
FAST: Final = "fast"
"""Profiles that every pack has: its own size in float32, and in bfloat16."""


class About(_Frozen):
    """The part of a manifest that whoever makes a pack has to say.

    Attributes
    ----------
    backbones
        What the towers are, for example ``{"clip": "OpenAI ViT-L/14@336px"}``.
    thresholds
        Suggested with the pack; None where only a calibration can tell.
    provenance
        How the weights came about: files, seeds, data, training figures.
    """

    name: str
    pack_version: Annotated[str, Field(min_length=1, max_length=64)] = "1"
    description: Words
    backbones: dict[str, str] = {}
    licences: tuple[Licence, ...] = ()
    for_demonstration: bool = False
    thresholds: Thresholds | None = None
    provenance: dict[str, JsonValue] = {}

    @field_validator("pack_version")
    @classmethod
    def _can_be_shown(cls, version: str) -> str:
        if not version.isprintable():
            raise PydanticCustomError("pack_version", "characters that nobody sees")
        return version

    @field_validator("name")
    @classmethod
    def _is_a_good_file_name(cls, name: str) -> str:
        if clean_name(name) != name:
            raise PydanticCustomError("pack_name", "no good name for a file")
        return name


class Manifest(About):
    """All that a pack says about itself.

    Attributes
    ----------
    precision
        Of the stored weights. ``float32`` may be stored in half the space where that loses nothing. What the model
        computes in, a profile says.
    members
        Every file of the pack but the manifest.
    profiles
        Ways to run it beside those that every pack has.
    signature
        None where nobody signed it.
    """

    format_version: Literal[1] = 1
    variant: Variant
    config: CraneConfig
    precision: Precision
    preprocessing: Preprocessing = Preprocessing()
    members: dict[str, Member]
    golden: Annotated[tuple[GoldenCase, ...], Field(min_length=1, max_length=64)]
    profiles: Annotated[tuple[Profile, ...], Field(max_length=16)] = ()
    signature: Signature | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.variant != self.config.variant:
            raise PydanticCustomError("variant", "the variant is not that of the configuration")
        names = [profile.name for profile in self.all_profiles()]
        if len(set(names)) < len(names):
            raise PydanticCustomError("profiles", "two profiles of one name")
        if any(profile.image_size_px % self.config.vision.patch_size_px for profile in self.profiles):
            raise PydanticCustomError("profiles", "a profile's image size is no multiple of the patch size")
        if any(profile.image_size_px // self.config.vision.patch_size_px > LARGEST_GRID for profile in self.profiles):
            raise PydanticCustomError("profiles", "a profile cuts the picture into too many patches")
        for case in (case for profile in self.all_profiles() for case in profile.golden):
            if case.image not in self.members or case.map not in self.members:
                raise PydanticCustomError("golden", "a golden input is no member")
        return self

    def all_profiles(self) -> tuple[Profile, ...]:
        """Return every way to run this pack, the exact one first."""
        size_px, golden = self.config.image_size_px, self.golden
        own = (
            Profile(name=FULL, image_size_px=size_px, golden=golden),
            Profile(name=FAST, image_size_px=size_px, precision="bfloat16", golden=golden),
        )
        return (*own, *self.profiles)

    def profile(self, name: str) -> Profile:
        """Return the profile of that name.

        Raises
        ------
        InputError
            If the pack has none: names those that it has.
        """
        for profile in self.all_profiles():
            if profile.name == name:
                return profile
        known = ", ".join(profile.name for profile in self.all_profiles())
        raise InputError("model.no_such_profile", name=name, pack=self.name, known=known)

    def canonical_bytes(self) -> bytes:
        """Return the manifest as it stands in the pack: JSON in UTF-8."""
        return self.model_dump_json(indent=1).encode()

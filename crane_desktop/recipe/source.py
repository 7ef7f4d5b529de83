"""Where a recipe takes its frames from: one kind of settings per kind of source, told apart by ``kind``."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from crane_desktop.domain.sources import FASTEST_HZ, LARGEST_SEED, MOST_FRAMES, SLOWEST_HZ, SourceChoice

_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
_Bits: TypeAlias = Annotated[int, Field(ge=8, le=16)]
_Rate: TypeAlias = Annotated[float, Field(ge=SLOWEST_HZ, le=FASTEST_HZ)]
_Frames: TypeAlias = Annotated[int, Field(ge=1, le=MOST_FRAMES)]
_Seed: TypeAlias = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
_Word: TypeAlias = Annotated[str, Field(max_length=200)]
_Place: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]


class DemoChoice(BaseModel):
    """The simulated line; `part` None means all kinds of parts."""

    model_config = _STRICT

    kind: Literal["demo"] = "demo"
    part: _Word | None = None
    seed: _Seed = 0
    rate_hz: _Rate | None = None
    frames: _Frames | None = None

    def choice(self) -> SourceChoice:
        """Return the same as the station's own word."""
        return SourceChoice(kind="demo", device=self.part, seed=self.seed, rate_hz=self.rate_hz, frames=self.frames)


class FolderChoice(BaseModel):
    """Replay of a folder of pictures; `significant_bits` None means that the files must say how deep they are."""

    model_config = _STRICT

    kind: Literal["folder"] = "folder"
    path: _Place
    rate_hz: _Rate | None = None
    frames: _Frames | None = None
    significant_bits: _Bits | None = None

    def choice(self) -> SourceChoice:
        """Return the same as the station's own word."""
        return SourceChoice(
            kind="folder",
            path=self.path,
            rate_hz=self.rate_hz,
            frames=self.frames,
            significant_bits=self.significant_bits,
        )


class GenicamChoice(BaseModel):
    """A GenICam camera; `cti` None means all producers of the station, `device` None the first camera.

    A producer is native code: which file `cti` means, the station says (`services.recipe_source`), never a recipe.
    """

    model_config = _STRICT

    kind: Literal["genicam"] = "genicam"
    cti: _Place | None = None
    device: _Word | None = None
    trigger: Literal["free", "software", "hardware"] = "free"
    frames: _Frames | None = None

    def choice(self) -> SourceChoice:
        """Return the same as the station's own word; the producer is left to the station."""
        return SourceChoice(kind="genicam", device=self.device, trigger=self.trigger, frames=self.frames)


RecipeSource: TypeAlias = Annotated[DemoChoice | FolderChoice | GenicamChoice, Field(discriminator="kind")]

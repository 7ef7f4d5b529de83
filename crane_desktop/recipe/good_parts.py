"""Which memory of good parts a recipe uses."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class GoodPartsFile(BaseModel):
    """A memory beside the recipes, bound by its SHA-256.

    Attributes
    ----------
    parts
        So many good parts are remembered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    file: Annotated[str, Field(pattern=r"^[0-9a-f]{16}\.goodparts$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    parts: Annotated[int, Field(ge=1, le=64)]

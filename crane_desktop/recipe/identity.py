"""Who a recipe is: one SHA-256 over everything in it. Records name it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from crane_desktop.recipe.model import Recipe


def canonical(value: Any) -> bytes:
    """Return plain values as the one JSON text that stands for them: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def recipe_sha256(recipe: Recipe) -> str:
    """Return the SHA-256 (hex) of the recipe's canonical JSON.

    Fields that are None are left out, so that a recipe keeps its hash when later programs know more fields. Camera
    features count in their order, as the camera gets them. How the file was formatted does not count.
    """
    return hashlib.sha256(canonical(_content(recipe))).hexdigest()


def same_content(one: Recipe, other: Recipe) -> bool:
    """Return whether two recipes say the same but for the number of their version."""
    return canonical({**_content(one), "version": 0}) == canonical({**_content(other), "version": 0})


def _content(recipe: Recipe) -> dict[str, Any]:
    features = [[name, value] for name, value in recipe.camera_features.items()]
    return {
        **recipe.model_dump(mode="json", exclude_none=True, exclude={"format_version"}),
        "camera_features": features,
    }

"""Which camera features can change a picture: all but those that are known not to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from crane_desktop.domain.camera_names import LEAVES_PICTURE, FeatureValue, quantity, standard_name, standard_value

# What is not known to leave it alone counts as changing the picture, features of a maker's own included.
_IDLE_NAME = re.compile(rf"(?:{'|'.join(LEAVES_PICTURE)})(?![a-z])")
# Triggers that shape the exposure itself, or the lines of a picture.
_SHAPING_TRIGGER = re.compile(r"Trigger\w*\[[^\]]*(?:Exposure|Line)")


def changes_picture(feature: str) -> bool:
    """Return whether a feature (SFNC name, selectors in brackets: ``Gain[DigitalAll]``) can change a picture."""
    return _IDLE_NAME.match(feature) is None or _SHAPING_TRIGGER.match(feature) is not None


def picture_features(features: Mapping[str, FeatureValue]) -> dict[str, FeatureValue]:
    """Return those of the features that can change a picture, in their order."""
    return {name: value for name, value in features.items() if changes_picture(name)}


def comparable(features: Mapping[str, FeatureValue], other: Mapping[str, FeatureValue]) -> dict[str, FeatureValue]:
    """Return the features as they compare with `other`, which may come from a camera with names of another age.

    Each goes by its name of today. One in the camera's own steps (``ExposureTimeRaw``) says nothing that the same
    in a unit, later in the set, does not say: where `other` cannot have it, it is left out.
    """
    known = {standard_name(key) for key in other}
    found: dict[str, FeatureValue] = {}
    for place, (key, value) in enumerate(features.items()):
        name = standard_name(key)
        if name in found:
            return dict(features)  # the same twice: nobody knows which counts
        if name in known or not _is_said_again(key, list(features)[place + 1 :]):
            found[name] = standard_value(key, value)
    return found


def _is_said_again(key: str, after: Sequence[str]) -> bool:
    bare, bracket, selection = key.partition("[")
    what = quantity(bare)
    return what is not None and bare in what.other and f"{what.name}{bracket}{selection}" in map(standard_name, after)

"""A manifest comes from outside: whatever does not agree with itself is refused, and what is said is kept."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from crane_desktop.domain.errors import InputError
from crane_desktop.model.config import CraneConfig
from crane_desktop.model.manifest import ChannelStatistics, Manifest, Member, Preprocessing, Profile
from crane_desktop.preprocess.normalise import CLIP_NORMALISATION, IMAGENET_NORMALISATION
from crane_desktop.settings.texts import LANGUAGES, error_text

SHA = "0123456789abcdef" * 4
CASE = {"image": "golden/0.png", "map": "golden/0.npy", "stride": 1, "score": 0.5}


@pytest.fixture
def whole(small_config: Callable[..., CraneConfig]) -> dict[str, Any]:
    """All that a small pack says, as JSON."""
    config = small_config("crane")
    return {
        "name": "ねじ M3",
        "description": {"en": "screw", "ja": "ねじ"},
        "variant": "crane",
        "config": config.model_dump(mode="json"),
        "precision": "float32",
        "members": {name: {"sha256": SHA, "size": 3} for name in ("golden/0.png", "golden/0.npy", "weights/0")},
        "golden": [CASE],
        "profiles": [{"name": "small", "image_size_px": config.vision.patch_size_px, "golden": [CASE]}],
    }


def put(facts: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the facts with one of them changed; ``None`` in a path's last name of a list appends."""
    changed = copy.deepcopy(facts)
    *way, last = path.split(".")
    at: Any = changed
    for name in way:
        at = at[int(name)] if isinstance(at, list) else at[name]
    if isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return changed


def test_what_is_said_is_kept_to_the_byte(whole: dict[str, Any]) -> None:
    made = Manifest.model_validate(whole)
    again = Manifest.model_validate_json(made.canonical_bytes())
    assert again == made
    assert again.canonical_bytes() == made.canonical_bytes()
    assert json.loads(made.canonical_bytes())["name"] == "ねじ M3"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "a/b"),
        ("name", ""),
        ("name", "../x"),
        ("name", "con"),
        ("name", " x"),
        ("format_version", 2),
        ("format_version", 0),
        ("pack_version", ""),
        ("pack_version", "1" * 65),
        ("variant", "crane-plus"),
        ("variant", "clip"),
        ("precision", "int8"),
        ("description", {"en": "only"}),
        ("unknown", 1),
        ("golden", []),
        ("golden", [CASE] * 65),
        ("golden.0.stride", 0),
        ("golden.0.score", 1.5),
        ("golden.0.score", -0.1),
        ("golden.0.score", "nan"),
        ("golden.0.image", "golden/absent.png"),
        ("golden.0.map", "golden/absent.npy"),
        ("members.weights/0.sha256", SHA[:-1]),
        ("members.weights/0.sha256", SHA.upper()),
        ("members.weights/0.size", -1),
        ("profiles.0.name", "full"),
        ("profiles.0.name", "fast"),
        ("profiles.0.name", "Small"),
        ("profiles.0.name", "1st"),
        ("profiles.0.name", "s" * 33),
        ("profiles.0.image_size_px", 13),
        ("profiles.0.image_size_px", 0),
        ("profiles.0.image_size_px", 8192),
        ("profiles.0.precision", "int8"),
        ("profiles.0.batch", 0),
        ("profiles.0.batch", 65),
        ("profiles.0.golden", []),
        ("profiles.0.golden", [{**CASE, "image": "absent"}]),
        ("preprocessing", {"clip": {"mean": [0, 0], "std": [1, 1]}}),
        ("preprocessing", {"clip": {"mean": [0, 0, 0], "std": [1, 0, 1]}}),
        ("preprocessing", {"clip": {"mean": [0, 0, 0], "std": [1, -1, 1]}}),
        ("signature", {"key": SHA, "value": SHA}),
        ("signature", {"key": "x" * 64, "value": SHA * 2}),
        ("thresholds", {"score_review": 0.5}),
    ],
)
def test_what_cannot_be_is_refused(whole: dict[str, Any], path: str, value: Any) -> None:
    Manifest.model_validate(whole)
    with pytest.raises(ValidationError):
        Manifest.model_validate(put(whole, path, value))


def test_two_profiles_of_one_name_are_refused(whole: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="two profiles"):
        Manifest.model_validate({**whole, "profiles": whole["profiles"] * 2})
    many = [{**whole["profiles"][0], "name": f"p{n}"} for n in range(17)]
    assert len(Manifest.model_validate({**whole, "profiles": many[:16]}).all_profiles()) == 18
    with pytest.raises(ValidationError):
        Manifest.model_validate({**whole, "profiles": many})


@pytest.mark.parametrize("absent", ["name", "description", "variant", "config", "precision", "members", "golden"])
def test_nothing_that_counts_may_be_left_out(whole: dict[str, Any], absent: str) -> None:
    del whole[absent]
    with pytest.raises(ValidationError):
        Manifest.model_validate(whole)


def test_every_pack_has_two_profiles_of_its_own_size(whole: dict[str, Any]) -> None:
    made = Manifest.model_validate(whole)
    full, fast, small = made.all_profiles()
    assert (full.name, full.precision, fast.name, fast.precision) == ("full", "float32", "fast", "bfloat16")
    assert full.image_size_px == fast.image_size_px == made.config.image_size_px
    assert full.golden == fast.golden == made.golden
    assert made.profile("small") == small
    assert (small.precision, small.batch) == ("float32", 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_profile_that_is_not_there_is_told_with_those_that_are(whole: dict[str, Any], language: Any) -> None:
    with pytest.raises(InputError) as told:
        Manifest.model_validate(whole).profile("huge")
    words = error_text(told.value, language)
    assert all(name in words for name in ("huge", "full", "fast", "small"))


def test_without_a_word_pixels_are_normalised_as_published() -> None:
    usual = Preprocessing()
    assert usual.clip.normalisation() == CLIP_NORMALISATION
    assert usual.dino.normalisation() == IMAGENET_NORMALISATION
    own = ChannelStatistics(mean=(0, 0.5, 1), std=(1, 2, 3)).normalisation()
    assert (tuple(own.mean), tuple(own.std)) == ((0, 0.5, 1), (1, 2, 3))


def test_nothing_in_a_manifest_can_be_changed_afterwards(whole: dict[str, Any]) -> None:
    made = Manifest.model_validate(whole)
    for target, name, value in (
        (made, "name", "other"),
        (made.golden[0], "score", 0.1),
        (made.config, "average", "logits"),
    ):
        with pytest.raises(ValidationError):
            setattr(target, name, value)
    assert isinstance(made.members["weights/0"], Member)
    assert isinstance(made.all_profiles()[2], Profile)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("image_size_px", 57),
        ("image_size_px", 0),
        ("image_size_px", 5000),
        ("embed_dim", 4),
        ("vision.heads", 5),
        ("vision.layers", 0),
        ("vision.layers", 257),
        ("vision.width", 9000),
        ("vision.stem", "other"),
        ("vision.stem", "conv"),
        ("vision.patch_size_px", 0),
        ("text.heads", 7),
        ("dual_from", 200),
        ("dual_from", -1),
        ("deep_layers", 200),
        ("deep_tokens", 77),
        ("prompt_tokens", 72),
        ("context_length", 10),
        ("average", "median"),
        ("context", "free"),
        ("temperature", 0),
        ("temperature", "nan"),
        ("temperature", "inf"),
        ("smoothing_sigma_px", 0),
        ("smoothing_sigma_px", 300),
        ("variant", "crane-plus"),
        ("dino", {"width": 32, "layers": 1, "heads": 1, "patch_size_px": 14}),
        ("more", 1),
    ],
)
def test_a_configuration_that_cannot_be_built_is_refused(
    small_config: Callable[..., CraneConfig], path: str, value: Any
) -> None:
    facts = small_config("crane").model_dump(mode="json")
    assert CraneConfig.model_validate(facts)
    with pytest.raises(ValidationError):
        CraneConfig.model_validate(put(facts, path, value))


def test_a_picture_in_too_many_patches_is_refused(small_config: Callable[..., CraneConfig]) -> None:
    """Attention's room grows with the fourth power of the patches along a side."""
    facts = small_config("crane").model_dump(mode="json")
    patch = facts["vision"]["patch_size_px"]
    assert CraneConfig.model_validate({**facts, "image_size_px": 64 * patch}).grid == 64
    with pytest.raises(ValidationError, match="too many patches"):
        CraneConfig.model_validate({**facts, "image_size_px": 65 * patch})

"""Every sentence exists in both languages, is used, and is asked for by a literal key."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest
from house_figures import parsed

from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.health import SourceState
from crane_desktop.domain.station import StationState
from crane_desktop.domain.verdicts import ReasonCode, Verdict
from crane_desktop.settings.texts import TECHNICAL, catalogue, plain_text

ROOT = Path(__file__).resolve().parents[2]
KEY = re.compile(r"^[a-z_]+\.[A-Za-z0-9_.]+$")
SOURCES = sorted((ROOT / "crane_desktop").rglob("*.py"))


def _strings(path: Path) -> set[str]:
    tree = parsed(path)
    return {
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and KEY.match(n.value)
    }


def _asked() -> dict[str, Path]:
    """Keys that errors and `text(...)` calls name literally."""
    asked: dict[str, Path] = {}
    for path in SOURCES:
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in {"text", "InputError", "StationFault"} and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    asked[first.value] = path
    return asked


def _places(sentence: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_both_languages_say_the_same(key: str) -> None:
    both = catalogue()[key]
    assert set(both) == {"en", "ja"}
    assert all(both.values())
    assert _places(both["en"]) == _places(both["ja"])


def test_every_key_that_is_asked_for_exists() -> None:
    missing = {k: str(p.relative_to(ROOT)) for k, p in _asked().items() if k not in catalogue()}
    assert missing == {}


def test_every_enumerated_word_has_its_text() -> None:
    wanted = [f"verdict.{v}" for v in Verdict] + [f"reason.{r}" for r in ReasonCode]
    wanted += [f"loss.{c}" for c in LossCause] + [f"state.{s}" for s in StationState]
    wanted += [f"source.{s}" for s in SourceState]
    assert [k for k in wanted if k not in catalogue()] == []


def test_no_text_is_left_over() -> None:
    used = set().union(*(_strings(p) for p in SOURCES))
    enumerated = ("verdict.", "reason.", "loss.", "state.", "source.")
    prefixes = _dynamic_prefixes()
    unused = [k for k in catalogue() if k not in used and not k.startswith(enumerated) and not k.startswith(prefixes)]
    assert unused == []


def _dynamic_prefixes() -> tuple[str, ...]:
    """Constant heads of f-strings that look like keys: ``f"ui.kind.{kind}"`` uses every ``ui.kind.*``."""
    heads = set()
    for path in SOURCES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
                head = str(node.values[0].value)
                if re.match(r"^[a-z_]+\.[a-z_]*[._]?$", head) and len(head) > 3:
                    heads.add(head)
    return tuple(heads) or ("\0",)


_FOREIGN = "OSError: [Errno 5]"


def _told_by(*names: str) -> list[str]:
    """Keys that calls of these names begin with."""
    calls = (node for path in SOURCES for node in ast.walk(parsed(path)) if isinstance(node, ast.Call) and node.args)
    firsts = (node.args[0] for node in calls if getattr(node.func, "id", getattr(node.func, "attr", "")) in names)
    keys = {first.value for first in firsts if isinstance(first, ast.Constant) and isinstance(first.value, str)}
    return sorted(key for key in keys & set(catalogue()) if _places(catalogue()[key]["en"]) & set(TECHNICAL))


@pytest.mark.parametrize("key", _told_by("InputError", "StationFault", "problem", "hint", "well"))
def test_a_sentence_holds_without_the_words_of_drivers_and_libraries(key: str) -> None:
    """They stand in brackets of their own, so that what an inspector reads is a sentence without them."""
    places = _places(catalogue()[key]["en"])
    error = CraneError(key, **{place: _FOREIGN if place in TECHNICAL else "X1" for place in places})
    for language in ("en", "ja"):
        told = plain_text(error, language)
        assert "Errno" not in told
        assert not re.search(r"\(\)|（）|\s[,.、。]|[({（]\s*$", told), told


def test_such_sentences_are_found() -> None:
    assert "camera.lost" in _told_by("StationFault")
    assert "camera.doctor_load_error" in _told_by("problem")

"""Text for people, in both languages at once.

``resources/texts/*.json`` hold ``{"key": {"en": "...", "ja": "..."}}`` with ``{named}`` places; one file
a room, the key's first word names the room. The window and the command line share them, and a language
switch at run time only asks again.
"""

from __future__ import annotations

import json
import locale
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import PurePath
from typing import Literal, TypeAlias

from crane_desktop.domain.errors import CraneError, InputError, Phrase, Technical
from crane_desktop.domain.shown import shown_name
from crane_desktop.settings.resources import resource_path
from crane_desktop.settings.system_words import system_key

Language: TypeAlias = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")
LANGUAGE_VARIABLE = "CRANE_LANGUAGE"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return all sentences, by key and language.

    Raises
    ------
    ValueError
        If two files define the same key.
    """
    sentences: dict[str, dict[str, str]] = {}
    for path in sorted(resource_path("texts").glob("*.json")):
        for key, both in json.loads(path.read_text(encoding="utf-8")).items():
            if key in sentences:
                raise ValueError(f"text {key!r} is defined twice, again in {path.name}")
            sentences[key] = both
    return sentences


def text(key: str, /, language: Language, **params: object) -> str:
    """Return the sentence `key` in `language`, its places filled.

    Raises
    ------
    KeyError
        If there is no such sentence: a bug of ours that tests find.
    """
    return _filled(catalogue()[key][language], params, language)


def error_text(error: CraneError, language: Language) -> str:
    """Return an error's sentence in `language`.

    A place that nobody could fill (a camera that has not told its name) leaves no gap. What the system refused is said
    in words of `language`; what a driver or a library said is left out.
    """
    sentence = catalogue()[error.key][language]
    for name in (name for name, value in error.params.items() if value == ""):
        sentence = sentence.replace(f" {{{name}}}", "")
    return _filled(sentence, error.params, language)


TECHNICAL = ("detail", "error", "reason")
"""Places of a sentence that hold other people's words: a driver's, a library's, the system's. Always in brackets."""


def plain_text(error: CraneError, language: Language) -> str:
    """Return an error's sentence for whoever works at the station: without any words of drivers and libraries."""
    foreign = {name: error.params.get(name, "") for name in TECHNICAL}
    hidden = {name: value if isinstance(value, Technical) else Technical(value) for name, value in foreign.items()}
    return error_text(CraneError(error.key, **{**error.params, **hidden}), language)


def _filled(sentence: str, params: Mapping[str, object], language: Language) -> str:
    filled = dict(params)
    for name, value in params.items():
        if isinstance(value, Phrase):
            filled[name] = _filled(catalogue()[value.key][language], value.params, language)
        if not isinstance(value, Technical):
            continue
        if value.number is not None:
            filled[name] = catalogue()[system_key(value.number)][language]
        else:
            sentence = re.sub(rf" ?[(（]{{{re.escape(name)}}}[)）]", "", sentence)
            filled[name] = catalogue()["settings.system.in_log"][language]
    return sentence.format(**_shown(filled))


def _shown(params: Mapping[str, object]) -> dict[str, object]:
    """Names of files come from anywhere: none may break a line or turn it round."""
    return {
        name: shown_name(str(value)) if isinstance(value, str | PurePath) else value for name, value in params.items()
    }


def technical_text(error: CraneError, language: Language) -> str:
    """Return, under their name, the words that `plain_text` leaves out; empty where there are none."""
    words = " / ".join(str(error.params[name]) for name in TECHNICAL if error.params.get(name))
    return text("settings.technical", language, words=words) if words else ""


def asked_language() -> Language | None:
    """Return what CRANE_LANGUAGE asks for; None where it asks for nothing that there is."""
    asked = os.environ.get(LANGUAGE_VARIABLE, "").strip()[:2].lower()
    return {"ja": "ja", "jp": "ja", "en": "en"}.get(asked)  # type: ignore[return-value]  # the values are languages


def language_problem() -> CraneError | None:
    """Return what is wrong with CRANE_LANGUAGE, None where nothing is."""
    value = os.environ.get(LANGUAGE_VARIABLE, "").strip()
    if not value or asked_language() is not None:
        return None
    return InputError("settings.language_unknown", variable=LANGUAGE_VARIABLE, value=value)


def language_for(kept: Language | None) -> Language:
    """Return the language to speak: CRANE_LANGUAGE, else the one that was `kept` in the settings, else the system's."""
    return asked_language() or kept or system_language()


def system_language() -> Language:
    """Return the language where no settings are known: CRANE_LANGUAGE, else Japanese on a Japanese system."""
    asked = asked_language()
    if asked is not None:
        return asked
    # The order in which POSIX asks for the language of messages; Windows sets none of them.
    name = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), None) or _locale()
    return "ja" if name.lower().startswith(("ja", "japanese")) else "en"


def _locale() -> str:
    try:
        return locale.getlocale()[0] or ""
    except ValueError:  # a name that Python does not know
        return ""

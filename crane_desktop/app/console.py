"""What a command prints: one JSON object a line, or plain text; results on stdout, all else on stderr."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from typing import Any

from crane_desktop.domain.errors import CraneError
from crane_desktop.settings.texts import Language, error_text


def _finite(value: Any) -> Any:
    """JSON has no NaN: it becomes null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    return value


@dataclass(frozen=True, slots=True)
class Console:
    """Prints for a person or for a program."""

    as_json: bool
    language: Language

    def data(self, thing: dict[str, Any]) -> None:
        """Print one JSON object on a line of its own."""
        sys.stdout.write(json.dumps(_finite(thing), ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def say(self, sentence: str) -> None:
        """Print a sentence for a person (nothing where a program reads)."""
        if not self.as_json:
            sys.stdout.write(sentence + "\n")
            sys.stdout.flush()

    def note(self, sentence: str) -> None:
        """Print a sentence on stderr, for a person beside a program."""
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()


def complain(error: CraneError, language: Language) -> None:
    """Print an error's one sentence on stderr."""
    sys.stderr.write(error_text(error, language) + "\n")
    sys.stderr.flush()

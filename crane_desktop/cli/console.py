"""What a command prints: one JSON object a line, or plain text; results on stdout, all else on stderr."""

from __future__ import annotations

import json
import logging
import math
import sys
from dataclasses import dataclass
from typing import IO, Any

from crane_desktop.app.process.streams import guard_streams
from crane_desktop.domain.errors import CraneError
from crane_desktop.settings.texts import Language, error_text

_log = logging.getLogger(__name__)


def settle_streams() -> None:
    """Make stdout and stderr take every character; what is read by a program is UTF-8 everywhere.

    A file name of odd bytes, or a sentence on a console with an old code page, must not end the program; a stream
    that cannot be written ends it in order, or disturbs nobody.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # absent in a windowed program, which has no streams
        if reconfigure is not None:
            reconfigure(errors="backslashreplace", **({} if stream.isatty() else {"encoding": "utf-8"}))
    guard_streams()


def _finite(value: Any) -> Any:
    """JSON has no NaN: it becomes null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    return value


def _write(stream: IO[str] | None, line: str) -> None:
    if stream is None:  # a windowed program on Windows has no streams
        return
    stream.write(line + "\n")
    stream.flush()


@dataclass(frozen=True, slots=True)
class Console:
    """Prints for a person or for a program."""

    as_json: bool
    language: Language

    def data(self, thing: dict[str, Any]) -> None:
        """Print one JSON object on a line of its own."""
        line = json.dumps(_finite(thing), ensure_ascii=False)
        # The bytes of a file name that are no UTF-8 are lone surrogates here; JSON writes those as \udcXX.
        _write(sys.stdout, line.encode("utf-8", "backslashreplace").decode("utf-8"))

    def say(self, sentence: str) -> None:
        """Print a sentence for a person (nothing where a program reads)."""
        if not self.as_json:
            _write(sys.stdout, sentence)

    def note(self, sentence: str) -> None:
        """Print a sentence on stderr, for a person beside a program."""
        note(sentence)

    def show_error(self, error: CraneError) -> None:
        """Print an error's one sentence on stderr."""
        show_error(error, self.language)


def note(sentence: str) -> None:
    """Print a sentence on stderr."""
    _write(sys.stderr, sentence)


def show_error(error: CraneError, language: Language) -> None:
    """Print an error's one sentence on stderr."""
    _log.info("told: %s", error)  # with the words of system, drivers and libraries
    note(error_text(error, language))

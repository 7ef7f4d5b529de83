"""Errors, sorted by whose fault they are.

An error carries the key of its sentence in ``resources/texts`` and the sentence's parameters, so that
the window and the command line say the same in the language of the moment.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial


class Technical(str):
    """Words of the system, a driver or a library: for logs; people read a sentence of ours, or one without them.

    Attributes
    ----------
    number
        The system's error number (`errno`), None where the words are not the system's.
    """

    number: int | None = None


_IN_USE_ON_WINDOWS = frozenset({32, 33})
"""Sharing and lock violation; their errno says "permission denied"."""


def technical(error: BaseException) -> Technical:
    """Return what an exception says, in one line."""
    if isinstance(error, OSError):
        words = Technical(error.strerror or str(error) or type(error).__name__)
        in_use = getattr(error, "winerror", None) in _IN_USE_ON_WINDOWS
        words.number = errno.EBUSY if in_use else error.errno
        return words
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return Technical(f"{type(error).__name__}: {first}" if first else type(error).__name__)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of a sentence that has its own text in both languages."""

    key: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return _named(self.key, self.params)


def phrase(key: str, /, **params: object) -> Phrase:
    """Return a part of a sentence."""
    return Phrase(key, params)


class CraneError(Exception):
    """Something a person must be told.

    Parameters
    ----------
    key
        Key of the sentence in resources/texts, for example ``"camera.no_device"``.
    **params
        Values for the sentence's ``{named}`` places; other people's words are `Technical`, parts with a
        text of their own a `Phrase`.
    """

    def __init__(self, key: str, /, **params: object) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), self.key, **self.params), ()  # keywords too reach another process

    def __str__(self) -> str:
        return _named(self.key, self.params)


def _named(key: str, params: Mapping[str, object]) -> str:
    shown = ", ".join(f"{k}={v}" for k, v in params.items())
    return f"{key} ({shown})" if shown else key


class InputError(CraneError):
    """Bad input or set-up: the user can mend it. One sentence that says what to do; exit code 2."""


class StationFault(CraneError):
    """The equipment failed while running (camera lost, disk full): verdict NONE, and an alarm."""


class StationRemark(StationFault):
    """The equipment is not as it should be, but verdicts are made and kept: a warning, not a failed run."""

"""Errors, sorted by whose fault they are.

An error carries the key of its sentence in ``resources/texts`` and the sentence's parameters, so that
the window and the command line say the same in the language of the moment.
"""

from __future__ import annotations

from functools import partial


class CraneError(Exception):
    """Something a person must be told.

    Parameters
    ----------
    key
        Key of the sentence in resources/texts, for example ``"camera.no_device"``.
    **params
        Values for the sentence's ``{named}`` places.
    """

    def __init__(self, key: str, /, **params: object) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), self.key, **self.params), ()  # keywords too reach another process

    def __str__(self) -> str:
        shown = ", ".join(f"{k}={v}" for k, v in self.params.items())
        return f"{self.key} ({shown})" if shown else self.key


class InputError(CraneError):
    """Bad input or set-up: the user can mend it. One sentence that says what to do; exit code 2."""


class StationFault(CraneError):
    """The equipment failed while running (camera lost, disk full): verdict NONE, and an alarm."""


class StationRemark(StationFault):
    """The equipment is not as it should be, but verdicts are made and kept: a warning, not a failed run."""

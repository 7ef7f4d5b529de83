"""What a look at the equipment has found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    HINT = "hint"
    """It works, but something may be better or is left over."""
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    key, remedy
        Text keys of what was found and of what to do (None: nothing), both with `params`.
    """

    key: str
    remedy: str | None = None
    params: dict[str, object] = field(default_factory=dict)
    severity: Severity = Severity.PROBLEM

    @property
    def ok(self) -> bool:
        """Whether nothing keeps the equipment from working."""
        return self.severity is not Severity.PROBLEM


def well(key: str, **params: object) -> Finding:
    """Return a finding that all is well."""
    return Finding(key, None, params, Severity.OK)


def hint(key: str, remedy: str, **params: object) -> Finding:
    """Return a finding that may be worth a look."""
    return Finding(key, remedy, params, Severity.HINT)


def problem(key: str, remedy: str, **params: object) -> Finding:
    """Return a finding that keeps the equipment from working."""
    return Finding(key, remedy, params)

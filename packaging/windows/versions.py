"""A version (PEP 440) as Windows and the installer compare it: four numbers."""

from __future__ import annotations

from packaging.version import Version

_FINAL = 50000
_PRE = {"a": 10000, "b": 20000, "rc": 30000}


def windows_numbers(version: str) -> str:
    """Return the four numbers of a file's version resource."""
    major, minor, patch = (*Version(version).release, 0, 0)[:3]
    return f"{major}.{minor}.{patch}.0"


def order_of(version: str) -> str:
    """Return four numbers that order versions as PEP 440 does: 1.0.dev2 < 1.0a1 < 1.0rc1 < 1.0 < 1.0.post1."""
    own = Version(version)
    major, minor, patch = (*own.release, 0, 0)[:3]
    if own.pre is not None:
        rank = _PRE[own.pre[0]] + own.pre[1]
    elif own.dev is not None:
        rank = own.dev
    else:
        rank = _FINAL + (own.post or 0)
    return f"{major}.{minor}.{patch}.{rank}"

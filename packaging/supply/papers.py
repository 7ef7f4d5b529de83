"""What the build of the bundle asks for: the licences of everything in it, and the list of it."""

from __future__ import annotations

from licences import write_licences
from sbom import write_sbom

__all__ = ["write_licences", "write_sbom"]

"""What to take frames from, as chosen on screen, on the command line or by a recipe."""

from __future__ import annotations

from dataclasses import dataclass

SLOWEST_HZ = 1e-6
FASTEST_HZ = 1e6
MOST_FRAMES = 10**12
LARGEST_SEED = 2**63 - 1
"""Bounds of a choice's numbers: a recipe, settings or a typing error may say anything."""


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """What to take frames from.

    Attributes
    ----------
    kind
        ``"demo"``, ``"folder"`` or ``"genicam"``.
    path
        Folder of pictures (folder).
    cti
        GenTL producer file (genicam); None means all found on this station.
    device
        Device id or serial number (genicam); None means the first. For demo: the kind of part, None for all.
    trigger
        ``"free"``, ``"software"`` or ``"hardware"`` (genicam).
    rate_hz
        Parts or pictures a second (demo, folder); None means as fast as the line takes them.
    frames
        End after so many frames; None means never (folder: at its last picture).
    seed
        Seed of the simulated line (demo).
    significant_bits
        How deep values of more than 8 bits are where a picture file does not say (folder); None: not known.
    """

    kind: str = "demo"
    path: str | None = None
    cti: str | None = None
    device: str | None = None
    trigger: str = "free"
    rate_hz: float | None = None
    frames: int | None = None
    seed: int = 0
    significant_bits: int | None = None

"""The detail of a verdict's reason, in one sentence for people; the log keeps it as whoever failed put it."""

from __future__ import annotations

import re
import string

from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.shown import shown_name
from crane_desktop.domain.verdicts import Reason, ReasonCode
from crane_desktop.settings.texts import TECHNICAL, Language, catalogue, plain_text, text

_FAULT = re.compile(r"(?P<key>[a-z_]+(?:\.[a-z0-9_]+)+)(?: \((?P<params>.*)\))?", re.DOTALL)
"""How a `CraneError` is written into the log."""

_LATE = re.compile(r"(?P<took>\d+) ms, limit (?P<limit>\d+) ms")
_TILES = re.compile(r"(?P<tiles>\d+) tiles, (?P<side>\d+) px wide, of (?P<width>\d+) x (?P<height>\d+) px")


def detail_words(reason: Reason, language: Language) -> str:
    """Return what the detail of a reason says, as one sentence; empty where there is nothing to add to the reason.

    Never an internal key, the name of an exception, or what a driver, a library or the system said.
    """
    told = _fault_words(reason.detail, language)
    if told:
        return told
    if found := _TILES.fullmatch(reason.detail):
        return text("reason_detail.tiles", language, **found.groupdict())
    match reason.code:
        case ReasonCode.UNREADABLE_IMAGE if reason.detail and not _FAULT.fullmatch(reason.detail):
            return shown_name(reason.detail)  # a sentence of ours, in the language of the run
        case ReasonCode.LATE if found := _LATE.fullmatch(reason.detail):
            return text("reason_detail.late_by", language, **found.groupdict())
        case ReasonCode.NOT_CALIBRATED:
            return text("reason_detail.not_calibrated", language)
        case code if f"reason_detail.{code}" in catalogue():
            return text(f"reason_detail.{code}", language)
        case _:
            return ""


def _fault_words(detail: str, language: Language) -> str:
    """Return the sentence of a fault that the log names by its key; empty where it names none of ours."""
    found = _FAULT.fullmatch(detail)
    if found is None or found["key"] not in catalogue():
        return ""
    places = {name for _, name, _, _ in string.Formatter().parse(catalogue()[found["key"]][language]) if name}
    params = _params(found["params"] or "", places | set(TECHNICAL))
    try:
        return plain_text(CraneError(found["key"], **params), language)
    except (KeyError, ValueError):  # written by another version, or cut off: the reason's own sentence says enough
        return ""


def _params(written: str, names: set[str]) -> dict[str, str]:
    """Take ``a=1, b=2`` apart at the names that a sentence has places for; what stands between may hold anything."""
    parts = re.split(rf"(?:^|, )({'|'.join(sorted(names))})=", written)
    return dict(zip(parts[1::2], parts[2::2], strict=True))

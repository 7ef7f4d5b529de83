"""The doctor's first look: the variable in which camera drivers leave the folders of their producers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from crane_desktop.camera.genicam.producer_path import (
    PRODUCER_PATH,
    PRODUCER_SUFFIX,
    understood,
    unknown_variables,
    written_parts,
)
from crane_desktop.domain.errors import technical
from crane_desktop.domain.findings import Finding, hint, problem, well

_OTHER_WIDTH = "GENICAM_GENTL32_PATH"
_OTHER_SEPARATOR = {":": ";", ";": ":"}[os.pathsep]


def check_paths(environment: Mapping[str, str] = os.environ) -> list[Finding]:
    """Look at the variable and its folders."""
    value = environment.get(PRODUCER_PATH, "").strip()
    if not value:
        return [_nothing_set(environment)]
    findings: list[Finding] = []
    for part in written_parts(environment):
        places = understood(part, environment)
        for finding in (*_as_written(part, places, environment), *map(_check_place, places)):
            if finding is not None and finding not in findings:
                findings.append(finding)
    return findings


def _as_written(part: str, places: Sequence[Path], environment: Mapping[str, str]) -> list[Finding]:
    """Say what is written so that this program understands it, but others do not, or nobody does."""
    known: dict[str, object] = {"variable": PRODUCER_PATH, "folder": part.strip()}
    unknown = unknown_variables(part, environment)
    if unknown:
        known |= {"unknown": ", ".join(unknown)}
        return [problem("camera.path_unknown_variable", "camera.doctor_folder_missing_do", **known)]
    found = []
    if part != part.strip(" \"'"):
        found.append(hint("camera.doctor_folder_quoted", "camera.doctor_folder_quoted_do", **known))
    if len(places) > 1:
        known |= {"found": _OTHER_SEPARATOR, "wanted": os.pathsep}
        found.append(hint("camera.doctor_separator", "camera.doctor_separator_do", **known))
    return found


def _nothing_set(environment: Mapping[str, str]) -> Finding:
    if environment.get(_OTHER_WIDTH):
        return problem(
            "camera.doctor_only_32_bit", "camera.doctor_only_32_bit_do", variable=_OTHER_WIDTH, wanted=PRODUCER_PATH
        )
    return problem("camera.doctor_no_path", "camera.doctor_no_path_do", variable=PRODUCER_PATH)


def _check_place(folder: Path) -> Finding | None:
    known: dict[str, object] = {"variable": PRODUCER_PATH, "folder": str(folder)}
    if folder.suffix.lower() == PRODUCER_SUFFIX and folder.is_file():
        return hint("camera.doctor_folder_is_file", "camera.doctor_folder_is_file_do", **known)
    if not folder.is_dir():
        return hint("camera.doctor_folder_missing", "camera.doctor_folder_missing_do", **known)
    try:
        producers = [file for file in folder.iterdir() if file.suffix.lower() == PRODUCER_SUFFIX]
    except OSError as error:
        detail = technical(error)
        return problem("camera.doctor_folder_closed", "camera.doctor_folder_closed_do", **known, detail=detail)
    if not producers:
        return hint("camera.doctor_folder_empty", "camera.doctor_folder_empty_do", **known)
    return well("camera.doctor_folder_good", **known, count=len(producers))

"""``cameras list|doctor``: producers and devices, and what is wrong with the set-up."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from crane_desktop.cli.invocation import open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, CtiOption, DataDirOption, JsonOption
from crane_desktop.cli.usage import Command, Group
from crane_desktop.domain.findings import Finding, Severity
from crane_desktop.settings.texts import Language, text

_SIGNS = {Severity.OK: "○", Severity.HINT: "△", Severity.PROBLEM: "×"}


class ReferenceKind(StrEnum):
    """What lies before the camera: nothing but darkness, an even bright surface, a grey card."""

    DARK = "dark"
    BRIGHT = "bright"
    GREY = "grey"


commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)


@commands.command("list", cls=Command, help=text("app.help.cameras_list", HELP_LANGUAGE))
def list_cameras(cti: CtiOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the devices that the GenTL producers of this station see."""
    from crane_desktop.camera.genicam.discover import list_devices

    workbench = open_invocation(data_dir, as_json=as_json)
    for device in list_devices(None if cti is None else str(cti)):
        if as_json:
            workbench.console.data(device.as_dict())
        else:
            workbench.console.say(device.words())
            if len(device.ways) > 1:
                used, *others = device.ways
                words = text("app.several_drivers", workbench.language, used=used, others=", ".join(others))
                workbench.console.say(f"  {words}")


@commands.command("doctor", cls=Command, help=text("app.help.cameras_doctor", HELP_LANGUAGE))
def doctor(cti: CtiOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Say what is wrong with the camera set-up, in plain words; exit code 1 where something is."""
    from crane_desktop.camera.genicam.doctor import findings

    workbench = open_invocation(data_dir, as_json=as_json)
    problems = 0
    for finding in findings(None if cti is None else str(cti)):
        problems += not finding.ok
        if as_json:
            workbench.console.data(_as_dict(finding, workbench.language))
            continue
        workbench.console.say(f"{_SIGNS[finding.severity]} {text(finding.key, workbench.language, **finding.params)}")
        if finding.remedy is not None:
            remedy = text(finding.remedy, workbench.language, **finding.params)
            workbench.console.say(text("app.doctor_remedy", workbench.language, remedy=remedy))
    workbench.console.say(
        text("app.doctor_bad", workbench.language, count=problems)
        if problems
        else text("app.doctor_good", workbench.language)
    )
    raise typer.Exit(1 if problems else 0)


@commands.command("reference", cls=Command, help=text("app.help.cameras_reference", HELP_LANGUAGE))
def reference(
    kind: Annotated[ReferenceKind, typer.Option(help=text("app.help.reference_kind", HELP_LANGUAGE))],
    recipe: Annotated[str, typer.Option(help=text("app.help.reference_recipe", HELP_LANGUAGE))],
    frames: Annotated[int, typer.Option(help=text("app.help.reference_frames", HELP_LANGUAGE), min=1, max=1000)] = 16,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a dark or bright reference picture, or a white balance, with a recipe's camera."""
    from crane_desktop.services.reference_capture import take_reference

    workbench = open_invocation(data_dir, as_json=as_json)
    with workbench.data.lock():
        changed = take_reference(workbench, recipe, kind.value, frames)
    if as_json:
        corrections = None if changed.corrections is None else changed.corrections.model_dump()
        workbench.console.data({"recipe": changed.name, "version": changed.version, "corrections": corrections})
    else:
        workbench.console.say(
            text("app.reference_taken", workbench.language, recipe=changed.name, version=changed.version, count=frames)
        )


def _as_dict(finding: Finding, language: Language) -> dict[str, Any]:
    remedy = None if finding.remedy is None else text(finding.remedy, language, **finding.params)
    return {
        "key": finding.key,
        "ok": finding.ok,
        "severity": finding.severity.value,
        "words": text(finding.key, language, **finding.params),
        "remedy": remedy,
    }

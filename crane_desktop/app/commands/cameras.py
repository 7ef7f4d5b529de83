"""``cameras list|doctor``: producers and devices, and what is wrong with the set-up."""

from __future__ import annotations

import typer

from crane_desktop.app.options import HELP_LANGUAGE, CtiOption, DataDirOption, JsonOption
from crane_desktop.app.usage import Command, Group
from crane_desktop.app.workbench import open_workbench
from crane_desktop.settings.texts import text

commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)


@commands.command("list", cls=Command, help=text("app.help.cameras_list", HELP_LANGUAGE))
def list_cameras(cti: CtiOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the devices that the GenTL producers of this station see."""
    from crane_desktop.camera.genicam.discover import list_devices

    bench = open_workbench(data_dir, as_json=as_json)
    for device in list_devices(None if cti is None else str(cti)):
        if as_json:
            bench.console.data(device.as_dict())
        else:
            bench.console.say(device.words())


@commands.command("doctor", cls=Command, help=text("app.help.cameras_doctor", HELP_LANGUAGE))
def doctor(cti: CtiOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Say what is wrong with the camera set-up, in plain words."""
    from crane_desktop.camera.genicam.doctor import examine

    bench = open_workbench(data_dir, as_json=as_json)
    for finding in examine(None if cti is None else str(cti)):
        sentence = text(finding.key, bench.language, **finding.params)
        if as_json:
            bench.console.data({"ok": finding.ok, "check": finding.key, "text": sentence})
        else:
            bench.console.say(f"{'○' if finding.ok else '×'} {sentence}")

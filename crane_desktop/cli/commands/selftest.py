"""``selftest``: is this station fit to judge."""

from __future__ import annotations

import typer

from crane_desktop.cli.invocation import open_invocation
from crane_desktop.cli.options import DataDirOption, JsonOption, PackOption, ProfileOption
from crane_desktop.settings.texts import text


def selftest(
    pack: PackOption = None,
    profile: ProfileOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check data folder, log, pack, model and camera layer; exit code 1 if one fails."""
    from crane_desktop.services.selftest import run_selftest

    workbench = open_invocation(data_dir, as_json=as_json, profile=profile)
    checks = run_selftest(workbench, pack)
    ok = all(check.ok for check in checks)
    if as_json:
        workbench.console.data({"ok": ok, "checks": [check.as_dict() for check in checks]})
    else:
        for check in checks:
            workbench.console.say(
                f"{'○' if check.ok else '×'} {text(f'app.check.{check.name}', workbench.language)}  {check.detail}"
            )
        workbench.console.say(text("app.selftest_good" if ok else "app.selftest_bad", workbench.language))
    raise typer.Exit(0 if ok else 1)

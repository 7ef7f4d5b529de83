"""Starts the window, or a command. Light on purpose: a camera's child process imports this module too."""

from __future__ import annotations

import logging
import multiprocessing
import sys


def main() -> None:
    """Entry point of the program ``crane-inspector``."""
    multiprocessing.freeze_support()
    from crane_desktop.app.process import crash_report

    crash_report.begin()
    logging.lastResort = None  # log records go into files; people are told in sentences
    try:
        from crane_desktop.app.process.shutdown import leave
        from crane_desktop.cli.cli import run
        from crane_desktop.cli.console import settle_streams
    except Exception as error:  # noqa: BLE001 - files of the program are damaged or missing; say so and leave a report
        from crane_desktop.app.process.fatal_error import cannot_start

        cannot_start(error)
        sys.exit(1)

    settle_streams()
    leave(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

"""Starts the window, or a command. Light on purpose: a camera's child process imports this module too."""

from __future__ import annotations

from crane_desktop.app.process.interrupts import end_at_once, end_in_order

if __name__ == "__main__":
    end_at_once()  # before anything else is imported


def main() -> None:
    """Entry point of the program ``crane-inspector``."""
    end_at_once()
    import logging
    import multiprocessing
    import sys

    multiprocessing.freeze_support()
    from crane_desktop.app.process import crash_report
    from crane_desktop.app.process.streams import hold_places

    hold_places()
    crash_report.begin()
    logging.lastResort = logging.NullHandler()  # log records go into files; people are told in sentences
    try:
        from crane_desktop.app.process.shutdown import leave
        from crane_desktop.cli.cli import run
        from crane_desktop.cli.console import settle_streams
    except Exception as error:  # noqa: BLE001 - files of the program are damaged or missing; say so and leave a report
        from crane_desktop.app.process.fatal_error import cannot_start

        cannot_start(error)
        sys.exit(1)

    settle_streams()
    end_in_order()
    code = run(sys.argv[1:])
    end_at_once()
    leave(code)


if __name__ == "__main__":
    main()

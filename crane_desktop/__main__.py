"""Starts the window, or a command. Light on purpose: a camera's child process imports this module too."""

from __future__ import annotations

import logging
import multiprocessing
import sys


def main() -> None:
    """Entry point of the program ``crane-inspector``."""
    multiprocessing.freeze_support()
    from crane_desktop.app import last_words

    last_words.begin()
    logging.lastResort = None  # log records go into files; people are told in sentences
    try:
        from crane_desktop.app.cli import run
        from crane_desktop.app.console import settle_streams
        from crane_desktop.app.ending import leave
    except Exception as error:  # noqa: BLE001 - files of the program are damaged or missing; say so and leave a report
        from crane_desktop.app.failing import cannot_start

        cannot_start(error)
        sys.exit(1)

    settle_streams()
    leave(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

"""How a person at the terminal decides about parts that stand far off the other good ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, TypeAlias

import typer

from crane_desktop.cli.invocation import Invocation
from crane_desktop.cli.usage import HELP_LANGUAGE
from crane_desktop.decision.good_set import OutlierDecision
from crane_desktop.domain.errors import InputError
from crane_desktop.services.good_set import UndecidedError, names_given
from crane_desktop.settings.texts import text

LeaveOutOption: TypeAlias = Annotated[
    list[str] | None, typer.Option("--leave-out", help=text("app.help.leave_out", HELP_LANGUAGE), metavar="FILE")
]
KeepOutliersOption: TypeAlias = Annotated[
    bool, typer.Option("--keep-outliers", help=text("app.help.keep_outliers", HELP_LANGUAGE))
]


def decision_of(leave_out: list[str] | None, keep_outliers: bool) -> OutlierDecision:
    """Return what the options say."""
    return OutlierDecision(names_given(leave_out or ()), keep=keep_outliers)


@contextmanager
def undecided_told(workbench: Invocation) -> Iterator[None]:
    """Tell of parts that nobody has decided about: how far off each stands, and which options decide.

    Raises
    ------
    InputError
        Where there are such parts.
    """
    try:
        yield
    except UndecidedError as error:
        if workbench.console.as_json:
            workbench.console.data({"applied": False, "good_parts": error.found.as_dict()})
        files = " ".join(error.sentences(workbench.language))
        raise InputError(
            "app.outliers_undecided", count=len(error.odd), of=len(error.found.pictures), files=files
        ) from error

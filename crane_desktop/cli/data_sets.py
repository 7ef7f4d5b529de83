"""What the commands on labelled pictures say before a model is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crane_desktop.cli.invocation import Invocation
from crane_desktop.services.picture_folder import passed_over_dict, passed_over_told

if TYPE_CHECKING:
    from crane_desktop.evaluation.datasets.datasets import Dataset


def looked_at(workbench: Invocation, sets: Sequence[Dataset]) -> dict[str, Any]:
    """Look at the first picture of each set, and tell on stderr what is passed over in them.

    Returns
    -------
    dict[str, Any]
        The same for a program: ``{"passed_over": {"count", "names"}}``, empty where nothing is.

    Raises
    ------
    InputError
        If a set's first picture cannot be judged.
    """
    from crane_desktop.evaluation.datasets.passed_over import passed_over_in

    for data in sets:
        next(data.samples()).pixels()
    names = [name for data in sets for name in passed_over_in(data)]
    if not names:
        return {}
    workbench.console.show_error(passed_over_told(names))
    return {"passed_over": passed_over_dict(names)}

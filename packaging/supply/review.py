"""Which licences may be shipped: SPDX expressions against the reviewed table (reviewed.toml)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from license_expression import AND, OR, ExpressionError, LicenseWithExceptionSymbol, get_spdx_licensing
from packaging.utils import canonicalize_name

TABLE = Path(__file__).with_name("reviewed.toml")


class NotShippableError(Exception):
    """A licence that nobody has decided about, or one that forbids what we do."""


@cache
def reviewed() -> dict[str, Any]:
    """Return the reviewed table."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def spdx_of(name: str, stated: str) -> str:
    """Return the SPDX expression of a component's licence as its maker states it.

    Raises
    ------
    NotShippableError
        If nothing is stated, or it is neither SPDX nor in the table.
    """
    table = reviewed()
    known = table["packages"].get(canonicalize_name(name)) or table["names"].get(stated, stated)
    try:
        parsed = get_spdx_licensing().parse(known)
    except ExpressionError as error:
        raise NotShippableError(f"{name}: the licence {stated!r} is no SPDX expression ({error})") from error
    if parsed is None:
        raise NotShippableError(f"{name} states no licence")
    return str(parsed.render())


def check_shippable(name: str, expression: str) -> None:
    """Refuse what may not be shipped: of alternatives one must do, of several together all.

    Raises
    ------
    NotShippableError
        Naming the component, its licence, and where to decide about it.
    """
    if not _may(get_spdx_licensing().parse(expression)):
        raise NotShippableError(f"{name}: {expression} was not reviewed; read it, then decide in {TABLE.name}")


def _may(part: Any) -> bool:
    if isinstance(part, (AND, OR)):
        answers = [_may(one) for one in part.args]
        return all(answers) if isinstance(part, AND) else any(answers)
    table = reviewed()
    name = part.render() if isinstance(part, LicenseWithExceptionSymbol) else part.key
    return name in table["accepted"] or name in table["shippable"]

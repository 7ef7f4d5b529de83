"""People at the station: what each may do."""

from __future__ import annotations

from enum import IntEnum


class Role(IntEnum):
    """Roles in order: each may do what those before it may."""

    INSPECTOR = 0
    """Runs the line and looks at its verdicts."""
    ENGINEER = 1
    """Sets up cameras, recipes and models."""
    ADMINISTRATOR = 2
    """Everything."""

    def may(self, needed: Role) -> bool:
        """Return whether this role may do what needs `needed`."""
        return self >= needed

"""Each role may do what those before it may, and no more."""

from __future__ import annotations

import pytest

from crane_desktop.domain.people import Role


@pytest.mark.parametrize("role", Role)
def test_everybody_may_do_his_own_and_what_those_before_him_may(role: Role) -> None:
    assert [needed for needed in Role if role.may(needed)] == [needed for needed in Role if needed.value <= role.value]


def test_only_an_administrator_may_do_everything() -> None:
    assert [role for role in Role if all(role.may(needed) for needed in Role)] == [Role.ADMINISTRATOR]


def test_everybody_may_look() -> None:
    assert all(role.may(Role.INSPECTOR) for role in Role)

"""What a look at the equipment has found."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.findings import Finding, Severity, hint, problem, well

PARAMS = st.dictionaries(
    st.text(max_size=6).filter(lambda n: n not in {"key", "remedy"}), st.integers() | st.text(max_size=5)
)


@given(PARAMS)
def test_all_is_well_and_there_is_nothing_to_do(params: dict[str, object]) -> None:
    found = well("doctor.driver_found", **params)
    assert found.ok
    assert (found.severity, found.remedy, found.params) == (Severity.OK, None, params)


@given(PARAMS)
def test_a_hint_names_its_remedy_and_keeps_nothing_from_working(params: dict[str, object]) -> None:
    found = hint("doctor.small_packets", "doctor.jumbo", **params)
    assert found.ok
    assert (found.severity, found.remedy, found.params) == (Severity.HINT, "doctor.jumbo", params)


@given(PARAMS)
def test_a_problem_keeps_the_equipment_from_working(params: dict[str, object]) -> None:
    found = problem("doctor.no_driver", "doctor.install_driver", **params)
    assert not found.ok
    assert (found.severity, found.remedy, found.params) == (Severity.PROBLEM, "doctor.install_driver", params)


def test_a_finding_of_unknown_weight_is_a_problem() -> None:
    """The careful default: who forgets to say how bad it is must not report that all is well."""
    assert not Finding("doctor.anything").ok


@pytest.mark.parametrize("severity", list(Severity))
def test_only_a_problem_is_not_ok(severity: Severity) -> None:
    assert Finding("a.b", severity=severity).ok is (severity is not Severity.PROBLEM)


def test_two_findings_share_no_parameters_and_cross_processes() -> None:
    one, other = Finding("a.b"), Finding("a.b")
    one.params["x"] = 1
    assert other.params == {}
    assert pickle.loads(pickle.dumps(hint("a.b", "c.d", path="検査"))) == hint("a.b", "c.d", path="検査")

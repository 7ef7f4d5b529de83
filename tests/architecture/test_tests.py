"""The tests themselves: each can fail, and none of them looks at the clock outside the lane of timing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lanes import FIXTURES, NOT_QUICK, PLACES, function_of, lanes_of, slow_tests

ROOT = Path(__file__).resolve().parents[2]
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_CHECKS = re.compile(r"^(raises|warns|fail|eventually|wait\w*|assert\w*)$")
_CLOCK = re.compile(r"\b(monotonic|perf_counter|process_time|time\.time)(_ns)?\(")


def _called(node: ast.Call) -> str:
    """The last name of what is called: ``raises`` of ``pytest.raises(...)``."""
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def _checks(function: ast.AST) -> bool:
    """Whether it asserts, or calls what does: ``pytest.raises``, ``qtbot.waitUntil``, `eventually`."""
    return any(
        isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and _CHECKS.search(_called(node)))
        for node in ast.walk(function)
    )


def _calls(function: ast.AST, names: set[str]) -> bool:
    return any(isinstance(node, ast.Call) and _called(node) in names for node in ast.walk(function))


def _checking(tree: ast.Module) -> set[str]:
    """Names of the functions of a file that can fail, by themselves or through one another."""
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)}
    good = {name for name, function in functions.items() if _checks(function)}
    while more := {name for name, function in functions.items() if name not in good and _calls(function, good)}:
        good |= more
    return good


def unable_to_fail(text: str) -> list[str]:
    tree = ast.parse(text)
    return sorted(_named_tests(tree) - _checking(tree))


def _named_tests(tree: ast.Module) -> set[str]:
    return {node.name for node in ast.walk(tree) if isinstance(node, _FUNCTIONS) and node.name.startswith("test_")}


def _classes_and_functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Every test with the words of the markers on it, on its class and on its file."""
    on_file = " ".join(ast.unparse(node) for node in tree.body if "pytestmark" in ast.unparse(node)[:10])
    for node in tree.body:
        on_class = " ".join(map(ast.unparse, getattr(node, "decorator_list", ())))
        for inner in ast.walk(node):
            if isinstance(inner, ast.FunctionDef) and inner.name.startswith("test_"):
                yield inner, " ".join([on_file, on_class, *map(ast.unparse, inner.decorator_list)])


def looks_at_the_clock(text: str) -> list[str]:
    """Tests that compare a time that passed with a bound, and are not marked as being about time."""
    found: list[str] = []
    if not _CLOCK.search(text):
        return found
    for test, marks in _classes_and_functions(ast.parse(text)):
        timed = {
            name.id
            for node in ast.walk(test)
            if isinstance(node, ast.Assign) and _CLOCK.search(ast.unparse(node.value)) and "- " in ast.unparse(node)
            for name in node.targets
            if isinstance(name, ast.Name)
        }
        for node in ast.walk(test):
            if not isinstance(node, ast.Assert) or "mark.timing" in marks:
                continue
            words = ast.unparse(node.test)
            compares = isinstance(node.test, ast.Compare) and re.search(r"[<>]=? ?[\d.]+|[\d.]+ <", words)
            if compares and ((_CLOCK.search(words) and " - " in words) or timed & set(re.findall(r"\w+", words))):
                found.append(test.name)
    return found


def test_every_test_can_fail() -> None:
    found = {str(path.relative_to(ROOT)): unable_to_fail(path.read_text(encoding="utf-8")) for path in TESTS}
    assert {path: names for path, names in found.items() if names} == {}


def test_only_the_lane_of_timing_looks_at_the_clock() -> None:
    names = {path.relative_to(ROOT / "tests").as_posix(): path.read_text(encoding="utf-8") for path in TESTS}
    found = {name: looks_at_the_clock(text) for name, text in names.items()}
    assert {name: tests for name, tests in found.items() if tests} == {}


@pytest.mark.parametrize(
    ("body", "good"),
    [
        ("    assert a == 1", True),
        ("    with pytest.raises(ValueError):\n        f()", True),
        ("    qtbot.waitUntil(lambda: True)", True),
        ("    eventually(lambda: True)", True),
        ("    helper()", True),
        ("    through()", True),
        ("    blind()", False),
        ("    f(1)", False),
        ("    with contextlib.suppress(ValueError):\n        f()", False),
        ("    pass", False),
    ],
)
def test_a_test_that_cannot_fail_is_found(body: str, good: bool) -> None:
    helpers = "def helper():\n    assert a\n\ndef through():\n    helper()\n\ndef blind():\n    f()\n\n"
    assert unable_to_fail(f"{helpers}def test_it():\n{body}\n") == ([] if good else ["test_it"])


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("def test_it():\n    assert time.monotonic() - began_s < 5", False),
        ("def test_it():\n    took_s = time.perf_counter() - began_s\n    assert took_s <= 0.5", False),
        ("class TestIt:\n    def test_it(self):\n        assert time.monotonic() - began_s < 5", False),
        ("@pytest.mark.timing\ndef test_it():\n    assert time.monotonic() - began_s < 5", True),
        ("@pytest.mark.timing\nclass TestIt:\n    def test_it(self):\n        assert time.monotonic() - b < 5", True),
        ("pytestmark = [pytest.mark.timing]\ndef test_it():\n    assert time.monotonic() - b < 5", True),
        ("def test_it():\n    assert began_ns <= stamps[0] <= time.monotonic_ns()", True),
        ("def test_it():\n    assert len(found) < 5", True),
    ],
)
def test_a_bound_on_the_clock_is_found(text: str, good: bool) -> None:
    assert looks_at_the_clock(text) == ([] if good else ["test_it"])


@pytest.mark.parametrize(
    ("test", "fixtures", "marked", "lanes"),
    [
        ("camera/test_x.py::test_it", [], [], {"quick"}),
        ("bundle/test_x.py::test_it", [], [], {"bundle"}),
        ("e2e/test_x.py::test_it", ["viky"], [], {"e2e", "slow"}),
        ("e2e_of_another/test_x.py::test_it", [], [], {"quick"}),
        ("supply/test_sbom.py::test_it", [], [], {"slow"}),
        ("camera/test_x.py::test_it", ["harvest", "virtual_cti"], [], {"virtual_camera"}),
        ("ui/test_x.py::test_it", ["qtbot"], ["slow"], set()),
        ("ui/test_x.py::test_long", ["qtbot"], [], {"slow"}),
        ("model/test_x.py::test_it", [], ["full_size"], set()),
        ("model/test_x.py::test_it", ["golden", "shared_dir"], ["parametrize"], {"shared"}),
        ("ui/test_x.py::test_it", ["qtbot"], ["parametrize"], {"quick"}),
    ],
)
def test_lanes_follow_from_place_and_needs(test: str, fixtures: list[str], marked: list[str], lanes: set[str]) -> None:
    assert lanes_of(test, fixtures, marked, {"ui/test_x.py::test_long"}) == lanes


def test_this_test_is_in_its_lane(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("quick")


def test_every_lane_is_a_known_marker(pytestconfig: pytest.Config) -> None:
    known = {line.partition(":")[0] for line in pytestconfig.getini("markers")}
    assert {*PLACES.values(), *FIXTURES.values(), *NOT_QUICK, "quick"} <= known


def test_every_place_that_has_a_lane_exists() -> None:
    assert [place for place in PLACES if not (ROOT / "tests" / place).exists()] == []
    names = {path: set(re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))) for path in TESTS}
    there = {f"{path.relative_to(ROOT / 'tests').as_posix()}::{name}" for path in TESTS for name in names[path]}
    assert sorted(slow_tests() - there) == []


@pytest.mark.parametrize("case", ["", "[ja]", "[a::b]", "[x/y.py::z[0]]"])
def test_a_test_is_known_by_file_and_name(case: str) -> None:
    assert function_of(f"tests/ui/test_x.py::TestIt::test_y{case}") == "ui/test_x.py::test_y"
    assert function_of(f"tests/ui/test_x.py::test_y{case}") == "ui/test_x.py::test_y"

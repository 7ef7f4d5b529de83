"""The figures of our own house: ``python tests/architecture/house_figures.py [--json]``, from any folder.

How large its modules, classes and functions are, how much of it is tested, annotated and described, and what should not
be there at all: import circles, and failures that are swallowed without a reason. The tests beside this file hold the
figures to their bounds.
"""

from __future__ import annotations

import ast
import json
import re
import statistics
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "crane_desktop"
PAINTERS = tuple(Path(PACKAGE, "simulation", name) for name in ("kinds", "defects", "painting"))
"""They draw parts for the simulated line: pictures are their test, not lines."""
_BROAD = {"Exception", "BaseException"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the package, read and parsed.

    Attributes
    ----------
    path
        Below the repository's root.
    """

    path: Path
    lines: tuple[str, ...]
    tree: ast.Module

    @property
    def name(self) -> str:
        """Its dotted name."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def room(self) -> str:
        """The room that it stands in, or its own name where it stands in none."""
        return self.path.parts[1] if len(self.path.parts) > 2 else self.path.stem

    @property
    def is_painter(self) -> bool:
        """Whether it draws parts."""
        return any(painters in self.path.parents for painters in PAINTERS)


@dataclass(frozen=True, slots=True)
class Figures:
    """What STYLE calls the figures of a house. Sizes are in lines, shares in [0, 1].

    Attributes
    ----------
    median, p90, largest
        Of the modules; a room's ``__init__`` is not counted among those whose middle is told.
    test_to_code
        Lines of all tests a line of the package, painters aside.
    test_to_code_by_room
        The same of ``tests/ROOM`` and the room.
    circles
        Modules that import one another in a circle.
    broad_without_reason
        Places that catch every failure and neither raise it again nor say why.
    """

    modules: int
    lines: int
    median: float
    p90: int
    largest: tuple[int, str]
    largest_class: tuple[int, str]
    largest_function: tuple[int, str]
    test_to_code: float
    test_to_code_by_room: dict[str, float]
    annotated: float
    public_with_docstring: float
    circles: tuple[str, ...]
    broad_excepts: int
    broad_without_reason: tuple[str, ...]


@cache
def parsed(path: Path) -> ast.Module:
    """Return what a file says; each is read once, however many ask."""
    return ast.parse(path.read_text(encoding="utf-8"))


def module_of(path: Path | str, text: str) -> Module:
    """Parse a module; `path` lies below the repository's root."""
    return Module(Path(path), tuple(text.splitlines()), ast.parse(text))


def read_modules(root: Path = ROOT) -> tuple[Module, ...]:
    """Read every module of the package below `root`."""
    paths = sorted((root / PACKAGE).rglob("*.py"))
    return tuple(module_of(path.relative_to(root), path.read_text(encoding="utf-8")) for path in paths)


def _span(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1  # type: ignore[attr-defined]


def spans(modules: Iterable[Module], *kinds: type[ast.AST]) -> list[tuple[int, str]]:
    """Return the lines of every class or function with its place, largest first."""
    sizes = [
        (_span(node), f"{module.path.as_posix()}:{node.name}")  # type: ignore[attr-defined]
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, kinds)
    ]
    return sorted(sizes, reverse=True)


def classes(modules: Iterable[Module]) -> list[tuple[int, str]]:
    """Return the lines of every class with its place, largest first."""
    return spans(modules, ast.ClassDef)


def functions(modules: Iterable[Module]) -> list[tuple[int, str]]:
    """Return the lines of every function with its place, largest first."""
    return spans(modules, *_FUNCTIONS)


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    if named and named[0].arg in {"self", "cls"}:
        named = named[1:]
    return [*named, *(one for one in (given.vararg, given.kwarg) if one is not None)]


def annotated(modules: Iterable[Module]) -> float:
    """Return the share of functions that are annotated whole: every argument, and what comes back."""
    all_of_them = [node for module in modules for node in ast.walk(module.tree) if isinstance(node, _FUNCTIONS)]
    whole = [
        function
        for function in all_of_them
        if function.returns is not None and all(one.annotation is not None for one in _arguments(function))
    ]
    return len(whole) / max(len(all_of_them), 1)


def _public(body: Iterable[ast.stmt]) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, (ast.ClassDef, *_FUNCTIONS)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body)


def described(modules: Iterable[Module]) -> float:
    """Return the share of public modules, classes and functions that have a docstring."""
    public: list[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef] = []
    for module in modules:
        public += [module.tree, *_public(module.tree.body)]
    return sum(ast.get_docstring(node) is not None for node in public) / max(len(public), 1)


def _imports_at_once(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """What is imported when the module is: not within functions, nor for the type checker alone."""
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from _imports_at_once(node.orelse)
        elif not isinstance(node, _FUNCTIONS):
            for inner in ("body", "orelse", "finalbody", "handlers"):
                yield from _imports_at_once(getattr(node, inner, ()))


def _imported(module: Module, known: set[str]) -> set[str]:
    found: set[str] = set()
    for node in _imports_at_once(module.tree.body):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        else:
            within = [f"{node.module}.{one.name}" for one in node.names]
            found |= {name if name in known else str(node.module) for name in within}
    return found & known - {module.name}


def circles(modules: Iterable[Module]) -> tuple[str, ...]:
    """Return the modules that stand in an import circle, or between two."""
    read = list(modules)
    known = {module.name for module in read}
    imports = {module.name: _imported(module, known) for module in read}
    while True:
        importers = set().union(*imports.values()) if imports else set()
        kept = {name: found for name, found in imports.items() if found and name in importers}
        kept = {name: found & kept.keys() for name, found in kept.items()}
        if kept == imports:
            return tuple(sorted(kept))
        imports = kept


def _catches_all(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    named = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(one, ast.Name) and one.id in _BROAD for one in named)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise)


def _says_why(line: str) -> bool:
    _, _, comment = line.partition("#")
    return re.sub(r"noqa(: ?[A-Z0-9, ]+)?|[\W_]", "", comment) != ""


def broad_excepts(modules: Iterable[Module]) -> dict[str, bool]:
    """Return the places that catch every failure, and whether each raises it again or says why not."""
    return {
        f"{module.path.as_posix()}:{node.lineno}": _raises_again(node) or _says_why(module.lines[node.lineno - 1])
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and _catches_all(node)
    }


def _lines_below(folder: Path) -> int:
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in folder.rglob("*.py"))


def share_by_room(modules: Iterable[Module], root: Path = ROOT) -> dict[str, float]:
    """Return, for each room, the lines of its tests a line of its own, painters aside."""
    code: dict[str, int] = {}
    for module in modules:
        if not module.is_painter and (root / PACKAGE / module.room).is_dir():
            code[module.room] = code.get(module.room, 0) + len(module.lines)
    return {room: _lines_below(root / "tests" / room) / max(lines, 1) for room, lines in sorted(code.items())}


def figures_of(modules: tuple[Module, ...], root: Path = ROOT) -> Figures:
    """Measure the house."""
    sizes = sorted(len(module.lines) for module in modules if module.path.name != "__init__.py")
    broad = broad_excepts(modules)
    return Figures(
        modules=len(modules),
        lines=sum(len(module.lines) for module in modules),
        median=statistics.median(sizes),
        p90=sizes[int(0.9 * len(sizes))],
        largest=max((len(module.lines), module.path.as_posix()) for module in modules),
        largest_class=classes(modules)[0],
        largest_function=functions(modules)[0],
        test_to_code=_lines_below(root / "tests") / sum(len(m.lines) for m in modules if not m.is_painter),
        test_to_code_by_room=share_by_room(modules, root),
        annotated=annotated(modules),
        public_with_docstring=described(modules),
        circles=circles(modules),
        broad_excepts=len(broad),
        broad_without_reason=tuple(place for place, good in broad.items() if not good),
    )


def table(found: Figures) -> str:
    """Return the figures as the rows of a Markdown table."""
    rows = {
        "modules, lines": f"{found.modules}, {found.lines:,}",
        "median / p90 / largest module": f"{found.median:g} / {found.p90} / {found.largest[0]} ({found.largest[1]})",
        "largest class": f"{found.largest_class[0]} ({found.largest_class[1]})",
        "largest function": f"{found.largest_function[0]} ({found.largest_function[1]})",
        "test:code": f"{found.test_to_code:.2f}",
        **{f"test:code, {room}": f"{share:.2f}" for room, share in found.test_to_code_by_room.items()},
        "annotated": f"{found.annotated:.1%}",
        "public with docstring": f"{found.public_with_docstring:.1%}",
        "in import circles": str(len(found.circles)),
        "broad excepts": f"{found.broad_excepts}, {len(found.broad_without_reason)} without a reason",
    }
    return "\n".join(["| figure | ours |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])


def main() -> None:
    """Measure, and print."""
    found = figures_of(read_modules())
    print(json.dumps(asdict(found), indent=2) if "--json" in sys.argv[1:] else table(found))


if __name__ == "__main__":
    main()

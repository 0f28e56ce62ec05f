"""Arrows between packages go down only, and no package imports what it must not know (ARCHITECTURE.md, "Layers")."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = "unsorry"
SEAM: Final = "unsorry.provers.seam"
SUGGESTER_SEAM: Final = "unsorry.suggesters.seam"

LSP_LIBRARIES: Final = frozenset({"pygls", "lsprotocol"})
TERMINAL: Final = frozenset({"typer", "click", "rich"})
HTTP: Final = frozenset({"httpx", "http", "urllib", "requests", "socket"})
MODELS: Final = frozenset({"torch", "transformers"})
PROCESSES: Final = frozenset({"subprocess", "multiprocessing", "psutil", "pty", "signal"})
RAY: Final = frozenset({"ray"})


@dataclass(frozen=True)
class Layer:
    """What a package may import of this program, and which libraries it must not import.

    ``lazy`` may be imported inside functions only: whoever proves from the command line does not load the server.
    """

    own: frozenset[str]
    unknown: frozenset[str]
    lazy: frozenset[str] = frozenset()


def layer(own: set[str], *unknown: frozenset[str], lazy: set[str] | None = None) -> Layer:
    return Layer(frozenset(own), frozenset[str]().union(*unknown), frozenset(lazy or ()))


ERRORS: Final = "unsorry.errors"
WORKSPACE: Final = "unsorry.workspace"

# A package may import itself and these, or anything below them.  Whoever composes the whole (unsorry.cli) may import
# every package; the others get what lies further down handed to them.
LAYERS: Final[Mapping[str, Layer]] = {
    "cli": layer(
        {"unsorry.engine", "unsorry.suggesters", "unsorry.provers", WORKSPACE, ERRORS},
        LSP_LIBRARIES,
        lazy={"unsorry.lsp"},
    ),
    "lsp": layer({"unsorry.engine", SEAM, WORKSPACE, ERRORS}, TERMINAL, MODELS, HTTP - {"urllib"}, PROCESSES, RAY),
    "engine": layer({SUGGESTER_SEAM, SEAM, WORKSPACE, ERRORS}, LSP_LIBRARIES, TERMINAL, HTTP, PROCESSES, MODELS),
    "suggesters": layer({SEAM, WORKSPACE, ERRORS}, LSP_LIBRARIES, TERMINAL),
    "provers": layer({WORKSPACE, ERRORS}, LSP_LIBRARIES, TERMINAL, MODELS, RAY, frozenset({"httpx"})),
    "workspace": layer({ERRORS}, LSP_LIBRARIES, TERMINAL, MODELS, RAY, HTTP),
    "errors": layer(set(), LSP_LIBRARIES, TERMINAL, MODELS, RAY, HTTP, PROCESSES, frozenset({"pydantic"})),
    "__main__": layer({"unsorry.cli"}),
    "__init__": layer(set()),
}

# No prover knows another one.
PROVER_FOLDERS: Final = ("unsorry.provers.lean", "unsorry.provers.isabelle")


@dataclass(frozen=True)
class Import:
    """One imported module or name, and whether it is imported when the module is loaded."""

    module: str
    line: int
    lazy: bool


def imports_of(path: Path, module: str) -> Iterator[Import]:
    """Every import in a file, also those inside functions and through ``import_module`` with a fixed name."""
    is_package = path.name == "__init__.py"
    stack: list[tuple[ast.AST, bool]] = [(ast.parse(path.read_bytes(), str(path)), False)]
    while stack:
        node, lazy = stack.pop()
        inside = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        stack.extend((child, inside) for child in ast.iter_child_nodes(node))
        match node:
            case ast.Import(names=names):
                yield from (Import(name.name, node.lineno, lazy) for name in names)
            case ast.ImportFrom(module=source, names=names, level=level):
                base = source or ""
                if level:
                    parents = module.split(".")[: len(module.split(".")) - level + is_package]
                    base = ".".join([*parents, *([source] if source else [])])
                # "from unsorry import engine" names a package; "from unsorry.provers.seam import Goal" something in it.
                yield from (Import(f"{base}.{name.name}", node.lineno, lazy) for name in names)
            case ast.Call(
                func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(value=str(named)), *_]
            ):
                if called in {"import_module", "__import__"}:
                    yield Import(named, node.lineno, lazy)
            case _:
                pass


def is_below(module: str, packages: Iterable[str]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def violations(root: Path) -> list[str]:
    """What is wrong in the package that lies in a folder, a line for each."""
    found: list[str] = []
    for path in sorted(root.rglob("*.py")):
        parts = list(path.relative_to(root).with_suffix("").parts)
        module = ".".join([PACKAGE, *(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)])
        where = path.relative_to(root.parent).as_posix()
        rule = LAYERS.get(parts[0])
        if rule is None:
            found.append(f"{where}: {parts[0]} is in no layer; give it a row in LAYERS and in ARCHITECTURE.md")
            continue
        for item in imports_of(path, module):
            reason = complaint(item, module, parts[0], rule)
            if reason:
                found.append(f"{where}:{item.line}: {reason}")
    return found


def complaint(item: Import, module: str, package: str, rule: Layer) -> str | None:
    """What is wrong with one import, if anything."""
    top = item.module.split(".")[0]
    if top != PACKAGE:
        return f"{package} must not know {top}" if top in rule.unknown else None
    if item.module in {PACKAGE, f"{PACKAGE}.__version__"} or is_below(item.module, {f"{PACKAGE}.{package}"}):
        mine = [folder for folder in PROVER_FOLDERS if is_below(module, {folder})]
        others = set(PROVER_FOLDERS).difference(mine)
        crossed = bool(mine) and is_below(item.module, others)
        return f"{mine[0]} must not know another prover ({item.module})" if crossed else None
    if is_below(item.module, rule.lazy):
        return None if item.lazy else f"{package} may import {item.module} inside a function only"
    return None if is_below(item.module, rule.own) else f"{package} must not import {item.module}"


def test_no_layer_is_crossed() -> None:
    assert violations(ROOT / "server" / PACKAGE) == []


@pytest.mark.parametrize(
    ("file", "source", "complaint_part"),
    [
        ("errors.py", "import unsorry.engine", "errors must not import unsorry.engine"),
        ("workspace/a.py", "from unsorry.provers import seam", "workspace must not import unsorry.provers.seam"),
        ("provers/a.py", "from unsorry import suggesters", "provers must not import unsorry.suggesters"),
        ("provers/lean/a.py", "import unsorry.provers.isabelle.b", "must not know another prover"),
        ("suggesters/a.py", "from unsorry.provers.lean import prover", "suggesters must not import"),
        ("suggesters/a.py", "def f():\n    import pygls.server", "suggesters must not know pygls"),
        ("engine/a.py", "from unsorry.provers import fake", "engine must not import unsorry.provers.fake"),
        ("engine/a.py", "from lsprotocol.types import Range", "engine must not know lsprotocol"),
        ("engine/a.py", "if True:\n    import subprocess", "engine must not know subprocess"),
        ("engine/deep/a.py", "from ...lsp import server", "engine must not import unsorry.lsp.server"),
        ("engine/__init__.py", "from ..lsp import server", "engine must not import unsorry.lsp.server"),
        ("lsp/a.py", "from unsorry.suggesters.seam import Suggester", "lsp must not import"),
        ("lsp/a.py", "import unsorry.cli.app", "lsp must not import unsorry.cli.app"),
        ("cli/a.py", "from pygls.lsp.server import LanguageServer", "cli must not know pygls"),
        ("cli/a.py", "from unsorry.lsp import server", "inside a function only"),
        ("cli/a.py", "import importlib\nimportlib.import_module('pygls')", "cli must not know pygls"),
        ("lost/a.py", "", "lost is in no layer"),
    ],
)
def test_a_crossed_layer_is_found(tmp_path: Path, file: str, source: str, complaint_part: str) -> None:
    path = tmp_path / PACKAGE / file
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    (found,) = violations(tmp_path / PACKAGE)
    assert complaint_part in found
    assert found.startswith(f"{PACKAGE}/{file}:")


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("cli/app.py", "def lsp():\n    from unsorry.lsp import server"),
        ("cli/app.py", "from unsorry.provers.lean import prover\nfrom unsorry.suggesters import rules"),
        ("engine/a.py", "from unsorry.provers.seam import Goal\nfrom unsorry.suggesters.seam import Suggester"),
        (
            "provers/lean/a.py",
            "import subprocess\nfrom unsorry.provers.process import A\nfrom unsorry import errors",
        ),
        ("provers/fake.py", "from unsorry.provers.seam import Goal"),
        ("lsp/a.py", "from unsorry import __version__\nimport pygls"),
        ("__main__.py", "from unsorry.cli.app import main"),
    ],
)
def test_what_goes_down_is_fine(tmp_path: Path, file: str, source: str) -> None:
    path = tmp_path / PACKAGE / file
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    assert violations(tmp_path / PACKAGE) == []

"""What `resolvers/` binds, read off its modules: they are data, and importing them does nothing but define.

The modules are imported from a checkout's texts, against the `generated/` that follows from its SDL and SQL
(stale files are a finding of their own and hide no other). What this process has imported itself stays as it
is.
"""

import ast
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ariadne import ObjectType

from server.contract.findings import Finding, Refused
from server.contract.tree import Place
from server.schema import Node

FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Bound:
    """A field with what it is bound to."""

    type: str
    field: str
    resolver: Any
    place: Place


@dataclass
class Resolvers:
    """The modules of `resolvers/`: their syntax by path, their bindings in order, their nodes by type."""

    syntax: dict[str, ast.Module]
    bound: list[Bound] = field(default_factory=list)
    nodes: dict[str, tuple[Node, Place]] = field(default_factory=dict)
    modules: list[ModuleType] = field(default_factory=list)

    def binding(self, type_: str, field_: str) -> Bound | None:
        """What a field is bound to, if anything."""
        return next((b for b in self.bound if (b.type, b.field) == (type_, field_)), None)

    def function(self, bound: Bound) -> FUNCTION | None:
        """The definition of the function that a field is bound to, where it is bound to one."""
        function = getattr(bound.resolver, "function", bound.resolver)
        name = getattr(function, "__name__", None)
        definitions = (node for node in ast.walk(self.syntax[bound.place.path]) if isinstance(node, FUNCTION))
        return next((node for node in definitions if node.name == name), None)


def read_syntax(root: Path) -> dict[str, ast.Module]:
    """The modules of `resolvers/` as syntax trees; Refused where one is no Python."""
    syntax = {}
    for path in sorted((root / "resolvers").glob("*.py")):
        name = path.relative_to(root).as_posix()
        try:
            syntax[name] = ast.parse(path.read_text(encoding="utf-8"), name)
        except SyntaxError as error:
            raise Refused(
                Finding(name, error.lineno or 1, "resolver-imports", f"{error.msg}.", "Mend the module.")
            ) from None
    return syntax


def read_resolvers(root: Path, generated: Mapping[str, str]) -> Resolvers:
    """The bindings of a checkout; Refused where a module cannot be imported."""
    resolvers = Resolvers(read_syntax(root))
    texts = {path: (root / path).read_text(encoding="utf-8") for path in resolvers.syntax}
    with _imported_from({**generated, **texts}):
        for path in texts:
            stem = Path(path).stem
            if stem != "__init__":
                _read_module(resolvers, path, _import(f"resolvers.{stem}", path))
    return resolvers


def _import(name: str, path: str) -> ModuleType:
    try:
        return import_module(name)
    except Exception as error:
        ours = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
        line = ours[-1].lineno if ours and ours[-1].lineno else 1
        raise Refused(
            Finding(path, line, "resolver-imports", f"cannot be imported: {error!r}.", "Mend the module.")
        ) from None


def _read_module(resolvers: Resolvers, path: str, module: ModuleType) -> None:
    bindables = getattr(module, "bindables", None)
    if bindables is None:
        raise Refused(
            Finding(path, 1, "resolver-imports", "has no `bindables`.", "List what it binds at its end.")
        )
    resolvers.modules.append(module)
    lines = _binding_lines(module, resolvers.syntax[path])
    for bindable in bindables:
        if isinstance(bindable, Node):
            line = lines.get(("Node", bindable.type_name), 1)
            resolvers.nodes[bindable.type_name] = (bindable, Place(path, line))
        elif isinstance(bindable, ObjectType):
            for name, resolver in bindable._resolvers.items():
                line = lines.get((bindable.name, name), 1)
                resolvers.bound.append(Bound(bindable.name, name, resolver, Place(path, line)))


def _binding_lines(module: ModuleType, syntax: ast.Module) -> dict[tuple[str, str], int]:
    """Where each field is bound: the calls that name an ObjectType of the module and a field."""
    lines: dict[tuple[str, str], int] = {}
    for call in (node for node in ast.walk(syntax) if isinstance(node, ast.Call)):
        texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
        owner = call.func.value if isinstance(call.func, ast.Attribute) else next(iter(call.args), None)
        if isinstance(owner, ast.Name) and texts:
            type_ = getattr(getattr(module, owner.id, None), "name", None)
            lines.setdefault((str(type_), str(texts[0])), call.lineno)
        elif isinstance(call.func, ast.Name) and call.func.id == "Node" and texts:
            lines.setdefault(("Node", str(texts[0])), call.lineno)
    return lines


class _TextLoader(MetaPathFinder, InspectLoader):
    """Imports modules from texts by their paths."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def _path(self, name: str) -> str | None:
        path = name.replace(".", "/")
        return next((p for p in (f"{path}.py", f"{path}/__init__.py") if p in self._texts), None)

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        found = self._path(fullname)
        return spec_from_loader(fullname, self, origin=found) if found else None

    def is_package(self, fullname: str) -> bool:
        return (self._path(fullname) or "").endswith("__init__.py")

    def get_source(self, fullname: str) -> str | None:
        path = self._path(fullname)
        return self._texts[path] if path else None

    def get_code(self, fullname: str) -> CodeType | None:
        path = self._path(fullname)
        return _compiled(path, self._texts[path]) if path else None


@lru_cache(maxsize=64)
def _compiled(path: str, text: str) -> CodeType:
    return compile(text, path, "exec", dont_inherit=True)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("generated", "resolvers")


@contextmanager
def _imported_from(texts: Mapping[str, str]) -> Iterator[None]:
    """`generated` and `resolvers` are these texts inside the block, and what they were before after it."""
    kept = {name: module for name, module in sys.modules.items() if _is_ours(name)}
    for name in kept:
        del sys.modules[name]
    loader = _TextLoader(texts)
    sys.meta_path.insert(0, loader)
    try:
        yield
    finally:
        sys.meta_path.remove(loader)
        for name in [name for name in sys.modules if _is_ours(name)]:
            del sys.modules[name]
        sys.modules.update(kept)

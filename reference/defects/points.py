"""Patch points: finding what a name means, everyone who took it with `from`, and uses that no patch can reach."""

import ast
import dataclasses
import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from reference.defects.errors import DefectError

_PLATFORM = "reference."
_NOT_SERVICES = ("reference.defects", "reference.launcher")


@dataclass(frozen=True)
class Point:
    """A place where something can be put instead of what is there."""

    text: str
    module: ModuleType
    owner: Any
    name: str
    held: Any
    original: Any

    @property
    def is_callable(self) -> bool:
        """Whether it is a function, a method or a class."""
        return callable(self.original)


def find(text: str) -> Point:
    """The point that `auth.module:name` or `auth.module:Class.name` names; raises DefectError where there is none.

    The module is one of `reference`, which may be written or left out.
    """
    module_name, colon, path = text.partition(":")
    if not colon or not path:
        raise DefectError(f"a patch point is written module:name, not {text!r}")
    if not module_name.startswith(_PLATFORM):
        module_name = _PLATFORM + module_name
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError:
        raise DefectError(f"there is no module {module_name} to patch") from None
    *way, name = path.split(".")
    owner: Any = module
    for step in way:
        owner = _look(owner, step, text)
    held = _look(owner, name, text)
    if dataclasses.is_dataclass(owner) and name in {one.name for one in dataclasses.fields(owner)}:
        raise DefectError(f"{text} is a field of a dataclass: its default was taken already")
    if isinstance(held, property):
        return Point(text, module, owner, name, held, held.fget)
    original = held.__func__ if isinstance(held, staticmethod | classmethod) else held
    return Point(text, module, owner, name, held, original)


def _look(owner: Any, name: str, text: str) -> Any:
    try:
        return inspect.getattr_static(owner, name)
    except AttributeError:
        raise DefectError(f"there is no {text} to patch") from None


def put(point: Point, replacement: Any) -> Callable[[], None]:
    """Puts a replacement everywhere the original was taken; what puts it all back again."""
    if isinstance(point.held, property):
        made: Any = property(replacement, point.held.fset, point.held.fdel)
    elif isinstance(point.held, staticmethod | classmethod):
        made = type(point.held)(replacement)
    else:
        made = replacement
    holders = [(point.owner, point.name)]
    if isinstance(point.owner, ModuleType):
        holders = [*takers(point.owner, point.name)]
        refuse_early_uses(point, holders)
    before = [
        (owner, name, vars(owner).get(name, point.held), name in vars(owner)) for owner, name in holders
    ]
    for owner, name in holders:
        setattr(owner, name, made)

    def undo() -> None:
        for owner, name, value, own in before:
            if own:
                setattr(owner, name, value)
            else:
                delattr(owner, name)

    return undo


def takers(module: ModuleType, name: str) -> list[tuple[Any, str]]:
    """The modules that hold a name of a module, itself first, and what they call it."""
    found: list[tuple[Any, str]] = [(module, name)]
    for holder, held in found:
        for other in service_modules():
            for source, taken, called in _taken(other):
                new = (other, called if taken != "*" else held)
                if source == holder.__name__ and taken in (held, "*") and hasattr(*new) and new not in found:
                    found.append(new)
    return found


def refuse_early_uses(point: Point, holders: list[tuple[Any, str]]) -> None:
    """Raises DefectError where a module used the name while it was loaded, and so keeps the original for ever."""
    dotted = {(holder.__name__, name) for holder, name in holders}
    plain = {(holder.__name__, name) for holder, name in holders}
    for module in service_modules():
        modules_named = _modules_named(module)
        for use in _early_uses(module, inspect.isclass(point.original)):
            first, _, second = use.partition(".")
            if (module.__name__, use) in plain or (modules_named.get(first), second) in dotted:
                raise DefectError(
                    f"{point.text} cannot be replaced: {module.__name__} used it as it was loaded, and keeps the original"
                )


def service_modules() -> Iterator[ModuleType]:
    """Every module of the platform that has been loaded, but for launcher and defects."""
    for name, module in list(sys.modules.items()):
        ours = name.startswith(_PLATFORM) and not name.startswith(_NOT_SERVICES)
        if ours and getattr(module, "__file__", None):
            yield module


@functools.cache
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module)) if inspect.getsourcefile(module) else ast.Module([], [])


@functools.cache
def _taken(module: ModuleType) -> list[tuple[str, str, str]]:
    """Every `from source import name as called` of a module."""
    found: list[tuple[str, str, str]] = []
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom):
            source = _absolute(module, node)
            found.extend((source, one.name, one.asname or one.name) for one in node.names)
    return found


def _absolute(module: ModuleType, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
    base = package.rsplit(".", node.level - 1)[0] if node.level > 1 else package
    return f"{base}.{node.module}" if node.module else base


@functools.cache
def _modules_named(module: ModuleType) -> dict[str, str]:
    """The modules that a module knows, by the name it has for them."""
    found = {called: f"{source}.{name}" for source, name, called in _taken(module)}
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            found.update({one.asname: one.name for one in node.names if one.asname})
    return found


@functools.cache
def _early_uses(module: ModuleType, of_class: bool) -> set[str]:
    """The names, plain or with one dot, that are read while a module is loaded."""
    reader = _EarlyReader(of_class)
    reader.visit(_tree(module))
    return reader.uses


class _EarlyReader(ast.NodeVisitor):
    """Collects names outside the bodies of functions; annotations matter to functions only."""

    def __init__(self, of_class: bool) -> None:
        self.of_class = of_class
        self.uses: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for part in [
            *node.decorator_list,
            *node.args.defaults,
            *(one for one in node.args.kw_defaults if one),
        ]:
            self.visit(part)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for part in [*node.args.defaults, *(one for one in node.args.kw_defaults if one)]:
            self.visit(part)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        for part in [node.value, None if self.of_class else node.annotation]:
            if part is not None:
                self.visit(part)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.uses.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name):
            self.uses.add(f"{node.value.id}.{node.attr}")
        self.visit(node.value)

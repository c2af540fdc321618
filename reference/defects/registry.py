"""The defects there are, by name, and switching some of them on."""

import hashlib
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any, TypeAlias

from reference.defects.errors import DefectError, UnknownDefect
from reference.defects.patching import Patch

Change: TypeAlias = Callable[[Patch], None]

#: Each has its defects in `reference.defects.SERVICE`.
SERVICES = ("auth", "store")
#: After a defect's name: how often its own code failed.
FAILED = " failed"
_NAME = re.compile(r"([a-z]+)\.[a-z0-9]+(-[a-z0-9]+)*")
_REQUIREMENT = re.compile(r"[A-Z]+-[0-9]{2,}")


@dataclass(frozen=True)
class Defect:
    """A fault that can be switched on."""

    name: str
    breaks: tuple[str, ...]
    says: str
    partial: bool
    blind: bool
    change: Change = field(repr=False, compare=False)

    @property
    def digest(self) -> str:
        """What changes when its source does: what was seen of it is good for as long as this stays the same."""
        parts = sorted(set(_sources(self.change, set())))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @property
    def service(self) -> str:
        """The service that has it."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Changes:
    """What defects that are switched on ask of whoever starts the service."""

    settings: dict[str, Any]
    environment: dict[str, str]
    patches: tuple[Patch, ...]

    def undo(self) -> None:
        """Switches the defects off again in this process."""
        for patch in reversed(self.patches):
            patch.undo()


_known: dict[str, Defect] = {}


def defect(
    name: str, *, breaks: Sequence[str], says: str, partial: bool = False, blind: bool = False
) -> Callable[[Change], Change]:
    """Makes a defect of a function that is given a Patch.

    `breaks` names the requirements it breaks, the one it breaks most directly first. `says` is one line of plain
    English. `partial` when it shows only in some of the places or cases of the requirement. `blind` when written by
    somebody who knew the requirement and the service but not the suite.
    """

    def register(change: Change) -> Change:
        if not _NAME.fullmatch(name):
            raise DefectError(f"a defect is called service.what-is-wrong, not {name!r}")
        if name in _known:
            raise DefectError(f"there are two defects called {name}")
        if not breaks or not all(_REQUIREMENT.fullmatch(one) for one in breaks):
            raise DefectError(f"{name}: breaks must name requirements, as in ['JWT-01']")
        if not says.strip() or "\n" in says:
            raise DefectError(f"{name}: says must be one line")
        _known[name] = Defect(name, tuple(breaks), says, partial, blind, change)
        return change

    return register


def load(files: Iterable[str | Path] = ()) -> dict[str, Defect]:
    """Every defect by its name, of this package and of files of Python; raises DefectError."""
    for service in SERVICES:
        importlib.import_module(f"reference.defects.{service}")
    for file in files:
        _read_file(Path(file).resolve())
    return {name: _known[name] for name in sorted(_known)}


def choose(names: Iterable[str], files: Iterable[str | Path] = ()) -> tuple[Defect, ...]:
    """The defects of these names; raises UnknownDefect."""
    known = load(files)
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in known:
            raise UnknownDefect(f"there is no defect {name}; the command `defects` lists them")
    return tuple(known[name] for name in wanted)


def listing(files: Iterable[str | Path] = ()) -> list[dict[str, Any]]:
    """Every defect, as data."""
    return [
        {
            "name": one.name,
            "service": one.service,
            "breaks": list(one.breaks),
            "says": one.says,
            "partial": one.partial,
            "blind": one.blind,
            "digest": one.digest,
        }
        for one in load(files).values()
    ]


def apply(chosen: Iterable[Defect], counter: Callable[[str], Callable[[], None]]) -> Changes:
    """Switches defects on in this process; what counter(name) gives is called at each hit.

    What counter(name + FAILED) gives is called each time that its own code fails: it would do something else than it says.

    Raises DefectError, with nothing changed, when one would not take effect.
    """
    changes = Changes({}, {}, ())
    for one in chosen:
        patch = Patch(one.name, counter(one.name), counter(one.name + FAILED))
        changes = Changes(changes.settings, changes.environment, (*changes.patches, patch))
        try:
            one.change(patch)
            patch.check()
        except Exception as error:
            changes.undo()
            if isinstance(error, DefectError):
                raise
            raise DefectError(
                f"{one.name}: {type(error).__name__} while it was switched on: {error}"
            ) from error
        changes.settings.update(patch.settings)
        changes.environment.update(patch.variables)
    return changes


def _sources(function: Any, seen: set[Any]) -> Iterator[str]:
    """The source of a function, and of all functions and plain values among defects that it uses."""
    seen.add(function)
    yield inspect.getsource(function)
    for name in sorted(_names(function.__code__)):
        value = function.__globals__.get(name)
        if inspect.isfunction(value) and value not in seen:
            if value.__module__ == function.__module__ or value.__module__.startswith("reference.defects."):
                yield from _sources(value, seen)
        elif isinstance(value, int | float | str | bytes | tuple | dict):
            yield f"{name}={value!r}"


def _names(code: CodeType) -> set[str]:
    """The names that a function, or one made inside it, looks for outside itself."""
    found = set(code.co_names)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found |= _names(inner)
    return found


def _read_file(path: Path) -> None:
    name = f"reference_defects_from_{path.stem}_{abs(hash(str(path))):x}"
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise UnknownDefect(f"{path} is no file of defects in Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except DefectError as error:
        del sys.modules[name]
        raise DefectError(f"{path}: {error}") from error
    except Exception as error:
        del sys.modules[name]
        raise UnknownDefect(f"{path}: {type(error).__name__}: {error}") from error
